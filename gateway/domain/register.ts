import type { Millis } from './time.ts';

/** A reading of the import register, with both times. */
export interface RegisterPoint {
  reportedAt: Millis;
  receivedAt: Millis;
  energyWh: number;
}

/** Meters that round differently at the start, in between and at the end differ by this much without having fallen, Wh. */
const TOLERANCE = 10;

/** How a running transaction's register goes, to notice when it falls (Q52). */
export interface RegisterWatch {
  /** The last reading of a register that rises. */
  last: RegisterPoint;
  /** One reading below it: a glitch, until a second says the same. */
  low: RegisterPoint | null;
  /** Falls that are certain and not stored yet. */
  falls: { high: RegisterPoint; low: RegisterPoint }[];
}

/** A watch that begins at the start of a transaction and has seen these readings, oldest first. */
export function watchFrom(start: RegisterPoint, readings: readonly RegisterPoint[]): RegisterWatch {
  const watch: RegisterWatch = { last: start, low: null, falls: [] };
  for (const reading of readings) observe(watch, reading);
  return watch;
}

/** Takes in a reading. Late and re-sent ones say nothing of how the register goes on, so they are passed over. */
export function observe(watch: RegisterWatch, point: RegisterPoint): void {
  const { last, low } = watch;
  if (point.reportedAt <= (low ?? last).reportedAt) return;
  if (point.energyWh >= last.energyWh - TOLERANCE) {
    watch.last = point;
    watch.low = null;
  } else if (!low || point.energyWh < low.energyWh - TOLERANCE) watch.low = point;
  else {
    watch.falls.push({ high: last, low });
    watch.last = point;
    watch.low = null;
  }
}

/** A fall as it is stored: from `reportedAt` on, readings count from `baseWh`, on top of what `highWh` had reached. */
export interface RegisterFall {
  reportedAt: Millis;
  highWh: number;
  baseWh: number;
}

/** What has to be added to a reading of this instant, to put it on the register that the transaction began with, Wh. */
export function liftAt(falls: readonly RegisterFall[], at: Millis): number {
  let lift = 0;
  for (const fall of falls) if (fall.reportedAt <= at) lift += fall.highWh - fall.baseWh;
  return lift;
}

/** What a transaction's registers are known to be, Wh; `null`: not reported. `last` is the newest reading, lifted. */
export interface Registers {
  start: number;
  last: number | null;
  stop: number | null;
}

/**
 * Where the register ends, on the scale that it began with: never below the start (Q53). After a fall the reported stop
 * may stand on the new scale or, of a charger that only samples its session, on the old one: the one that goes on from the
 * last reading counts, else the lesser that does not take back what was measured before the fall.
 */
export function finalRegister({ start, last, stop }: Registers, falls: readonly RegisterFall[]): number {
  const lift = liftAt(falls, Number.MAX_SAFE_INTEGER);
  if (lift === 0) return Math.max(start, (stop !== null && stop >= start ? stop : last) ?? start);
  const measured = Math.max(start, last ?? start);
  if (stop === null) return measured;
  const highest = falls.reduce((sum, fall) => sum + fall.highWh - fall.baseWh, 0) + (falls.at(-1)?.baseWh ?? 0);
  const possible = [stop, stop + lift].filter((register) => register >= Math.max(start, highest));
  const onwards = possible.filter((register) => register >= measured);
  return Math.min(...(onwards.length > 0 ? onwards : possible.length > 0 ? possible : [measured]));
}
