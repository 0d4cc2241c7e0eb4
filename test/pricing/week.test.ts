import { describe, expect, it } from 'vitest';
import { mondayOf, priceWeek, type WeekPrice, type WeekRow } from '../../gateway/pricing/week.ts';
import { component, START, tariffOf } from './tariffs.ts';

const ZONE = 'Europe/Berlin';
const HOUR = 3_600_000;
const WEEKS = [
  ['a plain week', '2026-03-02T00:00:00+01:00', 168],
  ['when clocks go forward', '2026-03-23T00:00:00+01:00', 167],
  ['when clocks go back', '2026-10-19T00:00:00+02:00', 169],
] as const;

const NIGHTS = tariffOf([], {
  elements: [
    { components: [component('ENERGY', '0.30', '19')], restrictions: { startTime: '22:00', endTime: '06:00' } },
    { components: [component('ENERGY', '0.45', '19'), component('FLAT', '1')] },
    {
      components: [component('PARKING_TIME', '6')],
      restrictions: { minDuration: 14_400, daysOfWeek: ['SATURDAY', 'SUNDAY'] },
    },
    { components: [component('TIME', '5')], restrictions: { reservation: 'RESERVATION' } },
  ],
});

/** Hours of the week in which a price holds. */
const hoursOf = (rows: WeekRow[], test: (row: WeekRow) => boolean) =>
  rows.filter(test).reduce((total, { from, to }) => total + to - from, 0) / HOUR;
const isAt = (price: WeekPrice | null | undefined, text: string) => price?.price === text;

describe('the prices of a week', () => {
  it.each(WEEKS)('%s are rows without gaps, hour for hour', (_name, begin, hours) => {
    const monday = Date.parse(begin);
    expect(mondayOf(ZONE, monday)).toBe(monday);
    expect(mondayOf(ZONE, monday + (hours - 1) * HOUR)).toBe(monday);
    const rows = priceWeek(NIGHTS, ZONE, monday);
    expect(rows[0]?.from).toBe(monday);
    expect(rows.at(-1)?.to).toBe(monday + hours * HOUR);
    for (const [index, row] of rows.slice(1).entries()) expect(row.from).toBe(rows[index]?.to);
    // Sixteen hours of each day; the hour that a night lacks or has more is a night's.
    expect(hoursOf(rows, ({ prices }) => isAt(prices.energy, '0.45'))).toBe(112);
    expect(hoursOf(rows, ({ prices }) => isAt(prices.energy, '0.30'))).toBe(hours - 112);
  });

  it('say what a session pays at its beginning, and from which threshold on it pays otherwise', () => {
    const rows = priceWeek(NIGHTS, ZONE, mondayOf(ZONE, START));
    expect(rows[0]).toEqual({
      from: Date.parse('2026-03-01T23:00:00Z'),
      to: Date.parse('2026-03-02T05:00:00Z'),
      prices: {
        energy: { price: '0.30', vat: '19', element: 0 },
        time: null,
        parking: null,
        flat: { price: '1', vat: null, element: 1 },
      },
      later: [],
    });
    const weekend = rows.filter(({ later }) => later.length > 0);
    expect(weekend[0]?.from).toBe(Date.parse('2026-03-06T23:00:00Z'));
    expect(hoursOf(weekend, () => true)).toBe(48);
    expect(weekend[1]?.later).toEqual([
      {
        after: 'minutes',
        value: '240',
        prices: { ...weekend[1]?.prices, parking: { price: '6', vat: null, element: 2 } },
      },
    ]);
  });

  it('take energy, power and current as not there yet', () => {
    const tariff = tariffOf([], {
      elements: [
        { components: [component('ENERGY', '0.50')], restrictions: { maxKwh: '10.5' } },
        { components: [component('TIME', '2')], restrictions: { minPower: '16', maxPower: '50' } },
        { components: [component('ENERGY', '0.40')] },
      ],
    });
    const [row, ...more] = priceWeek(tariff, ZONE, mondayOf(ZONE, START));
    expect(more).toEqual([]);
    expect(row?.prices).toMatchObject({ energy: { price: '0.50' }, time: null });
    expect(
      row?.later.map(({ after, value, prices }) => [after, value, prices.energy?.price, prices.time?.price]),
    ).toEqual([
      ['kWh', '10.5', '0.40', undefined],
      ['kW', '16', '0.50', '2'],
      ['kW', '50', '0.50', undefined],
    ]);
  });
});
