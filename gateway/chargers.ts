import { GatewayError } from './domain/errors.ts';
import type { Deviation } from './domain/diagnostics.ts';
import type { ChargerSettings } from './domain/settings.ts';
import { keptStatus, visibleStatus, type EvseStatus, type VisibleStatus } from './domain/status.ts';
import type { Millis } from './domain/time.ts';
import type { Charger, Connector, Evse, Registration } from './domain/types.ts';
import { UNSAID, type EvseForVisitors } from './domain/visitors.ts';
import { defaultEvseId, freeUid, othersNamed } from './evse-names.ts';
import type { Gateway } from './gateway.ts';
import { makeRoomForPending } from './onboarding.ts';
import { quirksViewOf, type QuirkView } from './quirks.ts';
import { reservedBays } from './kept-bays.ts';
import * as store from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { listDeviations, listDeviationsOf } from './store/diagnostics.ts';
import { findOpen, listOpen } from './store/transactions.ts';
import { tariffIdsAt } from './tariff-assignments.ts';

export interface EvseView extends Evse {
  visible: VisibleStatus;
  connectors: Connector[];
  /** The transaction that runs on it now. */
  transactionId: string | null;
  /** What the config file says for those who come to charge. */
  visitors: EvseForVisitors;
  /** Does its charger say that its limits can be set? Only told of an EVSE as a part of the site. */
  limitable?: boolean;
}

export interface ChargerView extends Charger {
  connected: boolean;
  connectedSince: Millis | null;
  evses: EvseView[];
  deviations: Deviation[];
  quirks: QuirkView;
}

/** Beyond this many, nobody new is taken in: whoever invents ids must not fill the disk (law 13). */
const MOST_CHARGERS = 10_000;

/**
 * Whether a charger may open a socket, by what is known of it: `unknown` under the policy `reject` is turned away with
 * 404. Asks nobody upstream.
 */
export function admission(gw: Gateway, chargerId: string): Registration | 'unknown' {
  const known = store.findCharger(gw.db, chargerId);
  if (known) return known.registration;
  if (gw.settings.unknownChargers === 'reject' || store.countChargers(gw.db) >= MOST_CHARGERS) return 'unknown';
  return gw.settings.unknownChargers === 'accept' ? 'accepted' : 'pending';
}

/** Records that a charger's socket opened; one never seen before becomes a row under the site's policy. */
export async function connectCharger(gw: Gateway, chargerId: string, protocol: string): Promise<void> {
  if (!store.findCharger(gw.db, chargerId)) {
    const registration = admission(gw, chargerId);
    if (registration === 'unknown') throw new GatewayError('CHARGER_UNKNOWN', `charger ${chargerId} is not known here`);
    await gw.db.write((tx) => {
      if (store.findCharger(gw.db, chargerId)) return;
      if (registration === 'pending') makeRoomForPending(gw, tx);
      store.insertCharger(gw.db, chargerId, 'site', registration, tx.stamp);
      gw.log.warn({ charger: chargerId, registration }, `charger that nobody described: taken in as ${registration}`);
    });
  }
  gw.bus.publish({ name: 'charger.connected', data: { chargerId, protocol } });
  publishStatuses(gw, chargerId);
}

/** Records that a charger's last socket closed. Its EVSEs show `Unknown` once the grace is over. */
export async function disconnectCharger(gw: Gateway, chargerId: string, reason: string): Promise<void> {
  const at = gw.clock();
  gw.bus.publish({ name: 'charger.disconnected', data: { chargerId, reason } });
  await gw.db.write(() => store.setLastSeen(gw.db, chargerId, at));
}

/** Has this charger been without a socket longer than its grace? A restart of the gateway begins a new grace. */
export function isAway(gw: Gateway, chargerId: string): boolean {
  if (gw.connections.find(chargerId)) return false;
  return gw.clock() - gw.connections.goneSince(chargerId) > gw.settings.disconnectedGrace * 1000;
}

/** Marks, for pollers and listeners, EVSEs of chargers that have now been away for their grace. Called every few seconds. */
export async function expireAbsent(gw: Gateway, already: Set<string>): Promise<void> {
  for (const charger of store.listChargers(gw.db)) {
    const away = isAway(gw, charger.id);
    if (away === already.has(charger.id)) continue;
    await gw.db.write((tx) => touchEvses(gw, tx, charger.id));
    if (away) already.add(charger.id);
    else already.delete(charger.id);
    publishStatuses(gw, charger.id);
  }
}

function publishStatuses(gw: Gateway, chargerId: string): void {
  for (const evse of findCharger(gw, chargerId)?.evses ?? [])
    gw.bus.publish({ name: 'evse.changed', data: { chargerId, evse: evse.evse, status: evse.visible } });
}

/** Takes in a charger's boot and says how it is registered; `interval` in seconds (heartbeat, or retry while not accepted). */
export async function bootCharger(
  gw: Gateway,
  chargerId: string,
  facts: store.BootFacts,
): Promise<{ registration: Registration; interval: number }> {
  const registration = await storeBoot(gw, chargerId, facts).catch((error: unknown) => {
    // A known charger that boots while nothing can be stored has to be able to charge all the same.
    const known = store.findCharger(gw.db, chargerId);
    if (!known || !(error instanceof GatewayError)) throw error;
    gw.log.error({ err: error, charger: chargerId }, 'boot answered from what is known: it could not be stored');
    return known.registration;
  });
  const accepted = registration === 'accepted';
  return { registration, interval: accepted ? gw.settings.heartbeatInterval : gw.settings.bootRetryInterval };
}

function storeBoot(gw: Gateway, chargerId: string, facts: store.BootFacts): Promise<Registration> {
  return gw.db.write((tx) => {
    store.setBoot(gw.db, chargerId, facts, tx.now, tx.stamp);
    // It may be another make, or another firmware of it, than it was.
    tx.after(() => gw.quirkFlags.delete(chargerId));
    const registration = store.findCharger(gw.db, chargerId)?.registration ?? 'pending';
    tx.emit({ name: 'charger.booted', data: { chargerId, registration } });
    return registration;
  });
}

/** Makes pollers see the EVSEs of a charger anew, inside the write at hand. */
export function touchEvses(gw: Gateway, tx: Tx, chargerId: string): void {
  for (const { evse } of store.listEvsesOf(gw.db, chargerId)) store.touchEvse(gw.db, chargerId, evse, tx.stamp);
}

/** No box has more; a number beyond it is a charger's mistake. */
export const MOST_EVSES = 100;

/**
 * Makes sure, inside the write at hand, that this EVSE exists: what a charger reports of, it has. One that had gone comes
 * back only with an accepted charger. Errors: LIMIT_REACHED.
 */
export function ensureEvse(gw: Gateway, tx: Tx, chargerId: string, evse: number): Evse {
  const known = store.findEvse(gw.db, chargerId, evse);
  if (known && (!known.removed || store.findCharger(gw.db, chargerId)?.registration !== 'accepted')) return known;
  if (!known && evse > MOST_EVSES) throw new GatewayError('LIMIT_REACHED', `no charger has an EVSE ${evse}`);
  if (known) {
    const isTaken = othersNamed(gw, known.evseId, known).length > 0;
    store.setEvseIdentity(gw.db, known, isTaken ? defaultEvseId(gw, chargerId, evse) : known.evseId, false, tx.stamp);
    // It is not the one that was described: nor are its connectors and prices.
    for (const { connector } of store.listConnectorsOf(gw.db, chargerId).filter((c) => c.evse === evse))
      store.deleteConnector(gw.db, chargerId, evse, connector);
  } else {
    const names = { uid: freeUid(gw, chargerId, evse), evseId: defaultEvseId(gw, chargerId, evse) };
    store.insertEvse(gw.db, { chargerId, evse, ...names }, tx.stamp);
  }
  const { defaultConnector } = gw.settings;
  const at = { chargerId, evse, connector: defaultConnector.connector };
  const tariffIds = tariffIdsAt(gw, at, defaultConnector.tariffIds);
  store.putConnector(gw.db, { ...defaultConnector, ...at, tariffIds, updatedAt: tx.stamp });
  const made = store.findEvse(gw.db, chargerId, evse);
  if (!made) throw new Error(`EVSE ${chargerId}/${evse} was not written`);
  return made;
}

/** Every charger with its EVSEs as the outside sees them. */
export function listChargers(gw: Gateway): ChargerView[] {
  const evses = Map.groupBy(store.listEvses(gw.db), (evse) => evse.chargerId);
  const connectors = Map.groupBy(store.listConnectors(gw.db), (connector) => connector.chargerId);
  const deviations = Map.groupBy(listDeviations(gw.db), (deviation) => deviation.chargerId);
  const running = Map.groupBy(listOpen(gw.db), (transaction) => transaction.chargerId);
  const described = new Map(gw.settings.chargers.map((charger) => [charger.id, charger]));
  return store.listChargers(gw.db).map((charger) =>
    viewOf(
      gw,
      charger,
      evses.get(charger.id) ?? [],
      connectors.get(charger.id) ?? [],
      running.get(charger.id) ?? [],
      (deviations.get(charger.id) ?? []).map(({ chargerId: _, ...deviation }) => deviation),
      described.get(charger.id),
    ),
  );
}

/** The EVSEs of chargers that were forgotten: gone, and still to be told so. */
export function listForgottenEvses(gw: Gateway): EvseView[] {
  return store
    .listForgotten(gw.db)
    .flatMap(
      (charger) =>
        viewOf(gw, charger, store.listEvsesOf(gw.db, charger.id), store.listConnectorsOf(gw.db, charger.id), [], [])
          .evses,
    );
}

/** One charger with its EVSEs; null when nobody knows it. */
export function findCharger(gw: Gateway, chargerId: string): ChargerView | null {
  const charger = store.findCharger(gw.db, chargerId);
  if (!charger) return null;
  return viewOf(
    gw,
    charger,
    store.listEvsesOf(gw.db, chargerId),
    store.listConnectorsOf(gw.db, chargerId),
    findOpen(gw.db, chargerId),
    listDeviationsOf(gw.db, chargerId),
    gw.settings.chargers.find(({ id }) => id === chargerId),
  );
}

function viewOf(
  gw: Gateway,
  charger: Charger,
  evses: Evse[],
  connectors: Connector[],
  running: { id: string; evse: number }[],
  deviations: Deviation[],
  described?: ChargerSettings,
): ChargerView {
  const connection = gw.connections.find(charger.id);
  const away = isAway(gw, charger.id);
  const whole: EvseStatus | null = charger.status;
  const reserved = reservedBays(gw, charger.id);
  return {
    ...charger,
    lastSeenAt: connection?.lastSeenAt() ?? charger.lastSeenAt,
    connected: connection !== undefined,
    connectedSince: connection?.since ?? null,
    deviations,
    quirks: quirksViewOf(gw, charger),
    evses: evses.map((evse) => ({
      ...evse,
      visible: keptStatus(visibleStatus(evse.status, whole, away), reserved.has(evse.evse)),
      connectors: connectors.filter((connector) => connector.evse === evse.evse),
      transactionId: running.findLast((transaction) => transaction.evse === evse.evse)?.id ?? null,
      visitors: evseForVisitors(described, evse.evse),
    })),
  };
}

/** What the config file says of an EVSE for those who come to charge. */
function evseForVisitors(charger: ChargerSettings | undefined, evse: number): EvseForVisitors {
  if (!charger) return UNSAID;
  const own = charger.evses.find((described) => described.evse === evse);
  return {
    payment: charger.payment,
    vehicleTypes: charger.vehicleTypes,
    parkingRestrictions: own?.parkingRestrictions ?? [],
  };
}
