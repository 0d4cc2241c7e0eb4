import Database from 'better-sqlite3';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayError } from '../domain/errors.ts';
import type { Millis } from '../domain/time.ts';
import { keyOf, syncDirectory } from './backup.ts';
import { DATABASE_FILE, lockDirectory } from './db.ts';
import { newestSchema } from './migrate.ts';
import { KEY_FILE, openSecretBox } from './secret-box.ts';

/** What a restore did. */
export interface RestoreReport {
  /** The database that was there before; null: there was none. */
  replaced: string | null;
  schema: number;
  /** The next transaction gets a number above this one. */
  wireId: number;
  /** What the replaced database had and this one has not; null where that could not be read. */
  lost: { transactions: number; cdrs: number } | null;
  /**
   * The key of what is sealed: the one that was there, the backup's in its place, none because nothing is sealed, or one
   * that does not open what this database keeps secret.
   */
  key: 'kept' | 'from-backup' | 'not-needed' | 'does-not-fit';
}

/**
 * So many numbers are left out: what was given out after the backup was made is not known, and no charger may ever get a
 * number twice (law 4).
 */
const LEAP = 1_000_000;

/** Rows whose numbers leave the gateway. */
const NUMBERED = ['reservation', 'transfer', 'transaction', 'session', 'cdr', 'certificate'];

/** What numbers and stamps were last given out. */
interface Numbers {
  counters: Map<string, number>;
  rows: Map<string, number>;
}

/**
 * Puts a backup in the place of the database of a data directory that no daemon uses. It is verified first, and its numbers leap
 * ahead of all that may have been given out since it was made. The old database stays beside it.
 * Errors: DATA_DIR_LOCKED, BACKUP_UNUSABLE, DATABASE_TOO_NEW, STORAGE_FAILED.
 */
export function restoreDatabase(directory: string, file: string, now: Millis): RestoreReport {
  const database = join(directory, DATABASE_FILE);
  if (resolve(file) === resolve(database))
    throw new GatewayError('BACKUP_UNUSABLE', `${file} is the database itself: name a backup of it`);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new GatewayError('BACKUP_UNUSABLE', `there is no file ${file}: name a backup`);
  const lock = lockDirectory(directory);
  const part = join(directory, `.restore-${process.pid}.db`);
  try {
    takeCopy(file, part);
    const before = readNumbers(database);
    const { schema, wireId, after } = prepare(part, file, before, now);
    const lost = before && lostSince(database, after);
    const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
    const key = takeKey(directory, file, stamp);
    const fits = opensSecrets(directory, part);
    const replaced = swap(directory, part, stamp);
    return {
      replaced,
      schema,
      wireId,
      lost,
      key: fits === null ? 'not-needed' : fits ? key : 'does-not-fit',
    };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new GatewayError('STORAGE_FAILED', `${file} could not be restored into ${directory}: ${text}`, {
      cause: error,
    });
  } finally {
    for (const name of ['', '-journal', '-wal', '-shm']) rmSync(part + name, { force: true });
    lock.close();
  }
}

/** With its journal, where somebody kept a database as a stopped daemon left it. */
function takeCopy(file: string, part: string): void {
  copyFileSync(file, part, constants.COPYFILE_EXCL);
  chmodSync(part, 0o600);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${part}-wal`, constants.COPYFILE_EXCL);
}

function prepare(
  part: string,
  file: string,
  before: Numbers | null,
  now: Millis,
): { schema: number; wireId: number; after: Numbers } {
  const sqlite = openCopy(part, file);
  try {
    const schema = verify(sqlite, file);
    const after = numbersOf(sqlite);
    const wireId = sqlite.transaction(() => leap(sqlite, after, before, now))();
    sqlite.pragma('journal_mode = DELETE');
    return { schema, wireId, after };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unusable(file, error instanceof Error ? error.message : String(error), error);
  } finally {
    sqlite.close();
    sync(part);
  }
}

function openCopy(part: string, file: string): Database.Database {
  try {
    return new Database(part, { fileMustExist: true });
  } catch (error) {
    throw unusable(file, error instanceof Error ? error.message : String(error), error);
  }
}

/** Gives the version of its schema. */
function verify(sqlite: Database.Database, file: string): number {
  const problems = sqlite.prepare<[], string>('PRAGMA integrity_check(5)').pluck().all();
  if (problems[0] !== 'ok') throw unusable(file, `it is damaged: ${problems.join('; ')}`);
  const schema = Number(sqlite.pragma('user_version', { simple: true }));
  const ours = sqlite.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meter_log'").get();
  if (schema < 1 || ours === undefined) throw unusable(file, 'it is no database of chargegate');
  if (schema > newestSchema())
    throw new GatewayError(
      'DATABASE_TOO_NEW',
      `${file} was written by a newer chargegate (schema ${schema}, this one knows ${newestSchema()}): install that version`,
    );
  return schema;
}

/** Lets every number that is told outside begin beyond all that were; gives the transactions'. */
function leap(sqlite: Database.Database, own: Numbers, before: Numbers | null, now: Millis): number {
  const beyond = (kind: keyof Numbers, name: string): number =>
    Math.max(own[kind].get(name) ?? 0, before?.[kind].get(name) ?? 0) + LEAP;
  const setCounter = sqlite.prepare('UPDATE counter SET value = ? WHERE name = ?');
  for (const name of ['wire_id', 'request_id']) setCounter.run(beyond('counters', name), name);
  // Pollers have seen all stamps up to now (law 9).
  const stamps = [own, before].map((numbers) => numbers?.counters.get('stamp') ?? 0);
  setCounter.run(Math.max(now, ...stamps) + 1, 'stamp');
  const setRow = sqlite.prepare('UPDATE sqlite_sequence SET seq = ? WHERE name = ?');
  const addRow = sqlite.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)');
  const isTable = sqlite.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  for (const name of NUMBERED) {
    if (!isTable.get(name)) continue;
    const to = beyond('rows', name);
    if (setRow.run(to, name).changes === 0) addRow.run(name, to);
  }
  return beyond('counters', 'wire_id');
}

/** Null: there is no database, or none that can be read. */
function readNumbers(database: string): Numbers | null {
  if (!existsSync(database)) return null;
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(database, { fileMustExist: true });
    // Its last commits may stand in the journal only.
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    return numbersOf(sqlite);
  } catch {
    // The very reason for a restore.
    return null;
  } finally {
    sqlite?.close();
  }
}

function numbersOf(sqlite: Database.Database): Numbers {
  const read = (sql: string): Map<string, number> =>
    new Map(
      sqlite
        .prepare<[], { name: string; value: number }>(sql)
        .all()
        .map(({ name, value }) => [name, value]),
    );
  return {
    counters: read('SELECT name, value FROM counter'),
    rows: read('SELECT name, seq AS value FROM sqlite_sequence'),
  };
}

/** Rows that came after the backup's last number; numbers themselves say nothing, as those of a restored database have leapt. */
function lostSince(database: string, { rows }: Numbers): { transactions: number; cdrs: number } | null {
  let sqlite: Database.Database | undefined;
  try {
    const opened = new Database(database, { readonly: true });
    sqlite = opened;
    const later = (table: string): number =>
      opened
        .prepare<[number], number>(`SELECT count(*) FROM "${table}" WHERE rowid > ?`)
        .pluck()
        .get(rows.get(table) ?? 0) ?? 0;
    return { transactions: later('transaction'), cdrs: later('cdr') };
  } catch {
    return null;
  } finally {
    sqlite?.close();
  }
}

/** Puts the backup's key in place; the old one stays beside it. */
function takeKey(directory: string, file: string, stamp: string): 'kept' | 'from-backup' {
  const [given, own] = [keyOf(file), join(directory, KEY_FILE)];
  if (!existsSync(given)) return 'kept';
  if (existsSync(own)) {
    if (readFileSync(own).equals(readFileSync(given))) return 'kept';
    linkSync(own, freeName(`${own}.replaced-${stamp}`));
  }
  const part = `${own}.part`;
  copyFileSync(given, part);
  chmodSync(part, 0o600);
  sync(part);
  renameSync(part, own);
  return 'from-backup';
}

/** Null: nothing is sealed in this database. */
function opensSecrets(directory: string, part: string): boolean | null {
  const sqlite = new Database(part, { readonly: true });
  let sealed: string | undefined;
  try {
    sealed = sqlite
      .prepare<[], string>("SELECT outbound_token FROM peer WHERE outbound_token LIKE 'sealed1:%' LIMIT 1")
      .pluck()
      .get();
    const hasKeys = sqlite.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'key_pair'").get() !== undefined;
    if (hasKeys) sealed ??= sqlite.prepare<[], string>('SELECT private_key FROM key_pair LIMIT 1').pluck().get();
  } finally {
    sqlite.close();
  }
  if (sealed === undefined) return null;
  if (!existsSync(join(directory, KEY_FILE))) return false;
  try {
    openSecretBox(directory).open(sealed);
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'SECRETS_UNREADABLE') return false;
    throw error;
  }
}

/** The new database takes the name in one step, so that there is never none: a daemon would begin anew with number 1. */
function swap(directory: string, part: string, stamp: string): string | null {
  const database = join(directory, DATABASE_FILE);
  let replaced: string | null = null;
  if (existsSync(database)) {
    replaced = freeName(`${database}.replaced-${stamp}`);
    linkSync(database, replaced);
    // A journal that could not be worked in belongs to the old one, and would be taken for the new one's.
    if (existsSync(`${database}-wal`)) renameSync(`${database}-wal`, `${replaced}-wal`);
  } else rmSync(`${database}-wal`, { force: true });
  rmSync(`${database}-shm`, { force: true });
  renameSync(part, database);
  syncDirectory(directory);
  return replaced;
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let n = 1; existsSync(name); n += 1) name = `${wanted}.${n}`;
  return name;
}

function sync(file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function unusable(file: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('BACKUP_UNUSABLE', `${file} cannot be restored: ${why}`, { cause });
}
