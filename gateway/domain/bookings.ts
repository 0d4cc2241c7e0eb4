import type { Millis } from './time.ts';
import type { TokenUse } from './types.ts';

/** OCPI 2.3.0 mod_bookings ReservationStatus. */
export const BOOKING_STATES = [
  'PENDING',
  'RESERVED',
  'CANCELED',
  'FAILED',
  'NO_SHOW',
  'FULFILLED',
  'REJECTED',
] as const;
export type BookingState = (typeof BOOKING_STATES)[number];

/** OCPI 2.3.0 mod_bookings ReservationRequestStatus. */
export type RequestState = 'PENDING' | 'ACCEPTED' | 'DECLINED' | 'FAILED';

/** OCPI 2.3.0 mod_bookings CanceledReason. */
export const CANCEL_REASONS = [
  'POWER_OUTAGE',
  'BROKEN_CHARGER',
  'FULL',
  'BLOCKED',
  'TRAFFIC',
  'BROKEN_VEHICLE',
  'NO_CANCELED',
  'UNKNOWN',
] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

export interface Cancellation {
  reason: CancelReason;
  /** OCPI role: CPO for us, EMSP for who booked. */
  by: 'CPO' | 'EMSP';
}

export const ACCESS_METHODS = ['OPEN', 'TOKEN', 'LICENSE_PLATE', 'ACCESS_CODE', 'INTERCOM', 'PARKING_TICKET'] as const;
export type AccessMethod = (typeof ACCESS_METHODS)[number];

export interface AccessInformation {
  method: AccessMethod;
  value: string | null;
}

/** Under which a bay can be booked; minutes. Kept with the booking as they were when it was made. */
export interface BookingTerms {
  changeUntil: number;
  cancelUntil: number;
  changeAllowed: boolean;
  /** How long before its time its driver may begin; 0: not before. */
  earlyStart: number;
  /** After its begin, when nobody came, the bay is let go; null: it is kept to its end. */
  noShowTimeout: number | null;
  noShowFee: boolean;
  /** How long after its end its driver may stay; 0: not at all. */
  lateStop: number;
  /** May one card have several bookings at one time? */
  overlapping: boolean;
  minDuration: number;
  maxDuration: number;
  /** Times of day at which bookings begin and end, minutes apart. */
  increment: number;
  /** May others of a card's group use it? */
  groups: boolean;
  url: string | null;
}

/** Where one books: one bay, or any of several. */
export interface BookingPlace {
  id: string;
  /** The bays that it stands for. */
  bays: { chargerId: string; evse: number; evseUid: string }[];
  /** It stands for one bay only, which is named. */
  single: boolean;
  updatedAt: Millis;
}

/** What somebody wants: a new booking, a change (the same request id), or its end. */
export interface BookingRequest {
  peer: string | null;
  /** The party that asks. */
  countryCode: string;
  partyId: string;
  requestId: string;
  place: string;
  /** One bay of the place; null: any. */
  evseUid: string | null;
  tokens: TokenUse[];
  access: AccessInformation[];
  startsAt: Millis;
  endsAt: Millis;
  authorizationReference: string;
  powerKw: number | null;
  cancel: Cancellation | null;
  receivedAt: Millis;
}

/** A bay that is wanted for a time to come (OCPI 2.3.0 mod_bookings Booking). */
export interface Booking {
  seq: number;
  id: string;
  peer: string | null;
  requestId: string;
  place: string;
  /** Where it is to be as things stand; null once it is over. Others may move it until its time. */
  chargerId: string | null;
  evse: number | null;
  /** That bay was asked for. */
  pinned: boolean;
  state: BookingState;
  startsAt: Millis;
  endsAt: Millis;
  tokens: TokenUse[];
  access: AccessInformation[];
  authorizationReference: string;
  powerKw: number | null;
  terms: BookingTerms;
  canceled: Cancellation | null;
  requests: { state: RequestState; request: BookingRequest }[];
  /** For people of the depot: the vehicle, a note. */
  vehicle: string | null;
  note: string | null;
  /** The session that came of it. */
  sessionId: string | null;
  /** What somebody has to know of how it ended. */
  reason: string | null;
  updatedAt: Millis;
}

/** Is it one that is still to come? */
export function takesBay({ state }: Pick<Booking, 'state'>): boolean {
  return state === 'PENDING' || state === 'RESERVED';
}

/** Does it have a bay: one that is to come, or one that its driver is at? */
export function hasBay({ state }: Pick<Booking, 'state'>): boolean {
  return state === 'PENDING' || state === 'RESERVED' || state === 'FULFILLED';
}
