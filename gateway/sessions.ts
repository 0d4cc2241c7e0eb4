import { randomUUID } from 'node:crypto';
import { tokenUse } from './authorization.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Millis } from './domain/time.ts';
import type { Authorization, SessionPlace, Connector, Cost, Evse, Session, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { issueCdr } from './cdrs.ts';
import { priceSession } from './pricing/price.ts';
import { listConnectorsOf, setEvseMeter } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/sessions.ts';
import { findTariff } from './store/tariffs.ts';
import { listOpen } from './store/transactions.ts';
import { timelineOf, type Timeline } from './timeline.ts';

/** Opens, inside the write at hand, the commercial story of a transaction: tariff and place as they are now. */
export function openSession(
  gw: Gateway,
  tx: Tx,
  transaction: Transaction,
  evse: Evse,
  authorization: Authorization,
): void {
  const connectors = listConnectorsOf(gw.db, evse.chargerId).filter((c) => c.evse === evse.evse);
  // A connector that nobody described has the price of the one beside it: unknown must not mean free.
  const connector = connectors.find((c) => c.connector === transaction.connector) ?? connectors[0] ?? null;
  const tariff = connector?.tariffId ? (findTariff(gw.db, connector.tariffId) ?? null) : null;
  const timeline = timelineOf(gw.db, transaction);
  const id = randomUUID();
  store.insertSession(gw.db, {
    id,
    status: 'ACTIVE',
    transactionId: transaction.id,
    chargerId: transaction.chargerId,
    evse: transaction.evse,
    connector: connector?.connector ?? transaction.connector,
    token: tokenUse(gw, transaction.tokenUid, authorization.token),
    peer: authorization.token?.peer ?? null,
    authorized: authorization.verdict === 'accepted',
    authMethod: 'WHITELIST',
    authorizationReference: null,
    startedAt: timeline.startedAt,
    endedAt: null,
    energyWh: timeline.energyWh,
    currency: tariff?.currency ?? gw.settings.tariffs[0]?.currency ?? 'EUR',
    tariff,
    place: placeOf(gw, evse, connector?.connector ?? transaction.connector, connector),
    periods: timeline.periods,
    cost: tariff && priceSession(tariff, timeline.periods),
    updatedAt: tx.stamp,
  });
  tx.emit({ name: 'session.changed', data: { sessionId: id, chargerId: transaction.chargerId } });
}

function placeOf(gw: Gateway, evse: Evse, number: number, connector: Connector | null): SessionPlace {
  const { site, defaultConnector } = gw.settings;
  const { standard, format, powerType } = connector ?? defaultConnector;
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
  };
}

/** Recomputes energy, periods and cost of a session from its facts, inside the write at hand. */
export function refreshSession(gw: Gateway, tx: Tx, transaction: Transaction): void {
  const session = store.findSessionOf(gw.db, transaction.id);
  if (!session) return;
  const timeline = timelineOf(gw.db, transaction);
  setEvseMeter(gw.db, transaction.chargerId, transaction.evse, transaction.meterStart + timeline.energyWh);
  const unchanged =
    session.energyWh === timeline.energyWh && JSON.stringify(session.periods) === JSON.stringify(timeline.periods);
  if (unchanged && session.status === 'ACTIVE') return;
  store.setProgress(gw.db, session.id, { ...progress(session, timeline), status: 'ACTIVE', endedAt: null }, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
}

function progress(
  session: Session,
  timeline: Timeline,
): { startedAt: Millis; energyWh: number; periods: Timeline['periods']; cost: Cost | null } {
  const { startedAt, energyWh, periods } = timeline;
  return { startedAt, energyWh, periods, cost: session.tariff && priceSession(session.tariff, periods) };
}

/**
 * Closes the session of a stopped transaction and freezes its CDR, inside the write at hand. A refused token that took
 * nothing leaves an INVALID session and no CDR; one that took energy is billed like any other, whoever let it.
 */
export function closeSession(gw: Gateway, tx: Tx, transaction: Transaction): void {
  tx.after(() => gw.pace.forget(transaction.id));
  const session = store.findSessionOf(gw.db, transaction.id);
  if (!session || session.endedAt !== null) return;
  const timeline = timelineOf(gw.db, transaction);
  setEvseMeter(gw.db, transaction.chargerId, transaction.evse, transaction.meterStart + timeline.energyWh);
  const completed = session.authorized || timeline.energyWh > 0;
  const due = progress(session, timeline);
  const ended = {
    ...due,
    cost: completed ? due.cost : null,
    status: completed ? ('COMPLETED' as const) : ('INVALID' as const),
    endedAt: timeline.until,
  };
  store.setProgress(gw.db, session.id, ended, tx.stamp);
  tx.emit({ name: 'session.changed', data: { sessionId: session.id, chargerId: session.chargerId } });
  if (completed) issueCdr(gw, tx, { ...session, ...ended }, transaction.stopEstimated);
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
