import type { Booking } from '../domain/bookings.ts';
import type { ListQuery, Page } from '../domain/paging.ts';
import { findBooking } from './bookings.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

const LISTING = { table: 'booking', columns: 'seq, id', seq: 'seq', updatedAt: 'updated_at', peer: 'peer' };

/** A page in the order in which they were made. */
export function pageOfBookings(db: Db, query: ListQuery): Page<Booking> {
  const { items, total, next } = page<{ seq: number; id: string }>(db, LISTING, query);
  return { items: items.flatMap(({ id }) => findBooking(db, id) ?? []), total, next };
}

/** Has this peer made any? */
export function hasBooked(db: Db, peer: string): boolean {
  return db.one("SELECT 1 FROM booking WHERE coalesce(peer, '') = ? LIMIT 1", peer) !== undefined;
}
