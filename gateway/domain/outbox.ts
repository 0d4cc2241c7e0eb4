import type { Millis } from './time.ts';

/** What is pushed. Each goes its own way, so that a backlog of one does not delay the others. */
export const PUSH_MODULES = ['locations', 'tariffs', 'sessions', 'cdrs', 'bookings', 'booking-locations'] as const;

export type PushModule = (typeof PUSH_MODULES)[number];

/** Something that a peer has not been told yet. */
export interface OutboxRow {
  peer: string;
  module: PushModule;
  /** EVSE uid, or empty for the whole location; id of a tariff, session, CDR, booking or booking location. */
  object: string;
  /** `dead`: the peer will not have it; an operator decides. */
  state: 'dirty' | 'dead';
  /** `updatedAt` of the newest change that this stands for. */
  changedAt: Millis;
  /** Our clock, when it first waited. */
  since: Millis;
  attempts: number;
  /** Our clock: not before then. */
  nextAt: Millis;
  problem: string | null;
}

/** What a peer has acknowledged of an object. */
export interface Delivery {
  /** Of what was delivered, as far as the next delivery depends on it. */
  mark: string;
  /** Where the peer says that it keeps it. */
  location: string | null;
  /** The newest change that it has been told. */
  changedAt: Millis;
  deliveredAt: Millis;
}

/** Why a credit or a corrected bill line waits: the line before it has to be told first. */
export function waitsForBill(id: string): string {
  return `the bill line ${id} has to be told first`;
}
