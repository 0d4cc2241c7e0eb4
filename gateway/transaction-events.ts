import { authorizeLocally, cardAnswer, type CardAnswer } from './authorization.ts';
import { noteEvse } from './connector-status.ts';
import { decideStart, noteDecision, noteRefusal } from './decisions.ts';
import type { Decimal } from './domain/tariff.ts';
import type { TransactionEvent } from './domain/transaction-events.ts';
import { canonicalUid } from './domain/token.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Authorization, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { takeCard, wantsCard } from './late-cards.ts';
import { quarantine } from './quarantine.ts';
import { fileRunning, fileSamples, recordSamples, seesFall, type SampleCommand } from './samples.ts';
import { findEvse } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { findSessionOf } from './store/sessions.ts';
import * as store from './store/told-transactions.ts';
import { findById, findStartAnswer } from './store/transactions.ts';
import { beginTransaction, speaksForItself } from './transaction-begin.ts';
import { endReported } from './transaction-ends.ts';
import { findMeant, likelyEvse, toldOf } from './transaction-ids.ts';

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
  const told = findMeant(gw, event);
  if (told && (isReadingAlone(event, told) || isLateReading(event, told))) {
    await recordSamples(gw, { chargerId, evse: told.evse, wireId, samples, receivedAt });
    return { card: null, cost: costOf(gw, told.transactionId) };
  }
  const decision = await decideCard(gw, event, told);
  return gw.db.write((tx) => {
    const { told: now, unheardOf } = toldOf(gw, event);
    const before = store.findEventAnswer(gw.db, now.seq, event.key);
    if (before !== undefined) return JSON.parse(before) as EventAnswer;
    const answer = apply(gw, tx, event, now, { decision, unheardOf });
    store.insertEvent(gw.db, now.seq, event.key, JSON.stringify(answer));
    return answer;
  });
}

/**
 * Takes in readings that name no transaction (OCPP 2.x MeterValues). The first of one that runs tells where its meter stood, where
 * nothing before did: what flowed till then is the driver's gain.
 */
export async function recordReadings(gw: Gateway, command: Omit<SampleCommand, 'wireId'>): Promise<void> {
  const { chargerId, evse, samples } = command;
  const told = evse === null ? undefined : store.findUnmeteredAt(gw.db, chargerId, evse);
  if (told && firstRegister({ samples }) !== null)
    await gw.db.write(() => {
      const running = runningOf(gw, told);
      if (running) setStart(gw, command, told, running);
      store.updateTold(gw.db, told);
    });
  await recordSamples(gw, { ...command, wireId: null });
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

/** Has the card of a charge that is to begin, or that runs for nobody yet, judged before the write; null: nothing to judge. */
async function decideCard(gw: Gateway, event: TransactionEvent, told: Told | undefined): Promise<Authorization | null> {
  const { tokenUid } = event;
  if (tokenUid === null || event.type === 'ended') return null;
  const running = told && runningOf(gw, told);
  if (told && told.transactionId !== null && !(running && wantsCard(gw, running))) return null;
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
  if (before.endedAt !== null) return tellLate(gw, tx, event, before);
  const told = follow(gw, event, before);
  if (before.transactionId === null) setApart(gw, tx, event, before);
  const card = told.transactionId === null ? tryToBegin(gw, tx, event, told, hint) : hold(gw, tx, event, told, hint);
  const running = runningOf(gw, told);
  if (running) followReadings(gw, tx, event, told, running);
  if (event.type === 'ended') {
    if (running) end(gw, tx, event, running);
    else tellUnbilled(gw, tx, event, told);
    Object.assign(told, { endedAt: event.receivedAt, samples: [] });
  }
  store.updateTold(gw.db, told);
  const { chargerId, reportedAt, receivedAt } = event;
  noteEvse(gw, tx, { chargerId, evse: told.evse, reportedAt, receivedAt });
  return { card, cost: costOf(gw, told.transactionId) };
}

/**
 * What was read between the cable and the card is asked for by nobody where it may be of another that had the id before, or is of
 * another meter.
 */
function setApart(gw: Gateway, tx: Tx, event: TransactionEvent, before: Told): void {
  const { chargerId, wireId, receivedAt } = event;
  const stale = isStale(event, before);
  const payload = stale ? event.samples : isElsewhere(event, before) ? before.samples : [];
  if (payload.length === 0) return;
  const where = stale ? 'from before what was told' : 'of another EVSE than is told now';
  const reason = `readings ${where} of transaction ${wireId}, which has not begun`;
  quarantine(gw, tx, {
    chargerId,
    action: 'TransactionEvent',
    reason,
    payload: stale ? event.payload : payload,
    receivedAt,
  });
}

function isElsewhere({ evse }: TransactionEvent, before: Told): boolean {
  return before.placed && evse !== null && evse !== before.evse;
}

/** What an event says of the whole, beside what it tells of. */
function follow(gw: Gateway, event: TransactionEvent, before: Told): Told {
  const { reportedAt, receivedAt, chargerId } = event;
  const believed = isPlausible(reportedAt, receivedAt);
  const stale = isStale(event, before);
  const told = {
    ...before,
    state: stale ? before.state : (event.state ?? before.state),
    toldAt: stale ? before.toldAt : receivedAt,
    started: before.started || event.type === 'started',
    placed: before.placed || event.evse !== null,
    reportedAt: believed ? Math.max(reportedAt, before.reportedAt ?? reportedAt) : before.reportedAt,
  };
  if (stale) gw.diagnostics.deviation(chargerId, 'EVENT_OUT_OF_ORDER', `transaction ${event.wireId}`);
  // Where it runs it stays: its place is on the way to the bill.
  if (before.transactionId !== null) {
    if (event.evse !== null && event.evse !== before.evse)
      gw.diagnostics.deviation(
        chargerId,
        'EVSE_CHANGED',
        `transaction ${event.wireId}: ${before.evse} -> ${event.evse}`,
      );
    return told;
  }
  const elsewhere = isElsewhere(event, before);
  const card = { tokenUid: event.tokenUid ?? before.tokenUid };
  if (elsewhere && stale) return { ...told, ...card };
  return {
    ...told,
    ...card,
    evse: event.evse ?? before.evse,
    connector: event.connector ?? before.connector,
    // Two meters have nothing to do with each other.
    samples: [...(elsewhere ? [] : before.samples), ...event.samples].slice(0, MOST_SAMPLES),
  };
}

/** More readings than these are not kept of what nobody charges at. */
const MOST_SAMPLES = 200;

/** A clock may be ahead by this much without having been set back since, ms. */
const AHEAD = 5000;

/** Did this happen before what was told already? Then it says nothing of what the EVSE does now. */
function isStale({ reportedAt, receivedAt }: TransactionEvent, before: Told): boolean {
  if (before.reportedAt === null || !isPlausible(reportedAt, receivedAt)) return false;
  // What was told by a clock that was ahead is no measure for one that was set right.
  return reportedAt < before.reportedAt && before.reportedAt <= before.toldAt + AHEAD;
}

function runningOf(gw: Gateway, { transactionId }: Told): Transaction | undefined {
  return transactionId === null ? undefined : findById(gw.db, transactionId);
}

/** A card is held to what runs: it is the one that it is for, where that was nobody so far, or one that may stop it. */
function hold(gw: Gateway, tx: Tx, event: TransactionEvent, told: Told, { decision }: Hint): CardAnswer | null {
  const { tokenUid, type } = event;
  const running = runningOf(gw, told);
  // Who ends what a known card began need not be who began it.
  const may = running && (type === 'ended' ? running.tokenUid === '' : true) && wantsCard(gw, running);
  if (!running || !may || tokenUid === null || tokenUid === '') return answerAgain(gw, event, told);
  const card = takeCard(gw, tx, running, startOf(event, running.evse, tokenUid), decision);
  if (card.verdict === 'accepted') told.tokenUid = tokenUid;
  return card;
}

/** Nobody was let in and no meter rose: a cable came and went. Where that cannot be told, somebody has to look at it. */
function tellUnbilled(gw: Gateway, tx: Tx, event: TransactionEvent, told: Told): void {
  const { chargerId, payload, receivedAt } = event;
  const [from, to] = [firstRegister(told) ?? 0, lastRegister(told) ?? 0];
  if (told.started && to >= from) return;
  const why = told.started ? `it ended at ${to} Wh, below the ${from} Wh that it began at` : 'its start was never told';
  const reason = `nothing is billed: ${why}`;
  quarantine(gw, tx, { chargerId, action: 'TransactionEvent', reason, payload, receivedAt });
}

/** Something is told of what has ended already: it is kept aside whole, and the bill stays. */
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
  const flows = over ? flowed(told) > 0 : event.state === 'charging' || flowed(told) > METERS_DIFFER;
  if (!accepted && !began && !flows)
    return tokenUid === null || decision === null ? null : refuse(gw, tx, event, told, tokenUid, decision);
  const first = firstRegister(told);
  const { transaction, card } = beginTransaction(
    gw,
    tx,
    {
      ...startOf(event, told.evse, told.tokenUid ?? ''),
      // Of one that is told with its end alone the first reading tells when.
      reportedAt: Math.min(event.reportedAt, ...momentsIn(event)),
      connector: told.connector,
      meterStart: first ?? findEvse(gw.db, told.chargerId, told.evse)?.meterWh ?? 0,
      wireId: told.wireId,
      startKey: JSON.stringify(['told', told.seq]),
    },
    decision,
  );
  // Those of this event follow with what it says.
  const before = told.samples.slice(0, told.samples.length - event.samples.length);
  fileSamples(gw, transaction.seq, before, event.receivedAt);
  Object.assign(told, { transactionId: transaction.id, metered: first !== null, samples: [] });
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

/** When its readings were taken, as far as a clock can be believed. */
function momentsIn({ samples, receivedAt }: TransactionEvent): Millis[] {
  return samples.map(({ reportedAt }) => reportedAt).filter((at) => isPlausible(at, receivedAt));
}

/** Meters that round differently differ by this much without anything having flowed, Wh. */
const METERS_DIFFER = 10;

/** By how much the meter rose before it is known for whom, Wh; also of one of which only the end is told. */
function flowed(told: Told): number {
  return (lastRegister(told) ?? 0) - (firstRegister(told) ?? 0);
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
  setStart(gw, event, told, running);
  if (event.type === 'ended' || samples.length === 0) return;
  seesFall(gw, running, { samples, receivedAt });
  fileRunning(gw, tx, running, { samples, receivedAt });
}

/** Nobody said where the meter stood when it began: what flowed before the first reading is the driver's gain. */
function setStart(gw: Gateway, readings: Readings, told: Told, running: Transaction): void {
  const first = firstRegister(readings);
  if (told.metered || first === null || running.stopReceivedAt !== null) return;
  gw.diagnostics.deviation(told.chargerId, 'METER_START_MISSING', `transaction ${told.wireId}`);
  store.setMeterStart(gw.db, running.id, first);
  // Whoever watches its register began at a start that nobody told.
  gw.held.forget(running.seq);
  running.meterStart = first;
  told.metered = true;
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

type Readings = Pick<TransactionEvent, 'samples'>;

function firstRegister({ samples }: Readings): number | null {
  return registers(samples).at(0) ?? null;
}

function lastRegister({ samples }: Readings): number | null {
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
