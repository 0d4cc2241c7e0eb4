import { observe, watchFrom, type RegisterWatch } from './domain/register.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Sample, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { noteFalls, startPoint } from './meter-faults.ts';
import { quarantine } from './quarantine.ts';
import { refreshSession } from './sessions.ts';
import { findEvse, setEvseMeter } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { filedUpTo, readMeterLog, setFiledUpTo } from './store/meter-log.ts';
import { newestReadings } from './store/meters.ts';
import * as store from './store/transactions.ts';

export interface SampleCommand {
  chargerId: string;
  evse: number | null;
  /** The transaction that the charger names; null where it names none that could be (Q36, Q37). */
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
  const fell = ref !== undefined && seesFall(gw, ref, command);
  if (ref && !fell && !gw.pace.allow(ref.id)) return hold(gw, ref.seq, command);
  return gw.db.write((tx) => {
    if (ref) fileRunning(gw, tx, ref, command);
    else fileElsewhere(gw, tx, command);
  });
}

/** The running transaction that is meant: by its id, or where none is named, the open one of the EVSE (Q36). */
function findRunning(gw: Gateway, command: SampleCommand): store.TransactionRef | undefined {
  const { chargerId, wireId, evse } = command;
  if (wireId === null) return evse === null ? undefined : store.findOpenAt(gw.db, chargerId, evse);
  const known = gw.held.find(chargerId, wireId);
  if (known) return known;
  const found = store.findRef(gw.db, chargerId, wireId);
  if (!found || found.stopReceivedAt !== null) return undefined;
  gw.held.remember(chargerId, wireId, found);
  return found;
}

/** Lets the register of a running transaction be watched; is it certain now that it fell (Q52)? */
export function seesFall(
  gw: Gateway,
  { seq, id }: { seq: number; id: string },
  command: Pick<SampleCommand, 'samples' | 'receivedAt'>,
): boolean {
  const watch = watchOf(gw, seq, () => store.findById(gw.db, id));
  if (!watch) return false;
  for (const { energyWh, reportedAt } of command.samples)
    if (energyWh !== null) observe(watch, { energyWh, reportedAt, receivedAt: command.receivedAt });
  return watch.falls.length > 0;
}

/** The watch over a transaction's register, begun with its last readings where nobody watched since the gateway started. */
function watchOf(gw: Gateway, seq: number, find: () => Transaction | undefined): RegisterWatch | undefined {
  const known = gw.held.watched(seq);
  if (known) return known;
  const transaction = find();
  if (!transaction) return undefined;
  // Two tell whether the last one was a first low one.
  const readings = newestReadings(gw.db, seq, 2);
  const first = readings.length === 2 ? readings.shift() : undefined;
  return gw.held.watch(seq, () => watchFrom(first ?? startPoint(transaction), readings));
}

/**
 * Takes in, inside the write at hand, what a stop says of the register: its samples, then where it stands. A second low
 * reading makes a fall certain.
 */
export function watchStop(
  gw: Gateway,
  transaction: Transaction,
  stop: { samples: Sample[]; meterStop: number; reportedAt: Millis; receivedAt: Millis },
): void {
  const watch = watchOf(gw, transaction.seq, () => transaction);
  if (!watch) return;
  const { samples, meterStop, reportedAt, receivedAt } = stop;
  const readings = samples.flatMap(({ energyWh, reportedAt: at }) =>
    energyWh === null ? [] : [{ energyWh, reportedAt: at, receivedAt }],
  );
  for (const reading of readings.toSorted((one, other) => one.reportedAt - other.reportedAt)) observe(watch, reading);
  // A stop that fell by itself alone says nothing (Q53), nor with a sample of the same moment.
  observe(watch, { energyWh: meterStop, reportedAt, receivedAt });
  noteFalls(gw, transaction, watch);
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

type FiledLine = Omit<Sample, 'context'> & { seq: number; receivedAt: Millis };

function logLine(seq: number, s: Sample, receivedAt: Millis): string {
  const numbers = `${s.energyWh},${s.powerW},${s.currentMa},${s.socPercent}`;
  return `[${seq},${receivedAt},${s.reportedAt},${numbers},${JSON.stringify(s.values)}]`;
}

/** A line of the meter log, as `logLine` wrote it. */
export function readLogLine(line: string): FiledLine {
  const [seq, receivedAt, reportedAt, energyWh, powerW, currentMa, socPercent, values] = JSON.parse(line) as LogLine;
  return { seq, receivedAt, reportedAt, energyWh, powerW, currentMa, socPercent, values };
}

function filed(sample: Sample, receivedAt: Millis, line: number): store.FiledSample {
  const { reportedAt, energyWh, powerW, currentMa, socPercent, values } = sample;
  return { reportedAt, receivedAt, line, energyWh, powerW, currentMa, socPercent, signed: signedIn(values) };
}

/** The readings that the meter signed, as one text; null where there are none (Q50). */
function signedIn(values: Sample['values']): string | null {
  const signed = values.filter(({ format }) => format === 'SignedData');
  return signed.length === 0 ? null : JSON.stringify(signed);
}

/** Files what a power cut left in the meter log only: at start-up, before anybody connects. */
export async function recoverSamples(gw: Gateway): Promise<void> {
  const lines = readMeterLog(gw.db, filedUpTo(gw.db));
  if (lines.length === 0) return;
  await gw.db.write(() => {
    for (const { number, line } of lines) {
      const { seq, values, ...said } = readLogLine(line);
      store.insertSample(gw.db, seq, { ...said, line: number, signed: signedIn(values) });
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

/**
 * Files readings of a running transaction, inside the write at hand, with those that were held of it; its session follows
 * unless `follows` is false.
 */
export function fileRunning(
  gw: Gateway,
  tx: Tx,
  ref: Pick<store.TransactionRef, 'seq' | 'id'>,
  command: Pick<SampleCommand, 'samples' | 'receivedAt'>,
  follows = true,
): void {
  fileHeld(gw, tx, ref.seq);
  fileSamples(gw, ref.seq, command.samples, command.receivedAt);
  const watch = gw.held.watched(ref.seq);
  const transaction = watch && watch.falls.length > 0 ? store.findById(gw.db, ref.id) : undefined;
  if (watch && transaction) {
    noteFalls(gw, transaction, watch);
    // Only once they are stored: a charger that got no answer does not tell them again in the same way.
    tx.after(() => void watch.falls.splice(0));
  }
  if (follows) follow(gw, tx, ref.id);
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

/**
 * No running transaction is named. Readings that name one that ended, or that nobody knows, belong where they fall in time
 * and place: to the one that ended, to the one that runs on that EVSE, or to none; nothing is reopened (Q38).
 */
function fileElsewhere(gw: Gateway, tx: Tx, command: SampleCommand): void {
  const { chargerId, wireId, evse, samples, receivedAt } = command;
  if (wireId === null) return noteRegister(gw, command);
  const ended = store.findByWireId(gw.db, chargerId, wireId);
  const running = evse === null ? undefined : store.findOpenAt(gw.db, chargerId, evse);
  const { its = [], others = [] } = Object.groupBy(samples, (s) => (ended && isOf(ended, s) ? 'its' : 'others'));
  if (ended && its.length > 0) fileSamples(gw, ended.seq, its, receivedAt);
  const { now = [], left = [] } = Object.groupBy(others, (s) => (running && isOf(running, s) ? 'now' : 'left'));
  if (running && now.length > 0) {
    seesFall(gw, running, { ...command, samples: now });
    fileRunning(gw, tx, running, { ...command, samples: now }, gw.pace.allow(running.id));
  }
  if (others.length > 0) gw.diagnostics.deviation(chargerId, 'TRANSACTION_STALE', `transaction ${wireId}`);
  if (left.length === 0) return;
  if (!running) noteRegister(gw, { ...command, samples: left });
  // Its bill is frozen; what its charger said is kept all the same.
  if (ended) return fileSamples(gw, ended.seq, left, receivedAt);
  const reason = `no transaction ${wireId} is known on this charger`;
  quarantine(gw, tx, { chargerId, action: 'MeterValues', reason, payload: left, receivedAt });
}

/** Was this measured while the transaction ran? A clock that cannot be believed tells nothing of an end. */
function isOf(t: Transaction, { reportedAt }: Sample): boolean {
  if (!isPlausible(t.startReportedAt, t.startReceivedAt)) return t.stopReceivedAt === null;
  if (reportedAt < t.startReportedAt) return false;
  return t.stopReportedAt === null || reportedAt <= t.stopReportedAt;
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
