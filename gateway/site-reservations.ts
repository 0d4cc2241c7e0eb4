import { tokenUse } from './authorization.ts';
import { findCharger } from './chargers.ts';
import { GatewayError } from './domain/errors.ts';
import type { Reservation } from './domain/reservations.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { checkEvse } from './remote-control.ts';
import { findReservation, reserve } from './reservations.ts';
import * as store from './store/reservations.ts';
import { findSiteToken } from './tokens.ts';

/** A bay that the operator wants kept now. */
export interface OperatorReservation {
  chargerId: string;
  /** From 1. */
  evse: number;
  /** For whom: a card of the site's own list, or any number, which then counts as one of the site's party. */
  tokenUid: string;
  expiresAt: Millis;
}

/** So long a bay is kept at most: whoever wants one for later books it, ms. */
const LONGEST = 7 * 86_400_000;

/**
 * Keeps a bay for the operator from now on, and waits for its charger's answer. Errors: CHARGER_UNKNOWN, EVSE_UNKNOWN,
 * REQUEST_INVALID where it would be over already or lasts too long, RESERVATION_REFUSED.
 */
export async function reserveBay(gw: Gateway, wanted: OperatorReservation): Promise<Reservation> {
  const { chargerId, evse, tokenUid, expiresAt } = wanted;
  if (!findCharger(gw, chargerId))
    throw new GatewayError('CHARGER_UNKNOWN', `no charger ${chargerId} is known here: check the id, case counts`);
  checkEvse(gw, chargerId, evse);
  const lasts = expiresAt - gw.clock();
  if (lasts <= 0) throw new GatewayError('REQUEST_INVALID', 'the reservation would be over already: name a later time');
  if (lasts > LONGEST)
    throw new GatewayError('REQUEST_INVALID', 'a bay is kept for seven days at most: book it for what is later');
  return reserve(gw, {
    peer: null,
    peerKey: null,
    peerReservationId: null,
    responseUrl: null,
    sender: null,
    chargerId,
    evse,
    token: tokenUse(gw, tokenUid, findSiteToken(gw, tokenUid)),
    authorizationReference: null,
    bookingId: null,
    expiresAt,
  });
}

/** One reservation. Errors: NOT_FOUND. */
export function getReservation(gw: Gateway, id: string): Reservation {
  const reservation = findReservation(gw, id);
  if (!reservation)
    throw new GatewayError('NOT_FOUND', `there is no reservation ${id}: /api/reservations lists those there are`);
  return reservation;
}

/** Those that keep a bay now, of peers and bookings too; at most one a bay. */
export function listLiveReservations(gw: Gateway): Reservation[] {
  return store.listLive(gw.db);
}
