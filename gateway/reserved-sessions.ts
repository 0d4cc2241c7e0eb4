import { FREE, issueCdr } from './cdrs.ts';
import type { Reservation } from './domain/reservations.ts';
import type { Gateway } from './gateway.ts';
import { offerAt, tariffTypeFor } from './offers.ts';
import { parseDecimal } from './pricing/decimal.ts';
import { priceUsage } from './pricing/price.ts';
import type { Hold } from './pricing/usage.ts';
import { ensureEvse } from './chargers.ts';
import { findBooking } from './store/bookings.ts';
import { findOfSession } from './store/reservations.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/sessions.ts';

/** Opens, inside the write at hand, the session of a bay that is kept now (OCPI 2.3.0 mod_sessions, status RESERVATION). */
export function openReserved(gw: Gateway, tx: Tx, reservation: Reservation): void {
  if (store.findSession(gw.db, reservation.sessionId)) return;
  const { chargerId, token, peer } = reservation;
  const evse = ensureEvse(gw, tx, chargerId, reservation.evse);
  const offer = offerAt(gw, evse, 1, tariffTypeFor(token.type), tx.now);
  store.insertSession(gw.db, {
    id: reservation.sessionId,
    status: 'RESERVATION',
    transactionId: null,
    chargerId,
    evse: evse.evse,
    ...offer,
    token,
    peer,
    authorized: true,
    authMethod: peer === null ? 'WHITELIST' : 'COMMAND',
    authorizationReference: reservation.authorizationReference,
    startedAt: tx.now,
    endedAt: null,
    energyWh: 0,
    periods: [],
    cost: null,
    updatedAt: tx.stamp,
  });
  tx.emit({ name: 'session.changed', data: { sessionId: reservation.sessionId, chargerId } });
}

/**
 * Ends, inside the write at hand, the session of a bay that nobody came for: billed by the tariff's prices for that, or INVALID
 * where it has none.
 */
export function endReserved(gw: Gateway, tx: Tx, reservation: Reservation): void {
  // What the end of a booking costs, the booking itself knows.
  if (reservation.bookingId !== null) return;
  const session = store.findSession(gw.db, reservation.sessionId);
  if (session?.status !== 'RESERVATION') return;
  const { tariff, place, startedAt, energyWh } = session;
  const endedAt = Math.max(startedAt, reservation.endedAt ?? tx.now);
  const holds = holdsOf(gw, session.id, endedAt);
  const priced =
    tariff && reservation.state !== 'failed' ? priceUsage(tariff, { stretches: [], holds }, place.timeZone) : null;
  const due = priced !== null && parseDecimal(priced.cost.total.afterTaxes).n > 0n;
  const ended = {
    status: due ? ('COMPLETED' as const) : ('INVALID' as const),
    startedAt,
    endedAt,
    energyWh,
    periods: due ? priced.periods : [],
    cost: due ? priced.cost : null,
  };
  store.setProgress(gw.db, session.id, ended, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
  if (!due) return;
  const what = reservation.bookingId === null ? 'reservation' : 'booking';
  const how = reservation.state === 'expired' ? 'expired: nobody came' : `was cancelled: ${reservation.reason ?? ''}`;
  issueCdr(gw, tx, { ...session, ...ended, cost: ended.cost ?? FREE }, null, [`the ${what} ${how}`.slice(0, 200)]);
}

/**
 * The time for which the bay of a session was kept, and held too long, for its bill.
 *
 * @param until where charging began, or the keeping goes on
 * @param end where the session goes on
 */
export function holdsOf(gw: Gateway, sessionId: string, until: number, end = until): Hold[] {
  const reservation = findOfSession(gw.db, sessionId);
  if (!reservation || reservation.heldAt === null) return [];
  const { state, heldAt, endedAt, bookingId } = reservation;
  const booking = bookingId === null ? undefined : findBooking(gw.db, bookingId);
  const outcome = state === 'expired' ? 'expired' : state === 'cancelled' ? 'cancelled' : 'used';
  // A booking is paid for from its time on, however early the bay was kept.
  const to = Math.max(heldAt, Math.min(endedAt ?? until, until));
  const from = booking ? Math.min(to, Math.max(heldAt, booking.startsAt)) : heldAt;
  const kept: Hold = { kind: booking ? 'booking' : 'reservation', from, to, outcome };
  const late = booking ? booking.endsAt + booking.terms.lateStop * 60_000 : Infinity;
  return end > late ? [kept, { kind: 'overtime', from: Math.max(late, until), to: end, outcome: 'used' }] : [kept];
}
