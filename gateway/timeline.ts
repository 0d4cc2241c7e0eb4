import type { PhaseKind } from './domain/status.ts';
import { finalRegister, liftAt, type RegisterFall, type RegisterPoint } from './domain/register.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Transaction } from './domain/types.ts';
import { edgesOf, needsReadings } from './pricing/edges.ts';
import type { Stretch } from './pricing/usage.ts';
import type { Db } from './store/db.ts';
import { listFalls } from './store/meters.ts';
import * as store from './store/transactions.ts';

/** What a transaction's samples and statuses amount to, up to its last sample or its stop. */
export interface Timeline {
  startedAt: Millis;
  /** The stop, or the last thing known while it runs. */
  until: Millis;
  energyWh: number;
  /** In the order of time, end to end; at least one. */
  stretches: Stretch[];
}

/** By what a transaction is priced: its course is cut where the price may change. */
export interface Rates {
  tariff: Tariff;
  /** Of the site. */
  zone: string;
}

/**
 * Reads a transaction's course from disk: where charging turned into parking and where the price may change, and how much
 * energy fell into each stretch (the register in between is interpolated between its neighbours). Runs on the charger's clock
 * while that is plausible, else on ours. Costs two seeks a boundary, however many samples there are; all of them are read only
 * where the price goes by energy, power or current.
 *
 * @param now what runs goes on until then at least; not given: until the last reading
 */
export function timelineOf(db: Db, transaction: Transaction, rates: Rates | null, now = 0): Timeline {
  const last = store.readingBefore(db, transaction.seq, Number.MAX_SAFE_INTEGER);
  const falls = listFalls(db, transaction.seq);
  return trustsCharger(transaction, last)
    ? byChargerClock(db, transaction, last, falls, rates, now)
    : byOurClock(db, transaction, falls, now);
}

/** A clock that is wrong at the start, at the end or in between is not used at all: two clocks do not mix. */
function trustsCharger(t: Transaction, last: RegisterPoint | undefined): boolean {
  if (!isPlausible(t.startReportedAt, t.startReceivedAt)) return false;
  if (last && !isPlausible(last.reportedAt, last.receivedAt)) return false;
  if (t.stopReportedAt === null || t.stopReceivedAt === null) return true;
  return isPlausible(t.stopReportedAt, t.stopReceivedAt) && t.stopReportedAt >= t.startReportedAt;
}

/** A reading on the register that the transaction began with, whatever the meter did since (Q52). */
function lifted<R extends RegisterPoint>(reading: R | undefined, falls: readonly RegisterFall[]): R | undefined {
  return reading && { ...reading, energyWh: reading.energyWh + liftAt(falls, reading.reportedAt) };
}

function byChargerClock(
  db: Db,
  t: Transaction,
  last: RegisterPoint | undefined,
  falls: readonly RegisterFall[],
  rates: Rates | null,
  now: Millis,
): Timeline {
  const startedAt = t.startReportedAt;
  const until = t.stopReportedAt ?? Math.max(startedAt, last?.reportedAt ?? startedAt, now);
  const register = endOf(t, lifted(last, falls), falls);
  const edges = rates ? edgesOf(rates.tariff, rates.zone, startedAt, until) : [];
  const marks: Mark[] = [
    ...store.listPhases(db, t.seq).map(({ reportedAt, kind }) => ({ at: clamp(reportedAt, startedAt, until), kind })),
    ...edges.map((at) => ({ at })),
    ...(rates && needsReadings(rates.tariff) ? readings(db, t, falls, until) : []),
  ];
  const registerAt = (at: Millis): { energyWh: number; measured: boolean } => {
    if (at >= until) return { energyWh: register, measured: true };
    if (at <= startedAt) return { energyWh: t.meterStart, measured: true };
    const before = lifted(store.readingBefore(db, t.seq, at), falls) ?? {
      reportedAt: startedAt,
      energyWh: t.meterStart,
    };
    if (before.reportedAt === at) return { energyWh: Math.min(register, before.energyWh), measured: true };
    const after = lifted(store.readingAfter(db, t.seq, at), falls) ?? { reportedAt: until, energyWh: register };
    // A reading that jumped up must not put more into a stretch than the whole transaction took.
    return { energyWh: Math.min(register, interpolate(before, after, at)), measured: false };
  };
  const points = pointsOf(marks, startedAt);
  const reached = points.map(({ at, energyWh }) =>
    energyWh === undefined ? registerAt(at) : { energyWh: Math.min(register, energyWh), measured: true },
  );
  return {
    startedAt,
    until,
    energyWh: register - t.meterStart,
    stretches: cut(points, reached, until, register, t.meterStart),
  };
}

function clamp(at: Millis, least: Millis, most: Millis): Millis {
  return Math.min(Math.max(at, least), most);
}

/** An instant at which something may change; what is not given goes on. */
interface Mark {
  at: Millis;
  kind?: PhaseKind;
  energyWh?: number;
  powerW?: number | null;
  currentMa?: number | null;
}

/** How things stand from an instant on. */
interface Point {
  at: Millis;
  kind: PhaseKind;
  /** Of the register, where it was read just then. */
  energyWh?: number;
  powerW: number | null;
  currentMa: number | null;
}

function readings(db: Db, t: Transaction, falls: readonly RegisterFall[], until: Millis): Mark[] {
  return store
    .listSamples(db, t.seq)
    .filter(({ reportedAt }) => reportedAt >= t.startReportedAt && reportedAt < until)
    .map(({ reportedAt: at, energyWh, powerW, currentMa }) => ({
      at,
      ...(energyWh !== null && { energyWh: energyWh + liftAt(falls, at) }),
      powerW,
      currentMa,
    }));
}

/** The marks in the order of time, one at each instant; what one of them says holds until another says otherwise. */
function pointsOf(marks: Mark[], startedAt: Millis): Point[] {
  let last: Point = { at: startedAt, kind: 'charging', powerW: null, currentMa: null };
  const points = new Map([[startedAt, last]]);
  for (const { at, kind, energyWh, powerW, currentMa } of marks.toSorted((one, other) => one.at - other.at)) {
    const here = points.get(at);
    const register = energyWh ?? here?.energyWh;
    last = {
      at,
      kind: kind ?? last.kind,
      ...(register !== undefined && at > startedAt && { energyWh: register }),
      powerW: powerW ?? last.powerW,
      currentMa: currentMa ?? last.currentMa,
    };
    points.set(at, last);
  }
  return [...points.values()];
}

/** At least one stretch, also of a transaction that took no time: its energy has to be somewhere. */
function cut(
  points: Point[],
  reached: { energyWh: number; measured: boolean }[],
  until: Millis,
  end: number,
  meterStart: number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let register = meterStart;
  points.forEach(({ at, kind, powerW, currentMa }, index) => {
    const isLast = index === points.length - 1;
    const to = points[index + 1]?.at ?? until;
    if (to === at && !(isLast && stretches.length === 0)) return;
    // Registers only rise; a glitch in the middle must not give negative energy to one stretch.
    const next = Math.max(register, isLast ? end : (reached[index + 1]?.energyWh ?? end));
    stretches.push({
      kind,
      from: at,
      to,
      milliWh: (next - register) * 1000,
      milliW: powerW === null ? null : powerW * 1000,
      milliA: currentMa,
      ...(reached[index]?.measured === false && { interpolated: true }),
    });
    register = next;
  });
  return stretches;
}

/** The charger's clock cannot be believed: one stretch, by the times at which we heard of it. */
function byOurClock(db: Db, t: Transaction, falls: readonly RegisterFall[], now: Millis): Timeline {
  const startedAt = t.startReceivedAt;
  const last = store.latestReading(db, t.seq);
  // A stop that we concluded came with the next start, perhaps days later: the last reading is nearer the truth.
  const stopped = t.stopEstimated ? null : t.stopReceivedAt;
  const until = Math.max(startedAt, stopped ?? Math.max(last?.receivedAt ?? startedAt, now));
  const register = endOf(t, lifted(last, falls), falls);
  const energyWh = register - t.meterStart;
  const whole = { kind: 'charging' as const, from: startedAt, to: until, milliW: null, milliA: null };
  return { startedAt, until, energyWh, stretches: [{ ...whole, milliWh: energyWh * 1000 }] };
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
