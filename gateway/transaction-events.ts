import { authorizeLocally, cardAnswer, type CardAnswer } from './authorization.ts';
import { noteEvse } from './connector-status.ts';
import { decideStart, noteDecision, noteRefusal } from './decisions.ts';
import type { Decimal } from './domain/tariff.ts';
import type { TransactionEvent } from './domain/transaction-events.ts';
import { canonicalUid } from './domain/token.ts';
import type { Authorization, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { quarantine } from './quarantine.ts';
import { fileRunning, recordSamples, seesFall } from './samples.ts';
import { findEvse, listEvsesOf } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { findByWireId as findReserved } from './store/reservations.ts';
import { findSessionOf } from './store/sessions.ts';
import * as store from './store/told-transactions.ts';
import { findById, findByWireId, findStartAnswer } from './store/transactions.ts';
import { beginTransaction, speaksForItself } from './transaction-begin.ts';
import { endReported } from './transaction-ends.ts';

/** What a charger is told of its event. */
export interface EventAnswer {
  /** What goes for the card that was held to it; null: there was none. */
  card: CardAnswer | null;
  /** What the session costs so far, with taxes; null: there is none, or it has no price. */
  cost: Decimal | null;
}

type Told = store.ToldTransaction;

/**
 * Takes in an event of a transaction that has its charger's own id (OCPP 2.x TransactionEvent). From the cable to the card it is
 * only noted; it becomes a transaction, with a session, once a card is let in or energy flows. The same event again changes
 * nothing and gets the same answer (law 3); one that comes without those before it is taken in as far as it goes (Q48).
 */
export async function recordEvent(gw: Gateway, event: TransactionEvent): Promise<EventAnswer> {
  const { chargerId, wireId, samples, receivedAt } = event;
  const told = store.findTold(gw.db, chargerId, wireId);
  if (told && (isReadingAlone(event, told) || isLateReading(event, told))) {
    await recordSamples(gw, { chargerId, evse: told.evse, wireId, samples, receivedAt });
    return { card: null, cost: costOf(gw, told.transactionId) };
  }
  const decision = await decideCard(gw, event, told);
  return gw.db.write((tx) => {
    const known = currentTold(gw, event);
    const before = known && store.findEventAnswer(gw.db, known.seq, event.key);
    if (before !== undefined) return JSON.parse(before) as EventAnswer;
    const now = known ?? insert(gw, tx, event);
    const answer = apply(gw, tx, event, now, { decision, unheardOf: !known });
    store.insertEvent(gw.db, now.seq, event.key, JSON.stringify(answer));
    return answer;
  });
}

/** Most events are no more than readings of what runs: these go the way of all readings. */
function isReadingAlone(event: TransactionEvent, told: Told): boolean {
  return (
    event.type === 'updated' &&
    event.tokenUid === null &&
    (event.state === null || event.state === told.state) &&
    (event.evse === null || event.evse === told.evse) &&
    told.transactionId !== null &&
    told.metered &&
    told.endedAt === null
  );
}

/** Readings of what has ended go where they belong, too; its bill stays. */
function isLateReading(event: TransactionEvent, told: Told): boolean {
  return event.type === 'updated' && event.tokenUid === null && told.transactionId !== null && told.endedAt !== null;
}

/** The transaction that is meant. A charger that gives an id of one that ended to another means the other. */
function currentTold(gw: Gateway, event: TransactionEvent): Told | undefined {
  const known = store.findTold(gw.db, event.chargerId, event.wireId);
  const anew = known && known.endedAt !== null && event.type === 'started';
  if (!known || !anew || store.findEventAnswer(gw.db, known.seq, event.key) !== undefined) return known;
  gw.diagnostics.deviation(event.chargerId, 'TRANSACTION_ID_REUSED', event.wireId);
  store.releaseWireId(gw.db, known);
  return undefined;
}

function insert(gw: Gateway, tx: Tx, event: TransactionEvent): Told {
  const { chargerId, wireId } = event;
  const evse = event.evse ?? likelyEvse(gw, event);
  const fresh = { chargerId, wireId, evse, connector: event.connector ?? 1, toldAt: event.receivedAt };
  // A number that we gave it while it spoke 1.6.
  if (findByWireId(gw.db, chargerId, wireId)) throw new Error(`transaction ${wireId} is one of OCPP 1.6`);
  const seq = store.insertTold(gw.db, fresh);
  const nothing = { tokenUid: null, registerWh: null, state: null, transactionId: null, metered: false, endedAt: null };
  return { ...fresh, ...nothing, seq };
}

/** Where it can only be, where no event has said it. */
function likelyEvse(gw: Gateway, { chargerId, wireId, reservationId }: TransactionEvent): number {
  gw.diagnostics.deviation(chargerId, 'EVSE_MISSING', `transaction ${wireId}`);
  const reserved = reservationId === null ? undefined : findReserved(gw.db, chargerId, reservationId);
  if (reserved) return reserved.evse;
  const evses = listEvsesOf(gw.db, chargerId).filter(({ removed }) => !removed);
  return evses.length === 1 ? (evses[0]?.evse ?? 1) : 1;
}

/** Has the card of a charge that is to begin judged, before the write; null where there is nothing to judge. */
async function decideCard(gw: Gateway, event: TransactionEvent, told: Told | undefined): Promise<Authorization | null> {
  const { tokenUid } = event;
  if (tokenUid === null || event.type === 'ended') return null;
  if (told && told.transactionId !== null) return null;
  if (told && store.findEventAnswer(gw.db, told.seq, event.key) !== undefined) return null;
  const start = startOf(event, event.evse ?? told?.evse ?? likelyEvse(gw, event), tokenUid);
  return speaksForItself(gw, start) ? decideStart(gw, start) : null;
}

function startOf(
  { chargerId, reportedAt, receivedAt, reservationId }: TransactionEvent,
  evse: number,
  tokenUid: string,
) {
  return { chargerId, evse, tokenUid, reportedAt, receivedAt, ...(reservationId !== null && { reservationId }) };
}

/** What is known beside the event. */
interface Hint {
  /** Null: nobody was asked of its card. */
  decision: Authorization | null;
  /** Is it the first that comes of this transaction? */
  unheardOf: boolean;
}

function apply(gw: Gateway, tx: Tx, event: TransactionEvent, before: Told, hint: Hint): EventAnswer {
  const told = {
    ...before,
    evse: before.transactionId === null ? (event.evse ?? before.evse) : before.evse,
    connector: before.transactionId === null ? (event.connector ?? before.connector) : before.connector,
    tokenUid: before.transactionId === null ? (event.tokenUid ?? before.tokenUid) : before.tokenUid,
    state: event.state ?? before.state,
    toldAt: event.receivedAt,
  };
  if (before.endedAt !== null) return tellLate(gw, tx, event, told);
  const card = told.transactionId === null ? tryToBegin(gw, tx, event, told, hint) : answerAgain(gw, event, told);
  const running = told.transactionId === null ? undefined : findById(gw.db, told.transactionId);
  if (running) followReadings(gw, tx, event, told, running);
  else told.registerWh = lastRegister(event) ?? told.registerWh;
  if (event.type === 'ended') {
    if (running) end(gw, tx, event, running);
    told.endedAt = event.receivedAt;
  }
  store.updateTold(gw.db, told);
  const { chargerId, reportedAt, receivedAt } = event;
  noteEvse(gw, tx, { chargerId, evse: told.evse, reportedAt, receivedAt });
  return { card, cost: costOf(gw, told.transactionId) };
}

/** Something is told of what has ended already: readings and all go where they belong, and the bill stays. */
function tellLate(gw: Gateway, tx: Tx, event: TransactionEvent, told: Told): EventAnswer {
  const { chargerId, payload, receivedAt } = event;
  const reason = `transaction ${event.wireId} has ended already`;
  quarantine(gw, tx, { chargerId, action: 'TransactionEvent', reason, payload, receivedAt });
  return { card: answerAgain(gw, event, told), cost: costOf(gw, told.transactionId) };
}

/**
 * Makes it a transaction once it is one: when a card is let in, when it starts with a card, and when energy flows or has
 * flowed, whoever let it. Until then a refused driver can hold another card to it.
 */
function tryToBegin(
  gw: Gateway,
  tx: Tx,
  event: TransactionEvent,
  told: Told,
  { decision, unheardOf }: Hint,
): CardAnswer | null {
  const { tokenUid, type } = event;
  const over = type === 'ended';
  const accepted = tokenUid !== null && !over && (decision === null || decision.verdict === 'accepted');
  const began = tokenUid !== null && (type === 'started' || (over && unheardOf));
  const flows = over ? hasFlowed(event, told) : event.state === 'charging';
  if (!accepted && !began && !flows)
    return tokenUid === null || decision === null ? null : refuse(gw, tx, event, told, tokenUid, decision);
  const first = firstRegister(event) ?? told.registerWh;
  const { transaction, card } = beginTransaction(
    gw,
    tx,
    {
      ...startOf(event, told.evse, told.tokenUid ?? ''),
      // Of one that is told with its end alone the first reading tells when.
      reportedAt: Math.min(event.reportedAt, ...event.samples.map(({ reportedAt }) => reportedAt)),
      connector: told.connector,
      meterStart: told.registerWh ?? first ?? findEvse(gw.db, told.chargerId, told.evse)?.meterWh ?? 0,
      wireId: told.wireId,
      startKey: JSON.stringify(['told', told.seq]),
    },
    decision,
  );
  told.transactionId = transaction.id;
  told.metered = first !== null;
  return tokenUid === null ? null : card;
}

/** A card that is not let in, where nothing has begun. */
function refuse(
  gw: Gateway,
  tx: Tx,
  event: TransactionEvent,
  told: Told,
  uid: string,
  decision: Authorization,
): CardAnswer {
  const tap = { chargerId: told.chargerId, evse: told.evse, uid, reader: null, at: event.receivedAt };
  noteDecision(gw, tap, decision);
  tx.after(() => noteRefusal(gw, tap, decision));
  return cardAnswer(decision);
}

/** Did the meter move in a transaction of which only the end is told, or that nobody was let in to? */
function hasFlowed(event: TransactionEvent, told: Told): boolean {
  const [from, to] = [told.registerWh ?? firstRegister(event), lastRegister(event)];
  return from !== null && to !== null && to > from;
}

/** What goes for a card of a transaction that runs: its own was answered when it began, another may stop it (Q42). */
function answerAgain(
  gw: Gateway,
  { chargerId, tokenUid, receivedAt }: TransactionEvent,
  told: Told,
): CardAnswer | null {
  if (tokenUid === null) return null;
  const own = told.tokenUid !== null && canonicalUid(told.tokenUid) === canonicalUid(tokenUid);
  const answered = own && told.transactionId !== null ? findStartAnswer(gw.db, told.transactionId) : undefined;
  return answered
    ? (JSON.parse(answered) as { card: CardAnswer }).card
    : cardAnswer(authorizeLocally(gw, chargerId, tokenUid, receivedAt));
}

function followReadings(gw: Gateway, tx: Tx, event: TransactionEvent, told: Told, running: Transaction): void {
  const { samples, receivedAt } = event;
  const first = firstRegister(event);
  if (!told.metered && first !== null) {
    // Nobody said where the meter stood when it began: what flowed before is the driver's gain.
    gw.diagnostics.deviation(told.chargerId, 'METER_START_MISSING', `transaction ${told.wireId}`);
    store.setMeterStart(gw.db, running.id, first);
    running.meterStart = first;
    told.metered = true;
  }
  if (event.type === 'ended' || samples.length === 0) return;
  seesFall(gw, running, { samples, receivedAt });
  fileRunning(gw, tx, running, { samples, receivedAt });
}

function end(gw: Gateway, tx: Tx, event: TransactionEvent, running: Transaction): void {
  const { chargerId, payload, receivedAt, reportedAt, samples } = event;
  if (running.stopReceivedAt !== null) {
    const reason = `transaction ${running.wireId} was already closed by estimate at ${running.meterStop} Wh`;
    return quarantine(gw, tx, { chargerId, action: 'TransactionEvent', reason, payload, receivedAt });
  }
  const meterStop = lastRegister(event);
  const stop = { reportedAt, receivedAt, reason: event.stopReason ?? 'Local', key: event.key, answer: null };
  if (!endReported(gw, tx, running, { ...stop, samples, meterStop })) {
    const reason = `a meter cannot stand at ${meterStop} Wh: closed by estimate`;
    quarantine(gw, tx, { chargerId, action: 'TransactionEvent', reason, payload, receivedAt });
  }
  tx.after(() => gw.log.info({ charger: chargerId, transaction: running.seq }, 'transaction stopped'));
}

function firstRegister({ samples }: TransactionEvent): number | null {
  return registers(samples).at(0) ?? null;
}

function lastRegister({ samples }: TransactionEvent): number | null {
  return registers(samples).at(-1) ?? null;
}

function registers(samples: TransactionEvent['samples']): number[] {
  return samples
    .toSorted((one, other) => one.reportedAt - other.reportedAt)
    .flatMap(({ energyWh }) => (energyWh === null ? [] : [energyWh]));
}

function costOf(gw: Gateway, transactionId: string | null): Decimal | null {
  const total = transactionId === null ? undefined : findSessionOf(gw.db, transactionId)?.cost?.total;
  return total?.afterTaxes ?? null;
}
