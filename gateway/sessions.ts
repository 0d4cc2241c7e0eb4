import { randomUUID } from 'node:crypto';
import { tokenUse } from './authorization.ts';
import type { PendingStart } from './domain/commands.ts';
import type { Reservation } from './domain/reservations.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Authorization, Evse, Session, Token, TokenType, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { issueCdr } from './cdrs.ts';
import { meterRemarks } from './meter-faults.ts';
import { offerAt, tariffTypeFor } from './offers.ts';
import { prepaidLimit } from './prepaid.ts';
import { acceptedQuote, keepQuote } from './quotes.ts';
import { limitRemark, stopAtLimit } from './session-limits.ts';
import { useReservation } from './reserved-bays.ts';
import { progressOf } from './session-progress.ts';
import { setEvseMeter } from './store/chargers.ts';
import { deleteStart } from './store/commands.ts';
import type { Tx } from './store/db.ts';
import { freeBay } from './store/bookings.ts';
import { findLiveAt } from './store/reservations.ts';
import * as store from './store/sessions.ts';
import { listOpen } from './store/transactions.ts';
import { timelineOf } from './timeline.ts';

/** Opens, inside the write at hand, the commercial story of a transaction: tariff and place as they are now. */
export function openSession(
  gw: Gateway,
  tx: Tx,
  transaction: Transaction,
  evse: Evse,
  authorization: Authorization,
): void {
  const token = tokenUse(gw, transaction.tokenUid, authorization.token);
  const quote = acceptedQuote(gw, transaction);
  const course = courseOf(gw, transaction, evse, transaction.connector, token.type, isFree(authorization.token));
  const limit = course.tariff
    ? prepaidLimit(gw, authorization.token, course.currency, quote?.limit ?? undefined)
    : quote?.limit;
  const session = {
    id: randomUUID(),
    ...course,
    token,
    peer: authorization.token?.peer ?? null,
    authorized: authorization.verdict === 'accepted',
    authMethod: askedAndAccepted(authorization) ? ('AUTH_REQUEST' as const) : ('WHITELIST' as const),
    authorizationReference: authorization.reference ?? null,
    ...(quote && { quoteId: quote.id }),
    ...(limit && { limit }),
    updatedAt: tx.stamp,
  };
  store.insertSession(gw.db, session);
  if (quote) keepQuote(gw, quote.id, session.id);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
}

function askedAndAccepted({ source, verdict }: Authorization): boolean {
  return source === 'real-time' && verdict === 'accepted';
}

/** Does this card charge for nothing? The operator says so of cards of the site's own. */
function isFree(token: Token | null): boolean {
  return token !== null && token.peer === null && token.payment === 'free';
}

/** Opens, inside the write at hand, the PENDING session of a start that the charger accepted and has not made yet. */
export function openPending(gw: Gateway, tx: Tx, start: PendingStart, evse: Evse): void {
  // It began when its bay was reserved.
  if (store.findSession(gw.db, start.sessionId)) return;
  const offer = offerAt(gw, evse, start.connector ?? 1, tariffTypeFor(start.token.type), tx.now);
  store.insertSession(gw.db, {
    ...orderedBy(start),
    status: 'PENDING',
    transactionId: null,
    chargerId: start.chargerId,
    evse: start.evse,
    ...offer,
    startedAt: tx.now,
    endedAt: null,
    energyWh: 0,
    periods: [],
    cost: null,
    updatedAt: tx.stamp,
  });
  tx.emit({ name: 'session.changed', data: { sessionId: start.sessionId, chargerId: start.chargerId } });
}

/**
 * Makes a transaction, inside the write at hand, the one that a peer's start was for: its session goes from PENDING to
 * ACTIVE and begins now, at the place and price of now (OCPI 2.3.0 mod_sessions, start_date_time), or is opened.
 */
export function adoptTransaction(gw: Gateway, tx: Tx, start: PendingStart, transaction: Transaction, evse: Evse): void {
  const named = start.evse === transaction.evse ? start.connector : null;
  const session = {
    ...orderedBy(start),
    ...courseOf(gw, transaction, evse, named ?? transaction.connector, start.token.type),
    updatedAt: tx.stamp,
  };
  if (store.findSession(gw.db, session.id)) store.activateSession(gw.db, session);
  else store.insertSession(gw.db, session);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
  // What was authorised on a bank card beforehand is all that there will be (OCPI 2.3.0 mod_tariffs, preauthorize_amount).
  const authorised = start.token.type === 'AD_HOC_USER' ? session.tariff?.preauthorizeAmount : undefined;
  if (authorised !== undefined) store.setLimit(gw.db, session.id, { cost: authorised });
  const reservation = findLiveAt(gw.db, transaction.chargerId, transaction.evse);
  if (reservation?.sessionId === session.id) useReservation(gw, tx, reservation, transaction);
}

/**
 * Makes a transaction, inside the write at hand, the use of a reservation: its session goes from RESERVATION to ACTIVE under the
 * same id and begins now (OCPI 2.3.0 mod_sessions, start_date_time). The card that was used is the one that is billed.
 */
export function beginReserved(
  gw: Gateway,
  tx: Tx,
  reservation: Reservation,
  transaction: Transaction,
  evse: Evse,
): void {
  useReservation(gw, tx, reservation, transaction);
  const { sessionId: id, token, peer } = reservation;
  const session = {
    id,
    token,
    peer,
    authorized: true,
    authMethod: peer === null ? ('WHITELIST' as const) : ('COMMAND' as const),
    authorizationReference: reservation.authorizationReference,
    ...courseOf(gw, transaction, evse, transaction.connector, token.type, false, id),
    updatedAt: tx.stamp,
  };
  if (store.findSession(gw.db, id)) store.activateSession(gw.db, session);
  else store.insertSession(gw.db, session);
  tx.emit({ name: 'session.changed', data: { sessionId: id, chargerId: session.chargerId } });
}

/** Ends, inside the write at hand, a PENDING session that nothing came of. One that is not PENDING stays as it is. */
export function endPending(gw: Gateway, tx: Tx, sessionId: string): void {
  const session = store.findSession(gw.db, sessionId);
  if (session?.status !== 'PENDING') return;
  const { startedAt, energyWh, periods } = session;
  const ended = { status: 'INVALID' as const, startedAt, endedAt: tx.now, energyWh, periods, cost: null };
  store.setProgress(gw.db, sessionId, ended, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId, chargerId: session.chargerId } });
}

/** Takes back, inside the write at hand, a session whose transaction turns out to be another's: INVALID, and nothing is due. */
export function withdrawSession(gw: Gateway, tx: Tx, { id, chargerId, startedAt }: Session): void {
  const ended = { status: 'INVALID' as const, startedAt, endedAt: tx.now, energyWh: 0, periods: [], cost: null };
  store.unlinkTransaction(gw.db, id);
  store.setProgress(gw.db, id, ended, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: id, chargerId } });
}

/** What a session is by the command that it came from. */
function orderedBy(start: PendingStart) {
  return {
    id: start.sessionId,
    token: start.token,
    peer: start.peer,
    authorized: true,
    authMethod: 'COMMAND' as const,
    authorizationReference: start.authorizationReference,
  };
}

/** What a session is by its transaction, as far as that has come. */
function courseOf(
  gw: Gateway,
  transaction: Transaction,
  evse: Evse,
  connector: number,
  token: TokenType,
  free = false,
  id?: string,
) {
  const { startedAt } = timelineOf(gw.db, transaction, null);
  const offered = offerAt(gw, evse, connector, tariffTypeFor(token), startedAt);
  const offer = free ? { ...offered, tariff: null } : offered;
  return {
    status: 'ACTIVE' as const,
    transactionId: transaction.id,
    chargerId: transaction.chargerId,
    evse: transaction.evse,
    ...offer,
    ...progressOf(gw, transaction, { ...offer, ...(id !== undefined && { id }) }).progress,
    endedAt: null,
  };
}

/** Recomputes energy, periods and cost of a session from its facts, inside the write at hand. */
export function refreshSession(gw: Gateway, tx: Tx, transaction: Transaction): void {
  const session = store.findSessionOf(gw.db, transaction.id);
  if (!session) return;
  const { progress } = progressOf(gw, transaction, session);
  if (session.limit) tx.after(() => stopAtLimit(gw, session, transaction, progress));
  setEvseMeter(gw.db, transaction.chargerId, transaction.evse, transaction.meterStart + progress.energyWh);
  const unchanged =
    session.energyWh === progress.energyWh && JSON.stringify(session.periods) === JSON.stringify(progress.periods);
  if (unchanged && session.status === 'ACTIVE') return;
  store.setProgress(gw.db, session.id, { ...progress, status: 'ACTIVE', endedAt: null }, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
}

/**
 * Closes the session of a stopped transaction and freezes its CDR, inside the write at hand. A refused token that took
 * nothing leaves an INVALID session and no CDR; one that took energy is billed like any other, whoever let it.
 */
export function closeSession(gw: Gateway, tx: Tx, transaction: Transaction): void {
  tx.after(() => gw.pace.forget(transaction.id));
  const session = store.findSessionOf(gw.db, transaction.id);
  if (!session || session.endedAt !== null) return;
  const { until, progress: due } = progressOf(gw, transaction, session);
  setEvseMeter(gw.db, transaction.chargerId, transaction.evse, transaction.meterStart + due.energyWh);
  const completed = session.authorized || due.energyWh > 0;
  const ended = {
    ...due,
    cost: completed ? due.cost : null,
    status: completed ? ('COMPLETED' as const) : ('INVALID' as const),
    endedAt: until,
  };
  store.setProgress(gw.db, session.id, ended, tx.stamp);
  if (freeBay(gw.db, session.id, tx.stamp)) tx.emit({ name: 'bay.freed', data: { sessionId: session.id } });
  // Its card is let in by the peer's start no longer.
  if (session.authMethod === 'COMMAND') deleteStart(gw.db, session.id);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
  const stopped = limitRemark({ ...session, ...ended });
  const remarks = [...(stopped ? [stopped] : []), ...meterRemarks(gw, transaction, due.energyWh)];
  if (completed) issueCdr(gw, tx, { ...session, ...ended }, transaction, remarks);
}

/** Brings every running session up to its samples: at start-up, because the last second before a power cut was not. */
export async function refreshAll(gw: Gateway): Promise<void> {
  for (const transaction of listOpen(gw.db))
    await gw.db
      .write((tx) => refreshSession(gw, tx, transaction))
      // One transaction that cannot be priced must not keep the site from starting.
      .catch((error: unknown) =>
        gw.log.error({ err: error, transaction: transaction.seq }, 'session could not be brought up to date'),
      );
}

/** Sessions, a page of them. */
export function listSessions(gw: Gateway, query: ListQuery): Page<Session> {
  return store.listSessions(gw.db, query);
}

/** One session; null when there is none of this id. */
export function findSession(gw: Gateway, id: string): Session | null {
  return store.findSession(gw.db, id) ?? null;
}
