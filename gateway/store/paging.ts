import type { ListQuery, Page } from '../domain/paging.ts';
import type { Db, SqlValue } from './db.ts';

/** A listable table: its columns, and what the filters compare with. */
export interface Listing {
  table: string;
  columns: string;
  /** Rising with creation; pages are cut by it. */
  seq: string;
  updatedAt: string | null;
  peer: string | null;
  charger?: string;
}

/**
 * One page in the order of creation (or its reverse). Keyset by `after`, so that following a list costs the same at its
 * end as at its start and objects that change meanwhile are neither missed nor seen twice.
 */
export function page<Row extends { seq: number }>(db: Db, listing: Listing, query: ListQuery): Page<Row> {
  const where: string[] = [];
  const params: SqlValue[] = [];
  const condition = (sql: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    where.push(sql);
    params.push(value);
  };
  if (listing.updatedAt) {
    condition(`${listing.updatedAt} >= ?`, query.dateFrom);
    condition(`${listing.updatedAt} < ?`, query.dateTo);
  }
  if (listing.peer) condition(`${listing.peer} = ?`, query.peer);
  if (listing.charger) condition(`${listing.charger} = ?`, query.chargerId);
  const total = count(db, listing, where, params);
  const newest = query.newestFirst === true;
  if (query.after !== undefined) condition(`${listing.seq} ${newest ? '<' : '>'} ?`, query.after);
  const rows = db.all<Row>(
    `SELECT ${listing.columns} FROM ${listing.table} ${whereOf(where)}
     ORDER BY ${listing.seq} ${newest ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`,
    ...params,
    query.limit + 1,
    query.after === undefined ? query.offset : 0,
  );
  const items = rows.slice(0, query.limit);
  return { items, total, next: rows.length > query.limit ? (items.at(-1)?.seq ?? null) : null };
}

function count(db: Db, listing: Listing, where: string[], params: SqlValue[]): number {
  const row = db.one<{ n: number }>(`SELECT count(*) AS n FROM ${listing.table} ${whereOf(where)}`, ...params);
  return row?.n ?? 0;
}

function whereOf(conditions: string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}
