/** Lets so many a second through, and a burst when it has been quiet. */
export interface RateLimit {
  /** 0: go on; else seconds until there is room again, whole. */
  take(key: string): number;
}

export interface RateLimitOptions {
  perSecond: number;
  burst: number;
  /** A monotonic clock, milliseconds. */
  now: () => number;
}

/** Remembered at a time; the one unused for longest goes. */
const MOST_KEYS = 10_000;

/** Makes the limit (a token bucket for each key), all buckets full. */
export function createRateLimit({ perSecond, burst, now }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key) {
      const at = now();
      const known = buckets.get(key);
      const tokens = known ? Math.min(burst, known.tokens + ((at - known.at) / 1000) * perSecond) : burst;
      const passes = tokens >= 1;
      // Put at the end again: the first is the one unused for longest.
      buckets.delete(key);
      const [oldest] = buckets.keys();
      if (buckets.size >= MOST_KEYS && oldest !== undefined) buckets.delete(oldest);
      buckets.set(key, { tokens: passes ? tokens - 1 : tokens, at });
      return passes ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
    },
  };
}
