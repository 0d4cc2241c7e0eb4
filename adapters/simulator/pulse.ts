/** Knows whether anything is under way, and tells those who wait for a condition. */
export interface Pulse {
  /** Counts the work as under way until it settles. */
  track: <T>(work: Promise<T>) => Promise<T>;
  busy: () => boolean;
  /** Resolves as soon as the condition holds; it is looked at after each piece of work and at each `check`. */
  when: (ready: () => boolean) => Promise<void>;
  check: () => void;
}

/** Makes the charger's sense of being busy. */
export function createPulse(): Pulse {
  let waiters: { ready: () => boolean; resolve: () => void }[] = [];
  let underWay = 0;

  function check(): void {
    const done = waiters.filter((waiter) => waiter.ready());
    waiters = waiters.filter((waiter) => !done.includes(waiter));
    for (const waiter of done) waiter.resolve();
  }

  return {
    check,
    busy: () => underWay > 0,
    async track(work) {
      underWay += 1;
      try {
        return await work;
      } finally {
        underWay -= 1;
        // what follows from this answer begins in the same turn, before anyone is told that all is quiet
        setImmediate(check);
      }
    },
    when(ready) {
      if (ready()) return Promise.resolve();
      return new Promise((resolve) => waiters.push({ ready, resolve }));
    },
  };
}
