import { randomUUID } from 'node:crypto';
import { isToldLate, type BegunWith } from './authorization.ts';
import { takeBack } from './credits.ts';
import { listCdrsOf } from './cdrs.ts';
import type { Reservation } from './domain/reservations.ts';
import { isPlausible } from './domain/time.ts';
import type { Evse, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { isHolder, isOfPool } from './reserved-bays.ts';
import { beginReserved } from './sessions.ts';
import { findBooking } from './store/bookings.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/reservations.ts';

/** Clocks may differ by so much and still mean the same moment, ms. */
const SLACK = 60_000;

/**
 * The reservation that ran out here although its driver had come in time: the charger names it, which it does only of one that it
 * kept for this card (OCPP 2.0.1 part 2, H01.FR.15), or it was cut off and tells late of a begin within its time. Null: none.
 */
export function overtakenBy(gw: Gateway, begun: BegunWith & { reservationId?: number }): Reservation | null {
  const { chargerId, evse, tokenUid, reservationId, reportedAt, receivedAt } = begun;
  const named = reservationId === undefined ? undefined : store.findByWireId(gw.db, chargerId, reservationId);
  if (named?.state === 'expired' && isHolder(gw, named, tokenUid)) return named;
  if (!isToldLate(begun) || !isPlausible(reportedAt, receivedAt)) return null;
  const own = store.listExpiredAround(gw.db, reportedAt, SLACK).filter((each) => isHolder(gw, each, tokenUid));
  return (
    own.find((each) => each.chargerId === chargerId && each.evse === evse) ??
    own.find((each) => isOfPool(gw, each, chargerId, evse)) ??
    null
  );
}

/**
 * Makes a transaction that of its reservation after all, inside the write at hand: what was billed because nobody had come is
 * taken back. The session that was told to be over stays so; this is another one.
 */
export function beginOvertaken(
  gw: Gateway,
  tx: Tx,
  reservation: Reservation,
  transaction: Transaction,
  evse: Evse,
): void {
  const booked = reservation.bookingId === null ? undefined : findBooking(gw.db, reservation.bookingId);
  for (const session of new Set([reservation.sessionId, booked?.sessionId ?? reservation.sessionId]))
    for (const { id, creditOf } of listCdrsOf(gw, session))
      if (creditOf === undefined) takeBack(gw, tx, id, 'its driver had come in time: the charger told it late');
  beginReserved(gw, tx, { ...reservation, sessionId: randomUUID() }, transaction, evse);
}
