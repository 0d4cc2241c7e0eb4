import Database from 'better-sqlite3';
import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../domain/errors.ts';
import type { GatewayEvent } from '../domain/events.ts';
import type { Clock, Millis } from '../domain/time.ts';
import { migrate } from './migrate.ts';
import { releaseReserve } from './reserve.ts';

export type SqlValue = string | number | bigint | null;

/** What a piece of work has at hand while its transaction is open. */
export interface Tx {
  /** Our clock at this piece. */
  now: Millis;
  /** `last_updated` for everything this commit changes: greater than in any commit before, whatever the clock does (law 9). */
  stamp: Millis;
  /** Told to the bus once the commit is on disk; dropped when this piece fails. */
  emit(event: GatewayEvent): void;
  /** Done once the commit is on disk, before the promise resolves; dropped when this piece fails. */
  after(action: () => void): void;
}

/** The database. Reading is direct; writing only happens inside `write`. */
export interface Db {
  one<Row>(sql: string, ...params: SqlValue[]): Row | undefined;
  all<Row>(sql: string, ...params: SqlValue[]): Row[];
  /** Outside `write` it throws: a change that nobody commits together is a bug. */
  run(sql: string, ...params: SqlValue[]): { changes: number; lastId: number };
  /**
   * Runs the work in the next grouped commit and resolves once that is on disk (law 2). All work that became ready in
   * one turn of the event loop shares one commit; each piece has its own savepoint, so a piece that throws undoes only
   * itself and rejects only its own promise. Rejects with STORAGE_FULL or STORAGE_FAILED when nothing could be stored.
   */
  write<T>(work: (tx: Tx) => T): Promise<T>;
  /**
   * Adds a line to the meter log, in the commit at hand or the next one. All lines of a commit are one row, so that this
   * costs next to nothing however fast they come. Numbers rise by one, also across restarts.
   */
  append(line: string): { number: number; stored: Promise<void> };
  /** Writes what is still waiting, moves the log into the file and closes. */
  close(): void;
  /** Commits and pieces so far; tells whether storage works. */
  stats(): DbStats;
}

export interface DbStats {
  commits: number;
  writes: number;
  waiting: number;
  /** Number of the meter log's last line; 0 when there never was one. */
  lastAppended: number;
  /** The last storage fault; null after a commit that went well. */
  fault: string | null;
}

export interface DbOptions {
  directory: string;
  clock: Clock;
  publish: (event: GatewayEvent) => void;
  /** Told once when storing begins to fail, and with null once it works again. */
  onFault?: (fault: GatewayError | null) => void;
  /** Lines of the meter log from this number on could not be stored; told before their appenders are. */
  onLinesLost?: (from: number) => void;
  /** Told how long each commit took with all that it did, seconds. */
  onCommit?: (seconds: number) => void;
  /** Upper bound of the file, bytes; 0: none but the disk. */
  maxBytes?: number;
}

interface Piece {
  work: (tx: Tx) => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Lines for the meter log in the next commit; all who wait for them wait for one promise. */
interface Lines {
  texts: string[];
  /** Of the last line. */
  number: number;
  stored: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

function newLines(): Lines {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Each appender waits for it; without any, nobody is to be told.
  promise.catch(() => undefined);
  return { texts: [], number: 0, stored: promise, resolve, reject };
}

/** More pieces than this wait for the next turn, so that one commit never holds the event loop for long. */
const PIECES_PER_COMMIT = 400;

/** SQLite begins with two files of 32 KiB beside a database. */
const LEAST_ROOM = 65_536;

export const DATABASE_FILE = 'chargegate.db';

/**
 * Opens (or creates) the site's database in its directory, migrated to this version, and holds the directory's lock.
 * Errors: DATA_DIR_LOCKED, DATABASE_TOO_NEW, DATABASE_CORRUPT, STORAGE_FULL, STORAGE_FAILED.
 */
export function openDb(options: DbOptions): Db {
  const lock = lockDirectory(options.directory);
  const file = join(options.directory, DATABASE_FILE);
  try {
    releaseReserve(options.directory);
    const sqlite = new Database(file);
    configure(sqlite, options.maxBytes ?? 0);
    migrate(sqlite, file);
    return createDb(sqlite, lock, options);
  } catch (error) {
    lock.close();
    throw storageError(error, file);
  }
}

function configure(sqlite: Database.Database, maxBytes: number): void {
  sqlite.pragma('journal_mode = WAL');
  // Explicit: this build's default in WAL is NORMAL, which can lose the last commits at a power cut.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma('trusted_schema = OFF');
  sqlite.pragma('busy_timeout = 5000');
  sqlite.pragma('journal_size_limit = 67108864');
  if (maxBytes > 0) {
    const pageSize = Number(sqlite.pragma('page_size', { simple: true }));
    sqlite.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
  }
}

/** One daemon per data directory, until it closes what this gives. The kernel lets go of it when the process dies, however it dies. Errors: DATA_DIR_LOCKED, STORAGE_FAILED. */
export function lockDirectory(directory: string): Database.Database {
  const path = join(directory, 'chargegate.lock');
  const fresh = !existsSync(path);
  const lock = openLock(directory, path);
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    if (fresh) lock.exec('CREATE TABLE IF NOT EXISTS held (since TEXT)');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (isSqlite(error, 'SQLITE_BUSY'))
      throw new GatewayError(
        'DATA_DIR_LOCKED',
        `another chargegate is using ${directory}; stop it, or give this one a directory of its own (CHARGEGATE_DATA_DIR)`,
      );
    throw storageError(error, path);
  }
}

function openLock(directory: string, path: string): Database.Database {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return new Database(path, { timeout: 0 });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new GatewayError(
      'STORAGE_FAILED',
      `cannot write into the data directory ${directory} (${text}): make it a directory that this user may write to, or name another one (storage.directory, CHARGEGATE_DATA_DIR)`,
      { cause: error },
    );
  }
}

function createDb(sqlite: Database.Database, lock: Database.Database, options: DbOptions): Db {
  const statements = new Map<string, Database.Statement>();
  const begin = sqlite.prepare('BEGIN IMMEDIATE');
  const commit = sqlite.prepare('COMMIT');
  const rollback = sqlite.prepare('ROLLBACK');
  const savepoint = sqlite.prepare('SAVEPOINT piece');
  const release = sqlite.prepare('RELEASE piece');
  const undo = sqlite.prepare('ROLLBACK TO piece');
  const saveStamp = sqlite.prepare("UPDATE counter SET value = ? WHERE name = 'stamp'");

  const log = sqlite.prepare('INSERT INTO meter_log (number, lines) VALUES (?, ?)');
  let queue: Piece[] = [];
  let lines = newLines();
  // Never below what is said to be filed: a number that was given out and not stored must not come again.
  let lastNumber =
    sqlite
      .prepare<[], number>(
        "SELECT max(coalesce((SELECT max(number) FROM meter_log), 0), (SELECT value FROM counter WHERE name = 'filed'))",
      )
      .pluck()
      .get() ?? 0;
  let scheduled = false;
  let writing = false;
  let lastStamp = sqlite.prepare<[], number>("SELECT value FROM counter WHERE name = 'stamp'").pluck().get() as number;
  const stats = { commits: 0, writes: 0, fault: null as string | null };

  function prepared(sql: string): Database.Statement {
    let statement = statements.get(sql);
    if (!statement) {
      statement = sqlite.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = false;
    const batch = queue.slice(0, PIECES_PER_COMMIT);
    queue = queue.slice(PIECES_PER_COMMIT);
    if (queue.length > 0) schedule();
    if (batch.length > 0 || lines.texts.length > 0) commitBatch(batch);
  }

  /** Also where there is none: who appends next must wait for the next commit. */
  function takeLines(): Lines {
    const taken = lines;
    lines = newLines();
    return taken;
  }

  function commitBatch(batch: Piece[]): void {
    const stamp = Math.max(options.clock(), lastStamp + 1);
    const events: GatewayEvent[] = [];
    const settled: (() => void)[] = [];
    const began = performance.now();
    try {
      begin.run();
      writing = true;
      for (const piece of batch) settled.push(runPiece(piece, stamp, events));
      // After the pieces: they may append too.
      if (lines.texts.length > 0) log.run(lines.number, lines.texts.join('\n'));
      if (batch.length > 0) saveStamp.run(stamp);
      commit.run();
    } catch (error) {
      if (sqlite.inTransaction) rollback.run();
      const fault = storageError(error, sqlite.name);
      if (stats.fault === null) options.onFault?.(fault);
      stats.fault = fault.message;
      for (const piece of batch) piece.reject(fault);
      const lost = takeLines();
      if (lost.texts.length > 0) options.onLinesLost?.(lost.number - lost.texts.length + 1);
      lost.reject(fault);
      return;
    } finally {
      writing = false;
    }
    options.onCommit?.((performance.now() - began) / 1000);
    lastStamp = stamp;
    stats.commits += 1;
    stats.writes += batch.length;
    if (stats.fault !== null) options.onFault?.(null);
    stats.fault = null;
    for (const settle of settled) settle();
    takeLines().resolve();
    for (const event of events) options.publish(event);
  }

  function runPiece(piece: Piece, stamp: Millis, events: GatewayEvent[]): () => void {
    const before = events.length;
    const actions: (() => void)[] = [];
    savepoint.run();
    try {
      const result = piece.work({
        now: options.clock(),
        stamp,
        emit: (event) => events.push(event),
        after: (action) => actions.push(action),
      });
      if (result instanceof Promise) throw new TypeError('a write must not wait: do what waits before it');
      release.run();
      return () => {
        for (const action of actions) action();
        piece.resolve(result as never);
      };
    } catch (error) {
      // A full or failing disk concerns the whole commit, not this piece.
      if (!sqlite.inTransaction || isStorageFault(error)) throw error;
      events.length = before;
      undo.run();
      release.run();
      return () => piece.reject(error);
    }
  }

  return {
    one: <Row>(sql: string, ...params: SqlValue[]) => prepared(sql).get(...params) as Row | undefined,
    all: <Row>(sql: string, ...params: SqlValue[]) => prepared(sql).all(...params) as Row[],
    run(sql, ...params) {
      if (!writing) throw new Error(`write outside db.write: ${sql}`);
      const result = prepared(sql).run(...params);
      return { changes: result.changes, lastId: Number(result.lastInsertRowid) };
    },
    write<T>(work: (tx: Tx) => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve, reject });
        schedule();
      });
    },
    append(line) {
      lastNumber += 1;
      lines.number = lastNumber;
      lines.texts.push(line);
      schedule();
      return { number: lastNumber, stored: lines.stored };
    },
    close() {
      while (queue.length > 0 || lines.texts.length > 0) flush();
      if (sqlite.open) sqlite.close();
      lock.close();
    },
    stats: () => ({ ...stats, waiting: queue.length, lastAppended: lastNumber }),
  };
}

function isSqlite(error: unknown, code: string): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith(code);
}

function isStorageFault(error: unknown): boolean {
  return ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_CORRUPT', 'SQLITE_READONLY', 'SQLITE_NOTADB'].some((code) =>
    isSqlite(error, code),
  );
}

/** What SQLite makes of a full disk where it needs a file beside the database, and of a quota that is used up. */
function isSystemFault(error: unknown): boolean {
  return isSqlite(error, 'SQLITE_IOERR') || isSqlite(error, 'SQLITE_CANTOPEN');
}

function isDiskFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < LEAST_ROOM;
  } catch {
    return false;
  }
}

function storageError(error: unknown, file: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (isSqlite(error, 'SQLITE_FULL') || (isSystemFault(error) && isDiskFull(dirname(file))))
    return new GatewayError('STORAGE_FULL', `no room left to store ${file}: free disk space`, { cause: error });
  if (isSqlite(error, 'SQLITE_CORRUPT') || isSqlite(error, 'SQLITE_NOTADB'))
    return new GatewayError('DATABASE_CORRUPT', `${file} is damaged (${text}): restore a backup`, { cause: error });
  return new GatewayError('STORAGE_FAILED', `could not store into ${file}: ${text}`, { cause: error });
}
