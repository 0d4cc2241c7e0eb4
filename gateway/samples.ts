import type { Millis } from './domain/time.ts';
import type { Sample } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { quarantine } from './quarantine.ts';
import { refreshSession } from './sessions.ts';
import { findEvse, setEvseMeter } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { filedUpTo, readMeterLog, setFiledUpTo } from './store/meter-log.ts';
import * as store from './store/transactions.ts';

export interface SampleCommand {
  chargerId: string;
  evse: number | null;
  /** As the charger sent it; null where it sent none. */
  wireId: string | null;
  samples: Sample[];
  receivedAt: Millis;
}

/**
 * Takes in meter readings; they are on disk when this resolves. Readings of a running transaction go to it, and its
 * session follows at most once a second: what comes faster stands in the meter log till then. Readings without a transaction
 * are the EVSE's register. Never fails for content.
 */
export function recordSamples(gw: Gateway, command: SampleCommand): Promise<void> {
  if (command.samples.length === 0) return Promise.resolve();
  const ref = findRunning(gw, command);
  if (ref && !gw.pace.allow(ref.id)) return hold(gw, ref.seq, command);
  return gw.db.write((tx) => {
    if (ref) file(gw, tx, ref, command);
    else fileElsewhere(gw, tx, command);
  });
}

/** The running transaction that is meant: by its id, or where that is none, the open one of the EVSE (Q36). */
function findRunning(gw: Gateway, command: SampleCommand): store.TransactionRef | undefined {
  const { chargerId, wireId, evse } = command;
  if (wireId === null || isPlaceholder(wireId))
    return evse === null ? undefined : store.findOpenAt(gw.db, chargerId, evse);
  const known = gw.held.find(chargerId, wireId);
  if (known) return known;
  const found = store.findRef(gw.db, chargerId, wireId);
  if (!found || found.stopReceivedAt !== null) return undefined;
  gw.held.remember(chargerId, wireId, found);
  return found;
}

/** 0 and negative ids stand for a transaction that the charger began while disconnected (Q36). */
export function isPlaceholder(wireId: string): boolean {
  return wireId === '0' || wireId.startsWith('-');
}

function hold(gw: Gateway, seq: number, command: SampleCommand): Promise<void> {
  let stored: Promise<void> = Promise.resolve();
  for (const sample of command.samples) {
    const appended = gw.db.append(logLine(seq, sample, command.receivedAt));
    gw.held.hold(seq, filed(sample, command.receivedAt, appended.number));
    stored = appended.stored;
  }
  return stored;
}

type LogLine = [
  seq: number,
  receivedAt: Millis,
  reportedAt: Millis,
  energyWh: number | null,
  powerW: number | null,
  currentMa: number | null,
  socPercent: number | null,
  values: Sample['values'],
];

function logLine(seq: number, s: Sample, receivedAt: Millis): string {
  const numbers = `${s.energyWh},${s.powerW},${s.currentMa},${s.socPercent}`;
  return `[${seq},${receivedAt},${s.reportedAt},${numbers},${JSON.stringify(s.values)}]`;
}

function filed(sample: Sample, receivedAt: Millis, line: number): store.FiledSample {
  const { reportedAt, energyWh, powerW, currentMa, socPercent } = sample;
  return { reportedAt, receivedAt, line, energyWh, powerW, currentMa, socPercent };
}

/** Files what a power cut left in the meter log only: at start-up, before anybody connects. */
export async function recoverSamples(gw: Gateway): Promise<void> {
  const lines = readMeterLog(gw.db, filedUpTo(gw.db));
  if (lines.length === 0) return;
  await gw.db.write(() => {
    for (const { number, line } of lines) {
      const [seq, receivedAt, reportedAt, energyWh, powerW, currentMa, socPercent] = JSON.parse(line) as LogLine;
      const sample = { reportedAt, receivedAt, line: number, energyWh, powerW, currentMa, socPercent };
      store.insertSample(gw.db, seq, sample);
    }
    setFiledUpTo(gw.db, gw.db.stats().lastAppended);
  });
  gw.log.info({ samples: lines.length }, 'samples of the last moments before the stop were filed');
}

/** Files what was held of a transaction, inside the write at hand: before anything is computed from its samples. */
export function fileHeld(gw: Gateway, tx: Tx, seq: number): void {
  const held = gw.held.of(seq);
  const last = held.at(-1);
  if (!last) return;
  for (const sample of held) store.insertSample(gw.db, seq, sample);
  tx.after(() => gw.held.drop(seq, last.line));
}

/** Files readings with their transaction, inside the write at hand. */
export function fileSamples(gw: Gateway, seq: number, samples: Sample[], receivedAt: Millis): void {
  for (const sample of samples) {
    const { number } = gw.db.append(logLine(seq, sample, receivedAt));
    store.insertSample(gw.db, seq, filed(sample, receivedAt, number));
  }
}

function file(gw: Gateway, tx: Tx, ref: store.TransactionRef, command: SampleCommand): void {
  fileHeld(gw, tx, ref.seq);
  fileSamples(gw, ref.seq, command.samples, command.receivedAt);
  follow(gw, tx, ref.id);
}

/** Brings the session of a running transaction up to its samples. */
function follow(gw: Gateway, tx: Tx, transactionId: string): void {
  const transaction = store.findById(gw.db, transactionId);
  if (!transaction || transaction.stopReceivedAt !== null) return;
  refreshSession(gw, tx, transaction);
  tx.emit({
    name: 'transaction.sampled',
    data: { transactionId, chargerId: transaction.chargerId, evse: transaction.evse },
  });
}

/** No transaction runs: readings of one that ended go to it; of none, they are the register or a case for the operator. */
function fileElsewhere(gw: Gateway, tx: Tx, command: SampleCommand): void {
  const { chargerId, wireId, samples, receivedAt } = command;
  if (wireId === null || isPlaceholder(wireId)) return noteRegister(gw, command);
  const ended = store.findRef(gw.db, chargerId, wireId);
  if (ended) fileSamples(gw, ended.seq, samples, receivedAt);
  else
    quarantine(gw, tx, {
      chargerId,
      action: 'MeterValues',
      reason: `no transaction ${wireId} is known on this charger`,
      payload: samples,
      receivedAt,
    });
}

function noteRegister(gw: Gateway, command: SampleCommand): void {
  const register = command.samples.findLast((sample) => sample.energyWh !== null)?.energyWh ?? null;
  if (register === null || command.evse === null) return;
  if (findEvse(gw.db, command.chargerId, command.evse)) setEvseMeter(gw.db, command.chargerId, command.evse, register);
}

function followOne(gw: Gateway, tx: Tx, transactionId: string): void {
  const transaction = store.findById(gw.db, transactionId);
  if (!transaction || transaction.stopReceivedAt !== null) return tx.after(() => gw.pace.forget(transactionId));
  fileHeld(gw, tx, transaction.seq);
  follow(gw, tx, transactionId);
  tx.after(() => gw.pace.allow(transactionId));
}

/** Brings sessions that were put off up to their samples, and notes how far the meter log is filed; every second. */
export async function followDue(gw: Gateway): Promise<void> {
  for (const transactionId of gw.pace.due())
    await gw.db
      .write((tx) => followOne(gw, tx, transactionId))
      // One that fails must not hold the others back; it stays due.
      .catch((error: unknown) => gw.log.error({ err: error, transactionId }, 'session not brought up to date'));
  const upTo = (gw.held.oldest() ?? gw.db.stats().lastAppended + 1) - 1;
  if (upTo !== filedUpTo(gw.db)) await gw.db.write(() => setFiledUpTo(gw.db, upTo));
}
