import type Database from 'better-sqlite3';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { GatewayError } from '../domain/errors.ts';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));

interface Migration {
  version: number;
  file: string;
}

/**
 * Brings the database to this program's version: forward only, each migration in its own transaction, a full copy of
 * the file beside it before each (`….before-NNNN`). A file newer than the program is refused (DATABASE_TOO_NEW).
 */
export function migrate(sqlite: Database.Database, file: string, folder: string = FOLDER): void {
  const migrations = listMigrations(folder);
  const newest = migrations.at(-1)?.version ?? 0;
  const current = Number(sqlite.pragma('user_version', { simple: true }));
  if (current > newest)
    throw new GatewayError(
      'DATABASE_TOO_NEW',
      `${file} was written by a newer chargegate (schema ${current}, this one knows ${newest}): install that version again, or restore the copy ${file}.before-${pad(newest + 1)}`,
    );
  const apply = ({ version, file: sqlFile }: Migration): void => {
    sqlite.exec(readFileSync(join(folder, sqlFile), 'utf8'));
    sqlite.pragma(`user_version = ${version}`);
  };
  // A new database has nothing to lose: one commit makes it whole.
  if (current === 0) return sqlite.transaction(() => migrations.forEach(apply))();
  for (const migration of migrations) {
    if (migration.version <= current) continue;
    sqlite.prepare('VACUUM INTO ?').run(freeName(`${file}.before-${pad(migration.version)}`, sqlite));
    sqlite.transaction(() => apply(migration))();
  }
}

/** The newest schema that this program knows. */
export function newestSchema(): number {
  return listMigrations(FOLDER).at(-1)?.version ?? 0;
}

/** Migration files are `NNNN-name.sql`, numbered without gaps. */
function listMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .sort()
    .map((file, index) => {
      const version = Number(file.slice(0, 4));
      if (version !== index + 1) throw new Error(`migration ${file}: expected number ${pad(index + 1)}`);
      return { version, file };
    });
}

/** A copy left by an attempt that was cut off must not stop the next one: VACUUM INTO refuses an existing file. */
function freeName(wanted: string, sqlite: Database.Database): string {
  const taken = new Set(readdirSync(join(sqlite.name, '..')));
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? wanted : `${wanted}.${n}`;
    if (!taken.has(name.slice(name.lastIndexOf('/') + 1))) return name;
  }
}

function pad(version: number): string {
  return String(version).padStart(4, '0');
}
