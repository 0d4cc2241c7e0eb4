/** Restricted tariffs: against a plain model that asks every half minute, and the laws that hold for all of them. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEEKDAYS, type ComponentType, type Restrictions, type Tariff } from '../../gateway/domain/tariff.ts';
import { checkTariff } from '../../gateway/pricing/check.ts';
import { parseDecimal, ratio, sum, toText } from '../../gateway/pricing/decimal.ts';
import { priceLegs, priceUsage, type Priced } from '../../gateway/pricing/price.ts';
import type { Stretch } from '../../gateway/pricing/usage.ts';
import { component, tariffOf } from './tariffs.ts';

const MINUTE = 60_000;
/** In which 50 or 100 Wh flow: thresholds are multiples of that. */
const HALF = 30_000;
const ZONES = ['UTC', 'Europe/Amsterdam', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'] as const;
/** Around both nights on which Amsterdam and New York change their clocks, and a plain week. */
const BEGINS = [
  '2026-03-28T20:00Z',
  '2026-10-24T21:00Z',
  '2026-03-07T22:00Z',
  '2026-11-01T00:00Z',
  '2026-06-30T12:00Z',
];

const two = (value: number): string => String(value).padStart(2, '0');
const time = fc.tuple(fc.nat(23), fc.constantFrom(0, 1, 30, 59)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
const date = fc.constantFrom(
  '2026-03-28',
  '2026-03-29',
  '2026-03-30',
  '2026-10-25',
  '2026-10-26',
  '2026-03-08',
  '2026-11-01',
);

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const hundredWh = fc.nat(80).map((count) => toText(ratio(count, 10), 1));

const restrictions: fc.Arbitrary<Restrictions> = fc
  .record({
    startTime: maybe(time),
    endTime: maybe(time),
    startDate: maybe(date),
    endDate: maybe(date),
    minKwh: maybe(hundredWh),
    maxKwh: maybe(hundredWh),
    minDuration: maybe(fc.nat(50).map((count) => count * 600)),
    maxDuration: maybe(fc.nat(50).map((count) => count * 600)),
    minPower: maybe(fc.constantFrom('6', '11')),
    maxPower: maybe(fc.constantFrom('7', '12')),
    daysOfWeek: maybe(fc.subarray([...WEEKDAYS])),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const components = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom<ComponentType[]>('ENERGY', 'TIME', 'PARKING_TIME', 'FLAT'), fc.nat(9000))
    .map(([type, price]) => component(type, toText(ratio(price, 10_000), 4), null, 0)),
  { minLength: 1, selector: ({ type }) => type },
);

const tariffs: fc.Arbitrary<Tariff> = fc
  .array(fc.record({ components, restrictions: fc.oneof({ weight: 4, arbitrary: restrictions }, fc.constant({})) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((elements) => tariffOf([], { elements }))
  .filter((tariff) => checkTariff(tariff).length === 0);

/** Whole minutes; 100 or 200 Wh in each, which is 6 or 12 kW, or none. */
const stretches = fc
  .tuple(
    fc.constantFrom(...BEGINS),
    fc.array(
      fc.record({
        kind: fc.constantFrom('charging' as const, 'parking' as const),
        minutes: fc.integer({ min: 1, max: 500 }),
        wh: fc.constantFrom(0, 100, 200),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map(([begin, list]): Stretch[] => {
    let from = Date.parse(begin);
    return list.map(({ kind, minutes, wh }) => {
      const to = from + minutes * MINUTE;
      const stretch = { kind, from, to, milliWh: minutes * wh * 1000, milliW: null, milliA: null };
      from = to;
      return stretch;
    });
  });

interface Wall {
  date: string;
  time: string;
  day: string;
}

const formats = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'long',
    }),
  ]),
);

function wallOf(zone: (typeof ZONES)[number], at: number): Wall {
  const parts = Object.fromEntries(
    formats
      .get(zone)!
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, weekday = '' } = parts;
  return { date: `${year}-${month}-${day}`, time: `${hour}:${minute}`, day: weekday.toUpperCase() };
}

function holds(r: Restrictions, wall: Wall, wh: number, seconds: number, kw: number): boolean {
  const start = r.startTime ?? '00:00';
  const end = r.endTime === undefined || r.endTime === '00:00' ? '24:00' : r.endTime;
  const wraps = start > end;
  const inTime =
    start === end || (wraps ? wall.time >= start || wall.time < end : wall.time >= start && wall.time < end);
  return (
    inTime &&
    (r.startDate === undefined || wall.date >= r.startDate) &&
    (r.endDate === undefined || wall.date < r.endDate) &&
    (!r.daysOfWeek?.length || r.daysOfWeek.some((day) => day === wall.day)) &&
    wh >= Number(r.minKwh ?? 0) * 1000 - 0.001 &&
    wh < Number(r.maxKwh ?? 1e9) * 1000 - 0.001 &&
    seconds >= (r.minDuration ?? 0) &&
    seconds < (r.maxDuration ?? Infinity) &&
    kw >= Number(r.minPower ?? 0) &&
    kw < Number(r.maxPower ?? 1e9)
  );
}

/** Quantity by component and element: asks every half minute which element comes first. */
function model(tariff: Tariff, list: Stretch[], zone: (typeof ZONES)[number]): Record<string, string> {
  const used = new Map<string, number>();
  let wh = 0;
  const begin = list[0]!.from;
  for (const { kind, from, to, milliWh } of list)
    for (let at = from; at < to; at += HALF) {
      const each = milliWh / 1000 / ((to - from) / HALF);
      const wall = wallOf(zone, at);
      const first = (type: ComponentType): number =>
        tariff.elements.findIndex(
          (element) =>
            element.components.some((c) => c.type === type) &&
            holds(element.restrictions ?? {}, wall, wh, (at - begin) / 1000, (each * 120) / 1000),
        );
      const count = (type: ComponentType, quantity: number): void => {
        const element = first(type);
        if (element < 0 || quantity === 0) return;
        const key = `${type} ${element}`;
        used.set(key, (used.get(key) ?? 0) + quantity);
      };
      if (![...used.keys()].some((key) => key.startsWith('FLAT'))) count('FLAT', 1);
      count('ENERGY', each);
      count(kind === 'parking' ? 'PARKING_TIME' : 'TIME', 1);
      wh += each;
    }
  const unit: Record<string, number> = { ENERGY: 1000, TIME: 120, PARKING_TIME: 120, FLAT: 1 };
  return Object.fromEntries(
    [...used].map(([key, quantity]) => [key, toText(ratio(quantity, unit[key.split(' ')[0]!]!), 10)]),
  );
}

const billed = ({ cost }: Priced): Record<string, string> =>
  Object.fromEntries(cost.lines.map(({ type, element, quantity }) => [`${type} ${element}`, quantity]));

describe('restricted tariffs', () => {
  it('price what a plain model finds that asks every half minute, in every time zone and on nights when clocks change', () => {
    fc.assert(
      fc.property(tariffs, stretches, fc.constantFrom(...ZONES), (tariff, list, zone) => {
        const priced = priceUsage(tariff, { stretches: list, holds: [] }, zone);
        expect(billed(priced)).toEqual(model(tariff, list, zone));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('splitting a stretch anywhere never changes the price', () => {
    fc.assert(
      fc.property(
        tariffs,
        stretches,
        fc.constantFrom(...ZONES),
        fc.nat(),
        fc.nat(),
        (tariff, list, zone, which, when) => {
          const index = which % list.length;
          const whole = list[index]!;
          const minutes = (whole.to - whole.from) / MINUTE;
          const middle = 1 + (when % minutes);
          const split = list.toSpliced(
            index,
            1,
            { ...whole, to: whole.from + middle * MINUTE, milliWh: (whole.milliWh / minutes) * middle },
            { ...whole, from: whole.from + middle * MINUTE, milliWh: (whole.milliWh / minutes) * (minutes - middle) },
          );
          expect(priceUsage(tariff, { stretches: split, holds: [] }, zone).cost).toEqual(
            priceUsage(tariff, { stretches: list, holds: [] }, zone).cost,
          );
        },
      ),
    );
  });

  it('the tariff changed to itself on the way changes nothing', () => {
    fc.assert(
      fc.property(tariffs, stretches, fc.nat(), (tariff, list, which) => {
        const at = which % (list.length + 1);
        const legs = [list.slice(0, at), list.slice(at)].map((part) => ({ tariff, stretches: part }));
        expect(priceLegs(legs, [], 'UTC').cost.total).toEqual(
          priceUsage(tariff, { stretches: list, holds: [] }, 'UTC').cost.total,
        );
      }),
    );
  });

  it('lines make up the parts; periods go end to end and hold all of the energy', () => {
    fc.assert(
      fc.property(tariffs, stretches, fc.constantFrom(...ZONES), (tariff, list, zone) => {
        const { cost, periods } = priceUsage(tariff, { stretches: list, holds: [] }, zone);
        const of = (price: { beforeTaxes: string } | null) => parseDecimal(price?.beforeTaxes ?? '0');
        const parts = sum([cost.fixed, cost.energy, cost.time, cost.parking].map(of));
        expect(sum(cost.lines.map(({ amount }) => of(amount))).equals(parts)).toBe(true);
        expect(
          parts
            .sub(of(cost.total))
            .abs()
            .lte(ratio(50 + cost.lines.length, 10_000)),
        ).toBe(true);
        expect(periods.reduce((total, period) => total + period.energyWh, 0)).toBe(
          list.reduce((total, stretch) => total + stretch.milliWh, 0) / 1000,
        );
        expect(periods[0]?.from).toBe(list[0]?.from);
        expect(periods.slice(1).map(({ from }) => from)).toEqual(periods.slice(0, -1).map(({ to }) => to));
        expect(periods.at(-1)?.to).toBe(list.at(-1)?.to);
      }),
    );
  });

  it('going on never costs less, where no step is rounded', () => {
    fc.assert(
      fc.property(tariffs, stretches, fc.nat(), (tariff, list, count) => {
        const paid = (part: Stretch[]) =>
          parseDecimal(priceUsage(tariff, { stretches: part, holds: [] }, 'UTC').cost.total.afterTaxes);
        const earlier = list.slice(0, 1 + (count % list.length));
        expect(paid(list).gte(paid(earlier))).toBe(true);
      }),
    );
  });
});
