import type { Delivery, OutboxRow, PushModule } from '../domain/outbox.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

const ROW = `peer, module, object, state, changed_at AS changedAt, since, attempts, next_at AS nextAt, problem`;

type Key = Pick<OutboxRow, 'peer' | 'module' | 'object'>;

export function findCursor(db: Db, peer: string, module: PushModule): Millis | undefined {
  return db.one<{ scanned: Millis }>('SELECT scanned FROM outbox_cursor WHERE peer = ? AND module = ?', peer, module)
    ?.scanned;
}

export function setCursor(db: Db, peer: string, module: PushModule, scanned: Millis): void {
  db.run(
    `INSERT INTO outbox_cursor (peer, module, scanned) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET scanned = excluded.scanned`,
    peer,
    module,
    scanned,
  );
}

/** Marks an object as not told; one that waits already stands for this change too. */
export function putDirty(db: Db, key: Key, changedAt: Millis, now: Millis, nextAt: Millis): void {
  db.run(
    `INSERT INTO outbox (peer, module, object, state, changed_at, since, next_at) VALUES (?, ?, ?, 'dirty', ?, ?, ?)
     ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at, state = 'dirty', attempts = 0,
       next_at = CASE WHEN state = 'dirty' AND attempts = 0 THEN min(next_at, excluded.next_at)
         ELSE excluded.next_at END`,
    key.peer,
    key.module,
    key.object,
    changedAt,
    now,
    nextAt,
  );
}

/** What waits longest of what may go now. */
export function nextDue(db: Db, peer: string, module: PushModule, now: Millis): OutboxRow | undefined {
  return db.one<OutboxRow>(
    `SELECT ${ROW} FROM outbox WHERE peer = ? AND module = ? AND state = 'dirty' AND next_at <= ?
     ORDER BY next_at, changed_at LIMIT 1`,
    peer,
    module,
    now,
  );
}

/** It is told, unless it changed meanwhile. */
export function removeTold(db: Db, key: Key, changedAt: Millis): void {
  db.run(
    'DELETE FROM outbox WHERE peer = ? AND module = ? AND object = ? AND changed_at <= ?',
    key.peer,
    key.module,
    key.object,
    changedAt,
  );
}

export function setFailed(db: Db, row: OutboxRow, state: OutboxRow['state'], nextAt: Millis, problem: string): void {
  db.run(
    `UPDATE outbox SET attempts = attempts + 1, state = ?, next_at = ?, problem = ?
     WHERE peer = ? AND module = ? AND object = ? AND changed_at = ?`,
    state,
    nextAt,
    problem,
    row.peer,
    row.module,
    row.object,
    row.changedAt,
  );
}

/** It waits for what is not its own fault: no attempt is counted. */
export function setHeld(db: Db, row: OutboxRow, nextAt: Millis, reason: string): void {
  db.run(
    `UPDATE outbox SET next_at = ?, problem = ? WHERE peer = ? AND module = ? AND object = ? AND changed_at = ?`,
    nextAt,
    reason,
    row.peer,
    row.module,
    row.object,
    row.changedAt,
  );
}

/** Lets go at once what waits for this reason. */
export function release(db: Db, peer: string, reason: string, now: Millis): void {
  db.run(
    `UPDATE outbox SET next_at = ?, problem = NULL WHERE peer = ? AND state = 'dirty' AND problem = ?`,
    now,
    peer,
    reason,
  );
}

/** Lets what waits, or is given up, go at once; null: any. */
export function setRetry(db: Db, peer: string, module: string | null, object: string | null, now: Millis): number {
  return db.run(
    `UPDATE outbox SET state = 'dirty', attempts = 0, next_at = ?
     WHERE peer = ? AND (? IS NULL OR module = ?) AND (? IS NULL OR object = ?)`,
    now,
    peer,
    module,
    module,
    object,
    object,
  ).changes;
}

/** A page in the order of the key; `after` is the key before it. */
export function listOutbox(db: Db, after: Key | null, limit: number): OutboxRow[] {
  const from = after ?? { peer: '', module: '', object: '' };
  return db.all<OutboxRow>(
    `SELECT ${ROW} FROM outbox WHERE (peer, module, object) > (?, ?, ?) ORDER BY peer, module, object LIMIT ?`,
    from.peer,
    from.module,
    from.object,
    limit,
  );
}

export interface OutboxCount {
  peer: string;
  waiting: number;
  dead: number;
  /** Since when the eldest waits. */
  since: Millis;
}

export function countOutbox(db: Db): OutboxCount[] {
  return db.all<OutboxCount>(
    `SELECT peer, sum(state = 'dirty') AS waiting, sum(state = 'dead') AS dead, min(since) AS since
     FROM outbox GROUP BY peer`,
  );
}

export function findDelivery(db: Db, key: Key): Delivery | undefined {
  return db.one<Delivery>(
    `SELECT mark, location, changed_at AS changedAt, delivered_at AS deliveredAt FROM delivery WHERE peer = ? AND module = ? AND object = ?`,
    key.peer,
    key.module,
    key.object,
  );
}

export function putDelivery(db: Db, key: Key, { mark, location, changedAt, deliveredAt }: Delivery): void {
  db.run(
    `INSERT INTO delivery (peer, module, object, mark, location, changed_at, delivered_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET mark = excluded.mark, location = coalesce(excluded.location, location),
       changed_at = max(changed_at, excluded.changed_at),
       delivered_at = excluded.delivered_at`,
    key.peer,
    key.module,
    key.object,
    mark,
    location,
    changedAt,
    deliveredAt,
  );
}

export function deleteDelivery(db: Db, key: Key): void {
  db.run('DELETE FROM delivery WHERE peer = ? AND module = ? AND object = ?', key.peer, key.module, key.object);
}

export function listDelivered(db: Db, peer: string, module: PushModule): string[] {
  return db
    .all<{ object: string }>('SELECT object FROM delivery WHERE peer = ? AND module = ?', peer, module)
    .map((row) => row.object);
}

/** Does the object wait to be told, or was it given up? */
export function isWaiting(db: Db, key: Key): boolean {
  return (
    db.one('SELECT 1 FROM outbox WHERE peer = ? AND module = ? AND object = ?', key.peer, key.module, key.object) !==
    undefined
  );
}

/** What a peer acknowledged last, newest first, with where it says that it keeps it. */
export function newestDelivered(
  db: Db,
  peer: string,
  module: PushModule,
  limit: number,
): { object: string; location: string | null }[] {
  return db.all(
    'SELECT object, location FROM delivery WHERE peer = ? AND module = ? ORDER BY delivered_at DESC LIMIT ?',
    peer,
    module,
    limit,
  );
}

/** Of which peers are told what changed. */
type ChangingTable = 'session' | 'cdr' | 'booking';

/** Did a session, CDR or booking change after a stamp? `owner` null: anybody's. */
export function hasChangedSince(db: Db, table: ChangingTable, owner: string | null, after: Millis): boolean {
  const { condition, params } = ownedBy(owner);
  return db.one(`SELECT 1 FROM ${table} WHERE ${condition} AND updated_at > ? LIMIT 1`, ...params, after) !== undefined;
}

/**
 * Sessions, CDRs or bookings that changed after one stamp and before another, in the order of change; `owner` null: of everybody. At
 * least `step` where there are so many, and all that share the last one's stamp: a commit is never cut in two.
 */
export function changedBetween(
  db: Db,
  table: ChangingTable,
  owner: string | null,
  after: Millis,
  before: Millis,
  step: number,
): { id: string; updatedAt: Millis }[] {
  const { condition, params } = ownedBy(owner);
  const last = db.one<{ at: Millis }>(
    `SELECT updated_at AS at FROM ${table} WHERE ${condition} AND updated_at > ? AND updated_at < ?
     ORDER BY updated_at LIMIT 1 OFFSET ?`,
    ...params,
    after,
    before,
    step - 1,
  );
  return db.all(
    `SELECT id, updated_at AS updatedAt FROM ${table} WHERE ${condition} AND updated_at > ? AND updated_at <= ?
     ORDER BY updated_at`,
    ...params,
    after,
    last?.at ?? before - 1,
  );
}

/** A condition on the peer only where one is meant: so each has its index. */
function ownedBy(owner: string | null): { condition: string; params: string[] } {
  return owner === null ? { condition: '1', params: [] } : { condition: 'peer = ?', params: [owner] };
}

/** When an EVSE or connector last changed; 0 without any. */
export function latestPlaceChange(db: Db): Millis {
  const row = db.one<{ at: Millis }>(
    `SELECT max(coalesce((SELECT max(updated_at) FROM evse), 0),
       coalesce((SELECT max(updated_at) FROM connector), 0)) AS at`,
  );
  return row?.at ?? 0;
}

/** Sessions that are under way. */
export function liveSessions(db: Db, owner: string | null): { id: string; updatedAt: Millis }[] {
  return db.all(
    `SELECT id, updated_at AS updatedAt FROM session WHERE status IN ('PENDING', 'ACTIVE', 'RESERVATION')
       AND (? IS NULL OR peer = ?)`,
    owner,
    owner,
  );
}

/** Bookings that are still to come. */
export function liveBookings(db: Db, owner: string | null): { id: string; updatedAt: Millis }[] {
  return db.all(
    `SELECT id, updated_at AS updatedAt FROM booking WHERE state IN ('PENDING', 'RESERVED') AND (? IS NULL OR peer = ?)`,
    owner,
    owner,
  );
}

/** A connection that ended is owed nothing, and holds nothing. */
export function forgetPeer(db: Db, peer: string): void {
  for (const table of ['outbox', 'outbox_cursor', 'delivery']) db.run(`DELETE FROM ${table} WHERE peer = ?`, peer);
}
