import type { ChargerView, EvseView } from '../../gateway/chargers.ts';
import type { ListQuery, Page } from '../../gateway/domain/paging.ts';
import type { PushState } from '../../gateway/domain/push-state.ts';
import type { PeerView } from '../../gateway/peers.ts';
import type { RunningSession } from '../../gateway/running.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import { uidStrength } from '../../gateway/domain/token.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Cdr, QuarantineEntry, Session, SignedReading, Token } from '../../gateway/domain/types.ts';
import type { Cost } from '../../gateway/domain/tariff.ts';
import type { TransactionView } from '../../gateway/transactions.ts';
import { presentLimit } from './limit-body.ts';
import type {
  CdrBody,
  ChargerBody,
  CostBody,
  EvseBody,
  ListBody,
  PeerBody,
  QuarantineBody,
  RunningBody,
  SessionBody,
  SignedReadingBody,
  TokenBody,
  TransactionBody,
} from './schemas.ts';

/** The core's page as the API's: newest first, with an opaque cursor. */
export function presentPage<T, U>(page: Page<T>, present: (item: T) => U): ListBody<U> {
  return { items: page.items.map(present), next: page.next === null ? null : String(page.next) };
}

/** The core's query for what the API was asked. */
export function listQuery(query: { limit?: number; cursor?: string }): ListQuery {
  return {
    offset: 0,
    limit: query.limit ?? 50,
    newestFirst: true,
    ...(query.cursor !== undefined && { after: Number(query.cursor) }),
  };
}

export function presentCharger(charger: ChargerView): ChargerBody {
  return {
    id: charger.id,
    origin: charger.origin,
    registration: charger.registration,
    connected: charger.connected,
    connectedSince: maybeTime(charger.connectedSince),
    lastSeenAt: maybeTime(charger.lastSeenAt),
    bootedAt: maybeTime(charger.bootedAt),
    protocol: charger.protocol,
    vendor: charger.vendor,
    model: charger.model,
    serial: charger.serial,
    firmware: charger.firmware,
    status: charger.status,
    evses: charger.evses.map(presentEvse),
    deviations: charger.deviations.map(({ code, count, firstSeenAt, lastSeenAt, sample }) => ({
      code,
      count,
      firstSeenAt: toUtc(firstSeenAt),
      lastSeenAt: toUtc(lastSeenAt),
      sample,
    })),
    quirks: charger.quirks,
    updatedAt: toUtc(charger.updatedAt),
  };
}

function presentEvse(evse: EvseView): EvseBody {
  return {
    evse: evse.evse,
    uid: evse.uid,
    evseId: evse.evseId,
    status: evse.visible,
    errorCode: evse.errorCode,
    statusAt: maybeTime(evse.statusAt),
    meterWh: evse.meterWh,
    removed: evse.removed,
    transactionId: evse.transactionId,
    connectors: evse.connectors.map((connector) => ({
      connector: connector.connector,
      standard: connector.standard,
      format: connector.format,
      powerType: connector.powerType,
      maxVoltage: connector.maxVoltage,
      maxAmperage: connector.maxAmperage,
      maxPower: connector.maxPower,
      tariffIds: connector.tariffIds,
    })),
  };
}

export function presentTransaction(transaction: TransactionView): TransactionBody {
  return {
    id: transaction.id,
    wireId: transaction.wireId,
    chargerId: transaction.chargerId,
    evse: transaction.evse,
    connector: transaction.connector,
    tokenUid: transaction.tokenUid,
    startedAt: toUtc(transaction.startReportedAt),
    startReceivedAt: toUtc(transaction.startReceivedAt),
    stoppedAt: maybeTime(transaction.stopReportedAt),
    stopReceivedAt: maybeTime(transaction.stopReceivedAt),
    stopReason: transaction.stopReason,
    stopEstimated: transaction.stopEstimated,
    stopPendingSince: maybeTime(transaction.stopPendingSince),
    meterStart: transaction.meterStart,
    meterStop: transaction.meterStop,
  };
}

export function presentSignedReading(reading: SignedReading): SignedReadingBody {
  return { ...reading, reportedAt: toUtc(reading.reportedAt) };
}

export function presentSession(session: Session): SessionBody {
  return {
    id: session.id,
    status: session.status,
    transactionId: session.transactionId,
    chargerId: session.chargerId,
    evse: session.evse,
    connector: session.connector,
    tokenUid: session.token.uid,
    contractId: session.token.contractId,
    peer: session.peer,
    authMethod: session.authMethod,
    startedAt: toUtc(session.startedAt),
    endedAt: maybeTime(session.endedAt),
    kwh: kwh(session.energyWh),
    tariffId: session.tariff?.id ?? null,
    cost: session.cost && presentCost(session.cost, session.currency),
    limit: presentLimit(session.limit),
    quoteId: session.quoteId ?? null,
    updatedAt: toUtc(session.updatedAt),
  };
}

export function presentRunning(running: RunningSession): RunningBody {
  return { ...presentSession(running), powerW: running.powerW, socPercent: running.socPercent };
}

export function presentCdr(cdr: Cdr): CdrBody {
  return {
    id: cdr.id,
    sessionId: cdr.sessionId,
    chargerId: cdr.chargerId,
    evseId: cdr.place.evseId,
    connector: cdr.place.connector,
    tokenUid: cdr.token.uid,
    contractId: cdr.token.contractId,
    peer: cdr.peer,
    startedAt: toUtc(cdr.startedAt),
    endedAt: toUtc(cdr.endedAt),
    kwh: kwh(cdr.energyWh),
    seconds: cdr.seconds,
    parkingSeconds: cdr.parkingSeconds,
    tariffId: cdr.tariff?.id ?? null,
    cost: presentCost(cdr.cost, cdr.currency),
    remark: cdr.remark,
    creditOf: cdr.creditOf ?? null,
    corrects: cdr.corrects ?? null,
    updatedAt: toUtc(cdr.updatedAt),
  };
}

export function presentPeer(peer: PeerView): PeerBody {
  return {
    name: peer.name,
    origin: peer.origin,
    state: peer.state,
    visibility: peer.visibility,
    version: peer.version,
    versionsUrl: peer.versionsUrl,
    parties: peer.parties.map(({ countryCode, partyId, role }) => ({ countryCode, partyId, role })),
    endpoints: peer.endpoints.map(({ identifier, role, url }) => ({ identifier, role, url })),
    handshake: peer.handshake && { kind: peer.handshake.kind, since: toUtc(peer.handshake.startedAt) },
    quirks: peer.quirks,
    lastSeenAt: maybeTime(peer.lastSeenAt),
    push: presentPush(peer.push),
    outbox: { waiting: peer.waiting, dead: peer.dead, since: maybeTime(peer.waitingSince) },
    updatedAt: toUtc(peer.updatedAt),
  };
}

function presentPush(push: PushState): PeerBody['push'] {
  return {
    state: push.kind,
    since: push.kind === 'idle' ? null : toUtc(push.since),
    problem: 'problem' in push ? push.problem : null,
    nextAttemptAt: 'nextAttemptAt' in push ? toUtc(push.nextAttemptAt) : null,
  };
}

export function presentToken(token: Token): TokenBody {
  return {
    uid: token.uid,
    type: token.type,
    origin: token.origin,
    peer: token.peer,
    countryCode: token.countryCode,
    partyId: token.partyId,
    contractId: token.contractId,
    visualNumber: token.visualNumber,
    issuer: token.issuer,
    groupId: token.groupId,
    valid: token.valid,
    whitelist: token.whitelist,
    language: token.language,
    expiresAt: maybeTime(token.expiresAt),
    payment: token.payment,
    weak: token.type === 'RFID' && uidStrength(token.uid) !== 'usual',
    updatedAt: toUtc(token.updatedAt),
  };
}

export function presentQuarantine(entry: QuarantineEntry & { count: number }): QuarantineBody {
  return {
    id: entry.id,
    chargerId: entry.chargerId,
    action: entry.action,
    reason: entry.reason,
    payload: entry.payload,
    count: entry.count,
    receivedAt: toUtc(entry.receivedAt),
  };
}

/** Watt-hours are whole, so a thousandth of them is exact to three decimals as JSON writes it. */
export function kwh(wattHours: number): number {
  return wattHours / 1000;
}

function presentCost(cost: Cost, currency: string): CostBody {
  return { currency, beforeTaxes: cost.total.beforeTaxes, afterTaxes: cost.total.afterTaxes };
}

function maybeTime(at: Millis | null): string | null {
  return at === null ? null : toUtc(at);
}
