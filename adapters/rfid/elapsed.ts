import type { Millis } from '../../gateway/domain/time.ts';

/** Have `ms` passed since then? Yes as well where the clock was set back meanwhile: nothing may wait for an hour to come again. */
export function elapsed(since: Millis, now: Millis, ms: Millis): boolean {
  return now < since || now - since >= ms;
}
