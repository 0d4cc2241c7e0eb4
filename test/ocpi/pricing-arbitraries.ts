/** Random tariffs with every restriction, random courses of sessions, and what comes of them as the domain keeps it. */
import * as fc from 'fast-check';
import type { Restrictions, Tariff, TariffElement, TariffTax } from '../../gateway/domain/tariff.ts';
import { BOOKING_RULES, RESERVATION_RULES, TARIFF_TYPES, WEEKDAYS } from '../../gateway/domain/tariff.ts';
import type { Cdr, Session } from '../../gateway/domain/types.ts';
import { checkTariff } from '../../gateway/pricing/check.ts';
import { priceUsage, type Priced } from '../../gateway/pricing/price.ts';
import type { Hold, Stretch, Usage } from '../../gateway/pricing/usage.ts';
import { sampleCdr, sampleSession, SETTINGS } from './fixtures.ts';

/** Saturday noon, so that weekdays and midnights come within hours. */
export const BEGIN = Date.UTC(2026, 5, 6, 10);
const HOUR = 3_600_000;
const ZONE = SETTINGS.site.timeZone;

const decimal = (most: number, places: number): fc.Arbitrary<string> =>
  fc.nat(most).map((units) => (units / 10 ** places).toFixed(places));
const time = fc
  .tuple(fc.nat(23), fc.constantFrom('00', '15', '30'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);

const RULES = {
  startTime: time,
  endTime: time,
  startDate: fc.constantFrom('2026-06-01', '2026-06-07'),
  endDate: fc.constantFrom('2026-06-08', '2026-07-01'),
  minKwh: decimal(200, 1),
  maxKwh: decimal(400, 1),
  minCurrent: decimal(30, 0),
  maxCurrent: decimal(90, 0),
  minPower: decimal(200, 1),
  maxPower: decimal(900, 1),
  minDuration: fc.nat(7200),
  maxDuration: fc.integer({ min: 1, max: 14_400 }),
  daysOfWeek: fc.subarray([...WEEKDAYS]),
};
/** A few at once: with all of them nothing would ever apply. */
const rules: fc.Arbitrary<Restrictions> = fc
  .tuple(fc.record(RULES), fc.subarray(Object.keys(RULES), { maxLength: 4 }))
  .map(([all, keys]) => Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key))));

const component = fc.record({
  type: fc.constantFrom('ENERGY' as const, 'FLAT' as const, 'TIME' as const, 'PARKING_TIME' as const),
  price: decimal(60_000, 4),
  vat: fc.option(fc.constantFrom('0', '5.5', '10', '19'), { freq: 2 }),
  step: fc.constantFrom(0, 1, 60, 300),
});
const element: fc.Arbitrary<TariffElement> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ components: fc.array(component, { minLength: 1, maxLength: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ components: fc.array(component, { minLength: 1, maxLength: 3 }), restrictions: rules }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.array(component, { minLength: 1, maxLength: 2 }),
        fc.oneof(
          fc.constantFrom(...RESERVATION_RULES).map((reservation) => ({ reservation })),
          fc.constantFrom(...BOOKING_RULES).map((booking) => ({ booking })),
        ),
      )
      .map(([components, restrictions]) => ({
        components: components.map((each) => ({ ...each, type: each.type === 'FLAT' ? 'FLAT' : 'TIME' }) as const),
        restrictions,
      })),
  },
);

const limit = fc.option(
  fc.tuple(fc.nat(4000), fc.option(fc.nat(900))).map(([before, tax]) => ({
    beforeTaxes: (before / 100).toFixed(2),
    afterTaxes: tax === null ? null : ((before + tax) / 100).toFixed(2),
  })),
  { freq: 3 },
);

/** Tariffs that checkTariff accepts. */
export const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    type: fc.option(fc.constantFrom(...TARIFF_TYPES), { nil: undefined }),
    taxIncluded: fc.constantFrom('YES' as const, 'NO' as const, 'N/A' as const),
    named: fc.constantFrom<TariffTax[][]>(
      [],
      [{ name: 'GST', percentage: '5' }],
      [
        { name: 'GST', percentage: '5', accountNumber: '12345 RT0001' },
        { name: 'QST', percentage: '9.975' },
      ],
    ),
    minPrice: limit,
    maxPrice: limit,
    preauthorizeAmount: fc.option(decimal(9000, 2), { nil: undefined }),
    currency: fc.constantFrom('EUR', 'JPY'),
    elements: fc.array(element, { minLength: 1, maxLength: 4 }),
  })
  .map(({ type, named, preauthorizeAmount, elements, ...rest }): Tariff => {
    const free = rest.taxIncluded === 'N/A';
    return {
      id: 'T1',
      altText: [],
      ...rest,
      ...(type && { type }),
      ...(named.length > 0 && !free && { taxes: named }),
      ...(preauthorizeAmount !== undefined && { preauthorizeAmount }),
      elements: elements.map((each) => ({
        ...each,
        components: each.components.map((one) => ({ ...one, vat: free ? null : one.vat })),
      })),
      updatedAt: BEGIN,
    };
  })
  .filter((tariff) => checkTariff(tariff).length === 0);

const stretches = fc
  .array(
    fc.record({
      kind: fc.constantFrom('charging' as const, 'parking' as const),
      millis: fc.nat(3 * HOUR),
      wh: fc.nat(30_000),
      milliW: fc.option(fc.nat(100_000_000)),
      milliA: fc.option(fc.nat(90_000)),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list): Stretch[] => {
    let from = BEGIN;
    return list.map(({ kind, millis, wh, milliW, milliA }) => {
      const stretch = { kind, from, to: from + millis, milliWh: wh * 1000, milliW, milliA };
      from = stretch.to;
      return stretch;
    });
  });

const before: fc.Arbitrary<Hold[]> = fc
  .option(
    fc.record({
      kind: fc.constantFrom('reservation' as const, 'booking' as const),
      millis: fc.integer({ min: 1, max: 2 * HOUR }),
      outcome: fc.constantFrom('used' as const, 'expired' as const),
    }),
    { nil: undefined },
  )
  .map((hold) => (hold ? [{ kind: hold.kind, from: BEGIN - hold.millis, to: BEGIN, outcome: hold.outcome }] : []));

/** Sessions, some after a reservation or beyond what was booked; some reservations that nobody charged on. */
export const usages: fc.Arbitrary<Usage> = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: stretches }, { weight: 1, arbitrary: fc.constant<Stretch[]>([]) }),
    before,
    fc.nat(9),
  )
  .filter(([list, kept]) => list.length + kept.length > 0)
  .map(([list, kept, late]): Usage => {
    const first = list[0];
    const end = list.at(-1)?.to ?? BEGIN;
    const overtime: Hold[] =
      first && late === 0 ? [{ kind: 'overtime', from: first.from + 1000, to: end + 60_000, outcome: 'used' }] : [];
    return { stretches: list, holds: [...kept, ...overtime] };
  });

/** What the gateway keeps of it. */
export interface Kept {
  priced: Priced;
  session: Session;
  cdr: Cdr;
}

export function keep(tariff: Tariff, usage: Usage): Kept {
  const priced = priceUsage(tariff, usage, ZONE);
  const startedAt = usage.stretches[0]?.from ?? usage.holds[0]?.from ?? BEGIN;
  const endedAt = usage.stretches.at(-1)?.to ?? BEGIN;
  const session = {
    ...sampleSession('s1', null, endedAt),
    seq: 1,
    startedAt,
    endedAt,
    energyWh: usage.stretches.reduce((sum, { milliWh }) => sum + milliWh, 0) / 1000,
    currency: tariff.currency,
    tariff,
    periods: priced.periods,
    cost: priced.cost,
  };
  const cdr = {
    ...sampleCdr(session, 'c1'),
    seq: 1,
    seconds: Math.round((endedAt - startedAt) / 1000),
    parkingSeconds: 0,
  };
  return { priced, session, cdr };
}
