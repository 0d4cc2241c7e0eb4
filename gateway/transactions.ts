import { randomUUID } from 'node:crypto';
import { authorize, noteRefusal } from './authorization.ts';
import { ensureEvse } from './chargers.ts';
import { isRegister } from './domain/energy.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import { canonicalUid } from './domain/token.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Authorization, Sample, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { quarantine } from './quarantine.ts';
import { fileHeld, fileSamples, isPlaceholder } from './samples.ts';
import { closeSession, openSession } from './sessions.ts';
import { findCharger, listConnectorsOf, setEvseMeter } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/transactions.ts';

export type Verdict = Authorization['verdict'];

export interface StartCommand {
  chargerId: string;
  evse: number;
  connector: number;
  tokenUid: string;
  meterStart: number;
  reportedAt: Millis;
  receivedAt: Millis;
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
): Promise<{ wireId: string; verdict: Verdict }> {
  return gw.db.write((tx) => {
    const key = JSON.stringify([command.evse, canonicalUid(command.tokenUid), command.timestamp, command.meterStart]);
    const before = store.findStartAnswer(gw.db, command.chargerId, key);
    if (before) return { wireId: before.wireId, verdict: before.answer as Verdict };
    if (!isRegister(command.meterStart)) throw new RangeError(`a meter cannot stand at ${command.meterStart} Wh`);
    const evse = ensureEvse(gw, tx, command.chargerId, command.evse);
    supersede(gw, tx, command);
    const authorization = authorize(gw, command.chargerId, command.tokenUid, command.receivedAt);
    tx.after(() => noteRefusal(gw, command.chargerId, command.tokenUid, authorization.verdict));
    const id = randomUUID();
    const wireId = String(store.nextWireId(gw.db));
    const seq = store.insertTransaction(gw.db, {
      id,
      wireId,
      chargerId: command.chargerId,
      evse: command.evse,
      connector: command.connector,
      tokenUid: command.tokenUid,
      startReportedAt: command.reportedAt,
      startReceivedAt: command.receivedAt,
      meterStart: command.meterStart,
      startKey: key,
      startAnswer: authorization.verdict,
    });
    setEvseMeter(gw.db, command.chargerId, command.evse, command.meterStart);
    // What a charger does that nobody accepted is recorded here and told to no cloud.
    if (findCharger(gw.db, command.chargerId)?.registration === 'accepted')
      openSession(gw, tx, mustFind(gw, id), evse, authorization);
    tx.emit({
      name: 'transaction.started',
      data: { transactionId: id, chargerId: command.chargerId, evse: command.evse },
    });
    tx.after(() =>
      gw.log.info({ charger: command.chargerId, evse: command.evse, transaction: seq }, 'transaction started'),
    );
    return { wireId, verdict: authorization.verdict };
  });
}

/** An EVSE holds one transaction: when the next one starts, the one before has ended without telling us. */
function supersede(gw: Gateway, tx: Tx, start: StartCommand): void {
  for (const open of store.listOpenAt(gw.db, start.chargerId, start.evse))
    if (!isOlder(start, open)) conclude(gw, tx, start, open);
}

/** Does a charger tell late, after the one that runs, what it did while disconnected? Then that one runs on. */
function isOlder(start: StartCommand, open: Transaction): boolean {
  return (
    start.reportedAt < open.startReportedAt &&
    isPlausible(start.reportedAt, start.receivedAt) &&
    isPlausible(open.startReportedAt, open.startReceivedAt)
  );
}

/** Ends a transaction at the register of the start that came after it, where that is believable. */
function conclude(gw: Gateway, tx: Tx, start: StartCommand, open: Transaction): void {
  fileHeld(gw, tx, open.seq);
  const last = store.latestReading(gw.db, open.seq);
  const floor = Math.max(open.meterStart, last?.energyWh ?? 0);
  const elapsed = Math.max(
    start.receivedAt - (last?.receivedAt ?? open.startReceivedAt),
    start.reportedAt - (last?.reportedAt ?? open.startReportedAt),
  );
  const timed = isPlausible(open.startReportedAt, open.startReceivedAt);
  const next = (timed ? store.meterStartAfter(gw.db, open) : undefined) ?? start.meterStart;
  const believable = next >= floor && next - floor <= mostEnergy(gw, open, elapsed);
  store.setStop(gw.db, open.seq, {
    reportedAt: last?.reportedAt ?? open.startReportedAt,
    receivedAt: start.receivedAt,
    meterStop: believable ? next : floor,
    reason: 'Superseded',
    estimated: true,
    key: null,
    answer: null,
  });
  gw.diagnostics.deviation(start.chargerId, 'STOP_MISSING', `transaction ${open.wireId}`);
  finish(gw, tx, open.id);
}

/** What the EVSE's strongest connector can deliver in so many milliseconds, Wh; with a tenth and 100 Wh to spare. */
function mostEnergy(gw: Gateway, { chargerId, evse }: Transaction, millis: number): number {
  const watts = listConnectorsOf(gw.db, chargerId)
    .filter((connector) => connector.evse === evse)
    .map(
      ({ maxPower, maxVoltage, maxAmperage, powerType }) =>
        maxPower ?? maxVoltage * maxAmperage * (powerType === 'AC_3_PHASE' ? 3 : 1),
    );
  return 100 + (1.1 * Math.max(0, ...watts) * Math.max(0, millis)) / 3_600_000;
}

export interface StopCommand {
  chargerId: string;
  wireId: string;
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
 * the same answer; one that contradicts, or whose transaction nobody knows, is kept in quarantine. Answers the verdict on
 * the stopping token, null where none was given.
 */
export async function stopTransaction(gw: Gateway, command: StopCommand): Promise<{ verdict: Verdict | null }> {
  return gw.db.write((tx) => {
    const verdict =
      command.tokenUid === null ? null : authorize(gw, command.chargerId, command.tokenUid, command.receivedAt).verdict;
    const key = JSON.stringify([command.timestamp, command.meterStop]);
    const transaction = findForStop(gw, command, key);
    if (!transaction) {
      setAside(gw, tx, command, `no transaction ${command.wireId} is known on this charger`);
      return { verdict };
    }
    if (transaction.stopReceivedAt !== null) return repeatStop(gw, tx, command, transaction, key);
    fileHeld(gw, tx, transaction.seq);
    fileSamples(gw, transaction.seq, command.samples, command.receivedAt);
    const believable = isRegister(command.meterStop);
    if (!believable) setAside(gw, tx, command, `a meter cannot stand at ${command.meterStop} Wh: closed by estimate`);
    store.setStop(gw.db, transaction.seq, {
      reportedAt: command.reportedAt,
      receivedAt: command.receivedAt,
      meterStop: believable ? command.meterStop : lastRegister(gw, transaction),
      reason: command.reason,
      estimated: !believable,
      key,
      answer: verdict,
    });
    if (command.meterStop < transaction.meterStart)
      gw.diagnostics.deviation(command.chargerId, 'METER_FELL', `${transaction.meterStart} -> ${command.meterStop}`);
    finish(gw, tx, transaction.id);
    tx.after(() => gw.log.info({ charger: command.chargerId, transaction: transaction.seq }, 'transaction stopped'));
    return { verdict };
  });
}

function lastRegister(gw: Gateway, t: Transaction): number {
  return store.latestReading(gw.db, t.seq)?.energyWh ?? t.meterStart;
}

function findForStop(gw: Gateway, command: StopCommand, key: string): Transaction | undefined {
  if (!isPlaceholder(command.wireId)) return store.findByWireId(gw.db, command.chargerId, command.wireId);
  const uid = command.tokenUid === null ? null : canonicalUid(command.tokenUid);
  const fits = (t: Transaction): boolean => uid === null || canonicalUid(t.tokenUid) === uid;
  // A re-sent stop is of the transaction that it ended, never of one that runs now (law 3).
  const ended = store.findStopped(gw.db, command.chargerId, key).find(fits);
  if (ended) return ended;
  // The charger never learnt the id: the one open transaction that fits the card, if just one does (Q36).
  const fitting = store.findOpen(gw.db, command.chargerId).filter(fits);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function repeatStop(
  gw: Gateway,
  tx: Tx,
  command: StopCommand,
  transaction: Transaction,
  key: string,
): { verdict: Verdict | null } {
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
  return { verdict: (before?.answer ?? null) as Verdict | null };
}

function setAside(gw: Gateway, tx: Tx, command: StopCommand, reason: string): void {
  const { chargerId, receivedAt, payload } = command;
  quarantine(gw, tx, { chargerId, action: 'StopTransaction', reason, payload, receivedAt });
}

function finish(gw: Gateway, tx: Tx, id: string): void {
  const transaction = mustFind(gw, id);
  closeSession(gw, tx, transaction);
  tx.after(() => gw.held.forget(transaction.seq));
  tx.emit({
    name: 'transaction.stopped',
    data: { transactionId: id, chargerId: transaction.chargerId, evse: transaction.evse },
  });
}

function mustFind(gw: Gateway, id: string): Transaction {
  const transaction = store.findById(gw.db, id);
  if (!transaction) throw new Error(`transaction ${id} vanished inside its own write`);
  return transaction;
}

/** Transactions, a page of them. */
export function listTransactions(gw: Gateway, query: ListQuery): Page<Transaction> {
  return store.listTransactions(gw.db, query);
}

/** One transaction by our id; null when there is none. */
export function findTransaction(gw: Gateway, id: string): Transaction | null {
  return store.findById(gw.db, id) ?? null;
}

/** An id for a start that could not be read: its stop will find nothing, instead of somebody else's transaction. */
export async function refuseStart(gw: Gateway): Promise<string> {
  return gw.db.write(() => String(store.nextWireId(gw.db)));
}
