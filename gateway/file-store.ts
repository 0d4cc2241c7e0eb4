import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Connection } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { Gateway } from './gateway.ts';

/** What the configuration says of files. */
export interface FileSettings {
  /** How long a link is good, hours. */
  linkHours: number;
  /** Largest log taken of a charger. */
  maxUploadBytes: number;
  /** Logs kept in all. */
  keepBytes: number;
}

/** Where files for chargers and from them are, and how chargers get at them. */
export interface FileShelf extends FileSettings {
  firmware: string;
  logs: string;
  /** Address under which the configuration says that chargers reach the file service; null: it says none. */
  publicUrl: string | null;
  /** Where it is as far as the gateway itself can tell, for a charger that did not say how it reaches us; null until its port is open. */
  ownUrl: string | null;
  /** By which order a charger hands in its diagnostics, where that was found out in this connection. */
  logOrders: WeakMap<Connection, 'get-log' | 'get-diagnostics'>;
}

/** Names the places for files in the data directory; makes nothing. */
export function createFileShelf(directory: string, settings: Partial<FileSettings> = {}): FileShelf {
  return {
    linkHours: 24,
    maxUploadBytes: 64e6,
    keepBytes: 1024e6,
    ...settings,
    firmware: join(directory, 'firmware'),
    logs: join(directory, 'logs'),
    publicUrl: null,
    ownUrl: null,
    logOrders: new WeakMap(),
  };
}

const UNFINISHED = '.part-';

/** Makes the directories, and clears away what was being written when the power went. Errors: STORAGE_FAILED. */
export async function prepareFiles(gw: Gateway): Promise<void> {
  for (const directory of [gw.files.firmware, gw.files.logs]) {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const left = (await readdir(directory)).filter((name) => name.startsWith(UNFINISHED));
      for (const name of left) await rm(join(directory, name), { force: true });
    } catch (error) {
      throw failed(directory, error);
    }
  }
}

/** A file that has arrived and has no name yet. */
export interface Received {
  path: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export interface ReceiveLimits {
  maxBytes: number;
  /** What it will be, where the sender told; null: not told. */
  declaredBytes: number | null;
}

/** A sender that says nothing for so long has gone. */
const IDLE = 60_000;

/** Nobody takes longer for a file. */
const LONGEST = 2 * 3_600_000;

/** Room that files leave to the database and to everything else on the disk. */
const SPARE_BYTES = 64e6;

/** The disk is looked at again after so much. */
const LOOK_EVERY = 16e6;

/**
 * Writes what a stream gives into a file of its own in `directory`, down to the disk. Whatever goes wrong, no file is
 * left; the stream is not closed when the file is too big, so that its sender can be told.
 * Errors: FILE_TOO_BIG, STORAGE_FULL, STORAGE_FAILED, and those of the stream.
 */
export async function receiveFile(directory: string, source: Readable, limits: ReceiveLimits): Promise<Received> {
  const { maxBytes, declaredBytes } = limits;
  if (declaredBytes !== null && declaredBytes > maxBytes) throw tooBig(maxBytes);
  await makeSureOfRoom(directory, declaredBytes ?? 0);
  const path = join(directory, UNFINISHED + randomBytes(12).toString('hex'));
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw failed(directory, error);
  });
  const idle = setTimeout(() => source.destroy(new Error('the sender fell silent')), IDLE).unref();
  const whole = setTimeout(() => source.destroy(new Error('it took too long')), LONGEST).unref();
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    let looked = 0;
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      idle.refresh();
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooBig(maxBytes);
      if (bytes - looked >= LOOK_EVERY) {
        await makeSureOfRoom(directory, 0);
        looked = bytes;
      }
      hash.update(chunk);
      await writeWhole(file, chunk, directory);
    }
    await file.sync().catch((error: unknown) => {
      throw failed(directory, error);
    });
    await file.close();
    return { path, bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await file.close();
    await discard(path);
    throw error;
  } finally {
    clearTimeout(idle);
    clearTimeout(whole);
  }
}

async function writeWhole(file: FileHandle, chunk: Buffer, directory: string): Promise<void> {
  try {
    for (let at = 0; at < chunk.length; at += (await file.write(chunk, at)).bytesWritten);
  } catch (error) {
    throw failed(directory, error);
  }
}

/** Gives a received file its name; false where that name is taken. Errors: STORAGE_FAILED. */
export async function keepFile(received: Received, directory: string, name: string): Promise<boolean> {
  try {
    await link(received.path, join(directory, name));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw failed(directory, error);
  }
  await discard(received.path);
  await syncNames(directory);
  return true;
}

/** A new name has to be on the disk too. */
async function syncNames(directory: string): Promise<void> {
  const entry = await open(directory, 'r');
  try {
    await entry.sync();
  } finally {
    await entry.close();
  }
}

/** Removes a file; one that is gone already is as good. */
export async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** A file opened for sending. */
export interface OpenFile {
  handle: FileHandle;
  bytes: number;
  /** Epoch milliseconds, by the file system. */
  modifiedAt: number;
}

/** Opens a file for reading; null where there is none. Errors: STORAGE_FAILED. */
export async function openFile(path: string): Promise<OpenFile | null> {
  try {
    const handle = await open(path, 'r');
    const facts = await handle.stat();
    if (facts.isFile()) return { handle, bytes: facts.size, modifiedAt: Math.trunc(facts.mtimeMs) };
    await handle.close();
    return null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw failed(path, error);
  }
}

/** Size and time of a file; null where there is none. */
export async function lookAtFile(path: string): Promise<{ bytes: number; modifiedAt: number } | null> {
  const facts = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw failed(path, error);
  });
  return facts?.isFile() ? { bytes: facts.size, modifiedAt: Math.trunc(facts.mtimeMs) } : null;
}

async function makeSureOfRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory).catch((error: unknown) => {
    throw failed(directory, error);
  });
  if (bavail * bsize >= bytes + SPARE_BYTES) return;
  throw new GatewayError(
    'STORAGE_FULL',
    `no room left for another file in ${directory}: free disk space, or remove logs and firmware that nobody needs`,
  );
}

function tooBig(maxBytes: number): GatewayError {
  return new GatewayError('FILE_TOO_BIG', `the file is larger than the ${maxBytes} bytes that are taken`);
}

function failed(path: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return codeOf(error) === 'ENOSPC'
    ? new GatewayError('STORAGE_FULL', `no room left in ${path}: free disk space`, { cause: error })
    : new GatewayError('STORAGE_FAILED', `could not work on ${path}: ${text}`, { cause: error });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
