import type { PriceComponent } from '../domain/types.ts';

/** What one price component has to answer for: Wh of ENERGY, milliseconds of TIME and PARKING_TIME, 1 of FLAT. */
export interface Bucket {
  component: PriceComponent;
  used: number;
  /** `used`, or more where the step rounds it up. */
  billed: number;
}

const MILLIS_PER_SECOND = 1000;

/**
 * Rounds quantities up to whole steps, once per session for energy and once for time (OCPI 2.3.0 mod_cdrs step_size). The
 * step is that of the last component used, it rounds the total of its dimension, and the surplus is billed at the last price.
 * Where parking is billed, parking alone is rounded, also when charging follows it. Step 0 rounds nothing.
 *
 * @param buckets in the order of their last use
 */
export function applySteps(buckets: Bucket[]): Bucket[] {
  const time = buckets.some(({ component, used }) => component.type === 'PARKING_TIME' && used > 0)
    ? 'PARKING_TIME'
    : 'TIME';
  const surplus = new Map<Bucket, number>();
  for (const [type, unit] of [['ENERGY', 1] as const, [time, MILLIS_PER_SECOND] as const]) {
    const ofType = buckets.filter(({ component }) => component.type === type);
    const last = ofType.at(-1);
    if (!last) continue;
    const total = ofType.reduce((amount, { used }) => amount + used, 0);
    surplus.set(last, missing(total, last.component.step * unit));
  }
  return buckets.map((bucket) => ({ ...bucket, billed: bucket.used + (surplus.get(bucket) ?? 0) }));
}

function missing(total: number, block: number): number {
  const rest = block === 0 ? 0 : total % block;
  return rest === 0 ? 0 : block - rest;
}
