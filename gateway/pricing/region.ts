import type { Restrictions } from '../domain/tariff.ts';
import { dateOf, isOpen, midnight, timeOf, weekdayOf } from './calendar.ts';
import { limitsOf } from './conditions.ts';

const DAY = 86_400_000;
/** A Monday, as local midnight. */
const MONDAY = 4 * DAY;

/** What restrictions go by besides the time of the week. */
export const AXES = ['date', 'milliWh', 'millis', 'milliW', 'milliA'] as const;
export type Axis = (typeof AXES)[number];

/** From inclusive, to exclusive. */
export interface Range {
  from: number;
  to: number;
}

/**
 * A set of moments of a session: a set of times of the week, and a range of each axis; it holds what lies in all of them.
 * Dates are local midnights, ms as if they were UTC; the other axes are those of `Moment`.
 */
export interface Region {
  /** Bit n: the n-th cell of the week. */
  week: bigint;
  ranges: Record<Axis, Range>;
}

/** The local week in pieces in which no restriction on the time of the week changes. */
export interface Week {
  /** Beginning of each cell, ms since Monday 00:00, rising. */
  cells: number[];
  all: bigint;
}

export const ALWAYS: Range = { from: -Infinity, to: Infinity };

/** The cells that the times of some restrictions cut the week into. */
export function weekOf(rules: readonly Restrictions[]): Week {
  const times = rules.flatMap(({ startTime, endTime }) =>
    [startTime, endTime].flatMap((text) => (text === undefined ? [] : [timeOf(text)])),
  );
  const ofDay = [...new Set([0, ...times])].toSorted((one, other) => one - other);
  const cells = [0, 1, 2, 3, 4, 5, 6].flatMap((day) => ofDay.map((time) => day * DAY + time));
  return { cells, all: (1n << BigInt(cells.length)) - 1n };
}

/** The moments at which restrictions hold, who the bay is kept for aside. */
export function regionOf(rule: Restrictions, week: Week): Region {
  const { startDate, endDate, ...rest } = rule;
  const date = {
    from: startDate === undefined ? -Infinity : dateOf(startDate),
    to: endDate === undefined ? Infinity : dateOf(endDate),
  };
  const limits = limitsOf(rule);
  let cells = 0n;
  for (const [index, cell] of week.cells.entries())
    if (isOpen(rest, MONDAY + cell) && hasDay(date, cell)) cells |= 1n << BigInt(index);
  return {
    week: cells,
    ranges: {
      date,
      milliWh: { from: limits.minMilliWh, to: limits.maxMilliWh },
      millis: { from: limits.minMillis, to: limits.maxMillis },
      milliW: { from: limits.minMilliW, to: limits.maxMilliW },
      milliA: { from: limits.minMilliA, to: limits.maxMilliA },
    },
  };
}

/** Has a range of dates a day of the weekday on which this cell lies? */
function hasDay({ from, to }: Range, cell: number): boolean {
  if (to - from >= 7 * DAY) return true;
  const wanted = weekdayOf(midnight(MONDAY + cell));
  for (let day = from; day < to; day += DAY) if (weekdayOf(day) === wanted) return true;
  return false;
}

export function isEmpty({ week, ranges }: Region): boolean {
  return week === 0n || AXES.some((axis) => ranges[axis].from >= ranges[axis].to);
}

/** What lies in both. */
export function meet(one: Region, other: Region): Region {
  const range = (axis: Axis): Range => ({
    from: Math.max(one.ranges[axis].from, other.ranges[axis].from),
    to: Math.min(one.ranges[axis].to, other.ranges[axis].to),
  });
  return {
    week: one.week & other.week,
    ranges: {
      date: range('date'),
      milliWh: range('milliWh'),
      millis: range('millis'),
      milliW: range('milliW'),
      milliA: range('milliA'),
    },
  };
}

/** More pieces than these are not looked at: what would need them is taken as not known. */
const MAX_PIECES = 500;

/** What of a region lies in none of the others, as regions apart from each other. Null: too many pieces to tell. */
export function without(region: Region, others: readonly Region[]): Region[] | null {
  let left = [region].filter((each) => !isEmpty(each));
  for (const other of others) {
    left = left.flatMap((each) => subtract(each, other));
    if (left.length > MAX_PIECES) return null;
  }
  return left;
}

function subtract(from: Region, taken: Region): Region[] {
  const core = meet(from, taken);
  if (isEmpty(core)) return [from];
  const rest: Region[] = [{ week: from.week & ~taken.week, ranges: from.ranges }];
  let ranges = from.ranges;
  for (const axis of AXES) {
    const [whole, part] = [from.ranges[axis], core.ranges[axis]];
    rest.push(
      { week: core.week, ranges: { ...ranges, [axis]: { from: whole.from, to: part.from } } },
      { week: core.week, ranges: { ...ranges, [axis]: { from: part.to, to: whole.to } } },
    );
    ranges = { ...ranges, [axis]: part };
  }
  return rest.filter((each) => !isEmpty(each));
}
