import { open, rm } from 'node:fs/promises';
import { arch, cpus, freemem, platform, release, totalmem, uptime } from 'node:os';
import { gzipSync } from 'node:zlib';
import { GatewayError } from './domain/errors.ts';
import { toUtc, type Millis } from './domain/time.ts';
import { createRedactor, secretsIn } from './redact.ts';
import { readSupportData, type Row } from './store/support.ts';
import { packTar, type TarFile } from './tar.ts';
import { packageVersion } from './version.ts';

export interface SupportSources {
  /** The data directory. */
  directory: string;
  /** The checked configuration, secrets and all. */
  config: object;
  /** The archive to write; it must not be there yet. */
  path: string;
  now: Millis;
  /** What the running daemon says of itself; null where none does. */
  live: unknown;
}

/** The name of a bundle that nobody named. */
export function supportName(now: Millis): string {
  return `chargegate-support-${toUtc(now).slice(0, 19).replace(/[-:]/g, '')}.tar.gz`;
}

/**
 * Writes an archive of what helps to find a fault, without secrets and card numbers. Gives the names of its files.
 * Errors: FILE_EXISTS, STORAGE_FAILED.
 */
export async function makeSupportBundle(sources: SupportSources): Promise<string[]> {
  const files = gather(sources);
  await writeNew(sources.path, gzipSync(packTar(files, sources.now)));
  return files.map(({ name }) => name);
}

function gather({ directory, config, live, now }: SupportSources): TarFile[] {
  const found = readSupportData(directory);
  const { cards = [], secrets = [] } = found?.known ?? {};
  const redact = createRedactor({ cards, secrets: [...secrets, ...secretsIn(config)] });
  const { frames = [], database = null, ...sheets } = found?.data ?? {};
  const files: TarFile[] = [
    { name: 'README.txt', content: README },
    json('versions.json', versions(now)),
    json('config.json', redact.settings(config)),
    json('status.json', redact.settings(live)),
    json('database.json', database),
    ...Object.entries(sheets).map(([name, rows]) => ({ name: `${name}.jsonl`, content: lines(rows) })),
    {
      name: 'frames.jsonl',
      content: lines(frames.map(({ text, at, ...frame }) => ({ ...frame, at: toUtc(at), text: redact.frame(text) }))),
    },
  ];
  return files.map(({ name, content }) => ({ name: `chargegate-support/${name}`, content: redact.sweep(content) }));
}

function versions(now: Millis): object {
  return {
    chargegate: packageVersion(),
    madeAt: toUtc(now),
    node: process.version,
    platform: platform(),
    release: release(),
    arch: arch(),
    processors: cpus().length,
    memory: { total: totalmem(), free: freemem() },
    machineUpSeconds: Math.floor(uptime()),
  };
}

function json(name: string, value: unknown): TarFile {
  return { name, content: `${JSON.stringify(value, null, 2)}\n` };
}

function lines(rows: readonly (Row | object)[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

async function writeNew(path: string, content: Buffer): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new GatewayError('FILE_EXISTS', `${path} is there already: name another file`, { cause: error });
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError('STORAGE_FAILED', `${path} could not be written (${why})`, { cause: error });
  }
}

const README = `What chargegate knows of itself, for whoever looks for a fault.

Taken out: passwords, tokens, keys, card numbers, contracts, names of drivers, texts that chargers send in words of their
own. A card has one name throughout this archive (card-1a2b3c4d), and another one in every other archive.
Told: ids, makes and states of chargers, the site's place and times, kinds and counts of what went wrong, and the newest
messages of each charger with every value that is not known to be harmless left out ("<text of 12>" was 12 characters).
The daemon's own log is not in here, since it is not kept by chargegate: "journalctl -u chargegate" shows it.
`;
