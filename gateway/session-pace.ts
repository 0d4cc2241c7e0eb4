import type { Clock } from './domain/time.ts';

/** A session follows its meter at most this often, however fast the charger reports. */
const INTERVAL = 1000;

/**
 * Decides when a session is brought up to its samples: at once when the last time is a second ago, otherwise noted for
 * the next tick. Samples themselves are always stored at once.
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
  return {
    allow(id) {
      const now = clock();
      const last = refreshed.get(id);
      // A clock that jumped back must not hold sessions still.
      if (last !== undefined && now - last < INTERVAL && now >= last) {
        waiting.add(id);
        return false;
      }
      refreshed.set(id, now);
      waiting.delete(id);
      return true;
    },
    due() {
      const now = clock();
      return [...waiting].filter((id) => {
        const last = refreshed.get(id) ?? 0;
        return now - last >= INTERVAL || now < last;
      });
    },
    forget(id) {
      refreshed.delete(id);
      waiting.delete(id);
    },
  };
}
