import type { Millis } from '../domain/time.ts';
import { meanPower, type Conditions, type Moment } from './conditions.ts';
import { share } from './decimal.ts';
import type { Stretch } from './usage.ts';

/** A part of a stretch in which no restriction changes. */
export interface Piece {
  kind: Stretch['kind'];
  from: Millis;
  to: Millis;
  milliWh: number;
  /** Time to be billed, ms. */
  millis: number;
  interpolated: boolean;
  /** How things stand at its beginning. */
  moment: Moment;
}

interface Point {
  at: Millis;
  /** Since the session began. */
  milliWh: number;
}

/** Where a session stands that a stretch goes on from. */
export interface Origin {
  startedAt: Millis;
  /** Energy before the stretch. */
  milliWh: number;
}

/** Energy at a price edge is computed to whole Wh of the session, so that what is billed is what can be shown. */
const GRAIN = 1000;

/**
 * Cuts a stretch where a restriction may change: at edges of the calendar, thresholds of duration, and where the energy passes
 * a threshold. Energy and billed time are parted evenly; nothing is lost or added.
 */
export function cutStretch(stretch: Stretch, origin: Origin, conditions: Conditions): Piece[] {
  const cuts = cutsOf(stretch, origin, conditions);
  if (cuts.length === 0) return [whole(stretch, origin, conditions)];
  const end = { at: stretch.to, milliWh: origin.milliWh + stretch.milliWh };
  const points = [{ at: stretch.from, milliWh: origin.milliWh }, ...cuts];
  return points.map((point, index) => {
    const next = points[index + 1] ?? end;
    return {
      kind: stretch.kind,
      from: point.at,
      to: next.at,
      milliWh: next.milliWh - point.milliWh,
      millis: billedUntil(stretch, next.at) - billedUntil(stretch, point.at),
      interpolated: index > 0 || stretch.interpolated === true,
      moment: momentOf(point, stretch, origin, conditions),
    };
  });
}

/** A stretch in which nothing changes; nearly every one of a session that is measured often. */
function whole(stretch: Stretch, origin: Origin, conditions: Conditions): Piece {
  const { kind, from, to, milliWh } = stretch;
  return {
    kind,
    from,
    to,
    milliWh,
    millis: stretch.billedMillis ?? to - from,
    interpolated: stretch.interpolated === true,
    moment: momentOf({ at: from, milliWh: origin.milliWh }, stretch, origin, conditions),
  };
}

function momentOf(point: Point, stretch: Stretch, origin: Origin, { ofPower }: Conditions): Moment {
  const { from, to, milliWh, milliW, milliA } = stretch;
  return {
    at: point.at,
    milliWh: point.milliWh,
    millis: point.at - origin.startedAt,
    milliW: milliW === null && ofPower ? meanPower(milliWh, to - from) : milliW,
    milliA,
  };
}

function cutsOf(stretch: Stretch, origin: Origin, { calendar, milliWh, millis }: Conditions): readonly Point[] {
  const { from, to } = stretch;
  const before = origin.milliWh;
  const after = before + stretch.milliWh;
  const byClock = between(calendar.edges, from, to);
  const byLength = between(millis, from - origin.startedAt, to - origin.startedAt);
  const byMeter = between(milliWh, before, after);
  if (byClock.length + byLength.length + byMeter.length === 0) return NONE;
  const instants = [...byClock, ...byLength.map((each) => each + origin.startedAt)];
  const byTime = instants.map((at) => ({ at, milliWh: energyAt(stretch, before, at) }));
  const byEnergy = byMeter.map((threshold) => ({
    at: from + share(threshold - before, to - from, stretch.milliWh),
    milliWh: threshold,
  }));
  const sorted = [...byTime, ...byEnergy].toSorted((one, other) => one.at - other.at || one.milliWh - other.milliWh);
  let reached = before;
  return sorted
    .map((point) => ({ at: point.at, milliWh: (reached = Math.max(reached, point.milliWh)) }))
    .filter(({ at, milliWh: energy }, i, all) => at !== all[i + 1]?.at || energy !== all[i + 1]?.milliWh);
}

/** Those strictly between two bounds; the list rises. */
function between(values: readonly number[], low: number, high: number): readonly number[] {
  return values.some((value) => value > low && value < high)
    ? values.filter((value) => value > low && value < high)
    : NONE;
}

const NONE: readonly never[] = [];

function energyAt({ from, to, milliWh }: Stretch, before: number, at: Millis): number {
  const energy = before + share(milliWh, at - from, to - from);
  return Math.max(before, energy - (energy % GRAIN));
}

function billedUntil({ from, to, billedMillis }: Stretch, at: Millis): number {
  if (billedMillis === undefined) return at - from;
  if (at === from) return 0;
  return at === to ? billedMillis : share(billedMillis, at - from, to - from);
}
