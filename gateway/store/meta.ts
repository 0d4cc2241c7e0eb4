import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** What the config file said last time, so that an unchanged file changes nothing. */
export function readMeta(db: Db, name: string): { value: string; updatedAt: Millis } | undefined {
  return db.one('SELECT value, updated_at AS updatedAt FROM meta WHERE name = ?', name);
}

export function writeMeta(db: Db, name: string, value: string, stamp: Millis): void {
  db.run('INSERT OR REPLACE INTO meta VALUES (?, ?, ?)', name, value, stamp);
}
