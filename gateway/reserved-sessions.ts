import { FREE, issueCdr } from './cdrs.ts';
import type { Reservation } from './domain/reservations.ts';
import type { Gateway } from './gateway.ts';
import { offerAt, tariffTypeFor } from './offers.ts';
import { parseDecimal } from './pricing/decimal.ts';
import { priceUsage } from './pricing/price.ts';
import type { Hold } from './pricing/usage.ts';
import { ensureEvse } from './chargers.ts';
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

/** The time for which the bay of a session was kept, for its bill. `until`: where that goes on, or charging began. */
export function holdsOf(gw: Gateway, sessionId: string, until: number): Hold[] {
  const reservation = findOfSession(gw.db, sessionId);
  if (!reservation || reservation.heldAt === null) return [];
  const { state, heldAt, endedAt, bookingId } = reservation;
  const outcome = state === 'expired' ? 'expired' : state === 'cancelled' ? 'cancelled' : 'used';
  const to = Math.max(heldAt, Math.min(endedAt ?? until, until));
  return [{ kind: bookingId === null ? 'reservation' : 'booking', from: heldAt, to, outcome }];
}
