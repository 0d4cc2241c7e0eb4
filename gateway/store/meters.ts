import { contentHash } from '../domain/hash.ts';
import type { RegisterFall, RegisterPoint } from '../domain/register.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** Where a transaction's register fell, oldest first. */
export function listFalls(db: Db, seq: number): RegisterFall[] {
  return db.all(
    `SELECT reported_at AS reportedAt, high_wh AS highWh, base_wh AS baseWh FROM register_fall
     WHERE transaction_seq = ? ORDER BY reported_at`,
    seq,
  );
}

/** Notes a fall; the same one again is no new row (law 3). */
export function insertFall(db: Db, seq: number, fall: RegisterFall): void {
  db.run('INSERT OR IGNORE INTO register_fall VALUES (?, ?, ?, ?)', seq, fall.reportedAt, fall.highWh, fall.baseWh);
}

/** The newest register readings of a transaction by the charger's clock, oldest of them first. */
export function newestReadings(db: Db, seq: number, limit: number): RegisterPoint[] {
  return db
    .all<RegisterPoint>(
      `SELECT reported_at AS reportedAt, received_at AS receivedAt, energy_wh AS energyWh FROM sample
       WHERE transaction_seq = ? AND energy_wh IS NOT NULL ORDER BY reported_at DESC, energy_wh DESC LIMIT ?`,
      seq,
      limit,
    )
    .reverse();
}

/** What those samples of a transaction amount to that tell both power and register. */
export interface SampleFigures {
  samples: number;
  averageW: number | null;
  /** Between the least and the greatest register, Wh. */
  rise: number | null;
  /** Between the first and the last of them. */
  millis: number | null;
}

/** Sums a transaction's samples up, in the database: there may be a hundred thousand. */
export function sampleFigures(db: Db, seq: number): SampleFigures {
  const figures = db.one<SampleFigures>(
    `SELECT count(*) AS samples, avg(power_w) AS averageW, max(energy_wh) - min(energy_wh) AS rise,
       max(reported_at) - min(reported_at) AS millis
     FROM sample WHERE transaction_seq = ? AND power_w IS NOT NULL AND energy_wh IS NOT NULL`,
    seq,
  );
  if (!figures) throw new Error('an aggregate gave no row');
  return figures;
}

/** Notes where a signed reading stands; the same one again is no new row (law 3). */
export function insertSigned(db: Db, seq: number, reportedAt: Millis, said: string, line: number): void {
  db.run('INSERT OR IGNORE INTO signed_reading VALUES (?, ?, ?, ?)', seq, reportedAt, contentHash(said), line);
}

/** Lines of the meter log that hold a transaction's signed readings, oldest first; at most `limit` of each end. */
export function listSigned(db: Db, seq: number, limit: number): number[] {
  const ends = (['ASC', 'DESC'] as const).map((order) =>
    db.all<{ line: number }>(
      `SELECT line FROM signed_reading WHERE transaction_seq = ? ORDER BY reported_at ${order}, line ${order} LIMIT ?`,
      seq,
      limit,
    ),
  );
  return [...new Set(ends.flat().map(({ line }) => line))].toSorted((a, b) => a - b);
}
