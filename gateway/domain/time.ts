/** Epoch milliseconds, UTC. Every instant in the gateway is one of these. */
export type Millis = number;

/** Yields the current instant. Injected everywhere, so that tests decide what time it is. */
export type Clock = () => Millis;

/** The machine's wall clock. The one place of the product that reads it. */
export const wallClock: Clock = () => Date.now();

/** RFC 3339 UTC with whole seconds (`2026-11-21T04:09:22Z`): what the most sensitive chargers accept (Q34). */
export function toUtcSeconds(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The same with milliseconds, also where they are zero: for chargers that want them (Q34). */
export function toUtcMillis(at: Millis): string {
  return new Date(at).toISOString();
}

/** How an instant is written. */
export type TimeFormat = (at: Millis) => string;

/** RFC 3339 UTC, milliseconds only where they are not zero; at most 24 characters (OCPI 2.3.0 types, DateTime). */
export function toUtc(at: Millis): string {
  const text = new Date(at).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : text;
}

const LENIENT =
  /^\s*(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*$/;

/** What a charger or peer wrote as a time: the instant, and whether it named its zone (UTC is assumed where not, Q32). */
export interface ParsedTime {
  at: Millis;
  zoned: boolean;
}

/** As nearly all write it: the engine's own parser reads these several times faster. */
const USUAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/;

/** Reads an RFC 3339 time and the field's usual deviations (blank for T, no zone, `+0100`). Null when it is no time at all. */
export function parseTime(text: string): ParsedTime | null {
  if (USUAL.test(text) && Number(text.slice(8, 10)) <= 28) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return { at, zoned: true };
  }
  const match = LENIENT.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    ms,
  );
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return null;
  if (zone === undefined) return { at: local, zoned: false };
  return { at: local - offsetMillis(zone), zoned: true };
}

/** 0 for a month that there is not. */
function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

function offsetMillis(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

const CLOCKS_WERE_SET = Date.UTC(2020, 0, 1);
const TOLERATED_LEAD = 5 * 60_000;

/**
 * May this reported time be believed? Not when the clock was never set (before 2020, Q33), nor when the fact would lie
 * in the future of its own arrival. A time long past is believed: chargers replay what they stored while disconnected.
 */
export function isPlausible(reportedAt: Millis, receivedAt: Millis): boolean {
  return reportedAt >= CLOCKS_WERE_SET && reportedAt <= receivedAt + TOLERATED_LEAD;
}
