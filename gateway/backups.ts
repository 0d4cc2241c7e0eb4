import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import type { Backup, UpkeepSettings } from './domain/upkeep.ts';
import type { Gateway } from './gateway.ts';
import { backupDatabase, keyOf, type CopyReport } from './store/backup.ts';

/** A backup and how it went. */
export type MadeBackup = Backup & Pick<CopyReport, 'rows' | 'schema' | 'seconds'> & { path: string };

/** `chargegate-20261121T023000Z.db`; the time is UTC. */
const NAME = /^chargegate-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z\.db$/;

/** The name of a backup that is made now, to the second. */
export function backupName(now: Millis): string {
  return `chargegate-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}.db`;
}

/** When the backup of this name was made; null where it is no backup's name. */
function timeOf(name: string): Millis | null {
  const match = NAME.exec(name);
  if (!match) return null;
  const [year = 0, month = 0, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

/** Whole backups in a directory, newest first; none where there is no directory. */
export async function listBackups(directory: string): Promise<Backup[]> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  const found: Backup[] = [];
  for (const name of names) {
    const at = timeOf(name);
    if (at === null) continue;
    const { size } = await stat(join(directory, name));
    found.push({ name, at, bytes: size, key: names.includes(keyOf(name)) });
  }
  return found.toSorted((one, other) => other.at - one.at);
}

/** What makes a backup: where the data is, where it goes, how. */
export type BackupPlace = Pick<UpkeepSettings, 'backupKey' | 'backupMegabytesPerSecond'> & { directory: string };

/** Makes a verified backup as this file; its key, where wanted, as `<file>.key`. Errors: FILE_EXISTS, BACKUP_FAILED. */
export async function makeBackup(
  place: BackupPlace,
  file: string,
  now: Millis,
  signal?: AbortSignal,
): Promise<MadeBackup> {
  const report = await backupDatabase({
    directory: place.directory,
    file,
    key: place.backupKey,
    bytesPerSecond: place.backupMegabytesPerSecond * 1_000_000,
    ...(signal && { signal }),
  });
  return { name: basename(file), path: file, at: now, key: place.backupKey, ...report };
}

/** Keeps the newest backups of a directory, with their keys; gives the names of those that went. */
export async function rotateBackups(directory: string, keep: number): Promise<string[]> {
  const old = (await listBackups(directory)).slice(keep).map(({ name }) => name);
  for (const name of old) {
    await rm(join(directory, name), { force: true });
    await rm(keyOf(join(directory, name)), { force: true });
  }
  return old;
}

/**
 * Makes a backup of the running gateway's in its backup directory, and lets the oldest go where `rotate`. While one is being made,
 * that one is waited for. Errors: BACKUP_FAILED.
 */
export function backupNow(gw: Gateway, rotate: boolean): Promise<MadeBackup> {
  const { upkeep } = gw;
  if (upkeep === null) throw new GatewayError('BACKUP_FAILED', 'the gateway is not serving yet, or stops: try again');
  upkeep.backingUp ??= run(gw, upkeep.settings, rotate, upkeep.directory, upkeep.signal).finally(() => {
    upkeep.backingUp = null;
  });
  return upkeep.backingUp;
}

async function run(
  gw: Gateway,
  settings: UpkeepSettings,
  rotate: boolean,
  directory: string,
  signal: AbortSignal,
): Promise<MadeBackup> {
  const now = gw.clock();
  const file = join(settings.backupDirectory, backupName(now));
  try {
    const made = await makeBackup({ directory, ...settings }, file, now, signal);
    const gone =
      rotate && settings.backupKeep > 0 ? await rotateBackups(settings.backupDirectory, settings.backupKeep) : [];
    gw.log.info({ file: made.path, bytes: made.bytes, rows: made.rows, seconds: made.seconds, gone }, 'backup made');
    if (gw.upkeep) Object.assign(gw.upkeep, { lastBackup: made, newestBackup: made.at, backupProblem: null });
    gw.bus.publish({ name: 'backup.made', data: { name: made.name, bytes: made.bytes } });
    return made;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    if (!signal.aborted) gw.log.error({ err: error, directory: dirname(file) }, 'no backup was made');
    if (gw.upkeep) gw.upkeep.backupProblem = problem;
    gw.bus.publish({ name: 'backup.failed', data: { problem } });
    throw error;
  }
}
