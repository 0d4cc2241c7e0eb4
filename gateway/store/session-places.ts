import type { ListQuery } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { Db, SqlValue } from './db.ts';

/** In which numbering a list goes: all sessions, or one peer's. */
export interface Places {
  column: 'position' | 'peer_position';
  /** '' for all. */
  peer: string;
  /** By which places are found: named, because another index on the peer looks as good to the planner and is not. */
  index: string;
  where: string;
  params: SqlValue[];
}

/** Which places are on a page, in the list's order. */
export interface PageOfPlaces {
  places: number[];
  /** Matching the filters. */
  total: number;
  /** Does the list go on? */
  more: boolean;
}

/** Places to a block, as the triggers of migration 0013 have it. */
const BLOCK = 256;

const UNDER_WAY = `status IN ('PENDING', 'ACTIVE', 'RESERVATION')`;

/** The numbering of all sessions, or of one peer's. */
export function placesOf(peer: string | undefined): Places {
  return peer === undefined
    ? { column: 'position', peer: '', index: 'session_position', where: '1', params: [] }
    : { column: 'peer_position', peer, index: 'session_peer_position', where: 'peer = ?', params: [peer] };
}

/** Of the newest session; 0 without any. */
export function lastPlace(db: Db, { column, index, where, params }: Places): number {
  const row = db.one<{ place: number }>(
    `SELECT ${column} AS place FROM session INDEXED BY ${index} WHERE ${where} ORDER BY ${column} DESC LIMIT 1`,
    ...params,
  );
  return row?.place ?? 0;
}

/**
 * Which places match a query's times, without looking at each session: whatever was made between the two times has changed
 * since the first of them. To be added are those that were made before and changed within, to be left out those that
 * changed after the second: `strays`, as many as ran at those moments.
 */
export function pageOfPlaces(db: Db, numbering: Places, query: ListQuery): PageOfPlaces {
  const list = match(db, numbering, query);
  const newest = query.newestFirst === true;
  const begun = query.after === undefined ? null : placeOfSeq(db, numbering, query.after);
  const start = begun === null ? query.offset : newest ? list.total - list.upTo(begun - 1) : list.upTo(begun);
  const length = Math.max(0, Math.min(query.limit, list.total - start));
  const at = (index: number): number => list.at(newest ? list.total - 1 - index : index);
  return {
    places: Array.from({ length }, (_, index) => at(start + index)),
    total: list.total,
    more: start + length < list.total,
  };
}

interface Matching {
  total: number;
  /** The place of the match with this number, from 0, in the order of creation. */
  at(index: number): number;
  /** How many matches there are up to a place. */
  upTo(place: number): number;
}

function match(db: Db, numbering: Places, { dateFrom, dateTo }: ListQuery): Matching {
  if (dateFrom !== undefined && dateTo !== undefined && dateTo <= dateFrom)
    return { total: 0, at: () => 0, upTo: () => 0 };
  const last = lastPlace(db, numbering);
  const first = dateFrom === undefined ? 1 : firstMadeFrom(db, numbering, dateFrom, last);
  const end = dateTo === undefined ? last : firstMadeFrom(db, numbering, dateTo, last) - 1;
  const later = dateTo === undefined ? [] : strays(db, numbering, dateTo, end);
  const tooLate = new Set(later);
  const before =
    dateFrom === undefined ? [] : strays(db, numbering, dateFrom, first - 1).filter((place) => !tooLate.has(place));
  const left = later.filter((place) => place >= first);
  const until = (places: number[], place: number): number => places.filter((each) => each <= place).length;
  return {
    total: before.length + Math.max(0, end - first + 1) - left.length,
    at(index) {
      if (index < before.length) return before[index] ?? 0;
      let place = first + index - before.length;
      for (const absent of left) if (absent <= place) place += 1;
      return place;
    },
    upTo(place) {
      const within = Math.max(0, Math.min(place, end) - first + 1);
      return until(before, place) + within - until(left, place);
    },
  };
}

/** The first place whose session was made then or later; one beyond the last where there is none. */
function firstMadeFrom(db: Db, { column, index, where, params }: Places, at: Millis, last: number): number {
  let [low, high] = [1, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = db.one<{ made: Millis }>(
      `SELECT created_at AS made FROM session INDEXED BY ${index} WHERE ${where} AND ${column} = ?`,
      ...params,
      middle,
    );
    if ((row?.made ?? 0) >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Sessions up to a place that changed then or later, although they were made before: in order. */
function strays(db: Db, { column, peer, index, where, params }: Places, at: Millis, upTo: number): number[] {
  const placesBy = (by: string, condition: string, ...values: SqlValue[]): number[] =>
    db
      .all<{ place: number }>(
        `SELECT ${column} AS place FROM session INDEXED BY ${by} WHERE ${where} AND updated_at >= ? AND ${condition}`,
        ...params,
        at,
        ...values,
      )
      .map(({ place }) => place);
  const running = placesBy('session_live', `${UNDER_WAY} AND ${column} <= ?`, upTo);
  const blocks = db.all<{ block: number }>(
    'SELECT block FROM session_block WHERE peer = ? AND block <= ? AND latest >= ?',
    peer,
    Math.floor((upTo - 1) / BLOCK),
    at,
  );
  const settled = blocks.flatMap(({ block }) =>
    placesBy(
      index,
      `${column} BETWEEN ? AND ? AND NOT (${UNDER_WAY})`,
      block * BLOCK + 1,
      Math.min(upTo, (block + 1) * BLOCK),
    ),
  );
  return [...running, ...settled].toSorted((one, other) => one - other);
}

function placeOfSeq(db: Db, { column }: Places, seq: number): number {
  return db.one<{ place: number | null }>(`SELECT ${column} AS place FROM session WHERE seq = ?`, seq)?.place ?? 0;
}
