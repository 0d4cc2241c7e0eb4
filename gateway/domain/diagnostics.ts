import type { Millis } from './time.ts';

/** A raw frame as it crossed the wire, secrets masked, long ones cut. */
export interface Frame {
  at: Millis;
  direction: 'in' | 'out';
  text: string;
}

/** Stands for every further kind of a charger that departs in too many. */
export const OTHER_DEVIATIONS = 'OTHER';

/** A way in which a charger departs from its standard, how often, and one example. */
export interface Deviation {
  code: string;
  count: number;
  firstSeenAt: Millis;
  lastSeenAt: Millis;
  sample: string;
}
