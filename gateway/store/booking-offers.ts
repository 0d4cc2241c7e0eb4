import type { BookingOffer } from '../domain/booking-offers.ts';
import type { ListQuery, Page } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { Db, SqlValue } from './db.ts';

interface Row {
  seq: number;
  id: string;
  body: string;
  free: string;
  updatedAt: Millis;
}

/** A bay while a booking takes it up. */
export interface BusyTime {
  chargerId: string;
  evse: number;
  startsAt: Millis;
  /** With the time for which its driver may stay after. */
  freeAt: Millis;
}

/** Every bay that is taken by a booking at some time from `from` until `to`. From one index alone. */
export function listBusy(db: Db, from: Millis, to: Millis): BusyTime[] {
  return db.all<BusyTime>(
    `SELECT charger_id AS chargerId, evse, starts_at AS startsAt, free_at AS freeAt FROM booking INDEXED BY booking_busy
     WHERE charger_id IS NOT NULL AND starts_at < ? AND free_at > ?
     ORDER BY starts_at`,
    to,
    from,
  );
}

/** Writes a place as it is offered; one that is as it was before keeps its time. */
export function putOffer(db: Db, { id, free, ...body }: Omit<BookingOffer, 'seq' | 'updatedAt'>, stamp: Millis): void {
  db.run(
    `INSERT INTO booking_offer (id, body, free, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET body = excluded.body, free = excluded.free, updated_at = excluded.updated_at
     WHERE body <> excluded.body OR free <> excluded.free`,
    id,
    JSON.stringify(body),
    JSON.stringify(free),
    stamp,
  );
}

export function findOffer(db: Db, id: string): BookingOffer | undefined {
  const row = db.one<Row>(
    `SELECT seq, id, body, free, updated_at AS updatedAt FROM booking_offer WHERE upper(id) = upper(?)`,
    id,
  );
  return row && toOffer(row);
}

export function listOfferIds(db: Db): { id: string; updatedAt: Millis }[] {
  return db.all('SELECT id, updated_at AS updatedAt FROM booking_offer ORDER BY seq');
}

/** When any of them changed last; 0 without any. */
export function latestOfferChange(db: Db): Millis {
  return db.one<{ at: Millis }>('SELECT coalesce(max(updated_at), 0) AS at FROM booking_offer')?.at ?? 0;
}

/** Only those that are free at some time. */
export interface FreeQuery {
  /** After this, and before that. */
  from: Millis;
  to: Millis;
  /** What is before this is over. */
  first: Millis;
  /** For so long at least, from then on, ms. */
  least: Millis;
}

/** What of a list of offers is wanted. */
export interface OfferQuery extends ListQuery {
  free?: FreeQuery;
}

/** A page in the order in which they came to be. */
export function listOffers(db: Db, query: OfferQuery): Page<BookingOffer> {
  const { where, params } = conditions(query);
  const total = db.one<{ n: number }>(`SELECT count(*) AS n FROM booking_offer WHERE ${where}`, ...params)?.n ?? 0;
  const rows = db.all<Row>(
    `SELECT seq, id, body, free, updated_at AS updatedAt FROM booking_offer WHERE ${where} AND seq > ?
     ORDER BY seq LIMIT ? OFFSET ?`,
    ...params,
    query.after ?? 0,
    query.limit + 1,
    query.after === undefined ? query.offset : 0,
  );
  const items = rows.slice(0, query.limit).map(toOffer);
  return { items, total, next: rows.length > query.limit ? (items.at(-1)?.seq ?? null) : null };
}

const FREE = `EXISTS (SELECT 1 FROM json_each(free) WHERE value ->> 1 - max(value ->> 0, ?) >= ?
  AND value ->> 1 > ? AND max(value ->> 0, ?, ?) < ?)`;

function conditions({ dateFrom, dateTo, free }: OfferQuery): { where: string; params: SqlValue[] } {
  const given: { sql: string; values: SqlValue[] }[] = [];
  if (dateFrom !== undefined) given.push({ sql: 'updated_at >= ?', values: [dateFrom] });
  if (dateTo !== undefined) given.push({ sql: 'updated_at < ?', values: [dateTo] });
  if (free) given.push({ sql: FREE, values: [free.first, free.least, free.from, free.first, free.from, free.to] });
  return { where: ['1', ...given.map(({ sql }) => sql)].join(' AND '), params: given.flatMap(({ values }) => values) };
}

function toOffer({ body, free, ...row }: Row): BookingOffer {
  const held = JSON.parse(body) as Omit<BookingOffer, 'seq' | 'id' | 'free' | 'updatedAt'>;
  return { ...row, ...held, free: JSON.parse(free) as BookingOffer['free'] };
}
