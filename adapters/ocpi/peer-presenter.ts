import type { Peer } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { hasBooked } from '../../gateway/peer-bookings.ts';
import type { Presenter } from './present/shared.ts';
import { v230Bookings } from './present/v230.ts';
import { PRESENTERS } from './present/versions.ts';
import type { Version } from './request.ts';

/** As peers write the identifier of the module: the specification has `Booking`, where all others are plurals in lower case. */
const IDENTIFIERS: ReadonlySet<string> = new Set(['booking', 'bookings']);

/** Is this the Bookings module, by its identifier in any case? */
export function isBookings(identifier: string): boolean {
  return IDENTIFIERS.has(identifier.toLowerCase());
}

/**
 * The wire objects of a version for this peer. What 2.3.0's bookings add is for peers that have them only: one without would take
 * a price for bookings to hold always.
 */
export function presenterFor(gw: Gateway, peer: Peer, version: Version): Presenter {
  return version === '2.3.0' && knowsBookings(gw, peer) ? v230Bookings : PRESENTERS[version];
}

/** It names the module among its endpoints, or has booked here. */
function knowsBookings(gw: Gateway, peer: Peer): boolean {
  return peer.endpoints.some(({ identifier }) => isBookings(identifier)) || hasBooked(gw, peer.name);
}
