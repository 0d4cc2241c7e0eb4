import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PriceReport } from '../../gateway/cli/price-report.ts';
import { chargegate, chargegateReading, ROOT } from './harness.ts';

const golden = (name: string): string => join(ROOT, 'test/golden/cdrs', name);
/** It needs no configuration: one that is broken does not matter. */
const ENV = { CHARGEGATE_CONFIG: '/nowhere/site.yaml' };
const price = (...args: string[]) => chargegate(['price', ...args], ENV);

async function report(...args: string[]): Promise<{ code: number | null; report: PriceReport }> {
  const { code, out } = await price(...args, '--json');
  return { code, report: JSON.parse(out) as PriceReport };
}

describe('price --cdr', () => {
  it('a bill that is right: code 0, with what it comes to, line by line, and why', async () => {
    const zone = ['--time-zone', 'Europe/Stockholm'];
    const { code, report: told } = await report('--cdr', golden('v230-night.json'), ...zone);
    expect(code).toBe(0);
    expect(Object.keys(told).toSorted()).toEqual(['currency', 'differs', 'lines', 'notes', 'total_cost', 'trace']);
    expect(told).toMatchObject({
      currency: 'SEK',
      total_cost: { before_taxes: 97.88, after_taxes: 122.35 },
      differs: [],
      notes: [],
    });
    expect(
      told.lines.map(({ type, group, quantity, used, after_taxes }) => [type, group, quantity, used, after_taxes]),
    ).toEqual([
      ['ENERGY', 'session', 8.4, undefined, 33.6],
      ['ENERGY', 'session', 20, undefined, 45],
      ['PARKING_TIME', 'session', 0.5, 0.3333333333, 18.75],
      ['FLAT', 'reservation', 1, undefined, 12.5],
      ['TIME', 'reservation', 0.4166666667, 0.3666666667, 12.5],
    ]);
    expect(told.lines[0]).toMatchObject({
      element: 2,
      price: 3.2,
      taxes: [{ name: 'VAT', percentage: 25, amount: 6.72 }],
      arithmetic: '8.4 kWh × 3.2 SEK/kWh = 26.88 SEK + 25% VAT 6.72 = 33.60 SEK',
    });
    expect(told.trace[2]).toMatchObject({
      tariff_id: 'NIGHT',
      kind: 'charging',
      from: '2026-06-09T20:00:00Z',
      to: '2026-06-09T21:00:00Z',
      kwh: 20,
      answers: [
        { dimension: 'ENERGY', element: 1, price: 1.8 },
        { dimension: 'TIME', element: null },
      ],
    });
  });

  it('by another clock it comes to something else: code 1, and UTC is said to be assumed', async () => {
    const { code, report: told } = await report('--cdr', golden('v230-night.json'));
    expect(code).toBe(1);
    // The night begins two hours later, so all is at the price of the day.
    expect(told.differs).toEqual([
      { field: 'total_cost.before_taxes', cdr: 97.88, reckoned: 125.88 },
      { field: 'total_cost.after_taxes', cdr: 122.35, reckoned: 157.35 },
      { field: 'total_energy_cost.before_taxes', cdr: 62.88, reckoned: 90.88 },
      { field: 'total_energy_cost.after_taxes', cdr: 78.6, reckoned: 113.6 },
    ]);
    expect(told.notes).toEqual([expect.stringContaining('UTC is taken; say --time-zone')]);
  });

  it('people read the same as text, also of a credit', async () => {
    const { code, out } = await price('--cdr', golden('v221-credit.json'));
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringMatching(/reckoned +-9.32 EUR, -7.77 before taxes/),
    });
    expect(out).toContain('5.5 kWh (used 5.1) × 0.3 EUR/kWh = 1.65 EUR + 20% VAT 0.33 = 1.98 EUR');
    expect(out).toMatch(/the CDR says the same\n$/);
  });

  it('2.1.1 tells its time zone; a wrong total is told with what it should be', async () => {
    const { code, out } = await price('--cdr', golden('v211-wrong.json'));
    expect({ code, out }).toMatchObject({
      code: 1,
      out: expect.stringMatching(/total_cost.before_taxes +4.95 +5.15\n$/),
    });
    expect(out).toContain('the price changes within a period, at 2026-01-12T17:00:00Z');
  });

  it('a CDR from stdin, in an OCPI answer, by another tariff', async () => {
    const answer = `{"status_code": 1000, "data": [${readFileSync(golden('v211-wrong.json'), 'utf8')}]}`;
    const args = ['price', '--cdr', '-', '--tariff', golden('tariff.json'), '--json'];
    const { code, out } = await chargegateReading(answer.replace('4.95', '5.15'), args, ENV);
    expect({ code, ...(JSON.parse(out) as PriceReport) }).toMatchObject({
      code: 0,
      total_cost: { before_taxes: 5.15, after_taxes: 5.15 },
      trace: [{ tariff_id: 'OTHER' }],
    });
  });

  it.each([
    { args: [], code: 'REQUEST_INVALID', why: '--cdr FILE' },
    { args: ['--cdr', golden('none.json')], code: 'REQUEST_INVALID', why: 'could not be read' },
    { args: ['--cdr', golden('tariff.json')], code: 'CDR_UNUSABLE', why: 'charging_periods: missing' },
    { args: ['--cdr', join(ROOT, 'README.md')], code: 'REQUEST_INVALID', why: 'is no JSON' },
    {
      args: ['--cdr', golden('v211-wrong.json'), '--ocpi', '2.3.0'],
      code: 'CDR_UNUSABLE',
      why: 'total_cost: 4.95 is not an object',
    },
    { args: ['--cdr', golden('v211-wrong.json'), '--ocpi', '3.0'], code: 'REQUEST_INVALID', why: 'Allowed choices' },
    {
      args: ['--cdr', golden('v221-credit.json'), '--tariff', golden('v221-credit.json')],
      code: 'TARIFF_UNPRICEABLE',
      why: 'elements: missing',
    },
    {
      args: ['--cdr', golden('v230-night.json'), '--tariff', golden('tariff.json')],
      code: 'TARIFF_UNPRICEABLE',
      why: 'its prices are in EUR, the bill is in SEK',
    },
    {
      args: ['--cdr', golden('v230-night.json'), '--time-zone', 'Mars/Base'],
      code: 'REQUEST_INVALID',
      why: 'Mars/Base is no time zone',
    },
    { args: ['--cdr', '-', '--tariff', '-'], code: 'REQUEST_INVALID', why: 'not both' },
  ])('what it cannot reckon is code 2 and says why: $why', async ({ args, code, why }) => {
    const done = await price(...args, '--json');
    expect({ code: done.code, out: done.out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(done.err)).toMatchObject({ code, message: expect.stringContaining(why) });
  });

  it('what is too long is not read to its end', async () => {
    const { code, err } = await chargegateReading(' '.repeat(10_000_001), ['price', '--cdr', '-'], ENV);
    expect({ code, err }).toEqual({ code: 2, err: 'chargegate: [REQUEST_INVALID] stdin: it is longer than 10 MB\n' });
  });
});
