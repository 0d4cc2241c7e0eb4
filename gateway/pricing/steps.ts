import type { CostGroup, PriceComponent } from '../domain/tariff.ts';

/** What one price component has to answer for: thousandths of a Wh of ENERGY, milliseconds of TIME and PARKING_TIME, 1 of FLAT. */
export interface Bucket {
  group: CostGroup;
  /** The component's element, from 0. */
  element: number;
  component: PriceComponent;
  used: number;
  /** `used`, or more where the step rounds it up. */
  billed: number;
}

const THOUSANDTHS = 1000;

/**
 * Rounds quantities up to whole steps, once for energy and once for time in each group: the session, its reservation
 * (OCPI 2.3.0 mod_cdrs step_size). The step is that of the last component used, it rounds the total of its dimension, and the surplus is billed
 * at the last price. Where parking is billed, parking alone is rounded, also when charging follows it. Step 0 rounds nothing.
 *
 * @param buckets in the order of their last use
 */
export function applySteps(buckets: Bucket[]): Bucket[] {
  const groups = [...new Set(buckets.map(({ group }) => group))];
  const surplus = new Map(groups.flatMap((group) => surplusOf(buckets.filter((bucket) => bucket.group === group))));
  return buckets.map((bucket) => ({ ...bucket, billed: bucket.used + (surplus.get(bucket) ?? 0) }));
}

function surplusOf(buckets: Bucket[]): [Bucket, number][] {
  const time = buckets.some(({ component, used }) => component.type === 'PARKING_TIME' && used > 0)
    ? 'PARKING_TIME'
    : 'TIME';
  return (['ENERGY', time] as const).flatMap((type) => {
    const ofType = buckets.filter(({ component }) => component.type === type);
    const last = ofType.at(-1);
    if (!last) return [];
    const total = ofType.reduce((amount, { used }) => amount + used, 0);
    return [[last, missing(total, last.component.step * THOUSANDTHS)]];
  });
}

function missing(total: number, block: number): number {
  const rest = block === 0 ? 0 : total % block;
  return rest === 0 ? 0 : block - rest;
}
