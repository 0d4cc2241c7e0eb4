/** Bills of other platforms: read in each version, reckoned anew, and compared figure by figure. */
import { describe, expect, it } from 'vitest';
import { readTariff } from '../../adapters/ocpi/read/tariff.ts';
import { VERSIONS } from '../../adapters/ocpi/request.ts';
import { BILLS, energy } from './reprice-bills.ts';
import { cdrOf, costOf, MONDAY, outcome, plain, price, reckon, tariff, type CdrSpec } from './reprice-cdrs.ts';

const cases = BILLS.flatMap(([name, bill, versions = VERSIONS]) =>
  versions.map((version) => ({ name, version, bill })),
);

describe('a bill that is right', () => {
  it.each(cases)('$version $name', ({ version, bill }) => {
    const { total, differs } = outcome(cdrOf(version, bill));
    expect(differs).toEqual([]);
    expect(Number(total[0])).toBe(bill.total[0]);
    expect(Number(total[1])).toBe(bill.total[1]);
  });

  it('a credit has the sign of its total turned, and that alone', () => {
    const bill = { tariffs: [plain(energy)], periods: [[60, { ENERGY: 10 }]], total: [-3.1, -3.72] } satisfies CdrSpec;
    const credit = cdrOf('2.2.1', {
      ...bill,
      more: { credit: true, total_energy_cost: { excl_vat: 3.1, incl_vat: 3.72 } },
    });
    expect(outcome(credit).differs).toEqual([]);
    expect(outcome({ ...credit, credit: false }).differs.map(({ stated, reckoned }) => [stated, reckoned])).toEqual([
      ['-3.1', '3.10'],
      ['-3.72', '3.72'],
    ]);
  });

  it('taxes whose rates only the bill knows are taken from it', () => {
    const taxes = [
      { name: 'GST', percentage: 5, amount: 0.5 },
      { name: 'QST', percentage: 9.975, amount: 1 },
    ];
    const cdr = cdrOf('2.3.0', { tariffs: [plain(price('TIME', 10))], periods: [[60, { TIME: 1 }]], total: [10, 0] });
    const right = { ...cdr, total_cost: { before_taxes: 10, taxes } };
    expect(outcome(right)).toEqual({ total: ['10.00', '11.50'], differs: [] });
    expect(reckon(right).notes).toContain("tariff T1 names no tax: the bill's are taken, GST 5%, QST 9.975%");
    const wrong = { ...cdr, total_cost: { before_taxes: 10, taxes: taxes.toSpliced(0, 1) } };
    expect(
      outcome({ ...wrong, total_cost: { before_taxes: 10, taxes: [{ ...taxes[1], amount: 1.5 }] } }).differs,
    ).toEqual([{ name: 'total', side: 'afterTaxes', stated: '11.5', reckoned: '11.00' }]);
    const unrated = { ...cdr, total_cost: { before_taxes: 10, taxes: [{ name: 'Tax', amount: 3 }] } };
    expect(outcome(unrated).differs).toEqual([]);
    expect(reckon(unrated).notes.join()).toContain('what is after taxes is not compared');
  });

  it('the time zone of the site decides, which 2.1.1 tells', () => {
    const night = tariff([
      [[price('ENERGY', 0.1)], { start_time: '22:00', end_time: '06:00' }],
      [[price('ENERGY', 0.5)]],
    ]);
    const spec = {
      begin: '2026-07-01T20:30:00Z',
      tariffs: [night],
      periods: [[60, { ENERGY: 10 }]],
    } satisfies Partial<CdrSpec>;
    const cdr = cdrOf('2.1.1', { ...spec, total: [1, 1] });
    expect(outcome({ ...cdr, location: { time_zone: 'Europe/Berlin' } }).total[0]).toBe('1.00');
    expect(outcome(cdr, { zone: 'Europe/Berlin' }).total[0]).toBe('1.00');
    expect(outcome(cdr, { zone: 'UTC' }).total[0]).toBe('5.00');
  });
});

describe('what a period says', () => {
  const time = plain(price('TIME', 3.6, undefined, 0));
  const one = (dimensions: Record<string, number>, minutes = 60) =>
    reckon(cdrOf('2.2.1', { tariffs: [time], periods: [[minutes, dimensions]], total: [0, 0] }));

  it('the clock counts where the volume is its time to four decimals, else the volume', () => {
    expect(one({ TIME: 0.4167 }, 25).priced.cost.lines[0]?.quantity).toBe('0.4166666667');
    expect(one({ TIME: 0.5 }).priced.cost.lines[0]?.quantity).toBe('0.5');
    // 0.3333 h can be 20 min to the second, and so is.
    expect(one({ TIME: 0.3333 }).priced.cost.lines[0]?.quantity).toBe('0.3333333333');
  });

  it('time that it does not tell is not billed', () => {
    expect(one({ ENERGY: 5 }).priced.cost.lines).toEqual([]);
  });

  it('charging and parking in one are taken one after the other, with a note', () => {
    const both = one({ TIME: 0.25, PARKING_TIME: 0.75, ENERGY: 5 });
    expect(both.priced.spans.map(({ kind, from, to }) => [kind, to - from])).toEqual([
      ['charging', 900_000],
      ['parking', 2_700_000],
    ]);
    expect(both.notes).toEqual([
      'charging_periods[0]: it holds several kinds of time, which are taken one after the other',
    ]);
  });

  it('overtime of a booking runs beside charging', () => {
    const booked = tariff([[[price('TIME', 12)], { booking: 'BOOKING_OVERTIME' }], [[price('TIME', 3)]]]);
    const periods: CdrSpec['periods'] = [
      [40, { TIME: 0.6667 }],
      [20, { TIME: 0.3333, RESERVATION_OVERTIME: 0.3333 }],
    ];
    expect(outcome(cdrOf('2.3.0', { tariffs: [booked], periods, total: [7, 7] }))).toEqual({
      total: ['7.00', '7.00'],
      differs: [],
    });
  });

  it('periods out of order are sorted, and one that runs across a price edge is split evenly; both are noted', () => {
    const edge = tariff([[[price('ENERGY', 0.2)], { end_time: '10:00' }], [[price('ENERGY', 0.4)]]]);
    const cdr = cdrOf('2.2.1', {
      tariffs: [edge],
      periods: [
        [60, { ENERGY: 10 }],
        [60, { ENERGY: 0 }],
      ],
      total: [3, 3],
    });
    const { charging_periods: list } = cdr as { charging_periods: unknown[] };
    const { differs, notes } = reckon({ ...cdr, charging_periods: list.toReversed() });
    expect(differs).toEqual([]);
    expect(notes).toEqual([
      'charging_periods: the periods do not stand in the order of time; they are taken in it',
      'the price changes within a period, at 2026-03-02T10:00:00Z: what the period says is split evenly there',
    ]);
  });

  it('of several tariffs only those that a period goes by have to be right', () => {
    const bill = {
      tariffs: [{ id: 'broken' }, plain(energy)],
      periods: [[60, { ENERGY: 10 }, 'T1']],
      total: [3.1, 3.72],
    } satisfies CdrSpec;
    expect(outcome(cdrOf('2.3.0', bill)).differs).toEqual([]);
    expect(() => outcome(cdrOf('2.3.0', { ...bill, periods: [[60, { ENERGY: 10 }, 'broken']] }))).toThrow(
      /^tariff: tariffs\[0\]\.currency: missing; text belongs here; tariffs\[0\]\.elements: missing/,
    );
  });
});

describe('what differs', () => {
  const bill = {
    tariffs: [plain(price('FLAT', 1, 10), price('ENERGY', 0.333, 10))],
    periods: [[60, { ENERGY: 10, TIME: 1 }]],
  } satisfies Partial<CdrSpec>;

  it.each(VERSIONS)('%s: each figure that comes out otherwise is told, and no other', (version) => {
    const more = {
      total_fixed_cost: costOf(version, [1, 1.1]),
      total_energy_cost: costOf(version, [3.34, 3.67]),
      total_parking_time: 0.25,
    };
    const { differs } = outcome(cdrOf(version, { ...bill, total: [4.34, 4.76], energy: 10.5, hours: 1.1, more }));
    expect(differs.map(({ name, side, stated, reckoned }) => [name, side, stated, reckoned])).toEqual([
      ['total', 'beforeTaxes', '4.34', '4.33'],
      ['energy', 'beforeTaxes', '3.34', '3.33'],
      ...(version === '2.1.1' ? [] : [['energy', 'afterTaxes', '3.67', '3.663']]),
      ['energy', null, '10.5', '10'],
      ['time', null, '1.1', '1'],
      ['parkingTime', null, '0.25', '0'],
    ]);
  });

  it.each([
    { total: [4.33, 4.76], right: true },
    // To more decimals than the currency has.
    { total: [4.33, 4.763], right: true },
    { total: [4.33, 4.764], right: false },
    { total: [4.33, 4.77], right: false },
    // JSON drops zeros: 4.8 says 4.80.
    { total: [4.33, 4.8], right: false },
  ] satisfies { total: [number, number]; right: boolean }[])('$total: $right', ({ total, right }) => {
    expect(outcome(cdrOf('2.2.1', { ...bill, total })).differs.length === 0).toBe(right);
  });
});

describe('ties', () => {
  it('tax may be added to the sum before it is rounded, or after', () => {
    const bill = { tariffs: [plain(energy)], periods: [[60, { ENERGY: 12.5 }]] } satisfies Partial<CdrSpec>;
    const differing = (after: number) => outcome(cdrOf('2.2.1', { ...bill, total: [3.88, after] })).differs.length;
    expect([4.64, 4.65, 4.66, 4.67].map(differing)).toEqual([1, 0, 0, 1]);
  });
});

describe('what cannot be reckoned is told with its place', () => {
  const good = cdrOf('2.2.1', {
    begin: MONDAY,
    tariffs: [plain(energy)],
    periods: [[60, { ENERGY: 1 }]],
    total: [1, 1],
  });
  it.each([
    [{ ...good, charging_periods: [] }, /charging_periods: there is no period/],
    [
      { ...good, end_date_time: '2026-03-01T00:00:00Z' },
      /charging_periods\[0\]\.start_date_time: the period begins after/,
    ],
    [{ ...good, end_date_time: '2027-03-01T00:00:00Z' }, /more than 100 days/],
    [{ ...good, total_energy: 'much' }, /total_energy: "much" is not a number/],
    [{ ...good, tariffs: [] }, /tariffs: the CDR holds no tariff/],
    [{ ...good, currency: 'SEK' }, /tariff T1: its prices are in EUR, the bill is in SEK/],
    [
      { ...good, charging_periods: [{ start_date_time: MONDAY, dimensions: [{ type: 'ENERGY', volume: -1 }] }] },
      /back into the grid/,
    ],
    [
      { ...good, charging_periods: [{ start_date_time: MONDAY, dimensions: [{ type: 'ENERGY', volume: 1e30 }] }] },
      /volume: 1e\+30 is not a number/,
    ],
    [
      { ...good, charging_periods: [{ start_date_time: MONDAY, dimensions: [], tariff_id: 'T9' }] },
      /tariff_id: there is no tariff T9/,
    ],
    [[good], /is not an object/],
    [null, /missing; an object/],
  ])('%#', (cdr, why) => {
    expect(() => outcome(cdr)).toThrow(why);
  });
});

describe('readTariff', () => {
  it('reads everything that a tariff can say', () => {
    const wire = {
      country_code: 'NL',
      id: 'T1',
      currency: 'EUR',
      type: 'AD_HOC_PAYMENT',
      tariff_alt_text: [{ language: 'en', text: 'Nights are cheap' }],
      tariff_alt_url: 'https://example.org/t1',
      min_price: { before_taxes: 0.5, after_taxes: 0.55 },
      preauthorize_amount: 50,
      tax_included: 'NO',
      start_date_time: '2026-01-01T00:00:00',
      elements: [
        {
          price_components: [{ type: 'ENERGY', price: 1e-7, vat: 10, step_size: 1 }],
          restrictions: { start_time: '22:00', min_kwh: 1.5, max_duration: 60, day_of_week: ['MONDAY'], booking: null },
        },
      ],
      energy_mix: { is_green_energy: true },
      last_updated: '2026-01-01T00:00:00Z',
    };
    const at = Date.parse('2026-01-01T00:00:00Z');
    expect(readTariff(wire)).toEqual({
      notes: [],
      tariff: {
        id: 'T1',
        currency: 'EUR',
        type: 'AD_HOC_PAYMENT',
        taxIncluded: 'NO',
        altText: [{ language: 'en', text: 'Nights are cheap' }],
        altUrl: 'https://example.org/t1',
        minPrice: { beforeTaxes: '0.5', afterTaxes: '0.55' },
        maxPrice: null,
        preauthorizeAmount: '50',
        startsAt: at,
        updatedAt: at,
        elements: [
          {
            components: [{ type: 'ENERGY', price: '0.0000001', vat: '10', step: 1 }],
            restrictions: { startTime: '22:00', minKwh: '1.5', maxDuration: 60, daysOfWeek: ['MONDAY'] },
          },
        ],
      },
    });
  });

  it('tells all that is wrong, each with its place, and what it passes over', () => {
    const elements = [
      { price_components: [{ type: 'TIME', price: 'two', step_size: 0.5 }], restrictions: { reservation: 'YES' } },
    ];
    expect(readTariff({ id: 7, currency: 'EUR', elements })).toEqual({
      problems: [
        'id: 7 is not text',
        'elements[0].price_components[0].price: "two" is not a number, with at most 12 digits before and 10 after the point',
        'elements[0].price_components[0].step_size: 0.5 is not a whole number from 0',
        'elements[0].restrictions.reservation: "YES" is not one of RESERVATION, RESERVATION_EXPIRES',
      ],
    });
    const odd = { ...plain(price('ENERGY', 1)), min_price: { before_taxes: 1 } };
    Object.assign((odd as unknown as { elements: object[] }).elements[0]!, { restrictions: { min_soc: 20 } });
    expect(readTariff(odd)).toMatchObject({
      notes: [
        'tax_included: missing; prices are read as without taxes',
        'elements[0].restrictions.min_soc: this restriction is not known, and is passed over',
      ],
    });
  });
});
