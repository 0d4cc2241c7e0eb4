import type { Sender } from '../domain/commands.ts';
import type { Reservation } from '../domain/reservations.ts';
import type { Millis } from '../domain/time.ts';
import type { TokenUse } from '../domain/types.ts';
import type { Db } from './db.ts';

const RESERVATION = `wire_id AS wireId, id, peer, peer_key AS peerKey, peer_reservation_id AS peerReservationId,
  response_url AS responseUrl, sender, charger_id AS chargerId, evse, token, group_id AS groupId, wire_uid AS wireUid,
  authorization_reference AS authorizationReference, session_id AS sessionId, booking_id AS bookingId, state, emulated, told,
  reason, created_at AS createdAt, held_at AS heldAt, expires_at AS expiresAt, ended_at AS endedAt, updated_at AS updatedAt`;

type Row = Omit<Reservation, 'token' | 'sender' | 'emulated' | 'told'> & {
  token: string;
  sender: string | null;
  emulated: number;
  told: number;
};

/** Gives the number that chargers know it by. */
export function insertReservation(db: Db, r: Omit<Reservation, 'wireId'>): number {
  return db.run(
    `INSERT INTO reservation (id, peer, peer_key, peer_reservation_id, response_url, sender, charger_id, evse, token,
       group_id, wire_uid, authorization_reference, session_id, booking_id, state, emulated, told, reason, created_at,
       held_at, expires_at, ended_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    r.id,
    r.peer,
    r.peerKey,
    r.peerReservationId,
    ...changing(r),
  ).lastId;
}

export function updateReservation(db: Db, r: Reservation): void {
  db.run(
    `UPDATE reservation SET response_url = ?, sender = ?, charger_id = ?, evse = ?, token = ?, group_id = ?, wire_uid = ?,
       authorization_reference = ?, session_id = ?, booking_id = ?, state = ?, emulated = ?, told = ?, reason = ?,
       created_at = ?, held_at = ?, expires_at = ?, ended_at = ?, updated_at = ? WHERE wire_id = ?`,
    ...changing(r),
    r.wireId,
  );
}

function changing(r: Omit<Reservation, 'wireId'>) {
  return [
    r.responseUrl,
    r.sender && JSON.stringify(r.sender),
    r.chargerId,
    r.evse,
    JSON.stringify(r.token),
    r.groupId,
    r.wireUid,
    r.authorizationReference,
    r.sessionId,
    r.bookingId,
    r.state,
    r.emulated ? 1 : 0,
    r.told ? 1 : 0,
    r.reason,
    r.createdAt,
    r.heldAt,
    r.expiresAt,
    r.endedAt,
    r.updatedAt,
  ];
}

export function findReservation(db: Db, id: string): Reservation | undefined {
  return one(db, 'id = ?', id);
}

export function findByWireId(db: Db, chargerId: string, wireId: number): Reservation | undefined {
  return one(db, 'wire_id = ? AND charger_id = ?', wireId, chargerId);
}

/** The one that keeps a bay now. */
export function findLiveAt(db: Db, chargerId: string, evse: number): Reservation | undefined {
  return one(db, "charger_id = ? AND evse = ? AND state IN ('asked', 'held')", chargerId, evse);
}

/** A peer's own, while it keeps a bay. */
export function findLiveOfPeer(db: Db, peer: string, peerKey: string): Reservation | undefined {
  return one(db, "peer = ? AND peer_key = ? AND state IN ('asked', 'held')", peer, peerKey);
}

/** A peer's own, whatever became of it; the last one. */
export function findOfPeer(db: Db, peer: string, peerKey: string): Reservation | undefined {
  return one(db, 'peer = ? AND peer_key = ? ORDER BY wire_id DESC', peer, peerKey);
}

/** The one that a session began with; of several the last. */
export function findOfSession(db: Db, sessionId: string): Reservation | undefined {
  return one(db, 'session_id = ? ORDER BY wire_id DESC', sessionId);
}

export function findOfBooking(db: Db, bookingId: string): Reservation | undefined {
  return one(db, "booking_id = ? AND state IN ('asked', 'held')", bookingId);
}

/** All that keep a bay now. */
export function listLive(db: Db): Reservation[] {
  return many(db, "state IN ('asked', 'held') ORDER BY wire_id");
}

/** Those of one charger. Sorted here: this runs for each transaction, and SQLite takes ten times as long to sort as to find. */
export function listLiveOf(db: Db, chargerId: string): Reservation[] {
  return many(db, "charger_id = ? AND state IN ('asked', 'held')", chargerId).toSorted(
    (one, other) => one.wireId - other.wireId,
  );
}

/** Those that are over, and that their charger may still hold. */
export function listOwed(db: Db, chargerId: string): Reservation[] {
  return many(
    db,
    "charger_id = ? AND told = 1 AND state IN ('expired', 'cancelled', 'failed', 'used') ORDER BY wire_id",
    chargerId,
  );
}

/** Newest first. */
export function listReservations(db: Db, limit: number, before: number | null): Reservation[] {
  return many(db, 'wire_id < ? ORDER BY wire_id DESC LIMIT ?', before ?? Number.MAX_SAFE_INTEGER, limit);
}

/** Those whose time is up. */
export function listExpired(db: Db, now: Millis): Reservation[] {
  return many(db, "state IN ('asked', 'held') AND expires_at <= ? ORDER BY wire_id", now);
}

/** Those that ran out and were kept at that time, as far as is known here; the first to end first. */
export function listExpiredAround(db: Db, at: Millis, slack: number): Reservation[] {
  return many(
    db,
    "state = 'expired' AND ended_at >= ? AND held_at <= ? ORDER BY ended_at LIMIT 5000",
    at - slack,
    at + slack,
  );
}

function one(db: Db, where: string, ...params: (string | number)[]): Reservation | undefined {
  return many(db, `${where} LIMIT 1`, ...params)[0];
}

function many(db: Db, where: string, ...params: (string | number)[]): Reservation[] {
  return db.all<Row>(`SELECT ${RESERVATION} FROM reservation WHERE ${where}`, ...params).map(toReservation);
}

function toReservation(row: Row): Reservation {
  return {
    ...row,
    token: JSON.parse(row.token) as TokenUse,
    sender: row.sender === null ? null : (JSON.parse(row.sender) as Sender),
    emulated: row.emulated === 1,
    told: row.told === 1,
  };
}
