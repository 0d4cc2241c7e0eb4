import { randomUUID } from 'node:crypto';
import { cardAnswer, judgeListed, localVerdict, ORDERED, refuseConcurrent, type CardAnswer } from './authorization.ts';
import { ensureEvse } from './chargers.ts';
import { noteDecision, noteRefusal } from './decisions.ts';
import { isRegister } from './domain/energy.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Authorization, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { beginOvertaken, overtakenBy } from './overtaken.ts';
import { beginOrdered, findOrdered } from './pending-starts.ts';
import { reservationFor } from './reserved-bays.ts';
import { beginReserved, openSession } from './sessions.ts';
import { findCharger, setEvseMeter } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/transactions.ts';
import { supersede } from './transaction-ends.ts';

/** A transaction that begins, as its charger tells it. */
export interface Beginning {
  chargerId: string;
  evse: number;
  connector: number;
  tokenUid: string;
  meterStart: number;
  reportedAt: Millis;
  receivedAt: Millis;
  /** The reservation that the charger says it uses, as it knows it. */
  reservationId?: number;
  wireId: string;
  /** What makes a re-sent start the same one. */
  startKey: string;
}

/** Must somebody be asked of the card: does no peer's order and no reservation speak for it? */
export function speaksForItself(
  gw: Gateway,
  start: Omit<Beginning, 'wireId' | 'startKey' | 'connector' | 'meterStart'>,
): boolean {
  return !findOrdered(gw, start) && !reservationFor(gw, start) && !overtakenBy(gw, start);
}

/**
 * Begins a transaction inside the write at hand, also with a refused card: the charger may have charged already. Opens its
 * session where the charger is accepted: what one does that nobody accepted is recorded here and told to no cloud. `decision`
 * null: nobody was asked of the card. Errors: RangeError where no meter can stand at its start.
 */
export function beginTransaction(
  gw: Gateway,
  tx: Tx,
  begun: Beginning,
  decision: Authorization | null,
): { transaction: Transaction; card: CardAnswer } {
  const { chargerId, tokenUid, receivedAt, meterStart } = begun;
  if (!isRegister(meterStart)) throw new RangeError(`a meter cannot stand at ${meterStart} Wh`);
  const evse = ensureEvse(gw, tx, chargerId, begun.evse);
  supersede(gw, tx, begun);
  noteFallenRegister(gw, begun, evse.meterWh);
  const ordered = findOrdered(gw, begun);
  const reserved = reservationFor(gw, begun);
  const overtaken = ordered || reserved ? null : overtakenBy(gw, begun);
  const authorization = ordered || reserved || overtaken ? ORDERED : (decision ?? startVerdict(gw, begun));
  const tap = { chargerId, evse: begun.evse, uid: tokenUid, reader: null, at: receivedAt };
  noteDecision(gw, tap, authorization);
  const card = cardAnswer(authorization);
  tx.after(() => noteRefusal(gw, tap, authorization));
  const id = randomUUID();
  const seq = store.insertTransaction(gw.db, {
    id,
    wireId: begun.wireId,
    chargerId,
    evse: begun.evse,
    connector: begun.connector,
    tokenUid,
    startReportedAt: begun.reportedAt,
    startReceivedAt: receivedAt,
    meterStart,
    startKey: begun.startKey,
    startAnswer: JSON.stringify({ card }),
  });
  setEvseMeter(gw.db, chargerId, begun.evse, meterStart);
  const transaction = mustFind(gw, id);
  if (findCharger(gw.db, chargerId)?.registration === 'accepted') {
    if (ordered) beginOrdered(gw, tx, ordered, transaction, evse);
    else if (reserved) beginReserved(gw, tx, reserved, transaction, evse);
    else if (overtaken) beginOvertaken(gw, tx, overtaken, transaction, evse);
    else openSession(gw, tx, transaction, evse, authorization);
  }
  tx.emit({ name: 'transaction.started', data: { transactionId: id, chargerId, evse: begun.evse } });
  tx.after(() => gw.log.info({ charger: chargerId, evse: begun.evse, transaction: seq }, 'transaction started'));
  return { transaction, card };
}

/** What goes for a start of which nothing was asked before. */
function startVerdict(gw: Gateway, start: Beginning): Authorization {
  const { chargerId, evse, tokenUid, receivedAt } = start;
  return refuseConcurrent(gw, start, localVerdict(judgeListed(gw, chargerId, evse, tokenUid, receivedAt)));
}

/** A start that comes so soon after it happened was not told late, ms. */
const LIVE = 60_000;

/** A register below where this EVSE's stood was reset in between (Q52): each session is billed by its own. */
function noteFallenRegister(gw: Gateway, start: Beginning, stood: number | null): void {
  const live = isPlausible(start.reportedAt, start.receivedAt) && start.receivedAt - start.reportedAt < LIVE;
  if (live && stood !== null && start.meterStart < stood)
    gw.diagnostics.deviation(start.chargerId, 'REGISTER_RESET', `${stood} -> ${start.meterStart}`);
}

function mustFind(gw: Gateway, id: string): Transaction {
  const transaction = store.findById(gw.db, id);
  if (!transaction) throw new Error(`transaction ${id} vanished inside its own write`);
  return transaction;
}
