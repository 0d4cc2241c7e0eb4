import { hasBay, type Booking, type BookingState } from '../domain/bookings.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

const BOOKING = `seq, id, peer, request_id AS requestId, place, charger_id AS chargerId, evse, pinned, state,
  starts_at AS startsAt, ends_at AS endsAt, session_id AS sessionId, body, updated_at AS updatedAt`;

/** What is kept in columns of its own. */
type Column =
  | 'seq'
  | 'id'
  | 'peer'
  | 'requestId'
  | 'place'
  | 'chargerId'
  | 'evse'
  | 'pinned'
  | 'state'
  | 'startsAt'
  | 'endsAt'
  | 'sessionId'
  | 'updatedAt';
type Row = Omit<Pick<Booking, Column>, 'pinned'> & { pinned: number; body: string };

/** A booking as far as it takes up a bay. */
export interface Taken {
  id: string;
  place: string;
  chargerId: string;
  evse: number;
  pinned: boolean;
  startsAt: Millis;
  endsAt: Millis;
  /** When its bay is free again, ms: its end, and how long its driver may stay after. */
  freeAt: Millis;
}

export function insertBooking(db: Db, b: Omit<Booking, 'seq'>): void {
  db.run(
    `INSERT INTO booking (id, peer, request_id, place, charger_id, evse, pinned, state, starts_at, ends_at, session_id,
       body, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    b.id,
    b.peer,
    b.requestId,
    b.place,
    ...changing(b),
  );
}

export function updateBooking(db: Db, b: Omit<Booking, 'seq'>): void {
  db.run(
    `UPDATE booking SET place = ?, charger_id = ?, evse = ?, pinned = ?, state = ?, starts_at = ?, ends_at = ?, session_id = ?,
       body = ?, updated_at = ? WHERE id = ?`,
    b.place,
    ...changing(b),
    b.id,
  );
}

function changing(b: Omit<Booking, 'seq'>) {
  const { tokens, access, authorizationReference, powerKw, terms, canceled, requests, vehicle, note, reason } = b;
  const body = { tokens, access, authorizationReference, powerKw, terms, canceled, requests, vehicle, note, reason };
  return [
    hasBay(b) ? b.chargerId : null,
    hasBay(b) ? b.evse : null,
    b.pinned ? 1 : 0,
    b.state,
    b.startsAt,
    b.endsAt,
    b.sessionId,
    JSON.stringify(body),
    b.updatedAt,
  ];
}

/** Its driver has left, before or after its time: the bay is free for others. */
export function freeBay(db: Db, sessionId: string, stamp: Millis): boolean {
  return (
    db.run(
      `UPDATE booking SET charger_id = NULL, evse = NULL, updated_at = ? WHERE session_id = ? AND state = 'FULFILLED'
         AND charger_id IS NOT NULL`,
      stamp,
      sessionId,
    ).changes > 0
  );
}

export function findBooking(db: Db, id: string): Booking | undefined {
  return many(db, 'id = ?', id)[0];
}

/** That of a request: changes have the same. */
export function findByRequest(db: Db, peer: string | null, requestId: string): Booking | undefined {
  return many(db, "coalesce(peer, '') = ? AND request_id = ?", peer ?? '', requestId)[0];
}

export function findOfSession(db: Db, sessionId: string): Booking | undefined {
  return many(db, 'session_id = ?', sessionId)[0];
}

/** Those under way that begin before then, the first first. */
export function listDue(db: Db, before: Millis): Booking[] {
  return many(db, "state IN ('PENDING', 'RESERVED') AND starts_at <= ? ORDER BY starts_at, seq", before);
}

/** Every booking that takes up a bay at some time from `from` until `to`. Costs no reading of what it holds besides. */
export function listTaken(db: Db, from: Millis, to: Millis): Taken[] {
  return (
    db
      .all<Omit<Taken, 'pinned'> & { pinned: number; state: BookingState }>(
        `SELECT id, place, charger_id AS chargerId, evse, pinned, starts_at AS startsAt, ends_at AS endsAt, state,
         free_at AS freeAt
       FROM booking INDEXED BY booking_busy WHERE charger_id IS NOT NULL AND starts_at < ? AND free_at > ?
       ORDER BY starts_at, seq`,
        to,
        from,
      )
      // Who is there stays there.
      .map(({ state, ...row }) => ({ ...row, pinned: row.pinned === 1 || state === 'FULFILLED' }))
  );
}

/** Is this card in a booking that takes up that time? `but`: another than this one. */
export function listOverlapping(db: Db, from: Millis, to: Millis, but: string): Booking[] {
  return many(db, "state IN ('PENDING', 'RESERVED') AND starts_at < ? AND ends_at > ? AND id <> ?", to, from, but);
}

export interface BookingQuery {
  peer?: string;
  from?: Millis;
  to?: Millis;
  state?: BookingState;
  /** Changed from then on (inclusive), until then (exclusive). */
  changedFrom?: Millis;
  changedTo?: Millis;
  offset?: number;
  limit: number;
}

/** By change where that is asked, else by time. */
export function listBookings(db: Db, query: BookingQuery): { items: Booking[]; total: number } {
  const { where, params } = conditions(query);
  const order = query.changedFrom !== undefined || query.peer !== undefined ? 'updated_at, seq' : 'starts_at, seq';
  const total = db.one<{ n: number }>(`SELECT count(*) AS n FROM booking WHERE ${where}`, ...params)?.n ?? 0;
  const items = many(db, `${where} ORDER BY ${order} LIMIT ? OFFSET ?`, ...params, query.limit, query.offset ?? 0);
  return { items, total };
}

function conditions(query: BookingQuery): { where: string; params: (string | number)[] } {
  const given: [string, string | number | undefined][] = [
    ['peer = ?', query.peer],
    ['ends_at > ?', query.from],
    ['starts_at < ?', query.to],
    ['state = ?', query.state],
    ['updated_at >= ?', query.changedFrom],
    ['updated_at < ?', query.changedTo],
  ];
  const said = given.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return { where: ['1', ...said.map(({ sql }) => sql)].join(' AND '), params: said.map(({ value }) => value) };
}

/** When anything of a booking changed last. */
export function latestChange(db: Db): Millis {
  return db.one<{ at: number }>('SELECT coalesce(max(updated_at), 0) AS at FROM booking')?.at ?? 0;
}

function many(db: Db, where: string, ...params: (string | number)[]): Booking[] {
  return db.all<Row>(`SELECT ${BOOKING} FROM booking WHERE ${where}`, ...params).map(toBooking);
}

function toBooking({ body, pinned, ...row }: Row): Booking {
  return { ...row, ...(JSON.parse(body) as Omit<Booking, Column>), pinned: pinned === 1 };
}
