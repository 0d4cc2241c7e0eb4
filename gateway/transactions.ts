import { authorizeLocally, cardAnswer, type CardAnswer } from './authorization.ts';
import { decideStart } from './decisions.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import { canonicalUid } from './domain/token.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Sample, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { quarantine } from './quarantine.ts';
import { stopPendingSince } from './stop-pending.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/transactions.ts';
import { beginTransaction, speaksForItself, type Beginning } from './transaction-begin.ts';
import { endReported } from './transaction-ends.ts';

/** An answer as it was stored; databases of version 1 hold the verdict alone. */
function readAnswer<C extends CardAnswer | null>(stored: string): C | CardAnswer {
  if (!stored.startsWith('{')) return { verdict: stored as CardAnswer['verdict'], groupId: null, expiresAt: null };
  return (JSON.parse(stored) as { card: C }).card;
}

export interface StartCommand extends Omit<Beginning, 'wireId' | 'startKey'> {
  /** The time as the charger wrote it: part of what makes a re-sent start the same one. */
  timestamp: string;
}

/**
 * Begins a transaction whose integer id we give (OCPP 1.6). The same content again is the same transaction and gets the
 * same answer (law 3). Always recorded, also for a refused token: the charger may have charged already.
 */
export async function startTransaction(
  gw: Gateway,
  command: StartCommand,
): Promise<{ wireId: string; card: CardAnswer }> {
  const key = JSON.stringify([command.evse, canonicalUid(command.tokenUid), command.timestamp, command.meterStart]);
  // A start that is told again, or that a peer ordered, is nothing to ask of.
  const isNew = !store.findStarted(gw.db, command.chargerId, key) && speaksForItself(gw, command);
  const judged = isNew ? decideStart(gw, command) : null;
  // Most are decided at once, and then nothing comes in between.
  const decision = judged instanceof Promise ? await judged : judged;
  return gw.db.write((tx) => {
    const before = store.findStarted(gw.db, command.chargerId, key);
    if (before && !provesFrozenClock(before, command))
      return { wireId: before.wireId, card: readAnswer<CardAnswer>(before.answer) };
    if (before) store.releaseStartKey(gw.db, before.seq);
    const wireId = freshNumber(gw, command.chargerId);
    const { card } = beginTransaction(gw, tx, { ...command, wireId, startKey: key }, decision);
    return { wireId, card };
  });
}

/** A number that this charger has not used itself while it spoke a version that lets it (2.x). */
function freshNumber(gw: Gateway, chargerId: string): string {
  for (;;) {
    const number = String(store.nextWireId(gw.db));
    if (!store.findByWireId(gw.db, chargerId, number)) return number;
  }
}

/** Chargers say their times in seconds; one that says the same second a minute later has a clock that stands. */
const STANDS_STILL = 60_000;

/**
 * A start to the letter like an earlier one is that one, re-sent: unless that one has ended under the id that we gave, so
 * that its charger had our answer and nothing to re-send, and its start and stop bear the same time though they came a
 * minute or more apart. Then the clock stands still, and the same card at the same register is a new transaction.
 */
function provesFrozenClock(before: store.StartedBefore, start: StartCommand): boolean {
  const { startReceivedAt, stopReceivedAt, stopKey, named } = before;
  if (stopReceivedAt === null || stopKey === null || !named) return false;
  const [stopTimestamp] = JSON.parse(stopKey) as [string];
  return stopTimestamp === start.timestamp && stopReceivedAt - startReceivedAt >= STANDS_STILL;
}

export interface StopCommand {
  chargerId: string;
  /** The transaction that the charger names; null where it names none that could be (Q36, Q37). */
  wireId: string | null;
  meterStop: number;
  reportedAt: Millis;
  receivedAt: Millis;
  timestamp: string;
  reason: string;
  /** Who stopped it, where the charger says so. */
  tokenUid: string | null;
  samples: Sample[];
  /** The message as received, for the quarantine. */
  payload: unknown;
}

/**
 * Ends a transaction and, in the same commit, its session with a frozen CDR. The same stop again changes nothing and gets
 * the same answer; one that contradicts, or whose transaction nobody knows, is kept in quarantine. Answers what is to be
 * said of the stopping card, null where none was given: whoever stops, the charger has stopped (Q42).
 */
export async function stopTransaction(gw: Gateway, command: StopCommand): Promise<{ card: CardAnswer | null }> {
  return gw.db.write((tx) => {
    const { chargerId, tokenUid, receivedAt } = command;
    const card = tokenUid === null ? null : cardAnswer(authorizeLocally(gw, chargerId, tokenUid, receivedAt));
    const key = JSON.stringify([command.timestamp, command.meterStop]);
    const meant = findForStop(gw, command, key);
    if (!meant.transaction) {
      gw.diagnostics.deviation(chargerId, 'STOP_WITHOUT_START', meant.problem);
      setAside(gw, tx, command, meant.problem);
      return { card };
    }
    const { transaction } = meant;
    if (transaction.stopReceivedAt !== null) return repeatStop(gw, tx, command, transaction, key);
    const believable = endReported(gw, tx, transaction, {
      ...command,
      key,
      answer: JSON.stringify({ card, named: command.wireId !== null }),
    });
    if (!believable) setAside(gw, tx, command, `a meter cannot stand at ${command.meterStop} Wh: closed by estimate`);
    tx.after(() => gw.log.info({ charger: chargerId, transaction: transaction.seq }, 'transaction stopped'));
    return { card };
  });
}

type Meant = { transaction: Transaction } | { transaction: null; problem: string };

/** The transaction that a stop ends; the reason, in words for the operator, where none can be said to be meant. */
function findForStop(gw: Gateway, command: StopCommand, key: string): Meant {
  const { chargerId, wireId, meterStop } = command;
  if (wireId !== null) {
    const transaction = store.findByWireId(gw.db, chargerId, wireId);
    if (transaction) return { transaction };
    return { transaction: null, problem: `no transaction ${wireId} is known on this charger, ${ended(meterStop)}` };
  }
  const uid = command.tokenUid === null ? null : canonicalUid(command.tokenUid);
  const fits = (t: Transaction): boolean => uid === null || canonicalUid(t.tokenUid) === uid;
  // A re-sent stop is of the transaction that it ended, never of one that runs now (law 3).
  const before = store.findStopped(gw.db, chargerId, key).find(fits);
  if (before) return { transaction: before };
  // The charger never learnt the id: the one open transaction that fits the card, if just one does (Q36).
  const fitting = store.findOpen(gw.db, chargerId).filter((t) => fits(t) && !beganAfter(t, command));
  const [only] = fitting.length === 1 ? fitting : fitting.filter((t, _, all) => fitsAlone(t, all, meterStop));
  if (only) return { transaction: only };
  const problem = `it names no transaction, and of those that run ${fitting.length === 0 ? 'none fits' : `${fitting.length} fit`}`;
  return { transaction: null, problem: `${problem}; ${ended(meterStop)}` };
}

function ended(meterStop: number): string {
  return `nothing is billed: something ended at ${meterStop} Wh`;
}

/** By clocks that can be believed: a stop is of nothing that began later. */
function beganAfter(t: Transaction, { reportedAt, receivedAt }: StopCommand): boolean {
  return (
    t.startReportedAt > reportedAt &&
    isPlausible(t.startReportedAt, t.startReceivedAt) &&
    isPlausible(reportedAt, receivedAt)
  );
}

/** Is this the only one whose register can have come to that? */
function fitsAlone(t: Transaction, all: Transaction[], meterStop: number): boolean {
  return meterStop >= t.meterStart && all.every((other) => other === t || other.meterStart > meterStop);
}

function repeatStop(
  gw: Gateway,
  tx: Tx,
  command: StopCommand,
  transaction: Transaction,
  key: string,
): { card: CardAnswer | null } {
  const before = store.findStopAnswer(gw.db, transaction.seq);
  if (before?.key !== key)
    setAside(
      gw,
      tx,
      command,
      transaction.stopEstimated
        ? `transaction ${transaction.wireId} was already closed by estimate at ${transaction.meterStop} Wh`
        : `transaction ${transaction.wireId} was already stopped with other values`,
    );
  return { card: before?.answer ? readAnswer<CardAnswer | null>(before.answer) : null };
}

function setAside(gw: Gateway, tx: Tx, command: StopCommand, reason: string): void {
  const { chargerId, receivedAt, payload } = command;
  quarantine(gw, tx, { chargerId, action: 'StopTransaction', reason, payload, receivedAt });
}

/** A transaction, and since when its charger owes its stop; null while it does not. */
export interface TransactionView extends Transaction {
  stopPendingSince: Millis | null;
}

function viewOf(gw: Gateway, t: Transaction): TransactionView {
  return { ...t, stopPendingSince: stopPendingSince(gw, t) };
}

/** Transactions, a page of them. */
export function listTransactions(gw: Gateway, query: ListQuery): Page<TransactionView> {
  const page = store.listTransactions(gw.db, query);
  return { ...page, items: page.items.map((t) => viewOf(gw, t)) };
}

/** One transaction by our id; null when there is none. */
export function findTransaction(gw: Gateway, id: string): TransactionView | null {
  const found = store.findById(gw.db, id);
  return found ? viewOf(gw, found) : null;
}

/** An id for a start that could not be read: its stop will find nothing, instead of somebody else's transaction. */
export async function refuseStart(gw: Gateway): Promise<string> {
  return gw.db.write(() => String(store.nextWireId(gw.db)));
}
