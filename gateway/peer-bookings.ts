import { isDeepStrictEqual } from 'node:util';
import { requestBooking } from './bookings.ts';
import type { Booking, BookingRequest } from './domain/bookings.ts';
import { GatewayError } from './domain/errors.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Gateway } from './gateway.ts';
import { siteView, type SiteView } from './site.ts';
import { findByRequest, findOfSession } from './store/bookings.ts';
import * as pages from './store/booking-pages.ts';
import { findOfBooking } from './store/reservations.ts';
import { findSession } from './store/sessions.ts';

/**
 * Takes a peer's request in. One that was answered already, and whose answer was lost, is answered again and changes nothing
 * (law 3). Errors: BOOKING_REFUSED, where there is nothing to cancel, or the request id is another party's.
 */
export async function bookForPeer(gw: Gateway, request: BookingRequest): Promise<Booking> {
  const known = findByRequest(gw.db, request.peer, request.requestId);
  const last = known?.requests.at(-1);
  if (!known || !last) return requestBooking(gw, request);
  // Behind a hub several parties may count alike.
  if (partyOf(last.request) !== partyOf(request))
    throw new GatewayError('BOOKING_REFUSED', `the request id ${request.requestId} is another party's`);
  // What was declined may go now.
  const settled = last.state === 'ACCEPTED' || known.state === 'REJECTED';
  return settled && isDeepStrictEqual({ ...last.request, receivedAt: 0 }, { ...request, receivedAt: 0 })
    ? known
    : requestBooking(gw, request);
}

function partyOf({ countryCode, partyId }: BookingRequest): string {
  return `${countryCode}/${partyId}`.toUpperCase();
}

/** Bookings, a page of them, in the order in which they were made. */
export function listPeerBookings(gw: Gateway, query: ListQuery): Page<Booking> {
  return pages.pageOfBookings(gw.db, query);
}

/**
 * The bay of a booking, as far as it is settled: the one that is kept now, where its driver came, or the one that was asked for.
 * Null: any of its place. Names an EVSE uid.
 */
export function settledBay(gw: Gateway, booking: Booking, site: SiteView = siteView(gw)): string | null {
  const kept = findOfBooking(gw.db, booking.id);
  const used =
    booking.state === 'FULFILLED' && booking.sessionId !== null ? findSession(gw.db, booking.sessionId) : null;
  const asked = booking.pinned && booking.chargerId !== null ? booking : null;
  const bay = kept ?? used ?? asked;
  const found = bay && site.evses.find(({ chargerId, evse }) => chargerId === bay.chargerId && evse === bay.evse);
  if (found) return found.uid;
  // A place of one bay is named as that.
  return site.evses.find(({ uid }) => uid === booking.place)?.uid ?? null;
}

/** The booking that a session is of; null: of none. */
export function bookingOfSession(gw: Gateway, sessionId: string): string | null {
  return findOfSession(gw.db, sessionId)?.id ?? null;
}

/** Has this peer booked here? */
export function hasBooked(gw: Gateway, peer: string): boolean {
  return pages.hasBooked(gw.db, peer);
}
