import { EVSE_STATUSES } from '../../gateway/domain/status.ts';
import { toUtc, type Millis } from '../../gateway/domain/time.ts';
import { maskUid } from '../../gateway/domain/token.ts';
import type { Cost } from '../../gateway/domain/tariff.ts';
import type { ReaderView } from '../../gateway/domain/readers.ts';
import type { Cdr, Session } from '../../gateway/domain/types.ts';
import type { ChargerView, EvseView } from '../../gateway/chargers.ts';
import type { LiveEvse } from '../../gateway/live-evse.ts';
import type { PeerView } from '../../gateway/peers.ts';

/** Every status that an EVSE's topic can tell. */
export const STATUSES = [...EVSE_STATUSES, 'Unknown'] as const;

export function chargerPayload(charger: ChargerView): object {
  return {
    id: charger.id,
    connected: charger.connected,
    connectedSince: maybeTime(charger.connectedSince),
    bootedAt: maybeTime(charger.bootedAt),
    protocol: charger.protocol,
    vendor: charger.vendor,
    model: charger.model,
    serial: charger.serial,
    firmware: charger.firmware,
    status: charger.status,
    evses: charger.evses.filter(({ removed }) => !removed).map(({ evse }) => evse),
  };
}

export function evsePayload(evse: EvseView, live: LiveEvse): object {
  const { powerW, currentA, energyWh, socPercent, session } = live;
  return {
    charger: evse.chargerId,
    evse: evse.evse,
    evseId: evse.evseId,
    status: evse.visible,
    statusAt: maybeTime(evse.statusAt),
    errorCode: evse.errorCode,
    operative: evse.visible !== 'Unavailable',
    powerW,
    currentA,
    energyWh,
    socPercent,
    session: session && sessionPayload(session),
  };
}

/** Of whose card it is, no more than a masked number. */
export function sessionPayload(session: Session): object {
  return {
    id: session.id,
    status: session.status,
    transactionId: session.transactionId,
    charger: session.chargerId,
    evse: session.evse,
    connector: session.connector,
    token: maskUid(session.token.uid),
    peer: session.peer,
    startedAt: toUtc(session.startedAt),
    endedAt: maybeTime(session.endedAt),
    kwh: session.energyWh / 1000,
    cost: session.cost && costPayload(session.cost, session.currency),
    updatedAt: toUtc(session.updatedAt),
  };
}

export function cdrPayload(cdr: Cdr): object {
  return {
    id: cdr.id,
    sessionId: cdr.sessionId,
    charger: cdr.chargerId,
    evseId: cdr.place.evseId,
    connector: cdr.place.connector,
    token: maskUid(cdr.token.uid),
    peer: cdr.peer,
    startedAt: toUtc(cdr.startedAt),
    endedAt: toUtc(cdr.endedAt),
    kwh: cdr.energyWh / 1000,
    seconds: cdr.seconds,
    parkingSeconds: cdr.parkingSeconds,
    cost: costPayload(cdr.cost, cdr.currency),
    creditOf: cdr.creditOf ?? null,
    corrects: cdr.corrects ?? null,
    updatedAt: toUtc(cdr.updatedAt),
  };
}

export function readerPayload(reader: ReaderView): object {
  const { id, protocol, state, reason, since, addresses, lastCard } = reader;
  return {
    id,
    protocol,
    state,
    reason,
    since: toUtc(since),
    addresses,
    lastCard: lastCard && { card: lastCard.card, at: toUtc(lastCard.at) },
  };
}

export function uplinkPayload({ name, state, push, waiting, dead, waitingSince }: PeerView): object {
  return {
    peer: name,
    registration: state,
    state: push.kind,
    since: push.kind === 'idle' ? null : toUtc(push.since),
    problem: 'problem' in push ? push.problem : null,
    waiting,
    dead,
    waitingSince: maybeTime(waitingSince),
  };
}

function costPayload(cost: Cost, currency: string): object {
  return { currency, beforeTaxes: cost.total.beforeTaxes, afterTaxes: cost.total.afterTaxes };
}

function maybeTime(at: Millis | null): string | null {
  return at === null ? null : toUtc(at);
}
