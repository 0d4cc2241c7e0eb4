import { Temporal } from 'temporal-polyfill';
import type { Millis } from '../domain/time.ts';
import { WEEKDAYS, type Restrictions, type TariffElement, type Weekday } from '../domain/tariff.ts';
import { share } from './decimal.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 3;

/** Which elements the clock and the calendar allow, from each edge to the next. */
export interface Calendar {
  /** Instants, rising, at which that may change; the first one is where the calendar begins. */
  edges: Millis[];
  /** For each edge: for each element, does it apply from then on as far as the clock is concerned? */
  open: boolean[][];
}

/** A stretch with one offset from UTC. */
interface Run {
  from: Millis;
  to: Millis;
  /** Local time is UTC plus this, ms. */
  offset: number;
}

/**
 * Judges the clock's part of restrictions between two instants, in a time zone: the predicate is of the wall clock, so that
 * an hour that is skipped in spring is never there, and one that comes twice in autumn is twice (OCPI 2.3.0 mod_tariffs
 * TariffRestrictions). A weekday is that of the local date at each moment, also for times that pass midnight.
 */
export function calendarOf(elements: readonly TariffElement[], zone: string, from: Millis, to: Millis): Calendar {
  const rules = elements.map(({ restrictions }) => restrictions ?? {});
  if (!rules.some(isOfClock)) return { edges: [from], open: [rules.map(() => true)] };
  const times = timesOf(rules);
  const edges = new Map<Millis, boolean[]>();
  for (const run of runsOf(zone, from, to)) {
    const judge = (at: Millis): boolean[] => rules.map((rule) => isOpen(rule, at + run.offset));
    edges.set(run.from, judge(run.from));
    for (let day = midnight(run.from + run.offset); day - run.offset < run.to; day += DAY)
      for (const time of times) {
        const at = day + time - run.offset;
        if (at > run.from && at < run.to) edges.set(at, judge(at));
      }
  }
  const sorted = [...edges].toSorted(([one], [other]) => one - other);
  return { edges: sorted.map(([at]) => at), open: sorted.map(([, open]) => open) };
}

/** Is one of its restrictions about the clock or the calendar? */
export function isOfClock({ startTime, endTime, startDate, endDate, daysOfWeek }: Restrictions): boolean {
  return [startTime, endTime, startDate, endDate].some((each) => each !== undefined) || (daysOfWeek?.length ?? 0) > 0;
}

/** Does a rule's clock part hold at this local time, ms as if it were UTC? */
export function isOpen(rule: Restrictions, local: Millis): boolean {
  const day = midnight(local);
  if (rule.startDate !== undefined && day < dateOf(rule.startDate)) return false;
  if (rule.endDate !== undefined && day >= dateOf(rule.endDate)) return false;
  if (rule.daysOfWeek?.length && !rule.daysOfWeek.includes(weekdayOf(day))) return false;
  const start = rule.startTime === undefined ? 0 : timeOf(rule.startTime);
  const end = rule.endTime === undefined ? DAY : timeOf(rule.endTime) || DAY;
  const time = local - day;
  // Both alike: the whole day.
  if (start === end || (start === 0 && end === DAY)) return true;
  return start < end ? start <= time && time < end : start <= time || time < end;
}

/** Offset from UTC at an instant, ms. Throws RangeError for a zone that does not exist. */
export function offsetAt(zone: string, at: Millis): number {
  return share(zoned(zone, at).offsetNanoseconds, 1, 1_000_000);
}

function runsOf(zone: string, from: Millis, to: Millis): Run[] {
  const runs: Run[] = [];
  let begin = zoned(zone, from);
  for (;;) {
    const next = begin.getTimeZoneTransition('next');
    const at = begin.epochMilliseconds;
    const offset = share(begin.offsetNanoseconds, 1, 1_000_000);
    // Also a session that took no time has its moment.
    const end = Math.min(next?.epochMilliseconds ?? Infinity, Math.max(to, from + 1));
    runs.push({ from: at, to: end, offset });
    if (!next || next.epochMilliseconds >= to) return runs;
    begin = next;
  }
}

function zoned(zone: string, at: Millis): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
}

/** Times of the day at which something may change, ms. */
function timesOf(rules: readonly Restrictions[]): number[] {
  const times = rules.flatMap(({ startTime, endTime }) =>
    [startTime, endTime].flatMap((text) => (text === undefined ? [] : [timeOf(text)])),
  );
  return [...new Set([0, ...times])];
}

/** A time of day such as `08:30`, ms since midnight. */
export function timeOf(text: string): number {
  return (Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))) * MINUTE;
}

/** Midnight of a local date such as `2026-12-31`, ms as if it were UTC. */
export function dateOf(text: string): Millis {
  return Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10)));
}

/** The midnight before a local time, both ms as if they were UTC. */
export function midnight(local: Millis): Millis {
  const time = local % DAY;
  return local - (time < 0 ? time + DAY : time);
}

/** The weekday of a local midnight, ms as if it were UTC. */
export function weekdayOf(day: Millis): Weekday {
  const index = (((share(day, 1, DAY) + EPOCH_WEEKDAY) % 7) + 7) % 7;
  return WEEKDAYS[index] ?? 'MONDAY';
}
