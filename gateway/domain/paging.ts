import type { Millis } from './time.ts';

/** Which part of a list is wanted. */
export interface ListQuery {
  offset: number;
  limit: number;
  /** Inclusive, on `updatedAt`. */
  dateFrom?: Millis;
  /** Exclusive, on `updatedAt`. */
  dateTo?: Millis;
  /** Only what belongs to this peer. */
  peer?: string;
  /** Only what concerns this charger, in lists that know chargers. */
  chargerId?: string;
  /** Keyset cursor: the `next` of the page before; overrides `offset`. */
  after?: number;
  newestFirst?: boolean;
  /** Of bill lines: those that a session ended with, without credits and what was corrected after them. */
  firstBillsOnly?: boolean;
}

export interface Page<T> {
  items: T[];
  /** Matching the filters, whatever `offset`, `limit` and `after` say. */
  total: number;
  /** `after` of the page that follows; null on the last. */
  next: number | null;
}
