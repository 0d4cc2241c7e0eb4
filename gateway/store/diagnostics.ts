import { OTHER_DEVIATIONS, type Deviation, type Frame } from '../domain/diagnostics.ts';
import type { Db } from './db.ts';

export function insertFrame(db: Db, chargerId: string, frame: Frame): void {
  db.run(
    'INSERT INTO frame (charger_id, at, direction, text) VALUES (?, ?, ?, ?)',
    chargerId,
    frame.at,
    frame.direction,
    frame.text,
  );
}

/** Keeps the newest `keep` frames of a charger. */
export function pruneFrames(db: Db, chargerId: string, keep: number): void {
  db.run(
    `DELETE FROM frame WHERE charger_id = ?
     AND id <= (SELECT id FROM frame WHERE charger_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    chargerId,
    chargerId,
    keep,
  );
}

/** The newest frames of a charger, oldest of them first. */
export function listFrames(db: Db, chargerId: string, limit: number): Frame[] {
  return db
    .all<Frame>('SELECT at, direction, text FROM frame WHERE charger_id = ? ORDER BY id DESC LIMIT ?', chargerId, limit)
    .reverse();
}

/** Counts a deviation; beyond `most` kinds of one charger it is one of the others. */
export function addDeviation(db: Db, chargerId: string, noted: Deviation, most: number): void {
  const known = db.one('SELECT 1 FROM deviation WHERE charger_id = ? AND code = ?', chargerId, noted.code);
  const { n = 0 } = db.one<{ n: number }>('SELECT count(*) AS n FROM deviation WHERE charger_id = ?', chargerId) ?? {};
  const deviation = known || n < most ? noted : { ...noted, code: OTHER_DEVIATIONS };
  db.run(
    `INSERT INTO deviation (charger_id, code, count, first_seen_at, last_seen_at, sample) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen_at = excluded.last_seen_at,
       sample = excluded.sample`,
    chargerId,
    deviation.code,
    deviation.count,
    deviation.firstSeenAt,
    deviation.lastSeenAt,
    deviation.sample,
  );
}

export function listDeviations(db: Db): (Deviation & { chargerId: string })[] {
  return db.all(
    `SELECT charger_id AS chargerId, code, count, first_seen_at AS firstSeenAt, last_seen_at AS lastSeenAt, sample
     FROM deviation ORDER BY charger_id, code`,
  );
}

export function listDeviationsOf(db: Db, chargerId: string): Deviation[] {
  return db.all(
    `SELECT code, count, first_seen_at AS firstSeenAt, last_seen_at AS lastSeenAt, sample
     FROM deviation WHERE charger_id = ? ORDER BY code`,
    chargerId,
  );
}
