import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComponentType, Cost, Period, Price, PriceComponent, Tariff } from '../../gateway/domain/tariff.ts';
import { apportion, parseDecimal, ratio, sum, toText } from '../../gateway/pricing/decimal.ts';
import { checkTariff } from '../../gateway/pricing/check.ts';
import { priceSession, START, tariffOf } from './tariffs.ts';

const TYPES: ComponentType[] = ['ENERGY', 'FLAT', 'TIME', 'PARKING_TIME'];

/** Prices, rates and limits as whole numbers of ten-thousandths, hundredths and hundredths. */
const decimal = (units: number, places: number): string => toText(ratio(units, 10 ** places), places);

const components = fc
  .uniqueArray(
    fc.record({
      type: fc.constantFrom(...TYPES),
      price: fc.nat(60_000).map((units) => decimal(units, 4)),
      vat: fc.option(fc.constantFrom('0', '5.5', '10', '19', '20')),
      step: fc.constantFrom(0, 1, 60, 300, 900),
    }),
    { minLength: 1, selector: ({ type }) => type },
  )
  .map((list): PriceComponent[] => list);

const limit = fc.tuple(fc.nat(3000), fc.option(fc.nat(600)));

/** Tariffs that checkTariff accepts, limits on the cent grid. */
const limited = fc
  .record({
    list: components,
    taxIncluded: fc.constantFrom('YES' as const, 'NO' as const),
    least: fc.option(limit),
    most: fc.option(limit),
    currency: fc.constantFrom('EUR', 'KWD'),
  })
  .map(({ list, taxIncluded, least, most, currency }): Tariff => {
    const price = (of: typeof least) =>
      of && { beforeTaxes: decimal(of[0], 2), afterTaxes: of[1] === null ? null : decimal(of[0] + of[1], 2) };
    return tariffOf(list, { taxIncluded, minPrice: price(least), maxPrice: price(most), currency });
  })
  .filter((tariff) => checkTariff(tariff).length === 0);

const free = fc
  .record({ list: components, taxIncluded: fc.constantFrom('YES' as const, 'NO' as const, 'N/A' as const) })
  .map(({ list, taxIncluded }) => tariffOf(list, { taxIncluded }));

const periods = fc
  .array(
    fc.record({
      kind: fc.constantFrom('charging' as const, 'parking' as const),
      millis: fc.nat(20_000_000),
      energyWh: fc.nat(60_000),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list): Period[] => {
    let from = START;
    return list.map(({ kind, millis, energyWh }) => {
      const period = { kind, from, to: from + millis, energyWh };
      from = period.to;
      return period;
    });
  });

const exact = (text: string) => parseDecimal(text);
const parts = ({ fixed, energy, time, parking }: Cost): Price[] =>
  [fixed, energy, time, parking].filter((p) => p !== null);
const near = (a: ReturnType<typeof exact>, b: ReturnType<typeof exact>, tolerance: string): boolean =>
  a.lte(b.add(exact(tolerance))) && b.lte(a.add(exact(tolerance)));

describe('priceSession', () => {
  it('splitting a period anywhere never changes the price', () => {
    fc.assert(
      fc.property(limited, periods, fc.nat(), fc.nat(), fc.nat(), (tariff, list, which, when, wh) => {
        const at = which % list.length;
        const whole = list[at]!;
        const middle = whole.from + (when % (whole.to - whole.from + 1));
        const first = wh % (whole.energyWh + 1);
        const split = list.toSpliced(
          at,
          1,
          { ...whole, to: middle, energyWh: first },
          { ...whole, from: middle, energyWh: whole.energyWh - first },
        );
        expect(priceSession(tariff, split)).toEqual(priceSession(tariff, list));
      }),
    );
  });

  it('every price adds up: after taxes = before taxes + taxes', () => {
    fc.assert(
      fc.property(fc.oneof(limited, free), periods, (tariff, list) => {
        const cost = priceSession(tariff, list);
        for (const price of [cost.total, ...parts(cost), ...cost.lines.map(({ amount }) => amount)]) {
          const added = sum([exact(price.beforeTaxes), ...price.taxes.map(({ amount }) => exact(amount))]);
          expect(added.equals(exact(price.afterTaxes))).toBe(true);
          expect([price.beforeTaxes, ...price.taxes.map(({ amount }) => amount)].join(' ')).not.toContain('-');
        }
      }),
    );
  });

  it('without limits the lines make up the parts, and the parts the total, its rounding aside', () => {
    fc.assert(
      fc.property(free, periods, (tariff, list) => {
        const cost = priceSession(tariff, list);
        for (const side of ['beforeTaxes', 'afterTaxes'] as const) {
          const ofLines = sum(cost.lines.map(({ amount }) => exact(amount[side])));
          const ofParts = sum(parts(cost).map((price) => exact(price[side])));
          expect(ofLines.equals(ofParts)).toBe(true);
          expect(near(ofParts, exact(cost.total[side]), '0.0105')).toBe(true);
        }
        const quoted = tariff.taxIncluded === 'YES' ? 'afterTaxes' : 'beforeTaxes';
        const ofParts = sum(parts(cost).map((price) => exact(price[quoted])));
        expect(near(ofParts, exact(cost.total[quoted]), '0.0052')).toBe(true);
      }),
    );
  });

  it('quantity × price is the amount of the line, its rounding aside', () => {
    fc.assert(
      fc.property(free, periods, (tariff, list) => {
        for (const { quantity, price, amount } of priceSession(tariff, list).lines) {
          const product = exact(quantity).mul(exact(price));
          const side = tariff.taxIncluded === 'YES' ? amount.afterTaxes : amount.beforeTaxes;
          expect(near(product, exact(side), '0.000051')).toBe(true);
        }
      }),
    );
  });

  it('the total is the exact sum, rounded once', () => {
    fc.assert(
      fc.property(components, periods, (list, used) => {
        const tariff = tariffOf(list.map((each) => ({ ...each, step: 0 })));
        const millis = (kind: Period['kind']) =>
          used.filter((p) => p.kind === kind).reduce((total, p) => total + p.to - p.from, 0);
        const wh = used.reduce((total, p) => total + p.energyWh, 0);
        // In ten-thousandths × 3,600,000: whole numbers all.
        const share: Record<ComponentType, bigint> = {
          FLAT: 3_600_000n,
          ENERGY: BigInt(wh) * 3600n,
          TIME: BigInt(millis('charging')),
          PARKING_TIME: BigInt(millis('parking')),
        };
        const units = list.reduce(
          (total, { type, price }) => total + (exact(price).n * 10_000n * share[type]) / exact(price).d,
          0n,
        );
        const cent = 100n * 3_600_000n;
        const cents = (units + cent / 2n) / cent;
        expect(priceSession(tariff, used).total.beforeTaxes).toBe(
          `${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`,
        );
      }),
    );
  });

  it('more energy or more charging never costs less', () => {
    // A limit before taxes alone cannot hold this at mixed rates: what is added may bring the tax down.
    const whole = limited.filter(
      ({ minPrice, maxPrice }) => minPrice?.afterTaxes !== null && maxPrice?.afterTaxes !== null,
    );
    fc.assert(
      fc.property(whole, periods, fc.nat(5000), fc.nat(4_000_000), (tariff, list, wh, millis) => {
        const end = list.at(-1)?.to ?? START;
        const more: Period[] = [...list, { kind: 'charging', from: end, to: end + millis, energyWh: wh }];
        const paid = (used: Period[]) => exact(priceSession(tariff, used).total.afterTaxes);
        expect(paid(more).gte(paid(list))).toBe(true);
      }),
    );
  });

  it('the total stays within the limits, to the last unit', () => {
    fc.assert(
      fc.property(limited, periods, (tariff, list) => {
        const { total } = priceSession(tariff, list);
        for (const side of ['beforeTaxes', 'afterTaxes'] as const) {
          const least = tariff.minPrice?.[side] ?? '0';
          const most = tariff.maxPrice?.[side] ?? '999999999';
          expect(exact(total[side]).gte(exact(least))).toBe(true);
          expect(exact(total[side]).lte(exact(most))).toBe(true);
        }
      }),
    );
  });
});

describe('apportion', () => {
  it('parts the whole, each share within one unit of its due', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 9n), fc.array(fc.nat(1000), { minLength: 1 }), (whole, weights) => {
        const shares = apportion(
          whole,
          weights.map((weight) => ratio(weight, 7)),
        );
        expect(shares.reduce((a, b) => a + b, 0n)).toBe(whole);
        const total = BigInt(weights.reduce((a, b) => a + b, 0));
        if (total === 0n) return;
        for (const [index, share] of shares.entries()) {
          const missed = share * total - whole * BigInt(weights[index]!);
          expect(missed < total && missed > -total).toBe(true);
        }
      }),
    );
  });
});
