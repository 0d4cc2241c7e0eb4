import { Temporal } from 'temporal-polyfill';
import type { Millis } from './domain/time.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 1440;

/** The times of a site's days at which bookings begin and end. */
export interface BookingGrid {
  /** The first of them that is not before this. */
  ceil(at: Millis): Millis;
  /** The last of them that is not after this. */
  floor(at: Millis): Millis;
}

/** A stretch with one offset from UTC, ms. */
interface Run {
  from: Millis;
  to: Millis;
  offset: number;
}

/** Every so many minutes of each day, from midnight, by the clock of a zone: also on days on which clocks are changed. */
export function createGrid(zone: string, increment: number): BookingGrid {
  let run: Run = runAt(zone, 0);

  /** Minutes since midnight there, and the stretch that it is in. */
  function place(at: Millis): { minute: number; run: Run } {
    if (at < run.from || at >= run.to) run = runAt(zone, at);
    const minutes = Math.floor((at + run.offset) / MINUTE) % DAY_MINUTES;
    return { minute: minutes < 0 ? minutes + DAY_MINUTES : minutes, run };
  }

  return {
    ceil(given) {
      let at = Math.ceil(given / MINUTE) * MINUTE;
      for (;;) {
        const { minute, run: here } = place(at);
        const past = minute % increment;
        if (past === 0) return at;
        const next = at + Math.min(increment - past, DAY_MINUTES - minute) * MINUTE;
        if (next < here.to) return next;
        // Clocks are changed before that comes: looked at anew from there.
        at = here.to;
      }
    },
    floor(given) {
      let at = Math.floor(given / MINUTE) * MINUTE;
      for (;;) {
        const { minute, run: here } = place(at);
        const before = at - (minute % increment) * MINUTE;
        if (before >= here.from) return before;
        at = here.from - MINUTE;
      }
    },
  };
}

function runAt(zone: string, at: Millis): Run {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  // One that is at this very moment is the begin of its stretch.
  const before = zoned.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  return {
    from: before?.epochMilliseconds ?? -Infinity,
    to: zoned.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity,
    offset: Math.round(zoned.offsetNanoseconds / 1_000_000),
  };
}
