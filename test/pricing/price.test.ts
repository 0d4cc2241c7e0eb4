import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { currencyExponent, isCurrency } from '../../gateway/pricing/currency.ts';
import { applySteps } from '../../gateway/pricing/steps.ts';
import { charging, component, parking, periodsOf, priceSession, START, tariffOf } from './tariffs.ts';

const ENERGY = component('ENERGY', '0.25', '10');
const FLAT = component('FLAT', '0.50', '20');

describe('components', () => {
  it('the first element that prices a dimension decides, for each dimension on its own', () => {
    const tariff = tariffOf([], {
      elements: [
        { components: [component('TIME', '1.20')] },
        { components: [component('ENERGY', '0.30'), component('TIME', '9.00')] },
        { components: [component('ENERGY', '9.00'), component('FLAT', '2.00')] },
      ],
    });
    const cost = priceSession(tariff, periodsOf([charging(60, 10_000)]));
    expect(cost.lines.map(({ type, price }) => [type, price])).toEqual([
      ['FLAT', '2.00'],
      ['ENERGY', '0.30'],
      ['TIME', '1.20'],
    ]);
    expect(cost.total.beforeTaxes).toBe('6.20');
  });

  it('FLAT is charged once, however many periods there are', () => {
    const cost = priceSession(tariffOf([FLAT]), periodsOf([charging(5), parking(5), charging(5)]));
    expect(cost.fixed).toEqual({
      beforeTaxes: '0.50',
      taxes: [{ percentage: '20', amount: '0.10' }],
      afterTaxes: '0.60',
    });
    expect(cost.total).toEqual(cost.fixed);
  });

  it('a session without time or energy has a cost of nothing, with a total', () => {
    const nothing = { beforeTaxes: '0.00', taxes: [], afterTaxes: '0.00' };
    const expected = { total: nothing, fixed: null, energy: null, time: null, parking: null, lines: [] };
    const tariff = tariffOf([ENERGY, component('TIME', '1.00')]);
    expect(priceSession(tariff, [{ kind: 'charging', from: START, to: START, energyWh: 0 }])).toEqual(expected);
  });

  it('energy that flows while parking is billed as energy', () => {
    const cost = priceSession(tariffOf([ENERGY]), periodsOf([charging(10, 1000), parking(10, 200)]));
    expect(cost.energy?.beforeTaxes).toBe('0.30');
  });

  it('a line tells the quantity, the price and the amount', () => {
    const cost = priceSession(tariffOf([component('TIME', '2.00', '19', 60)]), periodsOf([charging(7)]));
    expect(cost.lines).toEqual([
      {
        type: 'TIME',
        group: 'session',
        element: 0,
        price: '2.00',
        vat: '19',
        quantity: '0.1166666667',
        amount: { beforeTaxes: '0.2333', taxes: [{ percentage: '19', amount: '0.0443' }], afterTaxes: '0.2776' },
      },
    ]);
  });

  it.each([
    { kind: 'charging' as const, from: START, to: START - 1, energyWh: 0 },
    { kind: 'charging' as const, from: START, to: START, energyWh: -1 },
    { kind: 'parking' as const, from: START, to: START, energyWh: 0.0005 },
    { kind: 'parking' as const, from: START, to: Number.NaN, energyWh: 0 },
  ])('a period that cannot be is refused: $from to $to, $energyWh Wh', (period) => {
    expect(() => priceSession(tariffOf([FLAT]), [period])).toThrow(RangeError);
  });
});

describe('step_size', () => {
  const bucket = (c: ReturnType<typeof component>, used: number) => ({
    group: 'session' as const,
    element: 0,
    component: c,
    used,
    billed: used,
  });
  const wh = (count: number) => count * 1000;
  const billed = (...buckets: Parameters<typeof applySteps>[0]) => applySteps(buckets).map((each) => each.billed);
  const minutes = (count: number) => count * 60_000;

  it('V25 energy is rounded on its total, and the surplus goes to the last price', () => {
    const early = bucket(component('ENERGY', '0.20', null, 500), wh(4300));
    const late = bucket(component('ENERGY', '0.27', null, 500), wh(1100));
    expect(billed(early, late)).toEqual([wh(4300), wh(1200)]);
  });

  it('V26 time is rounded on its total', () => {
    const early = bucket(component('TIME', '5', null, 600), minutes(6));
    const late = bucket(component('TIME', '7', null, 600), minutes(22));
    expect(billed(early, late)).toEqual([minutes(6), minutes(24)]);
  });

  it('V30 buckets stand in the order of their last use', () => {
    const high = bucket(component('ENERGY', '5', null, 10_000), wh(3000));
    const low = bucket(component('ENERGY', '2', null, 10_000), wh(6000));
    expect(billed(high, low)).toEqual([wh(3000), wh(7000)]);
  });

  it('V31 the step of the last component wins', () => {
    const first = bucket(component('ENERGY', '2', null, 8000), wh(2000));
    const last = bucket(component('ENERGY', '2', null, 5000), wh(10_000));
    expect(billed(first, last)).toEqual([wh(2000), wh(13_000)]);
  });

  it('charging that follows parking is not rounded either', () => {
    const tariff = tariffOf([component('TIME', '6', null, 600), component('PARKING_TIME', '6', null, 600)]);
    const cost = priceSession(tariff, periodsOf([charging(3), parking(4), charging(4)]));
    expect([cost.time?.beforeTaxes, cost.parking?.beforeTaxes]).toEqual(['0.70', '1.00']);
  });

  it('parking that is free leaves the step to charging', () => {
    const cost = priceSession(tariffOf([component('TIME', '6', null, 600)]), periodsOf([charging(3), parking(4)]));
    expect(cost.time?.beforeTaxes).toBe('1.00');
  });

  it('step 1 bills the next whole second, step 0 the exact time', () => {
    const periods = [{ kind: 'charging' as const, from: START, to: START + 1500, energyWh: 0 }];
    const at = (step: number) => priceSession(tariffOf([component('TIME', '3600', null, step)]), periods);
    expect([at(1), at(0)].map(({ total }) => total.beforeTaxes)).toEqual(['2.00', '1.50']);
  });

  it('an exact multiple is not rounded up', () => {
    const cost = priceSession(tariffOf([component('ENERGY', '1', null, 500)]), periodsOf([charging(1, 1500)]));
    expect(cost.lines[0]?.quantity).toBe('1.5');
  });
});

describe('taxes', () => {
  it('YES: what was announced with tax is what is paid, and the tax is taken out of it', () => {
    const tariff = tariffOf([component('ENERGY', '0.45', '19')], { taxIncluded: 'YES' });
    const cost = priceSession(tariff, periodsOf([charging(60, 10_001)]));
    expect(cost.total).toEqual({
      beforeTaxes: '3.78',
      taxes: [{ percentage: '19', amount: '0.72' }],
      afterTaxes: '4.50',
    });
    expect(cost.energy?.afterTaxes).toBe('4.5005');
  });

  it('N/A: no tax is shown, even where the component names a rate', () => {
    const cost = priceSession(tariffOf([ENERGY], { taxIncluded: 'N/A' }), periodsOf([charging(60, 20_000)]));
    expect(cost.total).toEqual({ beforeTaxes: '5.00', taxes: [], afterTaxes: '5.00' });
    expect(cost.lines[0]?.vat).toBeNull();
  });

  it('one tax entry for each rate, however it is written; a rate of zero is shown', () => {
    const tariff = tariffOf([
      component('FLAT', '1', '20.0'),
      component('ENERGY', '1', '0'),
      component('TIME', '1', '20'),
    ]);
    expect(priceSession(tariff, periodsOf([charging(60, 1000)])).total).toEqual({
      beforeTaxes: '3.00',
      taxes: [
        { percentage: '20', amount: '0.40' },
        { percentage: '0', amount: '0.00' },
      ],
      afterTaxes: '3.40',
    });
  });

  it('a rate and no rate side by side: only the one is taxed', () => {
    const tariff = tariffOf([component('FLAT', '1'), component('ENERGY', '1', '20')]);
    const { total } = priceSession(tariff, periodsOf([charging(60, 1000)]));
    expect(total).toEqual({ beforeTaxes: '2.00', taxes: [{ percentage: '20', amount: '0.20' }], afterTaxes: '2.20' });
  });
});

describe('limits', () => {
  const NOTHING = periodsOf([charging(0)]);
  const limit = (beforeTaxes: string, afterTaxes: string | null) => ({ beforeTaxes, afterTaxes });
  const total = (tariff: ReturnType<typeof tariffOf>, wh: number) =>
    priceSession(tariff, periodsOf([charging(60, wh)])).total;

  it('the amounts before and after taxes are held each on its own', () => {
    const tariff = tariffOf([component('ENERGY', '1', '20')], { maxPrice: limit('10', '11') });
    expect(total(tariff, 9500)).toEqual({
      beforeTaxes: '9.50',
      taxes: [{ percentage: '20', amount: '1.50' }],
      afterTaxes: '11.00',
    });
  });

  it('a limit without an amount after taxes takes the tax along', () => {
    const tariff = tariffOf([FLAT, ENERGY], { maxPrice: limit('6.50', null) });
    expect(total(tariff, 50_000)).toEqual({
      beforeTaxes: '6.50',
      taxes: [
        { percentage: '20', amount: '0.05' },
        { percentage: '10', amount: '0.63' },
      ],
      afterTaxes: '7.18',
    });
  });

  it('a minimum for a session that used nothing carries the first rate of the tariff', () => {
    const expected = { beforeTaxes: '0.50', taxes: [{ percentage: '10', amount: '0.05' }], afterTaxes: '0.55' };
    expect(priceSession(tariffOf([ENERGY], { minPrice: limit('0.50', '0.55') }), NOTHING).total).toEqual(expected);
    expect(priceSession(tariffOf([ENERGY], { minPrice: limit('0.50', null) }), NOTHING).total).toEqual(expected);
  });

  it('a minimum on a tariff without tax', () => {
    const tariff = tariffOf([component('ENERGY', '0.25')], { minPrice: limit('0.50', null) });
    const least = { beforeTaxes: '0.50', taxes: [], afterTaxes: '0.50' };
    expect(total(tariff, 100)).toEqual(least);
    expect(priceSession(tariff, NOTHING).total).toEqual(least);
  });

  it('rounding does not pass the limit after taxes, though amount and tax both round up', () => {
    const tariff = tariffOf([component('FLAT', '9.085', '20')], { maxPrice: limit('9.50', '10.00') });
    expect(total(tariff, 0)).toEqual({
      beforeTaxes: '9.08',
      taxes: [{ percentage: '20', amount: '0.92' }],
      afterTaxes: '10.00',
    });
  });

  it('parts and lines stay what they are when a limit holds', () => {
    const tariff = tariffOf([ENERGY], { maxPrice: limit('1.00', '1.10') });
    const cost = priceSession(tariff, periodsOf([charging(60, 20_000)]));
    expect([cost.energy?.beforeTaxes, cost.lines[0]?.amount.beforeTaxes, cost.total.beforeTaxes]).toEqual([
      '5.00',
      '5.00',
      '1.00',
    ]);
  });
});

describe('currencies', () => {
  it.each([
    ['EUR', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['RSD', 2],
    ['HUF', 2],
    ['ISK', 0],
  ] as const)('%s has %i decimals by ISO 4217', (code, decimals) => {
    expect(currencyExponent(code)).toBe(decimals);
  });

  it('totals are rounded to the minor unit of the currency, ties away from zero; parts to four decimals', () => {
    const cost = (currency: string, price: string) =>
      priceSession(tariffOf([component('ENERGY', price)], { currency }), periodsOf([charging(60, 10_500)]));
    expect(cost('JPY', '39').total.beforeTaxes).toBe('410');
    expect(cost('JPY', '39').energy?.beforeTaxes).toBe('409.5');
    expect(cost('KWD', '0.0333').total.beforeTaxes).toBe('0.350');
    expect(cost('KWD', '0.0333').energy?.beforeTaxes).toBe('0.3497');
    expect(cost('EUR', '0.33').total.beforeTaxes).toBe('3.47');
  });

  it('what is no currency in use is not one', () => {
    expect(['EUR', 'NOK', 'XXX', 'eur', 'EURO', ''].map(isCurrency)).toEqual([true, true, false, false, false, false]);
  });
});

describe('law 10: money is exact', () => {
  const folder = new URL('../../gateway/pricing/', import.meta.url);
  const sources = readdirSync(folder).map((name) => ({
    name,
    code: readFileSync(new URL(name, folder), 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      .replaceAll(/'(?:\\.|[^'\\\n])*'|\/\^.*\$\/|\/0\+\$\/|`(?:\\.|[^`\\])*`/g, '""'),
  }));

  it('no binary float: no parsing to a fraction, no fixed-point formatting, no fraction as a literal', () => {
    const found = sources.flatMap(({ name, code }) =>
      [...code.matchAll(/parseFloat|toFixed|toPrecision|\bMath\.(?!min|max)\w+|\b\d+\.\d/g)].map(
        ([text]) => `${name}: ${text}`,
      ),
    );
    expect(found).toEqual([]);
  });

  it('nothing divides but decimal.ts, which divides bigints', () => {
    const found = sources
      .filter(({ name }) => name !== 'decimal.ts')
      .flatMap(({ name, code }) => [...code.matchAll(/[^\n]* \/ [^\n]*/g)].map(([line]) => `${name}: ${line.trim()}`));
    expect(found).toEqual([]);
  });

  it('only whole numbers are made of text: dates, times and quantities, never a price', () => {
    const found = sources.flatMap(({ name, code }) => [...code.matchAll(/\bNumber\((?!BigInt)/g)].map(() => name));
    expect([...new Set(found)]).toEqual(['calendar.ts', 'decimal.ts']);
  });
});
