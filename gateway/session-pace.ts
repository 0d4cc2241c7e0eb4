import type { Clock } from './domain/time.ts';

/** A session follows its meter at most this often, ms, however fast the charger reports. */
const INTERVAL = 1000;

/** Where many run, each has so many ms: bringing one up to its samples prices it anew, and that must leave time for the rest. */
const EACH = 20;

/**
 * Decides when a session is brought up to its samples: at once when the last time is a second ago (longer where more than
 * fifty run), otherwise noted for a later tick. Samples themselves are always stored at once.
 */
export interface SessionPace {
  /** True: refresh now. False: noted, `due` will name it. */
  allow(transactionId: string): boolean;
  /** Transactions whose refresh was put off and is due. */
  due(): string[];
  forget(transactionId: string): void;
}

/** Makes the pacer, with nothing noted. */
export function createSessionPace(clock: Clock): SessionPace {
  const refreshed = new Map<string, number>();
  const waiting = new Set<string>();

  function isDue(last: number, now: number): boolean {
    // A clock that jumped back must not hold sessions still.
    return now < last || now - last >= Math.max(INTERVAL, EACH * refreshed.size);
  }

  return {
    allow(id) {
      const now = clock();
      const last = refreshed.get(id);
      if (last !== undefined && !isDue(last, now)) {
        waiting.add(id);
        return false;
      }
      refreshed.set(id, now);
      waiting.delete(id);
      return true;
    },
    due() {
      const now = clock();
      return [...waiting].filter((id) => isDue(refreshed.get(id) ?? 0, now));
    },
    forget(id) {
      refreshed.delete(id);
      waiting.delete(id);
    },
  };
}
