import type { Clock, Millis } from '../../gateway/domain/time.ts';

/** Ends what `every` or `after` began; harmless when it has ended already. */
export type Cancel = () => void;

/** Calls back as time passes. Injected, so that a test steps time by hand. */
export interface Ticker {
  every(ms: number, fn: () => void): Cancel;
  after(ms: number, fn: () => void): Cancel;
}

/** The ticker of real timers. Like any timer they keep the process alive until cancelled. */
export const timerTicker: Ticker = {
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    return () => clearInterval(timer);
  },
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock and ticker that stand still until stepped. */
export interface SteppedTime {
  clock: Clock;
  ticker: Ticker;
  /** Moves the clock on by `ms`, calling back in order of due time, each at its own instant. */
  step(ms: number): void;
}

/** Makes time that only `step` moves; it starts at `start` (epoch milliseconds). */
export function createSteppedTime(start: Millis): SteppedTime {
  interface Entry {
    due: Millis;
    period: number | null;
    fn: () => void;
  }
  const entries = new Set<Entry>();
  let now = start;

  function add(ms: number, period: number | null, fn: () => void): Cancel {
    const entry: Entry = { due: now + ms, period, fn };
    entries.add(entry);
    return () => entries.delete(entry);
  }

  function nextDue(until: Millis): Entry | null {
    let first: Entry | null = null;
    for (const entry of entries) {
      if (entry.due <= until && (first === null || entry.due < first.due)) first = entry;
    }
    return first;
  }

  return {
    clock: () => now,
    ticker: {
      every: (ms, fn) => add(Math.max(1, ms), Math.max(1, ms), fn),
      after: (ms, fn) => add(Math.max(0, ms), null, fn),
    },
    step(ms) {
      const until = now + ms;
      for (let entry = nextDue(until); entry !== null; entry = nextDue(until)) {
        now = Math.max(now, entry.due);
        if (entry.period === null) entries.delete(entry);
        else entry.due += entry.period;
        entry.fn();
      }
      now = until;
    },
  };
}
