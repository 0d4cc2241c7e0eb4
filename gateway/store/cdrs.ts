import type { ListQuery, Page } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { Cdr } from '../domain/types.ts';
import type { Db, SqlValue } from './db.ts';

interface CdrRow {
  seq: number;
  updatedAt: Millis;
  body: string;
}

const CDR = 'seq, body, updated_at AS updatedAt';

/** Freezes a bill line: a trigger refuses any later change. */
export function insertCdr(db: Db, cdr: Omit<Cdr, 'seq'>): void {
  db.run(
    `INSERT INTO cdr (id, session_id, peer, charger_id, body, updated_at, position, peer_position, credit_of, corrects)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    cdr.id,
    cdr.sessionId,
    cdr.peer,
    cdr.chargerId,
    JSON.stringify(cdr),
    cdr.updatedAt,
    lastPlace(db, EVERYBODY) + 1,
    cdr.peer === null ? null : lastPlace(db, placesOf(cdr.peer)) + 1,
    cdr.creditOf ?? null,
    cdr.corrects ?? null,
  );
}

export function findCdr(db: Db, id: string): Cdr | undefined {
  const row = db.one<CdrRow>(`SELECT ${CDR} FROM cdr WHERE id = ?`, id);
  return row && toCdr(row);
}

/** The bill line that takes this one back. */
export function findCreditOf(db: Db, id: string): Cdr | undefined {
  const row = db.one<CdrRow>(`SELECT ${CDR} FROM cdr WHERE credit_of = ?`, id);
  return row && toCdr(row);
}

/** The bill line that stands for this one after it was taken back. */
export function findCorrectionOf(db: Db, id: string): Cdr | undefined {
  const row = db.one<CdrRow>(`SELECT ${CDR} FROM cdr WHERE corrects = ?`, id);
  return row && toCdr(row);
}

/** A session's bill lines as they were issued, at most `limit`. */
export function listCdrsOf(db: Db, sessionId: string, limit: number): Cdr[] {
  return db
    .all<CdrRow>(`SELECT ${CDR} FROM cdr WHERE session_id = ? ORDER BY seq LIMIT ?`, sessionId, limit)
    .map(toCdr);
}

/** In which numbering a list goes: everybody's bill lines, or one peer's. */
interface Places {
  column: 'position' | 'peer_position';
  where: string;
  params: SqlValue[];
}

const EVERYBODY: Places = { column: 'position', where: '1', params: [] };

function placesOf(peer: string): Places {
  return { column: 'peer_position', where: 'peer = ?', params: [peer] };
}

/**
 * One page in the order of creation (or its reverse). As bill lines never change, `updatedAt` rises with their place:
 * dates, offsets and totals are places, so that every page costs the same however long the list is.
 */
export function listCdrs(db: Db, query: ListQuery): Page<Cdr> {
  const places = query.peer === undefined ? EVERYBODY : placesOf(query.peer);
  const first = firstPlace(db, places, query.dateFrom);
  const last = endPlace(db, places, query.dateTo);
  const hidden = query.firstBillsOnly === true ? placesOfLaterBills(db, places, first, last) : [];
  const total = Math.max(0, last - first + 1 - hidden.length);
  const newest = query.newestFirst === true;
  const skipped = query.after === undefined ? query.offset : 0;
  const begun = query.after === undefined ? null : placeOf(db, places, query.after);
  const low = newest ? first : skip(Math.max(first, begun === null ? 0 : begun + 1), skipped, hidden, 1);
  const high = newest ? skip(Math.min(last, begun === null ? Infinity : begun - 1), skipped, hidden, -1) : last;
  const rows = db.all<CdrRow>(
    `SELECT ${CDR} FROM cdr WHERE ${places.where} AND ${places.column} BETWEEN ? AND ? ${hidden.length === 0 ? '' : 'AND credit_of IS NULL AND corrects IS NULL'}
     ORDER BY ${places.column} ${newest ? 'DESC' : 'ASC'} LIMIT ?`,
    ...places.params,
    low,
    high,
    query.limit + 1,
  );
  const items = rows.slice(0, query.limit).map(toCdr);
  return { items, total, next: rows.length > query.limit ? (items.at(-1)?.seq ?? null) : null };
}

/** Places of credits and corrected lines, rising: few, and found by their own indexes whatever the list is. */
function placesOfLaterBills(db: Db, { column, where, params }: Places, first: number, last: number): number[] {
  const found = ['credit_of', 'corrects'].flatMap((link) =>
    db.all<{ place: number }>(
      `SELECT +${column} AS place FROM cdr WHERE ${link} > '' AND +${where} AND +${column} BETWEEN ? AND ?`,
      ...params,
      first,
      last,
    ),
  );
  return found.map(({ place }) => place).toSorted((one, other) => one - other);
}

/** The place that is so many on from here, in this direction, when what is hidden does not count. */
function skip(from: number, count: number, hidden: number[], step: 1 | -1): number {
  let place = from + step * count;
  for (const each of step === 1 ? hidden : hidden.toReversed()) {
    const isBefore = step === 1 ? each < from : each > from;
    if (isBefore) continue;
    if ((each - place) * step > 0) break;
    place += step;
  }
  return place;
}

function lastPlace(db: Db, { column, where, params }: Places): number {
  return (
    db.one<{ place: number }>(`SELECT coalesce(max(${column}), 0) AS place FROM cdr WHERE ${where}`, ...params)
      ?.place ?? 0
  );
}

/** Of the first line from then on; one beyond the last where there is none. */
function firstPlace(db: Db, places: Places, from: Millis | undefined): number {
  if (from === undefined) return 1;
  const { column, where, params } = places;
  const found = db.one<{ place: number }>(
    `SELECT ${column} AS place FROM cdr WHERE ${where} AND updated_at >= ? ORDER BY updated_at, seq LIMIT 1`,
    ...params,
    from,
  );
  return found?.place ?? lastPlace(db, places) + 1;
}

/** Of the last line before then; 0 where there is none. */
function endPlace(db: Db, places: Places, to: Millis | undefined): number {
  if (to === undefined) return lastPlace(db, places);
  const { column, where, params } = places;
  const found = db.one<{ place: number }>(
    `SELECT ${column} AS place FROM cdr WHERE ${where} AND updated_at < ? ORDER BY updated_at DESC, seq DESC LIMIT 1`,
    ...params,
    to,
  );
  return found?.place ?? 0;
}

function placeOf(db: Db, { column }: Places, seq: number): number {
  return db.one<{ place: number | null }>(`SELECT ${column} AS place FROM cdr WHERE seq = ?`, seq)?.place ?? 0;
}

function toCdr(row: CdrRow): Cdr {
  return { ...(JSON.parse(row.body) as Omit<Cdr, 'seq'>), seq: row.seq };
}
