import { randomUUID } from 'node:crypto';
import { tokenUse } from './authorization.ts';
import { ANY_BAY, findPlace } from './booking-places.ts';
import { findBooking, moveBooking, requestBooking } from './bookings.ts';
import type { EvseView } from './chargers.ts';
import { takesBay, type Booking, type BookingPlace, type BookingRequest } from './domain/bookings.ts';
import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { siteView } from './site.ts';
import { findSession } from './sessions.ts';
import { findSiteToken } from './tokens.ts';

/** A bay that the operator wants for a vehicle. */
export interface DepotWish {
  /** A card of the site's own list, or any number, which then counts as one of the site's party. */
  tokenUid: string;
  startsAt: Millis;
  endsAt: Millis;
  /** As `resolveBay` reads it; null: any. */
  bay: string | null;
  vehicle: string | null;
  note: string | null;
}

/** Books a bay. Errors: BOOKING_REFUSED with the reason, EVSE_UNKNOWN. */
export async function bookBay(gw: Gateway, wish: DepotWish): Promise<Booking> {
  const booking = await requestBooking(gw, depotRequest(gw, wish, randomUUID(), gw.clock()), wish);
  if (takesBay(booking)) return booking;
  throw new GatewayError('BOOKING_REFUSED', `the bay cannot be booked: ${booking.reason ?? booking.state}`);
}

/** The request that a wish of the operator comes to. Errors: EVSE_UNKNOWN. */
export function depotRequest(gw: Gateway, wish: DepotWish, requestId: string, now: Millis): BookingRequest {
  const { countryCode, partyId } = gw.settings.site;
  return {
    peer: null,
    countryCode,
    partyId,
    requestId,
    place: ANY_BAY,
    evseUid: wish.bay === null ? null : resolveBay(gw, wish.bay).uid,
    tokens: [tokenUse(gw, wish.tokenUid, findSiteToken(gw, wish.tokenUid))],
    startsAt: wish.startsAt,
    endsAt: wish.endsAt,
    access: [],
    authorizationReference: requestId,
    powerKw: null,
    cancel: null,
    receivedAt: now,
  };
}

/** Where and when a booking is to go; what is not said stays. */
export interface DepotMove {
  startsAt?: Millis;
  endsAt?: Millis;
  bay?: string;
}

/** Moves a booking; one that is only told its begin keeps its length. Errors: NOT_FOUND, BOOKING_REFUSED, EVSE_UNKNOWN. */
export async function moveDepotBooking(
  gw: Gateway,
  id: string,
  { startsAt, endsAt, bay }: DepotMove,
): Promise<Booking> {
  const known = getBooking(gw, id);
  const shifted = startsAt === undefined ? undefined : known.endsAt + (startsAt - known.startsAt);
  const end = endsAt ?? shifted;
  // One that was to be at that bay stays there.
  const own = known.pinned && known.chargerId !== null ? `${known.chargerId}/${known.evse}` : undefined;
  const wanted = bay ?? own;
  return moveBooking(gw, id, {
    ...(startsAt !== undefined && { startsAt }),
    ...(end !== undefined && { endsAt: end }),
    ...(wanted !== undefined && { evseUid: resolveBay(gw, wanted).uid }),
  });
}

/** One booking. Errors: NOT_FOUND. */
export function getBooking(gw: Gateway, id: string): Booking {
  const booking = findBooking(gw, id);
  if (!booking) throw new GatewayError('NOT_FOUND', `there is no booking ${id}: /api/bookings lists those there are`);
  return booking;
}

/** One place where one can book. Errors: NOT_FOUND. */
export function getPlace(gw: Gateway, id: string): BookingPlace {
  const place = findPlace(gw, id);
  if (!place) throw new GatewayError('NOT_FOUND', `there is no place ${id}: /api/booking-places lists those there are`);
  return place;
}

/** A bay by its OCPI uid, its EVSE id, `charger/EVSE`, or its charger alone where that has one. Errors: EVSE_UNKNOWN. */
export function resolveBay(gw: Gateway, name: string): EvseView {
  const bays = siteView(gw).evses.filter(({ removed }) => !removed);
  const wanted = name.toUpperCase();
  const found =
    bays.find(({ uid, evseId }) => uid.toUpperCase() === wanted || evseId.toUpperCase() === wanted) ??
    bays.find(({ chargerId, evse }) => `${chargerId}/${evse}` === name) ??
    onlyOne(bays.filter(({ chargerId }) => chargerId === name));
  if (found) return found;
  throw new GatewayError(
    'EVSE_UNKNOWN',
    `there is no bay ${name}: name it by its uid, or as charger/EVSE, such as BAY-1/2`,
  );
}

function onlyOne<T>(items: T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}

/** Where a booking is to be, or where its driver came; null: nowhere. */
export function bayOfBooking(gw: Gateway, booking: Booking): { chargerId: string; evse: number } | null {
  const { chargerId, evse, sessionId } = booking;
  if (chargerId !== null && evse !== null) return { chargerId, evse };
  const session = sessionId === null ? null : findSession(gw, sessionId);
  return session && { chargerId: session.chargerId, evse: session.evse };
}
