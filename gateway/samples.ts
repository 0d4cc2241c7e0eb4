import { contentHash } from './domain/hash.ts';
import type { Millis } from './domain/time.ts';
import type { Sample } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import type { HeldSample } from './held-samples.ts';
import { quarantine } from './quarantine.ts';
import { refreshSession } from './sessions.ts';
import { findEvse, setEvseMeter } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { clearJournal, readJournal } from './store/journal.ts';
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
 * session follows at most once a second: what comes faster waits in the journal till then. Readings without a transaction
 * are the EVSE's register. Never fails for content.
 */
export async function recordSamples(gw: Gateway, command: SampleCommand): Promise<void> {
  if (command.samples.length === 0) return;
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
    const values = JSON.stringify(sample.values);
    const appended = gw.db.append(journalLine(seq, command.receivedAt, sample, values));
    gw.held.hold(seq, { number: appended.number, sample, values, receivedAt: command.receivedAt });
    stored = appended.stored;
  }
  return stored;
}

function journalLine(seq: number, receivedAt: Millis, s: Sample, values: string): string {
  const context = s.context === null ? null : JSON.stringify(s.context);
  return `[${seq},${receivedAt},${s.reportedAt},${context},${s.energyWh},${s.powerW},${s.currentMa},${s.socPercent},${values}]`;
}

type JournalLine = [
  seq: number,
  receivedAt: Millis,
  reportedAt: Millis,
  context: string | null,
  energyWh: number | null,
  powerW: number | null,
  currentMa: number | null,
  socPercent: number | null,
  values: Sample['values'],
];

/** Files what a power cut left in the journal: at start-up, before anybody connects. */
export async function recoverJournal(gw: Gateway): Promise<void> {
  const lines = readJournal(gw.db);
  if (lines.length === 0) return;
  await gw.db.write(() => {
    for (const line of lines) {
      const [seq, receivedAt, reportedAt, context, energyWh, powerW, currentMa, socPercent, values] = JSON.parse(
        line,
      ) as JournalLine;
      const sample = { reportedAt, context, energyWh, powerW, currentMa, socPercent, values };
      insert(gw, seq, sample, JSON.stringify(values), receivedAt);
    }
    clearJournal(gw.db, Number.MAX_SAFE_INTEGER);
  });
  gw.log.info({ samples: lines.length }, 'samples of the last second before the stop were recovered');
}

/** Files what was held of a transaction, inside the write at hand: before anything is computed from its samples. */
export function fileHeld(gw: Gateway, tx: Tx, seq: number): void {
  const held = gw.held.of(seq);
  const last = held.at(-1);
  if (!last) return;
  for (const item of held) insertHeld(gw, seq, item);
  tx.after(() => gw.held.drop(seq, last.number));
}

function insertHeld(gw: Gateway, seq: number, item: HeldSample): void {
  insert(gw, seq, item.sample, item.values, item.receivedAt);
}

function insert(gw: Gateway, seq: number, sample: Sample, values: string, receivedAt: Millis): boolean {
  return store.insertSample(gw.db, seq, sample, values, contentHash(values), receivedAt);
}

/** Files readings with their transaction, inside the write at hand; tells how many were new. */
export function fileSamples(gw: Gateway, seq: number, samples: Sample[], receivedAt: Millis): number {
  return samples.filter((sample) => insert(gw, seq, sample, JSON.stringify(sample.values), receivedAt)).length;
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

/** Brings sessions that were put off up to their samples, and clears the journal of what is filed; every second. */
export async function followDue(gw: Gateway): Promise<void> {
  for (const transactionId of gw.pace.due())
    await gw.db.write((tx) => {
      const transaction = store.findById(gw.db, transactionId);
      if (transaction) fileHeld(gw, tx, transaction.seq);
      gw.pace.allow(transactionId);
      follow(gw, tx, transactionId);
    });
  const { lastAppended } = gw.db.stats();
  if (lastAppended === gw.clearedJournal) return;
  const needed = gw.held.oldest() ?? lastAppended + 1;
  await gw.db.write(() => clearJournal(gw.db, needed));
  gw.clearedJournal = needed - 1;
}
