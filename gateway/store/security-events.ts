import type { ListQuery, Page } from '../domain/paging.ts';
import type { SecurityEvent } from '../domain/security.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

const COLUMNS = `id, id AS seq, charger_id AS chargerId, origin, type, detail, reported_at AS reportedAt,
  received_at AS receivedAt, last_at AS lastAt, count`;

/** What a charger reported; null when it had been reported before and is only counted. */
export function insertReport(
  db: Db,
  event: Pick<SecurityEvent, 'type' | 'detail' | 'reportedAt' | 'receivedAt'> & { chargerId: string },
): number | null {
  const { chargerId, type, detail, reportedAt, receivedAt } = event;
  const row = db.one<{ id: number; count: number }>(
    `INSERT INTO security_event (charger_id, origin, type, detail, reported_at, received_at, last_at)
     VALUES (?, 'charger', ?, ?, ?, ?, ?)
     ON CONFLICT (charger_id, type, reported_at, detail) WHERE origin = 'charger'
     DO UPDATE SET count = count + 1, last_at = excluded.last_at
     RETURNING id, count`,
    chargerId,
    type,
    detail,
    reportedAt,
    receivedAt,
    receivedAt,
  );
  if (!row) throw new Error('security event was not written');
  return row.count === 1 ? row.id : null;
}

/** A finding of the gateway's, `count` times since `firstAt`. The same one, last found after `since`, is only counted: null. */
export function addFinding(
  db: Db,
  finding: Pick<SecurityEvent, 'chargerId' | 'type' | 'detail' | 'count' | 'lastAt'> & { firstAt: Millis },
  since: Millis,
): number | null {
  const { chargerId, type, detail, count, firstAt, lastAt } = finding;
  const known = db.one<{ id: number }>(
    `SELECT id FROM security_event WHERE charger_id IS ? AND origin = 'gateway' AND type = ? AND detail = ?
     AND last_at >= ? ORDER BY id DESC LIMIT 1`,
    chargerId,
    type,
    detail,
    since,
  );
  if (known) {
    db.run('UPDATE security_event SET count = count + ?, last_at = ? WHERE id = ?', count, lastAt, known.id);
    return null;
  }
  return db.run(
    `INSERT INTO security_event (charger_id, origin, type, detail, reported_at, received_at, last_at, count)
     VALUES (?, 'gateway', ?, ?, ?, ?, ?, ?)`,
    chargerId,
    type,
    detail,
    firstAt,
    firstAt,
    lastAt,
    count,
  ).lastId;
}

/** Keeps the newest `keep` of a charger; null: of those that concern no known charger. */
export function pruneSecurityEvents(db: Db, chargerId: string | null, keep: number): void {
  db.run(
    `DELETE FROM security_event WHERE charger_id IS ?
     AND id <= (SELECT id FROM security_event WHERE charger_id IS ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    chargerId,
    chargerId,
    keep,
  );
}

export function listSecurityEvents(db: Db, query: ListQuery): Page<SecurityEvent> {
  return page<SecurityEvent & { seq: number }>(
    db,
    { table: 'security_event', columns: COLUMNS, seq: 'id', updatedAt: null, peer: null, charger: 'charger_id' },
    query,
  );
}
