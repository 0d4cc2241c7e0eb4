/** How failures are slowed down. Times in seconds. */
export interface FailureLimitOptions {
  /** So many failures are free. */
  free: number;
  /** Failures are forgotten after so long without one. */
  window: number;
  /** Longest wait. */
  longest: number;
  /** A monotonic clock, milliseconds: the wall's may jump. */
  now: () => number;
}

/** Slows down whoever fails again and again: from the last free failure on each costs 2, 4, 8… seconds of waiting. */
export interface FailureLimit {
  /** Seconds until the next attempt is looked at, whole; 0: at once, and then it counts as going on until `end`. */
  begin(key: string): number;
  /** The attempt is over; what was neither good nor bad changes nothing. Gives where this leads, for the log. */
  end(key: string, outcome: 'good' | 'bad' | 'neither'): FailureState;
  /** Seconds left to wait, without beginning anything. */
  waitSeconds(key: string): number;
  /** Counts a failure without an attempt begun. */
  fail(key: string): FailureState;
}

export interface FailureState {
  failures: number;
  /** Seconds that the next attempt has to wait; 0: none. */
  wait: number;
  /** Attempts turned away unseen since the last one that was looked at. */
  turnedAway: number;
}

interface Entry {
  failures: number;
  lastFailure: number;
  lockedUntil: number;
  turnedAway: number;
  /** Attempts that are being looked at. */
  going: number;
}

/** Remembered at a time; the oldest that is not being looked at goes. */
const MOST_KEYS = 10_000;

/** Makes the limit, with nobody on record. */
export function createFailureLimit({ free, window, longest, now }: FailureLimitOptions): FailureLimit {
  const entries = new Map<string, Entry>();

  function entryOf(key: string): Entry {
    const known = entries.get(key);
    if (known) return known;
    const made = { failures: 0, lastFailure: 0, lockedUntil: 0, turnedAway: 0, going: 0 };
    if (entries.size >= MOST_KEYS) makeRoom();
    entries.set(key, made);
    return made;
  }

  function makeRoom(): void {
    for (const [key, entry] of entries) {
      if (entry.going > 0) continue;
      entries.delete(key);
      return;
    }
  }

  function forgive(entry: Entry): void {
    if (now() - Math.max(entry.lastFailure, entry.lockedUntil) > window * 1000) entry.failures = 0;
  }

  function left(entry: Entry): number {
    return Math.max(0, Math.ceil((entry.lockedUntil - now()) / 1000));
  }

  function count(entry: Entry): void {
    forgive(entry);
    entry.failures += 1;
    entry.lastFailure = now();
    const beyond = entry.failures - free;
    if (beyond >= 0) entry.lockedUntil = now() + Math.min(longest, 2 ** (beyond + 1)) * 1000;
  }

  function stateOf(entry: Entry): FailureState {
    const { failures, turnedAway } = entry;
    entry.turnedAway = 0;
    return { failures, wait: left(entry), turnedAway };
  }

  return {
    begin(key) {
      const entry = entryOf(key);
      forgive(entry);
      // Attempts made side by side are failures until they prove better: nobody guesses faster that way.
      const wait = left(entry) || (entry.going >= Math.max(1, free - entry.failures) ? 1 : 0);
      if (wait > 0) entry.turnedAway += 1;
      else entry.going += 1;
      return wait;
    },
    end(key, outcome) {
      const entry = entryOf(key);
      entry.going = Math.max(0, entry.going - 1);
      if (outcome === 'bad') count(entry);
      const state = stateOf(entry);
      if (outcome === 'good') entry.failures = 0;
      if (entry.failures === 0 && entry.going === 0) entries.delete(key);
      return state;
    },
    waitSeconds(key) {
      const entry = entries.get(key);
      return entry ? left(entry) : 0;
    },
    fail(key) {
      const entry = entryOf(key);
      count(entry);
      return stateOf(entry);
    },
  };
}
