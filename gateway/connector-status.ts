import { reportInside } from './availability.ts';
import { MOST_EVSES } from './chargers.ts';
import type { EvseStatus } from './domain/status.ts';
import type { ConnectorStatus } from './domain/transaction-events.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { findCharger, listConnectorsOf, putConnector } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/told-transactions.ts';

/** So many connectors can be under one EVSE; what says more is not believed. */
const MOST_CONNECTORS = 16;

export interface ConnectorReport {
  chargerId: string;
  evse: number;
  connector: number;
  status: ConnectorStatus;
  /** The charger's clock; null when it gave none. */
  reportedAt: Millis | null;
  receivedAt: Millis;
}

/**
 * Takes in what a charger says of one connector, and makes of it, of the others under the same EVSE, and of the transaction that
 * it tells there what the EVSE is doing. A report that changes nothing costs no write.
 */
export async function reportConnector(gw: Gateway, report: ConnectorReport): Promise<void> {
  const { chargerId, evse, connector, status } = report;
  if (evse > MOST_EVSES || connector > MOST_CONNECTORS) {
    gw.diagnostics.deviation(chargerId, 'CONNECTOR_UNBELIEVABLE', `${evse}/${connector}`);
    return;
  }
  const same = store
    .listConnectorStatuses(gw.db, chargerId, evse)
    .some((each) => each.connector === connector && each.status === status);
  if (same) return;
  await gw.db.write((tx) => {
    store.putConnectorStatus(gw.db, report, status, report.receivedAt);
    noteEvse(gw, tx, report);
    ensureConnector(gw, tx, report);
  });
}

/** One that nobody described is there all the same, like the first; what the configuration describes is as it says. */
function ensureConnector(gw: Gateway, tx: Tx, { chargerId, evse, connector }: ConnectorReport): void {
  const described = findCharger(gw.db, chargerId)?.origin === 'config';
  const known = listConnectorsOf(gw.db, chargerId).filter((each) => each.evse === evse);
  const [like] = known;
  if (described || !like || known.some((each) => each.connector === connector)) return;
  putConnector(gw.db, { ...like, connector, updatedAt: tx.stamp });
}

/** Brings the status of an EVSE up, inside the write at hand, to what its connectors and its transaction say. */
export function noteEvse(
  gw: Gateway,
  tx: Tx,
  at: { chargerId: string; evse: number; reportedAt: Millis | null; receivedAt: Millis },
): void {
  const status = statusOf(
    store.listConnectorStatuses(gw.db, at.chargerId, at.evse),
    store.latestToldAt(gw.db, at.chargerId, at.evse),
  );
  if (status !== null) reportInside(gw, tx, at.evse, { ...at, status, errorCode: null });
}

const RUNNING: Record<NonNullable<store.ToldTransaction['state']>, EvseStatus> = {
  // Somebody held a card to it and is expected to plug in, or the other way round.
  idle: 'Preparing',
  connected: 'Preparing',
  charging: 'Charging',
  'suspended-ev': 'SuspendedEV',
  'suspended-evse': 'SuspendedEVSE',
};

/** Null: nothing was said that tells. */
function statusOf(
  connectors: store.StoredConnectorStatus[],
  last: store.ToldTransaction | undefined,
): EvseStatus | null {
  const has = (status: ConnectorStatus): boolean => connectors.some((each) => each.status === status);
  const all = (status: ConnectorStatus): boolean =>
    connectors.length > 0 && connectors.every((each) => each.status === status);
  if (all('faulted')) return 'Faulted';
  const freed = last && connectors.find((each) => each.connector === last.connector && each.status === 'available');
  // Free since it told its last: it owes the end of its transaction (Q43).
  if (last && last.endedAt === null && !(freed && freed.since > last.toldAt)) {
    if (last.state !== null) return RUNNING[last.state];
    return last.transactionId === null ? 'Preparing' : 'Charging';
  }
  const occupied = connectors.find(({ status }) => status === 'occupied');
  if (occupied) return (last?.endedAt ?? -Infinity) >= occupied.since ? 'Finishing' : 'Preparing';
  if (has('available')) return 'Available';
  if (has('reserved')) return 'Reserved';
  if (has('faulted')) return 'Faulted';
  if (has('unavailable')) return 'Unavailable';
  return last ? 'Finishing' : null;
}
