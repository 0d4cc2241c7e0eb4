import Database from 'better-sqlite3';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_FILE, openDb } from '../../gateway/store/db.ts';
import { migrate } from '../../gateway/store/migrate.ts';
import { listSessions } from '../../gateway/store/sessions.ts';

const MIGRATIONS = fileURLToPath(new URL('../../gateway/store/migrations', import.meta.url));

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'places-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** A database as it was before sessions had places. */
function olden(): Database.Database {
  const folder = join(directory, 'old');
  mkdirSync(folder);
  for (const file of readdirSync(MIGRATIONS).filter((name) => name < '0013'))
    cpSync(join(MIGRATIONS, file), join(folder, file));
  const file = join(directory, DATABASE_FILE);
  const sqlite = new Database(file);
  migrate(sqlite, file, folder);
  return sqlite;
}

describe('sessions of an older database', () => {
  test('have places in the order of creation, and lists by date find those that changed late', () => {
    const sqlite = olden();
    const insert = sqlite.prepare(
      `INSERT INTO session (id, status, charger_id, evse, connector, token, peer, authorized, auth_method, started_at,
         energy_wh, currency, place, periods, updated_at)
       VALUES (?, ?, 'C', 1, 1, '{}', ?, 1, 'WHITELIST', 0, 0, 'EUR', '{}', '[]', ?)`,
    );
    // The first changed last of all, the third is still under way.
    insert.run('a', 'COMPLETED', 'p1', 900);
    insert.run('b', 'COMPLETED', null, 200);
    insert.run('c', 'ACTIVE', 'p1', 800);
    insert.run('d', 'COMPLETED', 'p1', 400);
    insert.run('e', 'INVALID', null, 500);
    sqlite.close();
    const db = openDb({ directory, clock: () => 1000, publish: () => undefined, maxBytes: 0 });
    const ids = (query: object): string[] =>
      listSessions(db, { offset: 0, limit: 10, ...query }).items.map(({ id }) => id);
    expect(ids({})).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(ids({ dateFrom: 450 })).toEqual(['a', 'c', 'e']);
    expect(ids({ dateTo: 450 })).toEqual(['b', 'd']);
    expect(ids({ dateFrom: 300, dateTo: 850, peer: 'p1' })).toEqual(['c', 'd']);
    expect(ids({ peer: 'p1', newestFirst: true })).toEqual(['d', 'c', 'a']);
    db.close();
  });
});
