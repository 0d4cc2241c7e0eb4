import { randomUUID } from 'node:crypto';
import { tokenUse } from './authorization.ts';
import type { PendingStart } from './domain/commands.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Millis } from './domain/time.ts';
import type { Authorization, SessionPlace, Connector, Evse, Session, TokenType, Transaction } from './domain/types.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Gateway } from './gateway.ts';
import { issueCdr } from './cdrs.ts';
import { meterRemarks } from './meter-faults.ts';
import { chooseTariff } from './pricing/choose.ts';
import { priceUsage } from './pricing/price.ts';
import { periodsOf } from './pricing/usage.ts';
import { listConnectorsOf, setEvseMeter } from './store/chargers.ts';
import { deleteStart } from './store/commands.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/sessions.ts';
import { findTariff } from './store/tariffs.ts';
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
  const session = {
    id: randomUUID(),
    ...courseOf(gw, transaction, evse, transaction.connector, token.type),
    token,
    peer: authorization.token?.peer ?? null,
    authorized: authorization.verdict === 'accepted',
    authMethod: 'WHITELIST' as const,
    authorizationReference: null,
    updatedAt: tx.stamp,
  };
  store.insertSession(gw.db, session);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
}

/** Opens, inside the write at hand, the PENDING session of a start that the charger accepted and has not made yet. */
export function openPending(gw: Gateway, tx: Tx, start: PendingStart, evse: Evse): void {
  const offer = offerAt(gw, evse, start.connector ?? 1, start.token.type, tx.now);
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
function courseOf(gw: Gateway, transaction: Transaction, evse: Evse, connector: number, type: TokenType) {
  const offer = offerAt(gw, evse, connector, type, timelineOf(gw.db, transaction, null).startedAt);
  return {
    status: 'ACTIVE' as const,
    transactionId: transaction.id,
    chargerId: transaction.chargerId,
    evse: transaction.evse,
    ...offer,
    ...progressOf(gw, transaction, offer).progress,
    endedAt: null,
  };
}

/** Place of an EVSE's connector as it is now, and its price for a session of such a token that begins at `at`. */
function offerAt(
  gw: Gateway,
  evse: Evse,
  number: number,
  token: TokenType,
  at: Millis,
): { connector: number; currency: string; tariff: Tariff | null; place: SessionPlace } {
  const connectors = listConnectorsOf(gw.db, evse.chargerId).filter((c) => c.evse === evse.evse);
  // A connector that nobody described has the price of the one beside it: unknown must not mean free.
  const known = connectors.find((c) => c.connector === number) ?? connectors[0] ?? null;
  const tariffs = (known?.tariffIds ?? []).flatMap((id) => findTariff(gw.db, id) ?? []);
  const tariff = chooseTariff(tariffs, { type: token === 'AD_HOC_USER' ? 'AD_HOC_PAYMENT' : 'REGULAR', at });
  const connector = known?.connector ?? number;
  return {
    connector,
    currency: tariff?.currency ?? gw.settings.tariffs[0]?.currency ?? 'EUR',
    tariff,
    place: placeOf(gw, evse, connector, known),
  };
}

function placeOf(gw: Gateway, evse: Evse, number: number, connector: Connector | null): SessionPlace {
  const { site, defaultConnector } = gw.settings;
  const { standard, format, powerType, maxVoltage, maxAmperage } = connector ?? defaultConnector;
  return {
    siteId: site.id,
    siteName: site.name,
    address: site.address,
    city: site.city,
    postalCode: site.postalCode,
    state: site.state,
    country: site.country,
    latitude: site.latitude,
    longitude: site.longitude,
    timeZone: site.timeZone,
    evseUid: evse.uid,
    evseId: evse.evseId,
    connector: number,
    standard,
    format,
    powerType,
    maxVoltage,
    maxAmperage,
  };
}

/** Recomputes energy, periods and cost of a session from its facts, inside the write at hand. */
export function refreshSession(gw: Gateway, tx: Tx, transaction: Transaction): void {
  const session = store.findSessionOf(gw.db, transaction.id);
  if (!session) return;
  const { progress } = progressOf(gw, transaction, session);
  setEvseMeter(gw.db, transaction.chargerId, transaction.evse, transaction.meterStart + progress.energyWh);
  const unchanged =
    session.energyWh === progress.energyWh && JSON.stringify(session.periods) === JSON.stringify(progress.periods);
  if (unchanged && session.status === 'ACTIVE') return;
  store.setProgress(gw.db, session.id, { ...progress, status: 'ACTIVE', endedAt: null }, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
}

/** How far a transaction has come, and what that costs by the tariff that it began with. */
function progressOf(gw: Gateway, transaction: Transaction, { tariff, place }: Pick<Session, 'tariff' | 'place'>) {
  const rates = tariff && { tariff, zone: place.timeZone };
  const { startedAt, until, energyWh, stretches } = timelineOf(gw.db, transaction, rates);
  const { periods, cost } = rates
    ? priceUsage(rates.tariff, { stretches, holds: [] }, rates.zone)
    : { periods: periodsOf(stretches), cost: null };
  return { until, progress: { startedAt, energyWh, periods, cost } };
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
  // Its card is let in by the peer's start no longer.
  if (session.authMethod === 'COMMAND') deleteStart(gw.db, session.id);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
  const remarks = meterRemarks(gw, transaction, due.energyWh);
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
