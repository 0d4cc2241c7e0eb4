import { Temporal } from 'temporal-polyfill';
import { parseTime, type Millis } from './domain/time.ts';

const LOCAL = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const CLOCK = /^(\d{1,2}):(\d{2})(?::00)?$/;

/** A time of a clock on a wall: no zone, no instant yet. */
export type WallTime = Temporal.PlainDateTime;
/** A day of the calendar. */
export type Day = Temporal.PlainDate;

/** Reads `2026-11-21 18:00`; null when it is no such time. */
export function readWallTime(text: string): WallTime | null {
  const match = LOCAL.exec(text.trim());
  if (!match) return null;
  const [, day = '', hour = '', minute = '', second = '00'] = match;
  return attempt(() => Temporal.PlainDateTime.from(`${day}T${hour.padStart(2, '0')}:${minute}:${second}`));
}

/** Reads `18:00`; null when it is no such time. */
export function readClock(text: string): Temporal.PlainTime | null {
  const match = CLOCK.exec(text.trim());
  if (!match) return null;
  const [, hour = '', minute = ''] = match;
  return attempt(() => Temporal.PlainTime.from(`${hour.padStart(2, '0')}:${minute}`));
}

/** Reads `2026-11-21`; null when there is no such day. */
export function readDay(text: string): Day | null {
  return DAY.test(text.trim()) ? attempt(() => Temporal.PlainDate.from(text.trim())) : null;
}

/**
 * The instant of a wall's clock in a zone. An hour that there is twice counts as the first one, a time that clocks skip as so
 * much later (RFC 5545, 3.3.5).
 */
export function instantOf(wall: WallTime, timeZone: string): Millis {
  return wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** Reads a time with its zone (RFC 3339), or one without, which is the site's clock; null when it is neither. */
export function readSiteTime(text: string, timeZone: string): Millis | null {
  const wall = readWallTime(text);
  if (wall) return instantOf(wall, timeZone);
  const parsed = parseTime(text);
  return parsed?.zoned === true ? parsed.at : null;
}

/** A day of the site from its begin to its end, which are 23, 24 or 25 hours apart. */
export interface SiteDay {
  /** `2026-11-21` */
  day: string;
  from: Millis;
  to: Millis;
}

/** That day at the site. */
export function siteDay(day: Day, timeZone: string): SiteDay {
  const from = day.toZonedDateTime(timeZone);
  const to = day.add({ days: 1 }).toZonedDateTime(timeZone);
  return { day: day.toString(), from: from.epochMilliseconds, to: to.epochMilliseconds };
}

/** The day that an instant falls on at the site. */
export function dayAt(at: Millis, timeZone: string): Day {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** Null where the text names what there is not, as `2026-02-30`. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
