import { randomUUID } from 'node:crypto';
import { FREE, issueCdr } from './cdrs.ts';
import type { Booking } from './domain/bookings.ts';
import type { Gateway } from './gateway.ts';
import { ensureEvse } from './chargers.ts';
import { offerAt, tariffTypeFor } from './offers.ts';
import { parseDecimal } from './pricing/decimal.ts';
import { priceUsage } from './pricing/price.ts';
import type { Hold } from './pricing/usage.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/sessions.ts';

/**
 * Bills, inside the write at hand, what the end of a booking costs: late cancellation and not coming, by the tariff's prices for
 * these. The session that its bay was kept under is billed or INVALID; where there is none and something is due, one is made.
 * Gives the session that was billed.
 */
export function settleBooking(gw: Gateway, tx: Tx, booking: Booking): string | null {
  const open = booking.sessionId === null ? undefined : store.findSession(gw.db, booking.sessionId);
  if (open && open.status !== 'RESERVATION') return null;
  const due = dueOf(gw, tx, booking);
  if (!open && !due) return null;
  const chargerId = booking.chargerId ?? open?.chargerId;
  const [token] = booking.tokens;
  if (chargerId === undefined || (!open && !token)) return null;
  const session = open ?? openFor(gw, tx, booking, chargerId);
  if (!session) return null;
  const startedAt = Math.min(session.startedAt, tx.now);
  const ended = {
    status: due ? ('COMPLETED' as const) : ('INVALID' as const),
    startedAt,
    endedAt: Math.max(startedAt, tx.now),
    energyWh: 0,
    periods: due?.periods ?? [],
    cost: due?.cost ?? null,
  };
  store.setProgress(gw.db, session.id, ended, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId } });
  const what = booking.state === 'NO_SHOW' ? 'nobody came' : (booking.reason ?? 'it was cancelled');
  if (due)
    issueCdr(gw, tx, { ...session, ...ended, cost: ended.cost ?? FREE }, null, [`booking ${booking.id}: ${what}`]);
  return session.id;
}

/** What is due, by the tariff of the bay; null: nothing. */
function dueOf(gw: Gateway, tx: Tx, booking: Booking) {
  const { state, terms, canceled, reason, startsAt, endsAt } = booking;
  // What the site calls off is not the driver's to pay.
  const late = state === 'CANCELED' && canceled?.by !== 'CPO' && reason === 'cancelled too late';
  const absent = state === 'NO_SHOW' && terms.noShowFee;
  if (!late && !absent) return null;
  const offer = offerOf(gw, tx, booking);
  if (!offer?.tariff) return null;
  const until = Math.min(endsAt, startsAt + (terms.noShowTimeout ?? (endsAt - startsAt) / 60_000) * 60_000);
  const hold: Hold = absent
    ? { kind: 'booking', from: startsAt, to: Math.max(startsAt, until), outcome: 'expired' }
    : { kind: 'booking', from: tx.now, to: tx.now, outcome: 'cancelled' };
  const { cost, periods } = priceUsage(offer.tariff, { stretches: [], holds: [hold] }, offer.place.timeZone);
  return parseDecimal(cost.total.afterTaxes).n > 0n ? { cost, periods } : null;
}

function offerOf(gw: Gateway, tx: Tx, { chargerId, evse, tokens, startsAt }: Booking) {
  if (chargerId === null || evse === null) return null;
  return offerAt(gw, ensureEvse(gw, tx, chargerId, evse), 1, tariffTypeFor(tokens[0]?.type ?? 'RFID'), startsAt);
}

function openFor(gw: Gateway, tx: Tx, booking: Booking, chargerId: string) {
  const [token] = booking.tokens;
  const offer = offerOf(gw, tx, booking);
  if (!token || !offer) return undefined;
  const id = randomUUID();
  store.insertSession(gw.db, {
    id,
    status: 'RESERVATION',
    transactionId: null,
    chargerId,
    evse: booking.evse ?? 1,
    ...offer,
    token,
    peer: booking.peer,
    authorized: true,
    authMethod: booking.peer === null ? 'WHITELIST' : 'COMMAND',
    authorizationReference: booking.authorizationReference,
    startedAt: tx.now,
    endedAt: null,
    energyWh: 0,
    periods: [],
    cost: null,
    updatedAt: tx.stamp,
  });
  return store.findSession(gw.db, id);
}
