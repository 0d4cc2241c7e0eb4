import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import { backupNow, listBackups, type MadeBackup } from './backups.ts';
import { diskSpace } from './disk.ts';
import type { Millis } from './domain/time.ts';
import type { Forgotten, Integrity, UpkeepSettings } from './domain/upkeep.ts';
import type { Gateway } from './gateway.ts';
import { instantOf, readClock } from './local-times.ts';
import { forgetOld } from './retention.ts';
import { checkDatabase, syncDirectory } from './store/backup.ts';
import { readMeta, writeMeta } from './store/meta.ts';
import { keepReserve } from './store/reserve.ts';

/** How the site's nightly work stands, in this run. */
export interface Upkeep {
  settings: UpkeepSettings;
  /** The data directory. */
  directory: string;
  /** Aborted when the gateway stops. */
  signal: AbortSignal;
  /** Gives up what it does at the moment, as the gateway stops. */
  abort(): void;
  backingUp: Promise<MadeBackup> | null;
  lastBackup: MadeBackup | null;
  /** When the newest whole backup in the directory was made, also by an earlier run; null: none is known. */
  newestBackup: Millis | null;
  /** Why the last one failed; null: it did not. */
  backupProblem: string | null;
  integrity: Integrity;
  /** Settled when the database was gone through, at once where that was not asked for. */
  checking: Promise<void>;
  forgotten: (Forgotten & { at: Millis }) | null;
  lowSpace: boolean;
}

/** There while a daemon runs: one that finds it knows that the last one did not stop in order. */
const MARK = 'chargegate.running';

const EVERY_MINUTE = 60_000;

/** When the night's work was last done. */
const LAST_NIGHT = 'upkeep.night';

/**
 * Begins the site's upkeep: looks through the database where the last stop was not in order, then backs up and forgets at night,
 * and watches the room on the disk. Gives what ends it.
 */
export function startSiteUpkeep(gw: Gateway, directory: string, settings: UpkeepSettings): () => Promise<void> {
  const ending = new AbortController();
  const upkeep: Upkeep = {
    settings,
    directory,
    signal: ending.signal,
    abort: () => ending.abort(),
    backingUp: null,
    lastBackup: null,
    newestBackup: null,
    backupProblem: null,
    integrity: { state: 'unasked', problems: [] },
    checking: Promise.resolve(),
    forgotten: null,
    lowSpace: false,
  };
  gw.upkeep = upkeep;
  lookForBackups(gw, upkeep);
  const mark = join(directory, MARK);
  const unclean = existsSync(mark);
  leaveMark(gw, mark, directory);
  if (unclean) upkeep.checking = checkIntegrity(gw, upkeep);
  let night: Promise<void> | null = null;
  const tick = (): void => {
    watchSpace(gw);
    void keepRoom(gw);
    night ??= followNight(gw, upkeep)
      .catch((error: unknown) => {
        if (!ending.signal.aborted) gw.log.error({ err: error }, "the night's upkeep failed");
      })
      .finally(() => (night = null));
  };
  const timer = setInterval(tick, EVERY_MINUTE);
  timer.unref();
  watchSpace(gw);
  return async () => {
    clearInterval(timer);
    ending.abort();
    await Promise.allSettled([upkeep.checking, night, upkeep.backingUp]);
    gw.upkeep = null;
    rmSync(mark, { force: true });
  };
}

/** Goes on by other settings; what is under way ends by those it began with. */
export function changeUpkeep(gw: Gateway, settings: UpkeepSettings): void {
  if (gw.upkeep === null) return;
  gw.upkeep.settings = settings;
  lookForBackups(gw, gw.upkeep);
  watchSpace(gw);
}

/** Finds out when the newest backup was made; a directory that cannot be read has none. */
function lookForBackups(gw: Gateway, upkeep: Upkeep): void {
  const { backupDirectory } = upkeep.settings;
  upkeep.newestBackup = null;
  listBackups(backupDirectory)
    .then(([newest]) => {
      if (upkeep.settings.backupDirectory !== backupDirectory || !newest) return;
      // One that was made meanwhile is newer.
      upkeep.newestBackup = Math.max(newest.at, upkeep.newestBackup ?? 0);
    })
    .catch((error: unknown) => gw.log.warn({ err: error, backupDirectory }, 'the backup directory cannot be read'));
}

/** A start on a full disk must not fail for want of it. */
function leaveMark(gw: Gateway, mark: string, directory: string): void {
  try {
    const fd = openSync(mark, 'w', 0o600);
    fsyncSync(fd);
    closeSync(fd);
    syncDirectory(directory);
  } catch (error) {
    gw.log.error({ err: error }, 'a stop that is not in order could not be noticed by the next start');
  }
}

/** Keeps room for a start on a full disk, while there is enough. Never rejects. */
export async function keepRoom(gw: Gateway): Promise<void> {
  if (gw.upkeep === null || gw.upkeep.lowSpace) return;
  await keepReserve(gw.upkeep.directory).catch((error: unknown) =>
    gw.log.warn({ err: error }, 'no room is kept for a start on a full disk'),
  );
}

async function checkIntegrity(gw: Gateway, upkeep: Upkeep): Promise<void> {
  const { integrity } = upkeep;
  integrity.state = 'checking';
  gw.log.warn({}, 'the last stop was not in order: the database is being checked');
  try {
    integrity.problems = await checkDatabase(upkeep.directory, upkeep.signal);
  } catch (error) {
    integrity.state = 'unasked';
    if (!upkeep.signal.aborted) gw.log.error({ err: error }, 'the database could not be checked');
    return;
  }
  integrity.state = integrity.problems.length === 0 ? 'good' : 'damaged';
  if (integrity.state === 'good') gw.log.info({}, 'the database is sound');
  else gw.log.error({ problems: integrity.problems }, 'the database is damaged: restore a backup');
}

/** Why the gateway should not be trusted with its data; for `/readyz`. */
export function upkeepReasons(gw: Gateway): string[] {
  const { state = 'unasked', problems = [] } = gw.upkeep?.integrity ?? {};
  return state === 'damaged' ? [`database: it is damaged (${problems[0] ?? 'no details'}): restore a backup`] : [];
}

/** What works, but should not stay so. */
export function upkeepWarnings(gw: Gateway): string[] {
  const { upkeep } = gw;
  if (upkeep === null) return [];
  const space = upkeep.lowSpace ? diskSpace(gw) : null;
  return [
    ...(space ? [`Only ${Math.floor(space.free / 1e6)} MB are free where the data is: make room.`] : []),
    ...(upkeep.backupProblem === null ? [] : [`The last backup failed: ${upkeep.backupProblem}`]),
  ];
}

/** Tells once when room gets short, and once when there is enough again. */
export function watchSpace(gw: Gateway): void {
  const { upkeep } = gw;
  const space = diskSpace(gw);
  if (upkeep === null || space === null) return;
  const low = space.free < upkeep.settings.lowSpaceMegabytes * 1_000_000;
  if (low === upkeep.lowSpace) return;
  upkeep.lowSpace = low;
  const freeMegabytes = Math.floor(space.free / 1e6);
  if (low) gw.log.warn({ freeMegabytes }, 'room on the disk gets short');
  else gw.log.info({ freeMegabytes }, 'there is room on the disk again');
  gw.bus.publish({ name: 'storage.space', data: { low, freeBytes: space.free } });
}

/** The last time that this clock of the site's day was reached. */
export function lastNight(now: Millis, at: string, timeZone: string): Millis {
  const clock = readClock(at) ?? Temporal.PlainTime.from('03:30');
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  const tonight = instantOf(today.toPlainDateTime(clock), timeZone);
  return tonight <= now ? tonight : instantOf(today.subtract({ days: 1 }).toPlainDateTime(clock), timeZone);
}

/** Does the night's work once its time has come, also late, when the gateway was stopped then; a backup before anything is forgotten. */
export async function followNight(gw: Gateway, upkeep: Upkeep): Promise<void> {
  const now = gw.clock();
  const done = readMeta(gw.db, LAST_NIGHT);
  const night = lastNight(now, upkeep.settings.at, gw.settings.site.timeZone);
  const note = (at: Millis): Promise<void> => gw.db.write((tx) => writeMeta(gw.db, LAST_NIGHT, String(at), tx.stamp));
  // A new site has nothing to look after yet. What was noted by a clock that ran ahead does not count.
  if (done === undefined) return note(now);
  const last = Number(done.value);
  if (last >= night && last <= now) return undefined;
  await note(now);
  if (upkeep.settings.backupKeep > 0) await backupNow(gw, true);
  const { forgotten, longestStep } = await forgetOld(gw, upkeep.settings.keepDays, now, upkeep.signal);
  upkeep.forgotten = { ...forgotten, at: now };
  gw.log.info({ ...forgotten, longestStep }, 'what is old was forgotten');
}
