import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../domain/errors.ts';
import { DATABASE_FILE } from './db.ts';
import { KEY_FILE } from './secret-box.ts';

/** What the process beside the daemon is asked for. */
export type Task = { kind: 'copy'; from: string; to: string; bytesPerSecond: number } | { kind: 'check'; file: string };

/** What it answers. */
export type TaskResult = { report: CopyReport } | { problems: string[] } | { failure: string };

/** A copy that was verified. */
export interface CopyReport {
  bytes: number;
  rows: number;
  /** Version of the schema. */
  schema: number;
  seconds: number;
}

export interface BackupOptions {
  /** The data directory. */
  directory: string;
  /** The file to make; it must not be there yet. */
  file: string;
  /** Does the key of what is sealed go along, as `<file>.key`? */
  key: boolean;
  bytesPerSecond: number;
  signal?: AbortSignal;
}

/** The key beside a backup. */
export const keyOf = (file: string): string => `${file}.key`;

const UNFINISHED = '.part-';

/**
 * Copies the database as it is at one moment, also while a daemon writes into it, in a process of its own and no faster
 * than told. The file gets its name once it is whole: SQLite finds nothing wrong, every table has its rows, all of it is on
 * disk. Errors: FILE_EXISTS, BACKUP_FAILED.
 */
export async function backupDatabase(options: BackupOptions): Promise<CopyReport> {
  const { directory, file, key, bytesPerSecond, signal } = options;
  if (existsSync(file)) throw new GatewayError('FILE_EXISTS', `${file} is there already: name another file`);
  const folder = dirname(file);
  const part = join(folder, `${UNFINISHED}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    clearUnfinished(folder);
    const done = await runTask(
      { kind: 'copy', from: join(directory, DATABASE_FILE), to: part, bytesPerSecond },
      signal,
    );
    if (!('report' in done)) throw new Error('failure' in done ? done.failure : 'no copy was made');
    if (key) copyKey(join(directory, KEY_FILE), keyOf(file));
    linkSync(part, file);
    syncDirectory(folder);
    return done.report;
  } catch (error) {
    throw backupError(error, file);
  } finally {
    for (const name of [part, `${part}-journal`, `${part}-wal`, `${part}-shm`])
      if (existsSync(name)) rmSync(name, { force: true });
  }
}

/** Has SQLite go through a database that may be in use; what it finds wrong, at most twenty. Errors: BACKUP_FAILED. */
export async function checkDatabase(directory: string, signal?: AbortSignal): Promise<string[]> {
  const file = join(directory, DATABASE_FILE);
  const done = await runTask({ kind: 'check', file }, signal);
  if ('problems' in done) return done.problems;
  // A file too damaged to be gone through at all.
  return ['failure' in done ? done.failure : 'it could not be checked'];
}

/** Puts what a renaming changed on the disk. */
export function syncDirectory(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function runTask(task: Task, signal?: AbortSignal): Promise<TaskResult> {
  const program = fileURLToPath(new URL(`./copy-process${extname(import.meta.filename)}`, import.meta.url));
  const { promise, resolve, reject } = Promise.withResolvers<TaskResult>();
  if (signal?.aborted) return Promise.reject(new Error('the gateway stops'));
  const child = fork(program, [JSON.stringify(task)], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const abort = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', abort);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  let result: TaskResult | null = null;
  child.on('message', (message) => {
    result = message as TaskResult;
  });
  child.on('error', reject);
  child.on('close', (code, killed) => {
    signal?.removeEventListener('abort', abort);
    if (result) resolve(result);
    else reject(new Error(signal?.aborted ? 'the gateway stops' : `it ended with ${killed ?? code} ${said}`.trim()));
  });
  return promise;
}

/** Copies that were being written when the power went, of processes that are no more. */
function clearUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = new RegExp(`^\\${UNFINISHED}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function copyKey(from: string, to: string): void {
  if (!existsSync(from)) return;
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, 0o600);
  const fd = openSync(to, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function backupError(error: unknown, file: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new GatewayError('BACKUP_FAILED', `${basename(file)} was not made in ${dirname(file)}: ${text}`, {
    cause: error,
  });
}
