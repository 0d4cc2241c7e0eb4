import type { Tariff } from '../../gateway/domain/tariff.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import type { Stretch } from '../../gateway/pricing/usage.ts';
import { percentile } from './common.ts';

/** Pricing a session of a day, with a reading every ten seconds, by a tariff that looks at clock, energy and power. */
export interface PricingSummary {
  readings: number;
  spans: number;
  p50: number;
  p99: number;
  /** What systems without an engine do at each reading: `floor(kWh × price)` in binary floats. */
  floorP50: number;
}

const START = Date.UTC(2026, 10, 20, 12);
const READINGS = 8640;
const ROUNDS = 300;

const TARIFF: Tariff = {
  id: 'BENCH',
  currency: 'EUR',
  taxIncluded: 'NO',
  altText: [],
  minPrice: null,
  maxPrice: null,
  updatedAt: 0,
  elements: [
    { components: [{ type: 'FLAT', price: '1', vat: '19', step: 1 }] },
    {
      components: [{ type: 'ENERGY', price: '0.30', vat: '19', step: 1 }],
      restrictions: { startTime: '22:00', endTime: '06:00' },
    },
    {
      components: [{ type: 'ENERGY', price: '0.50', vat: '19', step: 1 }],
      restrictions: { minKwh: '100', minPower: '5' },
    },
    {
      components: [
        { type: 'ENERGY', price: '0.45', vat: '19', step: 1 },
        { type: 'PARKING_TIME', price: '2', vat: '19', step: 60 },
      ],
    },
  ],
};

/** Prices it often enough to tell, in this process. */
export function runPricing(): PricingSummary {
  const stretches = Array.from({ length: READINGS }, (_, index): Stretch => ({
    kind: 'charging',
    from: START + index * 10_000,
    to: START + (index + 1) * 10_000,
    milliWh: 30_555,
    milliW: (index % 7) * 3_000_000,
    milliA: null,
  }));
  let spans = 0;
  const ours = timed(() => {
    spans = priceUsage(TARIFF, { stretches, holds: [] }, 'Europe/Berlin').spans.length;
  });
  let sink = 0;
  const floor = timed(() => {
    let kwh = 0;
    for (const { milliWh } of stretches) {
      kwh += milliWh / 1_000_000;
      sink = Math.floor(kwh * 0.45 * 100) / 100;
    }
  });
  if (sink === 0) throw new Error('nothing was reckoned');
  return {
    readings: READINGS,
    spans,
    p50: percentile(ours, 0.5),
    p99: percentile(ours, 0.99),
    floorP50: percentile(floor, 0.5),
  };
}

function timed(work: () => void): Float64Array {
  for (let round = 0; round < 50; round += 1) work();
  return Float64Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    work();
    return performance.now() - from;
  }).sort();
}

export function pricingTable({ spans, p50, p99, floorP50 }: PricingSummary): string {
  return [
    `chargegate, every restriction, ${spans} spans told   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms`,
    `floor(kWh × price) at each reading, as others do     p50 ${floorP50.toFixed(3)} ms`,
  ].join('\n');
}
