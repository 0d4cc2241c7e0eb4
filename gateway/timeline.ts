import type { PhaseKind } from './domain/status.ts';
import { finalRegister, liftAt, type RegisterFall, type RegisterPoint } from './domain/register.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Period, Transaction } from './domain/types.ts';
import type { Db } from './store/db.ts';
import { listFalls } from './store/meters.ts';
import * as store from './store/transactions.ts';

/** What a transaction's samples and statuses amount to, up to its last sample or its stop. */
export interface Timeline {
  startedAt: Millis;
  /** The stop, or the last thing known while it runs. */
  until: Millis;
  energyWh: number;
  periods: Period[];
}

/**
 * Reads a transaction's course from disk: where charging turned into parking, and how much energy fell into each stretch
 * (the register at a boundary is interpolated between its neighbours). Runs on the charger's clock while that is
 * plausible, else on ours. Costs two seeks a boundary, however many samples there are.
 */
export function timelineOf(db: Db, transaction: Transaction): Timeline {
  const last = store.readingBefore(db, transaction.seq, Number.MAX_SAFE_INTEGER);
  const falls = listFalls(db, transaction.seq);
  return trustsCharger(transaction, last)
    ? byChargerClock(db, transaction, last, falls)
    : byOurClock(db, transaction, falls);
}

/** A clock that is wrong at the start, at the end or in between is not used at all: two clocks do not mix. */
function trustsCharger(t: Transaction, last: RegisterPoint | undefined): boolean {
  if (!isPlausible(t.startReportedAt, t.startReceivedAt)) return false;
  if (last && !isPlausible(last.reportedAt, last.receivedAt)) return false;
  if (t.stopReportedAt === null || t.stopReceivedAt === null) return true;
  return isPlausible(t.stopReportedAt, t.stopReceivedAt) && t.stopReportedAt >= t.startReportedAt;
}

interface Boundary {
  at: Millis;
  kind: PhaseKind;
}

/** A reading on the register that the transaction began with, whatever the meter did since (Q52). */
function lifted(reading: RegisterPoint | undefined, falls: readonly RegisterFall[]): RegisterPoint | undefined {
  return reading && { ...reading, energyWh: reading.energyWh + liftAt(falls, reading.reportedAt) };
}

function byChargerClock(
  db: Db,
  t: Transaction,
  last: RegisterPoint | undefined,
  falls: readonly RegisterFall[],
): Timeline {
  const startedAt = t.startReportedAt;
  const until = t.stopReportedAt ?? Math.max(startedAt, last?.reportedAt ?? startedAt);
  const register = endOf(t, lifted(last, falls), falls);
  const boundaries: Boundary[] = [{ at: startedAt, kind: 'charging' }];
  for (const phase of store.listPhases(db, t.seq)) {
    const at = Math.min(Math.max(phase.reportedAt, startedAt), until);
    if (boundaries.at(-1)?.kind !== phase.kind) boundaries.push({ at, kind: phase.kind });
  }
  const registerAt = (at: Millis): number => {
    if (at >= until) return register;
    if (at <= startedAt) return t.meterStart;
    const before = lifted(store.readingBefore(db, t.seq, at), falls) ?? {
      reportedAt: startedAt,
      energyWh: t.meterStart,
    };
    const after = lifted(store.readingAfter(db, t.seq, at), falls) ?? { reportedAt: until, energyWh: register };
    // A reading that jumped up must not put more into a stretch than the whole transaction took.
    return Math.min(register, interpolate(before, after, at));
  };
  const periods = cut(boundaries, until, t.meterStart, registerAt);
  return { startedAt, until, energyWh: register - t.meterStart, periods };
}

/** The charger's clock cannot be believed: one stretch, by the times at which we heard of it. */
function byOurClock(db: Db, t: Transaction, falls: readonly RegisterFall[]): Timeline {
  const startedAt = t.startReceivedAt;
  const last = store.latestReading(db, t.seq);
  // A stop that we concluded came with the next start, perhaps days later: the last reading is nearer the truth.
  const stopped = t.stopEstimated ? null : t.stopReceivedAt;
  const until = Math.max(startedAt, stopped ?? last?.receivedAt ?? startedAt);
  const register = endOf(t, lifted(last, falls), falls);
  const energyWh = register - t.meterStart;
  return { startedAt, until, energyWh, periods: [{ kind: 'charging', from: startedAt, to: until, energyWh }] };
}

function endOf(t: Transaction, last: RegisterPoint | undefined, falls: readonly RegisterFall[]): number {
  return finalRegister({ start: t.meterStart, last: last?.energyWh ?? null, stop: t.meterStop }, falls);
}

function interpolate(
  before: { reportedAt: Millis; energyWh: number },
  after: { reportedAt: Millis; energyWh: number },
  at: Millis,
): number {
  const span = after.reportedAt - before.reportedAt;
  if (span <= 0) return before.energyWh;
  const share = (at - before.reportedAt) / span;
  return Math.round(before.energyWh + Math.max(0, after.energyWh - before.energyWh) * share);
}

/** At least one period, also of a transaction that took no time: its energy has to be somewhere. */
function cut(boundaries: Boundary[], until: Millis, meterStart: number, registerAt: (at: Millis) => number): Period[] {
  const periods: Period[] = [];
  let register = meterStart;
  boundaries.forEach((boundary, index) => {
    const to = boundaries[index + 1]?.at ?? until;
    // Registers only rise; a glitch in the middle must not give negative energy to one stretch.
    const end = Math.max(register, registerAt(to));
    const isLast = index === boundaries.length - 1;
    if (to > boundary.at || (isLast && periods.length === 0)) {
      periods.push({ kind: boundary.kind, from: boundary.at, to, energyWh: end - register });
      register = end;
    }
  });
  return periods;
}
