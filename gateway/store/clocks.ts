import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** Minutes that this charger's clock is known to be ahead; undefined when nothing is known of it. */
export function findClockOffset(db: Db, chargerId: string): number | undefined {
  return db.one<{ minutes: number }>(
    'SELECT offset_minutes AS minutes FROM charger_clock WHERE charger_id = ?',
    chargerId,
  )?.minutes;
}

export function putClockOffset(db: Db, chargerId: string, minutes: number, at: Millis): void {
  db.run(
    `INSERT INTO charger_clock VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET offset_minutes = excluded.offset_minutes, changed_at = excluded.changed_at`,
    chargerId,
    minutes,
    at,
  );
}

/** Moves what a transaction's charger reported by so many milliseconds: its start and its readings. */
export function shiftReported(db: Db, seq: number, by: Millis): void {
  db.run('UPDATE "transaction" SET start_reported_at = start_reported_at + ? WHERE seq = ?', by, seq);
  for (const table of ['sample', 'register_fall', 'signed_reading'] as const) shift(db, table, seq, by);
}

/** The same for the moments at which a transaction turned from charging to parking or back. */
export function shiftPhases(db: Db, seq: number, by: Millis): void {
  shift(db, 'phase', seq, by);
}

/** Further than any instant: two rows must not meet in one key on their way. */
const AWAY = 2 ** 50;

function shift(db: Db, table: 'sample' | 'register_fall' | 'signed_reading' | 'phase', seq: number, by: Millis): void {
  for (const step of [by + AWAY, -AWAY])
    db.run(`UPDATE OR REPLACE ${table} SET reported_at = reported_at + ? WHERE transaction_seq = ?`, step, seq);
}
