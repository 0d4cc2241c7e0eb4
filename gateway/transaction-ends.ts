import { GatewayError } from './domain/errors.ts';
import { isRegister } from './domain/energy.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Sample, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { mostEnergy } from './meter-faults.ts';
import { fileHeld, fileSamples, watchStop } from './samples.ts';
import { closeSession } from './sessions.ts';
import { stopPendingSince } from './stop-pending.ts';
import { findEvse } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { listFalls } from './store/meters.ts';
import { isUnmetered, setMeterStart } from './store/told-transactions.ts';
import * as store from './store/transactions.ts';

/** Ends a transaction inside the write at hand: its session closes, its CDR is frozen, the bus is told. */
export function endTransaction(gw: Gateway, tx: Tx, open: Transaction, stop: store.Stop): void {
  store.setStop(gw.db, open.seq, stop);
  const transaction = store.findById(gw.db, open.id);
  if (!transaction) throw new Error(`transaction ${open.id} vanished inside its own write`);
  closeSession(gw, tx, transaction);
  tx.after(() => gw.held.forget(transaction.seq));
  tx.emit({
    name: 'transaction.stopped',
    data: { transactionId: open.id, chargerId: transaction.chargerId, evse: transaction.evse },
  });
}

/** The end of a transaction as its charger reports it. */
export interface ReportedEnd extends Pick<store.Stop, 'reportedAt' | 'receivedAt' | 'reason' | 'key' | 'answer'> {
  samples: Sample[];
  /** Wh; null where it does not say. */
  meterStop: number | null;
}

/**
 * Ends a transaction, inside the write at hand, as its charger says. False where the register that it tells cannot be: then it
 * is closed by estimate at its last reading, as where it tells none.
 */
export function endReported(gw: Gateway, tx: Tx, transaction: Transaction, end: ReportedEnd): boolean {
  const { meterStop, samples, ...stop } = end;
  const { seq, meterStart, chargerId } = transaction;
  fileHeld(gw, tx, seq);
  const at = { samples, reportedAt: stop.reportedAt, receivedAt: stop.receivedAt };
  watchStop(gw, transaction, { ...at, meterStop: meterStop ?? lastRegister(gw, transaction) });
  fileSamples(gw, seq, samples, stop.receivedAt);
  const believable = meterStop === null || isRegister(meterStop);
  if (meterStop !== null && meterStop < meterStart)
    gw.diagnostics.deviation(chargerId, 'METER_FELL', `${meterStart} -> ${meterStop}`);
  const told = believable ? meterStop : null;
  endTransaction(gw, tx, transaction, {
    ...stop,
    meterStop: told ?? lastRegister(gw, transaction),
    estimated: told === null,
  });
  return believable;
}

function lastRegister(gw: Gateway, t: Transaction): number {
  return store.latestReading(gw.db, t.seq)?.energyWh ?? t.meterStart;
}

/** What a start says that may end the transaction before it. */
export interface NextStart {
  chargerId: string;
  evse: number;
  meterStart: number;
  reportedAt: Millis;
  receivedAt: Millis;
}

/** An EVSE holds one transaction: when the next one starts, the one before has ended without telling us. */
export function supersede(gw: Gateway, tx: Tx, start: NextStart): void {
  for (const open of store.listOpenAt(gw.db, start.chargerId, start.evse))
    if (!isOlder(start, open)) {
      gw.diagnostics.deviation(start.chargerId, 'STOP_MISSING', `transaction ${open.wireId}`);
      conclude(gw, tx, open, { ...start, register: start.meterStart, endedAt: null, reason: 'Superseded' });
    }
}

/** Does a charger tell late, after the one that runs, what it did while disconnected? Then that one runs on. */
function isOlder(start: NextStart, open: Transaction): boolean {
  return (
    start.reportedAt < open.startReportedAt &&
    isPlausible(start.reportedAt, start.receivedAt) &&
    isPlausible(open.startReportedAt, open.startReceivedAt)
  );
}

/** What is known of an end that nobody reported. */
interface Hint {
  /** Where the register stood afterwards, Wh; null when nobody said. */
  register: number | null;
  reportedAt: Millis;
  receivedAt: Millis;
  /** When the EVSE was seen to be done; null: it ended with its last reading. */
  endedAt: Millis | null;
  reason: string;
}

/** Ends a transaction at the register that stood there afterwards where that is believable, else at its last reading. */
function conclude(gw: Gateway, tx: Tx, running: Transaction, hint: Hint): void {
  const open = withStart(gw, running, hint);
  fileHeld(gw, tx, open.seq);
  const last = store.latestReading(gw.db, open.seq);
  const began = listFalls(gw.db, open.seq).length > 0 ? 0 : open.meterStart;
  const floor = Math.max(began, last?.energyWh ?? open.meterStart);
  const elapsed = Math.max(
    hint.receivedAt - (last?.receivedAt ?? open.startReceivedAt),
    hint.reportedAt - (last?.reportedAt ?? open.startReportedAt),
  );
  const timed = isPlausible(open.startReportedAt, open.startReceivedAt);
  const next = (timed ? store.meterStartAfter(gw.db, open) : undefined) ?? hint.register ?? floor;
  const believable = next >= floor && next - floor <= mostEnergy(gw, open, elapsed);
  const lastAt = last?.reportedAt ?? open.startReportedAt;
  endTransaction(gw, tx, open, {
    reportedAt: timed ? Math.max(lastAt, hint.endedAt ?? lastAt) : lastAt,
    receivedAt: hint.receivedAt,
    meterStop: believable ? next : floor,
    reason: hint.reason,
    estimated: true,
    key: null,
    answer: null,
  });
}

/** Of one of which nobody ever told a reading nothing is known to have flowed: it began where it ended. */
function withStart(gw: Gateway, open: Transaction, { register }: Hint): Transaction {
  if (register === null || !isUnmetered(gw.db, open.id)) return open;
  setMeterStart(gw.db, open.id, register);
  return { ...open, meterStart: register };
}

/** Statuses in which the vehicle is connected and the transaction goes on. */
const RUNNING = new Set(['Charging', 'SuspendedEV', 'SuspendedEVSE']);

/**
 * Ends, because the operator says so, a transaction whose charger does not tell its end (Q43): by estimate, at the moment
 * when the EVSE was seen to be done or at the last reading, with a CDR that says so. A stop that comes later is acknowledged
 * and kept in quarantine. Errors: NOT_FOUND, TRANSACTION_ENDED; TRANSACTION_RUNNING where the connected charger says that
 * it is still charging, unless `force` is set.
 */
export async function closeTransaction(gw: Gateway, id: string, force: boolean): Promise<Transaction> {
  return gw.db.write((tx) => {
    const open = store.findById(gw.db, id);
    if (!open) throw new GatewayError('NOT_FOUND', `there is no transaction with the id ${id} here`);
    const { chargerId, evse } = open;
    if (open.stopReceivedAt !== null)
      throw new GatewayError(
        'TRANSACTION_ENDED',
        `transaction ${id} on ${chargerId} has ended already: nothing to close`,
      );
    const status = findEvse(gw.db, chargerId, evse)?.status ?? null;
    if (!force && status !== null && RUNNING.has(status) && gw.connections.find(chargerId))
      throw new GatewayError(
        'TRANSACTION_RUNNING',
        `${chargerId} says that EVSE ${evse} is ${status}: stop it there first, or close with force when you know that it is over`,
      );
    const now = tx.now;
    conclude(gw, tx, open, {
      register: findEvse(gw.db, chargerId, evse)?.meterWh ?? null,
      reportedAt: now,
      receivedAt: now,
      endedAt: stopPendingSince(gw, open),
      reason: 'ClosedByOperator',
    });
    tx.after(() => gw.log.warn({ charger: chargerId, transaction: open.seq }, 'transaction closed by the operator'));
    const closed = store.findById(gw.db, id);
    if (!closed) throw new Error(`transaction ${id} vanished inside its own write`);
    return closed;
  });
}
