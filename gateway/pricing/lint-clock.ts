import { Temporal } from 'temporal-polyfill';
import type { Restrictions, Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import { dateOf, midnight, offsetAt, timeOf } from './calendar.ts';
import type { Finding } from './finding.ts';

const DAY = 86_400_000;

/** Times of day that mean something else than it seems. Throws RangeError for a zone that does not exist. */
export function lintClock({ elements }: Tariff, zone: string | undefined, around: Millis): Finding[] {
  const changes = zone === undefined ? null : changesOf(zone, around);
  return elements.flatMap(({ restrictions = {} }, index) => {
    const path = `elements[${index}].restrictions`;
    return [
      ...lintWindow(restrictions, path),
      ...(changes && zone !== undefined ? lintChange(restrictions, path, changes, zone) : []),
    ];
  });
}

function lintWindow({ startTime, endTime, daysOfWeek = [] }: Restrictions, path: string): Finding[] {
  if (startTime === undefined || endTime === undefined) return [];
  if (startTime === endTime) {
    const text = `startTime and endTime are both ${startTime}: we read that as the whole day, others as never. Leave both out for the whole day`;
    return [{ code: 'whole-day', path, text }];
  }
  const days = new Set(daysOfWeek);
  if (timeOf(endTime) === 0 || timeOf(endTime) > timeOf(startTime) || days.size === 0 || days.size === 7) return [];
  const [day] = days;
  const text =
    `${startTime} to ${endTime} passes midnight, and the day is that of each moment: ${day} means that day before ` +
    `${endTime} and from ${startTime}, not the night that follows it. Make two elements, one for each part of the night, if the whole night is meant`;
  return [{ code: 'past-midnight', path, text }];
}

/** The next night in which clocks go forward, and the next in which they go back: what is skipped, or comes twice. */
interface Changes {
  /** Local midnight of the day, ms as if it were UTC, and the times of day. */
  skipped: { day: Millis; from: number; to: number };
  repeated: { day: Millis };
}

function lintChange({ startTime, endTime }: Restrictions, path: string, changes: Changes, zone: string): Finding[] {
  const { skipped, repeated } = changes;
  const start = startTime === undefined ? 0 : timeOf(startTime);
  const end = endTime === undefined ? DAY : timeOf(endTime) || DAY;
  if (start >= end || start < skipped.from || end > skipped.to) return [];
  const text =
    `${startTime} to ${endTime} does not exist on ${dayText(skipped.day)}, when clocks in ${zone} go forward, and comes twice ` +
    `on ${dayText(repeated.day)}, when they go back`;
  return [{ code: 'clock-change', path, text }];
}

/** Null where clocks do not change. */
function changesOf(zone: string, from: Millis): Changes | null {
  let skipped: Changes['skipped'] | undefined;
  let repeated: Changes['repeated'] | undefined;
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
  for (let count = 0; count < 4 && !(skipped && repeated); count += 1) {
    const next = at.getTimeZoneTransition('next');
    if (!next) return null;
    const instant = next.epochMilliseconds;
    const [before, after] = [offsetAt(zone, instant - 1), offsetAt(zone, instant)];
    const day = midnight(instant + before);
    if (after > before) skipped ??= { day, from: instant + before - day, to: instant + after - day };
    else if (after < before) repeated ??= { day };
    at = next;
  }
  return skipped && repeated ? { skipped, repeated } : null;
}

function dayText(day: Millis): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** What is over, or was before it began. */
export function lintValidity(tariff: Tariff, zone: string | undefined, now: Millis | undefined): Finding[] {
  const { startsAt, endsAt, elements } = tariff;
  const isOver = now !== undefined && endsAt !== undefined && endsAt <= now;
  const today = firstDay(startsAt, now, zone);
  return [
    ...(isOver
      ? [
          finding(
            'endsAt',
            `the tariff ended at ${new Date(endsAt).toISOString()}: no session begins under it any more`,
          ),
        ]
      : []),
    ...elements.flatMap(({ restrictions: { endDate } = {} }, index) =>
      endDate !== undefined && dateOf(endDate) <= today
        ? [finding(`elements[${index}].restrictions.endDate`, `${endDate} is over: the element never applies any more`)]
        : [],
    ),
  ];
}

function finding(path: string, text: string): Finding {
  return { code: 'over', path, text };
}

/** The first local date on which there can be a session, as midnight, ms as if it were UTC; without a zone, the earliest anywhere. */
export function firstDay(startsAt: Millis | undefined, now: Millis | undefined, zone: string | undefined): number {
  const from = Math.max(startsAt ?? -Infinity, now ?? -Infinity);
  return from === -Infinity ? from : localDay(from, zone, -DAY);
}

/** A date after the last one on which a session can begin, likewise; without a zone, the latest anywhere. */
export function dayAfter(endsAt: Millis | undefined, zone: string | undefined): number {
  return endsAt === undefined ? Infinity : localDay(endsAt, zone, DAY) + DAY;
}

function localDay(at: Millis, zone: string | undefined, slack: number): number {
  return midnight(at + (zone === undefined ? slack : offsetAt(zone, at)));
}
