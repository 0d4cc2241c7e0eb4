import { instantOf, type Day, type WallTime } from './local-times.ts';
import type { Millis } from './domain/time.ts';

/** Monday is 1 (ISO 8601). */
export const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** When a bay is wanted: once, or on some days of each week until a day, by the clock on the site's wall. */
export interface BookingPattern {
  from: WallTime;
  to: WallTime;
  weekly: { days: ReadonlySet<number>; until: Day } | null;
}

/** One time of a pattern. */
export interface Occurrence {
  /** As the wall's clock shows it: the same whatever clocks do. */
  from: string;
  to: string;
  startsAt: Millis;
  endsAt: Millis;
}

/**
 * The times of a pattern, in order. Those of a weekly one begin on the days named, from its first day until its last one,
 * included; each lasts from one wall time to another, so that on nights when clocks change it is an hour longer or shorter.
 * One that clocks leave nothing of is told with `endsAt` not after `startsAt`. Pure.
 */
export function occurrencesOf({ from, to, weekly }: BookingPattern, timeZone: string): Occurrence[] {
  if (weekly === null) return [occurrence(from, to, timeZone)];
  const length = from.until(to, { largestUnit: 'days' });
  const found: Occurrence[] = [];
  const days = Math.max(0, from.toPlainDate().until(weekly.until, { largestUnit: 'days' }).days + 1);
  for (let n = 0; n < days; n += 1) {
    const begin = from.add({ days: n });
    if (weekly.days.has(begin.dayOfWeek)) found.push(occurrence(begin, begin.add(length), timeZone));
  }
  return found;
}

function occurrence(from: WallTime, to: WallTime, timeZone: string): Occurrence {
  return {
    from: from.toString({ smallestUnit: 'minute' }),
    to: to.toString({ smallestUnit: 'minute' }),
    startsAt: instantOf(from, timeZone),
    endsAt: instantOf(to, timeZone),
  };
}

/** Reads `mon,tue`, `mon-fri` or `daily`, in any case; null when it is none of these. Pure. */
export function readWeekdays(text: string): ReadonlySet<number> | null {
  const words = text
    .toLowerCase()
    .split(/[\s,;/+]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return null;
  const days = new Set<number>();
  for (const word of words) {
    const some = word === 'daily' ? [1, 2, 3, 4, 5, 6, 7] : rangeOf(word);
    if (!some) return null;
    for (const day of some) days.add(day);
  }
  return days;
}

function rangeOf(word: string): number[] | null {
  const [first = '', last = first, ...more] = word.split('-');
  const [begin, end] = [dayNumber(first), dayNumber(last)];
  if (begin === 0 || end === 0 || more.length > 0) return null;
  // `fri-mon` goes over the end of the week.
  const length = ((end - begin + 7) % 7) + 1;
  return Array.from({ length }, (_, index) => ((begin - 1 + index) % 7) + 1);
}

/** `mon`, also as `monday`; 0 when it is no day. */
function dayNumber(word: string): number {
  return DAY_NAMES.findIndex((name) => word === name || (/^\w+day$/.test(word) && word.startsWith(name))) + 1;
}
