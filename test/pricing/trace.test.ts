import { describe, expect, it } from 'vitest';
import type { Tariff } from '../../gateway/domain/tariff.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import { arithmeticOf, restrictionsInWords, traceOf } from '../../gateway/pricing/trace.ts';
import { usageOf } from '../../gateway/pricing/usage.ts';
import { charging, component, parking, periodsOf, START, tariffOf } from './tariffs.ts';

const TARIFF: Tariff = tariffOf([], {
  elements: [
    { components: [component('ENERGY', '0.20', '10')], restrictions: { maxKwh: '5' } },
    { components: [component('ENERGY', '0.30', '10'), component('PARKING_TIME', '6', null, 600)] },
  ],
});
const HALF = START + 30 * 60_000;
const END = START + 65 * 60_000;

describe('the trace of a price', () => {
  const priced = priceUsage(TARIFF, usageOf(periodsOf([charging(60, 10_000), parking(5)])), 'UTC');

  it('says what applied from when to when, and why; what was computed is marked so', () => {
    expect(traceOf(priced, [{ tariff: TARIFF }])).toEqual([
      {
        tariffId: 'T1',
        kind: 'charging',
        from: START,
        to: HALF,
        kwh: '5',
        interpolated: false,
        answers: [
          {
            dimension: 'ENERGY',
            element: 0,
            price: '0.20',
            because: 'the first element that prices it and applies (energy until 5 kWh)',
          },
          { dimension: 'TIME', element: null, because: 'no element prices it' },
        ],
      },
      {
        tariffId: 'T1',
        kind: 'charging',
        from: HALF,
        to: START + 60 * 60_000,
        kwh: '5',
        interpolated: true,
        answers: [
          {
            dimension: 'ENERGY',
            element: 1,
            price: '0.30',
            because: 'the first element that prices it and applies (no restriction)',
          },
          { dimension: 'TIME', element: null, because: 'no element prices it' },
        ],
      },
      {
        tariffId: 'T1',
        kind: 'parking',
        from: START + 60 * 60_000,
        to: END,
        kwh: '0',
        interpolated: false,
        answers: [
          {
            dimension: 'ENERGY',
            element: 1,
            price: '0.30',
            because: 'the first element that prices it and applies (no restriction)',
          },
          {
            dimension: 'PARKING_TIME',
            element: 1,
            price: '6',
            because: 'the first element that prices it and applies (no restriction)',
          },
        ],
      },
    ]);
  });

  it('the periods are split where the price changes', () => {
    expect(priced.periods).toEqual([
      { kind: 'charging', from: START, to: HALF, energyWh: 5000 },
      { kind: 'charging', from: HALF, to: START + 60 * 60_000, energyWh: 5000, interpolated: true },
      { kind: 'parking', from: START + 60 * 60_000, to: END, energyWh: 0 },
    ]);
  });

  it('each line can be checked by hand', () => {
    expect(priced.cost.lines.map((line) => arithmeticOf(line, TARIFF))).toEqual([
      '5 kWh × 0.20 EUR/kWh = 1.00 EUR + 10% VAT 0.10 = 1.10 EUR',
      '5 kWh × 0.30 EUR/kWh = 1.50 EUR + 10% VAT 0.15 = 1.65 EUR',
      '0.1666666667 h (used 0.0833333333) × 6 EUR/h = 1.00 EUR',
    ]);
    const gross = tariffOf([component('FLAT', '1.20', '20')], { taxIncluded: 'YES' });
    const [line] = priceUsage(gross, usageOf(periodsOf([charging(1)])), 'UTC').cost.lines;
    expect(line && arithmeticOf(line, gross)).toBe('once × 1.20 EUR = 1.20 EUR, of which 20% VAT 0.20');
  });

  it('restrictions are told in the terms of the specification', () => {
    expect(
      restrictionsInWords({ startTime: '22:00', endTime: '06:00', daysOfWeek: ['MONDAY', 'FRIDAY'], minPower: '16' }),
    ).toBe('time from 22:00 until 06:00; MONDAY, FRIDAY; power from 16 kW');
    expect(restrictionsInWords({ reservation: 'RESERVATION_EXPIRES' })).toBe('RESERVATION_EXPIRES');
  });
});
