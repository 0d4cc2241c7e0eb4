import { randomUUID } from 'node:crypto';
import { checkRequest } from './booking-checks.ts';
import { bayNamed, bookingPlaces, findPlace, nameOf } from './booking-places.ts';
import { planBays, type Slot } from './booking-plan.ts';
import { settleBooking } from './booked-sessions.ts';
import {
  takesBay,
  type Booking,
  type BookingPlace,
  type BookingRequest,
  type Cancellation,
} from './domain/bookings.ts';
import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { letGo, MOVED, tellEnded } from './reservations.ts';
import * as store from './store/bookings.ts';
import type { Tx } from './store/db.ts';
import { findOfBooking, listLive } from './store/reservations.ts';

/** For the people of the depot. */
export interface DepotNotes {
  vehicle: string | null;
  note: string | null;
}

/** So many requests of one booking are remembered. */
const MOST_REQUESTS = 50;

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * Takes a request in: a new booking, a change of it or its end, which are told apart by the request id (OCPI 2.3.0 mod_bookings,
 * POST). What the terms or other bookings do not allow is declined, and the booking says so. Who asks first, gets it: all of it
 * is one write. Errors: BOOKING_REFUSED, where there is nothing to cancel or no such place.
 */
export async function requestBooking(gw: Gateway, request: BookingRequest, notes?: DepotNotes): Promise<Booking> {
  const { booking, freed } = await gw.db.write((tx) => {
    const known = store.findByRequest(gw.db, request.peer, request.requestId);
    if (!known) return { booking: createBooking(gw, tx, request, notes), freed: null };
    return request.cancel ? cancelled(gw, tx, known, request) : changed(gw, tx, known, request);
  });
  if (freed) await tellEnded(gw, freed);
  return booking;
}

/** Enters a new booking, inside the write at hand; one that cannot be is REJECTED, with the reason. Errors: BOOKING_REFUSED. */
export function createBooking(gw: Gateway, tx: Tx, request: BookingRequest, notes?: DepotNotes): Booking {
  if (request.cancel)
    throw new GatewayError('BOOKING_REFUSED', `there is no booking with the request id ${request.requestId} to cancel`);
  const place = placeOf(gw, request.place);
  const id = randomUUID();
  // Nobody could use it: a bay is kept for a card.
  const nobody = request.tokens.length === 0 ? 'it does not say which cards may use it' : null;
  const problem = nobody ?? checkRequest(gw, place, request, id, tx.now);
  const found = problem === null ? findBay(gw, place, request, id, tx) : null;
  const reason = problem ?? (found === null ? 'no bay is free at that time' : null);
  const booking: Omit<Booking, 'seq'> = {
    id,
    peer: request.peer,
    requestId: request.requestId,
    place: place.id,
    ...(found ?? { chargerId: null, evse: null }),
    pinned: isPinned(place, request),
    state: reason === null ? 'RESERVED' : 'REJECTED',
    startsAt: request.startsAt,
    endsAt: request.endsAt,
    tokens: request.tokens,
    access: request.access,
    authorizationReference: request.authorizationReference,
    powerKw: request.powerKw,
    terms: gw.settings.bookings.terms,
    canceled: null,
    requests: [{ state: reason === null ? 'ACCEPTED' : 'DECLINED', request }],
    vehicle: notes?.vehicle ?? null,
    note: notes?.note ?? null,
    sessionId: null,
    reason,
    updatedAt: tx.stamp,
  };
  store.insertBooking(gw.db, booking);
  tx.emit({ name: 'booking.changed', data: { bookingId: id } });
  return must(gw, id);
}

function changed(gw: Gateway, tx: Tx, known: Booking, request: BookingRequest) {
  const reason = whyNotChanged(gw, tx, known, request);
  const place = placeOf(gw, request.place);
  const found = reason === null ? findBay(gw, place, request, known.id, tx) : null;
  const declined = reason ?? (found === null ? 'no bay is free at that time' : null);
  const requests = [
    ...known.requests,
    { state: declined === null ? ('ACCEPTED' as const) : ('DECLINED' as const), request },
  ];
  const kept = { ...known, requests: requests.slice(-MOST_REQUESTS), updatedAt: tx.stamp };
  const next: Booking =
    declined === null && found
      ? {
          ...kept,
          ...found,
          place: place.id,
          pinned: isPinned(place, request),
          startsAt: request.startsAt,
          endsAt: request.endsAt,
          tokens: request.tokens.length > 0 ? request.tokens : known.tokens,
          access: request.access,
          powerKw: request.powerKw,
          reason: null,
        }
      : { ...kept, reason: declined };
  store.updateBooking(gw.db, next);
  tx.emit({ name: 'booking.changed', data: { bookingId: known.id } });
  // A bay that is kept already is kept anew, when its time comes.
  const freed = declined === null ? releaseHold(gw, tx, known) : null;
  return { booking: must(gw, known.id), freed };
}

function whyNotChanged(gw: Gateway, tx: Tx, known: Booking, request: BookingRequest): string | null {
  if (!takesBay(known)) return `the booking is ${known.state}`;
  const { changeAllowed, changeUntil } = known.terms;
  if (!changeAllowed) return 'bookings cannot be changed here';
  if (tx.now > known.startsAt - changeUntil * MINUTE)
    return `a booking can be changed until ${changeUntil} minutes before its time`;
  return checkRequest(gw, placeOf(gw, request.place), request, known.id, tx.now);
}

function cancelled(gw: Gateway, tx: Tx, known: Booking, request: BookingRequest) {
  if (!takesBay(known)) {
    const requests = [...known.requests, { state: 'DECLINED' as const, request }].slice(-MOST_REQUESTS);
    store.updateBooking(gw.db, { ...known, requests, updatedAt: tx.stamp });
    return { booking: must(gw, known.id), freed: null };
  }
  const requests = [...known.requests, { state: 'ACCEPTED' as const, request }].slice(-MOST_REQUESTS);
  const late = tx.now > known.startsAt - known.terms.cancelUntil * MINUTE;
  const freed = endBooking(
    gw,
    tx,
    { ...known, requests },
    'CANCELED',
    request.cancel,
    late ? 'cancelled too late' : null,
  );
  return { booking: must(gw, known.id), freed };
}

/** Ends a booking, inside the write at hand: its bay is free, and what its end costs is billed. Gives a reservation to be forgotten. */
export function endBooking(
  gw: Gateway,
  tx: Tx,
  booking: Booking,
  state: 'CANCELED' | 'FAILED' | 'NO_SHOW',
  canceled: Cancellation | null,
  reason: string | null,
) {
  const freed = releaseHold(gw, tx, booking);
  const ended = { ...booking, state, canceled, reason, updatedAt: tx.stamp };
  const sessionId = settleBooking(gw, tx, ended);
  store.updateBooking(gw.db, { ...ended, sessionId: sessionId ?? booking.sessionId });
  tx.emit({ name: 'booking.changed', data: { bookingId: booking.id } });
  return freed;
}

/** The bay that is kept for a booking is let go, its session goes on with the booking. */
function releaseHold(gw: Gateway, tx: Tx, booking: Booking) {
  const held = findOfBooking(gw.db, booking.id);
  return held ? letGo(gw, tx, held, 'cancelled', MOVED) : null;
}

/** Calls a booking off for the site. Errors: NOT_FOUND, BOOKING_REFUSED. */
export async function cancelBooking(
  gw: Gateway,
  id: string,
  cancellation: Cancellation,
  note: string | null = null,
): Promise<Booking> {
  const freed = await gw.db.write((tx) => {
    const known = must(gw, id);
    if (!takesBay(known)) throw refused(`booking ${id} is ${known.state}: there is nothing to cancel`);
    return endBooking(gw, tx, known, 'CANCELED', cancellation, note);
  });
  if (freed) await tellEnded(gw, freed);
  return must(gw, id);
}

/**
 * Moves a booking to another time or bay for the operator, who need not keep to the terms and cannot book a bay twice. Errors:
 * NOT_FOUND, BOOKING_REFUSED.
 */
export async function moveBooking(
  gw: Gateway,
  id: string,
  to: { startsAt?: Millis; endsAt?: Millis; evseUid?: string },
): Promise<Booking> {
  const freed = await gw.db.write((tx) => {
    const known = must(gw, id);
    if (!takesBay(known)) throw refused(`booking ${id} is ${known.state}: it cannot be moved`);
    const place = placeOf(gw, to.evseUid ?? known.place);
    const wish = {
      startsAt: to.startsAt ?? known.startsAt,
      endsAt: to.endsAt ?? known.endsAt,
      // One that was asked for its bay keeps it.
      evseUid: to.evseUid ?? (known.pinned ? uidOf(place, known) : null),
    };
    if (wish.endsAt <= wish.startsAt) throw refused('a booking ends after it begins');
    const found = findBay(gw, place, wish, id, tx);
    if (!found) throw refused('no bay is free at that time');
    const pinned = place.single || known.pinned;
    const { startsAt, endsAt } = wish;
    store.updateBooking(gw.db, { ...known, ...found, place: place.id, pinned, startsAt, endsAt, updatedAt: tx.stamp });
    tx.emit({ name: 'booking.changed', data: { bookingId: id } });
    return releaseHold(gw, tx, known);
  });
  if (freed) await tellEnded(gw, freed);
  return must(gw, id);
}

/** Finds a bay for a time, inside the write at hand; other bookings that may be anywhere are moved for it where that helps. */
export function findBay(
  gw: Gateway,
  place: BookingPlace,
  wish: { startsAt: Millis; endsAt: Millis; evseUid: string | null },
  id: string,
  tx: Tx,
  /** Bays that will not do. */
  without: ReadonlySet<string> = new Set(),
): { chargerId: string; evse: number } | null {
  const { lateStop } = gw.settings.bookings.terms;
  const bays = place.bays
    .filter(({ evseUid }) => wish.evseUid === null || evseUid.toUpperCase() === wish.evseUid.toUpperCase())
    .map(nameOf)
    .filter((bay) => !without.has(bay));
  const pinned = place.single || wish.evseUid !== null;
  const own: Slot = {
    id,
    from: wish.startsAt,
    to: wish.endsAt + lateStop * MINUTE,
    bay: pinned ? (bays[0] ?? null) : null,
    pinned,
    bays,
  };
  if (bays.length === 0) return null;
  // As a rule a bay is free as things stand, and who else would have to move is not looked at.
  const near = takenBy(gw, own, own.from, own.to + DAY).map((each) => ({ ...each, pinned: true }));
  const plan = planBays([...near, own]) ?? planBays([...othersAround(gw, own), own]);
  if (!plan) return null;
  for (const [each, bay] of plan) if (each !== id) putAt(gw, tx, each, bay);
  const chosen = plan.get(id);
  return chosen === undefined ? null : bayNamed(chosen);
}

/** The bookings that a new one could stand in the way of: those that overlap it, those that overlap these, and so on. */
function othersAround(gw: Gateway, own: Slot): Slot[] {
  let [from, to] = [own.from, own.to];
  for (;;) {
    const taken = takenBy(gw, own, from, to);
    const [least, most] = taken.reduce(
      ([first, last], slot) => [Math.min(first, slot.from), Math.max(last, slot.to)],
      [from, to],
    );
    if (least === from && most === to) return taken;
    [from, to] = [least, most];
  }
}

/** The other bookings that take up a bay at some time from `from` until `to`. Where a bay is kept already, they stay. */
function takenBy(gw: Gateway, own: Slot, from: Millis, to: Millis): Slot[] {
  const baysOf = new Map(bookingPlaces(gw).map((place) => [place.id, place.bays.map(nameOf)]));
  const held = new Set(listLive(gw.db).flatMap(({ bookingId }) => bookingId ?? []));
  return store
    .listTaken(gw.db, from, to)
    .filter(({ id }) => id !== own.id)
    .map((taken) => {
      const bay = nameOf(taken);
      const pinned = taken.pinned || held.has(taken.id);
      return {
        id: taken.id,
        from: taken.startsAt,
        to: taken.freeAt,
        bay,
        pinned,
        bays: baysOf.get(taken.place) ?? [bay],
      };
    });
}

function putAt(gw: Gateway, tx: Tx, id: string, bay: string): void {
  const booking = store.findBooking(gw.db, id);
  if (
    !booking ||
    (booking.chargerId !== null && nameOf({ chargerId: booking.chargerId, evse: booking.evse ?? 0 }) === bay)
  )
    return;
  // Where it is to be is nobody's to know before its time, so that is no change that is told.
  store.updateBooking(gw.db, { ...booking, ...bayNamed(bay) });
}

function uidOf(place: BookingPlace, { chargerId, evse }: Booking): string | null {
  return place.bays.find((bay) => bay.chargerId === chargerId && bay.evse === evse)?.evseUid ?? null;
}

function isPinned(place: BookingPlace, { evseUid }: BookingRequest): boolean {
  return place.single || evseUid !== null;
}

function placeOf(gw: Gateway, id: string): BookingPlace {
  const place = findPlace(gw, id);
  if (!place) throw refused(`there is no place ${id} to book`);
  return place;
}

function refused(message: string): GatewayError {
  return new GatewayError('BOOKING_REFUSED', message);
}

function must(gw: Gateway, id: string): Booking {
  const booking = store.findBooking(gw.db, id);
  if (!booking) throw new GatewayError('NOT_FOUND', `there is no booking ${id}: /api/bookings lists them`);
  return booking;
}

/** Bookings, a part of them, and how many there are. */
export function listBookings(gw: Gateway, query: store.BookingQuery): { items: Booking[]; total: number } {
  return store.listBookings(gw.db, query);
}

/** One booking; null when there is none of this id. */
export function findBooking(gw: Gateway, id: string): Booking | null {
  return store.findBooking(gw.db, id) ?? null;
}
