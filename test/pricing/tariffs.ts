import type { ComponentType, Cost, Period, PriceComponent, Tariff } from '../../gateway/domain/tariff.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import { usageOf } from '../../gateway/pricing/usage.ts';

/** An arbitrary session start: 2026-03-02 09:30 UTC. */
export const START = 1_772_443_800_000;

export function component(type: ComponentType, price: string, vat: string | null = null, step = 1): PriceComponent {
  return { type, price, vat, step };
}

export function tariffOf(components: PriceComponent[], rest: Partial<Tariff> = {}): Tariff {
  return {
    id: 'T1',
    currency: 'EUR',
    taxIncluded: 'NO',
    altText: [],
    minPrice: null,
    maxPrice: null,
    elements: [{ components }],
    updatedAt: START,
    ...rest,
  };
}

export interface Usage {
  kind: Period['kind'];
  seconds: number;
  wh: number;
}

/** Lays stretches of use end to end. */
export function periodsOf(usage: Usage[]): Period[] {
  let from = START;
  return usage.map(({ kind, seconds, wh }) => {
    const period = { kind, from, to: from + seconds * 1000, energyWh: wh };
    from = period.to;
    return period;
  });
}

export const charging = (minutes: number, wh = 0): Usage => ({ kind: 'charging', seconds: minutes * 60, wh });
export const parking = (minutes: number, wh = 0): Usage => ({ kind: 'parking', seconds: minutes * 60, wh });

/** The cost of periods, at a site that goes by UTC. */
export function priceSession(tariff: Tariff, periods: Period[]): Cost {
  return priceUsage(tariff, usageOf(periods), 'UTC').cost;
}
