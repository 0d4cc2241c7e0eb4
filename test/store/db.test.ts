import Database from 'better-sqlite3';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayEvent } from '../../gateway/domain/events.ts';
import { DATABASE_FILE, openDb, type Db, type DbOptions } from '../../gateway/store/db.ts';
import { migrate } from '../../gateway/store/migrate.ts';

let directory: string;
let db: Db;
let now = 1_000_000;
let events: GatewayEvent[] = [];

const open = (options: Partial<DbOptions> = {}): Db =>
  openDb({ directory, clock: () => now, publish: (event) => events.push(event), ...options });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chargegate-db-'));
  now = 1_000_000;
  events = [];
  db = open();
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true, force: true });
});

const put = (name: string, value: string) => (): void => void db.run('INSERT INTO meta VALUES (?, ?, 0)', name, value);
const names = (): string[] => db.all<{ name: string }>('SELECT name FROM meta ORDER BY name').map((row) => row.name);

describe('law 2: grouped commits', () => {
  test('the file is WAL with synchronous FULL', () => {
    expect(db.one('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(db.one('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    expect(db.one('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
  });

  test('all work of one turn shares one commit', async () => {
    const before = db.stats();
    await Promise.all(['a', 'b', 'c'].map((name) => db.write(put(name, 'x'))));
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(db.stats()).toMatchObject({ commits: before.commits + 1, writes: before.writes + 3 });
  });

  test('a line of the meter log is on disk when its promise resolves, also after a commit that had none', async () => {
    await db.write(put('a', 'x'));
    const { number, stored } = db.append('[1]');
    await stored;
    expect(db.all('SELECT number, lines FROM meter_log')).toEqual([{ number, lines: '[1]' }]);
  });

  test('a piece that fails undoes only itself, and rejects only its own promise', async () => {
    const results = await Promise.allSettled([
      db.write(put('a', 'x')),
      db.write((tx) => {
        put('b', 'x')();
        tx.emit({ name: 'peer.changed', data: { name: 'never' } });
        throw new Error('no good');
      }),
      db.write((tx) => {
        put('c', 'x')();
        tx.emit({ name: 'peer.changed', data: { name: 'c' } });
        return 'made';
      }),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(names()).toEqual(['a', 'c']);
    expect(events).toEqual([{ name: 'peer.changed', data: { name: 'c' } }]);
  });

  test('events are told after the commit, never before', async () => {
    let committed = false;
    db.close();
    db = open({ publish: () => (committed = names().includes('a')) });
    await db.write((tx) => {
      put('a', 'x')();
      tx.emit({ name: 'peer.changed', data: { name: 'a' } });
    });
    expect(committed).toBe(true);
  });

  test('what changes something outside a write is refused', () => {
    expect(() => db.run("INSERT INTO meta VALUES ('a', 'x', 0)")).toThrow('write outside db.write');
  });

  test('work that waits is refused: nothing may wait inside a commit', async () => {
    await expect(db.write(async () => undefined)).rejects.toThrow('must not wait');
  });

  test('what was asked before close is on disk after it', () => {
    void db.write(put('late', 'x'));
    db.close();
    db = open();
    expect(names()).toEqual(['late']);
  });
});

describe('law 9: last_updated', () => {
  test('rises strictly from commit to commit, also when the clock falls back or the process restarts', async () => {
    const stamps = [await db.write((tx) => tx.stamp)];
    now -= 500_000;
    stamps.push(await db.write((tx) => tx.stamp));
    db.close();
    db = open();
    stamps.push(await db.write((tx) => tx.stamp));
    now = 2_000_000;
    stamps.push(await db.write((tx) => tx.stamp));
    expect(stamps).toEqual([1_000_000, 1_000_001, 1_000_002, 2_000_000]);
  });
});

describe('storage that fails', () => {
  test('a full disk rejects with STORAGE_FULL, keeps what was stored, and heals when there is room', async () => {
    await db.write(put('kept', 'x'));
    const limit = db.one<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
    db.one(`PRAGMA max_page_count = ${limit}`);
    const big = 'x'.repeat(100_000);
    const results = await Promise.allSettled([db.write(put('small', 'y')), db.write(put('big', big))]);
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_FULL' } });
    expect(db.stats().fault).toContain('no room left');
    expect(names()).toContain('kept');
    db.one('PRAGMA max_page_count = 1000000');
    await db.write(put('big', big));
    expect(names()).toContain('big');
    expect(db.stats().fault).toBeNull();
  });

  test('a directory is used by one gateway at a time', () => {
    expect(() => open()).toThrow(expect.objectContaining({ code: 'DATA_DIR_LOCKED' }));
  });

  test('a data directory that cannot be one is STORAGE_FAILED, with what to do', () => {
    writeFileSync(join(directory, 'a-file'), '');
    expect(() => open({ directory: join(directory, 'a-file') })).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILED', message: expect.stringContaining('CHARGEGATE_DATA_DIR') }),
    );
  });

  test('a fault is told once when it begins and once when it ends', async () => {
    const told: (string | null)[] = [];
    db.close();
    db = open({ onFault: (fault) => told.push(fault?.code ?? null) });
    const { page_count: pages } = db.one<{ page_count: number }>('PRAGMA page_count')!;
    db.one(`PRAGMA max_page_count = ${pages}`);
    const big = 'x'.repeat(100_000);
    await Promise.allSettled([db.write(put('one', big))]);
    await Promise.allSettled([db.write(put('two', big))]);
    db.one('PRAGMA max_page_count = 1000000');
    await db.write(put('three', big));
    expect(told).toEqual(['STORAGE_FULL', null]);
  });

  test('a file that is no database is DATABASE_CORRUPT, with what to do', () => {
    db.close();
    writeFileSync(join(directory, DATABASE_FILE), 'this is not a database'.repeat(1000));
    rmSync(join(directory, `${DATABASE_FILE}-wal`), { force: true });
    expect(() => open()).toThrow(expect.objectContaining({ code: 'DATABASE_CORRUPT' }));
    rmSync(join(directory, DATABASE_FILE));
    db = open();
  });
});

describe('migrations', () => {
  test('each is its own transaction, with a copy of the file before it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chargegate-migrations-'));
    const file = join(directory, 'other.db');
    writeFileSync(join(folder, '0001-first.sql'), 'CREATE TABLE a (x)');
    const sqlite = new Database(file);
    migrate(sqlite, file, folder);
    sqlite.exec('INSERT INTO a VALUES (1)');
    writeFileSync(join(folder, '0002-second.sql'), 'CREATE TABLE b (y); INSERT INTO b SELECT x FROM a;');
    writeFileSync(join(folder, '0003-third.sql'), 'CREATE TABLE c (z); nonsense;');
    expect(() => migrate(sqlite, file, folder)).toThrow('syntax error');
    expect(sqlite.pragma('user_version', { simple: true })).toBe(2);
    expect(sqlite.prepare('SELECT y FROM b').all()).toEqual([{ y: 1 }]);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['other.db.before-0002', 'other.db.before-0003']));
    const copy = new Database(join(directory, 'other.db.before-0002'));
    expect(copy.prepare('SELECT x FROM a').all()).toEqual([{ x: 1 }]);
    copy.close();
    sqlite.close();
    rmSync(folder, { recursive: true });
  });

  test('a database of a newer program is refused, with the way back', () => {
    db.close();
    const sqlite = new Database(join(directory, DATABASE_FILE));
    const version = Number(sqlite.pragma('user_version', { simple: true }));
    sqlite.pragma('user_version = 999');
    sqlite.close();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'DATABASE_TOO_NEW' }));
    const again = new Database(join(directory, DATABASE_FILE));
    again.pragma(`user_version = ${version}`);
    again.close();
    db = open();
  });
});

describe('what is frozen', () => {
  test('a CDR can be neither changed nor deleted', async () => {
    await db.write(() => {
      db.run("INSERT INTO charger (id, origin, registration, updated_at) VALUES ('C', 'site', 'accepted', 0)");
      db.run(
        `INSERT INTO session (id, status, charger_id, evse, connector, token, authorized, auth_method, started_at,
           energy_wh, currency, place, periods, updated_at)
         VALUES ('S', 'COMPLETED', 'C', 1, 1, '{}', 1, 'WHITELIST', 0, 0, 'EUR', '{}', '[]', 0)`,
      );
      db.run("INSERT INTO cdr (id, session_id, charger_id, body, updated_at) VALUES ('X', 'S', 'C', '{}', 0)");
    });
    await expect(db.write(() => db.run('UPDATE cdr SET body = \'{"a":1}\''))).rejects.toThrow('a CDR is frozen');
    await expect(db.write(() => db.run('DELETE FROM cdr'))).rejects.toThrow('a CDR is kept');
  });
});
