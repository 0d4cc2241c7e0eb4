import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  WEEKDAYS,
  type ComponentType,
  type Restrictions,
  type Tariff,
  type TariffElement,
} from '../../gateway/domain/tariff.ts';
import { checkTariff } from '../../gateway/pricing/check.ts';
import { lintSet, lintTariff } from '../../gateway/pricing/lint.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import type { Hold, Stretch, Usage } from '../../gateway/pricing/usage.ts';
import { component, START, tariffOf } from './tariffs.ts';

const ENERGY = component('ENERGY', '0.45', '19');
const ZONE = 'Europe/Berlin';
const WEEKEND: Restrictions = { daysOfWeek: ['SATURDAY', 'SUNDAY'] };
const WORK: Restrictions = { daysOfWeek: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'] };

type Part = [type: ComponentType, price: string, restrictions?: Restrictions];

/** One element for each price, with a text for drivers. */
function elements(...parts: Part[]): Tariff {
  const list = parts.map(([type, price, restrictions]): TariffElement => ({
    components: [component(type, price)],
    ...(restrictions && { restrictions }),
  }));
  return tariffOf([], { elements: list, altText: [{ language: 'en', text: 'See the board.' }] });
}

const codes = (tariff: Tariff, now?: number) =>
  lintTariff(tariff, ZONE, now).map(({ code, path }) => `${code} ${path}`);

describe('what is as it seems has no finding', () => {
  it.each<[string, Tariff]>([
    ['one price', tariffOf([ENERGY])],
    ['a free one', tariffOf([component('FLAT', '0.00', null, 0)])],
    ['all dimensions', tariffOf([ENERGY, component('TIME', '1', '19', 60), component('PARKING_TIME', '2', '19', 300)])],
    ['prices without any VAT', tariffOf([component('ENERGY', '0.40'), component('FLAT', '1')])],
    ['work days and weekends', elements(['ENERGY', '0.45', WORK], ['ENERGY', '0.35', WEEKEND])],
    [
      'nights, and the rest of the day',
      elements(['ENERGY', '0.30', { startTime: '22:00', endTime: '06:00' }], ['ENERGY', '0.45']),
    ],
    [
      'an exception within what it is an exception from',
      elements(
        ['ENERGY', '0.60', { ...WORK, startTime: '17:00', endTime: '20:00' }],
        ['ENERGY', '0.45', WORK],
        ['ENERGY', '0.35'],
      ),
    ],
    ['parking after four hours', elements(['ENERGY', '0.45'], ['PARKING_TIME', '6', { minDuration: 14_400 }])],
    [
      'the first hour free on work days, the first two at weekends',
      elements(['TIME', '1', { ...WORK, minDuration: 3600 }], ['TIME', '2', { ...WEEKEND, minDuration: 7200 }]),
    ],
    ['start fees on work days, and else', elements(['FLAT', '1', WORK], ['FLAT', '2'])],
    ['price bands', elements(['TIME', '1', { maxPower: '16' }], ['TIME', '2', { minPower: '16' }])],
    ['an explicit price of nothing', elements(['PARKING_TIME', '2', WORK], ['PARKING_TIME', '0'])],
    [
      'reservations, used and expired',
      elements(
        ['ENERGY', '0.45'],
        ['TIME', '5', { reservation: 'RESERVATION' }],
        ['TIME', '7', { reservation: 'RESERVATION_EXPIRES' }],
        ['FLAT', '4', { reservation: 'RESERVATION_EXPIRES' }],
      ),
    ],
    [
      'limits, and a card authorised for more',
      tariffOf([ENERGY, component('FLAT', '0.50', '19')], {
        minPrice: { beforeTaxes: '1.00', afterTaxes: '1.19' },
        maxPrice: { beforeTaxes: '50.00', afterTaxes: null },
        preauthorizeAmount: '40',
      }),
    ],
  ])('%s', (_name, tariff) => {
    expect(checkTariff(tariff)).toEqual([]);
    expect(lintTariff(tariff, ZONE, START)).toEqual([]);
  });
});

describe('what is odd is found', () => {
  it.each<[string, Tariff, string[]]>([
    ['the general before the particular', elements(['TIME', '1'], ['TIME', '2', WEEKEND]), ['unreachable elements[1]']],
    [
      'a rest of which work days and weekends leave nothing',
      elements(['TIME', '1', WORK], ['TIME', '2', WEEKEND], ['TIME', '3']),
      ['unreachable elements[2]'],
    ],
    ['the same twice in an element', tariffOf([ENERGY, ENERGY]), ['unreachable elements[0].components[1]']],
    [
      'a second flat fee that would be due later',
      elements(['FLAT', '5', { minDuration: 3600 }], ['FLAT', '1', WORK], ['FLAT', '2', WEEKEND]),
      ['flat-once elements[0]'],
    ],
    [
      'a reservation by energy',
      elements(['ENERGY', '1'], ['TIME', '5', { reservation: 'RESERVATION', minKwh: '1' }]),
      ['never elements[1]'],
    ],
    [
      'a weekday that its dates do not have',
      elements(['ENERGY', '0.4'], ['FLAT', '1', { ...WEEKEND, startDate: '2026-03-02', endDate: '2026-03-07' }]),
      ['never elements[1]', 'gap elements'],
    ],
    ['a price on work days only', elements(['ENERGY', '0.45', WORK]), ['gap elements']],
    ['a price up to 10 kWh only', elements(['ENERGY', '0.45', { maxKwh: '10' }]), ['gap elements']],
    [
      'two that overlap',
      elements(
        ['TIME', '1', { startTime: '17:00', endTime: '20:00' }],
        ['TIME', '2', WEEKEND],
        ['TIME', '3', { minKwh: '20' }],
        ['TIME', '4'],
      ),
      ['overlap elements[1].components[0]', 'overlap elements[2].components[0]'],
    ],
    ['no step', tariffOf([component('ENERGY', '1', null, 0)]), ['step-zero elements[0].components[0].step']],
    [
      'steps of nothing',
      tariffOf([component('PARKING_TIME', '0', null, 900)]),
      ['free-step elements[0].components[0].step'],
    ],
    [
      'from 08:00 to 08:00',
      elements(['TIME', '1', { startTime: '08:00', endTime: '08:00' }]),
      ['whole-day elements[0].restrictions'],
    ],
    [
      'Friday night',
      elements(['TIME', '1', { startTime: '22:00', endTime: '06:00', daysOfWeek: ['FRIDAY'] }], ['TIME', '2']),
      ['past-midnight elements[0].restrictions'],
    ],
    [
      'an hour that is skipped',
      elements(['TIME', '1', { startTime: '02:00', endTime: '03:00' }], ['TIME', '2']),
      ['clock-change elements[0].restrictions'],
    ],
    ['VAT on one only', tariffOf([ENERGY, component('TIME', '2')]), ['vat-missing elements[0].components[1]']],
    [
      'a minimum below the start fee',
      tariffOf([component('FLAT', '2')], { minPrice: { beforeTaxes: '1.5', afterTaxes: null } }),
      ['limit-idle minPrice'],
    ],
    [
      'a card authorised for too little',
      tariffOf([ENERGY], { minPrice: { beforeTaxes: '9', afterTaxes: '10.71' }, preauthorizeAmount: '10' }),
      ['preauthorize-low preauthorizeAmount'],
    ],
    [
      'conditions without a text',
      { ...elements(['TIME', '1', WORK], ['TIME', '2']), altText: [] },
      ['text-missing altText'],
    ],
    ['a tariff that ended', tariffOf([ENERGY], { endsAt: START }), ['over endsAt']],
    [
      'an element that ended',
      elements(['ENERGY', '0.30', { endDate: '2026-03-02' }], ['ENERGY', '0.45']),
      ['over elements[0].restrictions.endDate'],
    ],
  ])('%s', (_name, tariff, expected) => {
    expect(checkTariff(tariff)).toEqual([]);
    expect(codes(tariff, START)).toEqual(expected);
  });

  it('in words that say when, who wins, and what to do', () => {
    const texts = (tariff: Tariff) => lintTariff(tariff, ZONE, START).map(({ text }) => text);
    expect(texts(elements(['ENERGY', '0.45', WORK]))).toEqual([
      'no element prices ENERGY from Saturday 00:00 to Monday 00:00 (the first such time of the week): it is free then. If that is meant, say so with a price of 0',
    ]);
    expect(texts(elements(['ENERGY', '0.45', { maxKwh: '10.5' }]))[0]).toContain('prices ENERGY from 10.5 kWh on: it');
    expect(texts(elements(['TIME', '1', { startDate: '2026-01-01', endDate: '2027-01-01' }]))[0]).toContain(
      'prices TIME from 2027-01-01 on: it',
    );
    expect(
      texts(elements(['TIME', '1', { startTime: '17:00', endTime: '20:00' }], ['TIME', '2', WEEKEND], ['TIME', '3'])),
    ).toEqual([
      'TIME is priced by elements[0] as well from Saturday 17:00 to Saturday 20:00 (the first such time of the week): elements[0] wins there, since it comes first',
    ]);
    expect(texts(elements(['TIME', '1', { startTime: '02:00', endTime: '03:00' }], ['TIME', '2']))).toEqual([
      '02:00 to 03:00 does not exist on 2026-03-29, when clocks in Europe/Berlin go forward, and comes twice on 2026-10-25, when they go back',
    ]);
  });
});

const DAY = 86_400_000;
const TYPES: ComponentType[] = ['ENERGY', 'FLAT', 'TIME', 'PARKING_TIME'];

const optional = <Key extends string, Value>(key: Key, value: fc.Arbitrary<Value>) =>
  fc.option(value, { freq: 2 }).map((given) => (given === null ? {} : { [key]: given }));
const time = fc.constantFrom('00:00', '02:00', '06:00', '17:00', '22:00');

const restrictions = fc
  .tuple(
    optional('startTime', time),
    optional('endTime', time),
    optional('startDate', fc.constantFrom('2026-03-01', '2026-03-04')),
    optional('endDate', fc.constantFrom('2026-03-05', '2026-03-30')),
    optional('daysOfWeek', fc.subarray([...WEEKDAYS])),
    optional('minKwh', fc.constantFrom('0', '5')),
    optional('maxKwh', fc.constantFrom('5', '10')),
    optional('minDuration', fc.constantFrom(0, 3600)),
    optional('maxDuration', fc.constantFrom(3600, 7200)),
    optional('minPower', fc.constantFrom('0', '11')),
    optional('maxPower', fc.constantFrom('11', '22')),
    fc.option(fc.constantFrom('RESERVATION' as const, 'RESERVATION_EXPIRES' as const), { freq: 3 }),
  )
  .map(([...parts]): Restrictions => {
    const hold = parts.pop();
    return { ...Object.assign({}, ...parts), ...(hold && { reservation: hold }) };
  });

const tariffs = fc
  .array(
    fc.record({ types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 2 }), restrictions }),
    {
      minLength: 2,
      maxLength: 5,
    },
  )
  .map((list) =>
    tariffOf([], {
      elements: list.map((each) => ({
        components: each.types.map((type) => component(type, '1')),
        restrictions: each.restrictions,
      })),
    }),
  )
  .filter((tariff) => checkTariff(tariff).length === 0);

const usages = fc
  .record({
    from: fc.nat(30 * DAY).map((offset) => START - DAY + offset),
    list: fc.array(
      fc.record({
        kind: fc.constantFrom('charging' as const, 'parking' as const),
        millis: fc.nat(30_000_000),
        milliWh: fc.nat(12_000_000),
        milliW: fc.option(fc.nat(30_000_000)),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    hold: fc.record({ millis: fc.nat(10_000_000), outcome: fc.constantFrom('used' as const, 'expired' as const) }),
  })
  .map(({ from, list, hold }): Usage => {
    let at = from;
    const stretches = list.map(({ millis, ...rest }): Stretch => {
      const stretch = { ...rest, from: at, to: at + millis, milliA: null };
      at = stretch.to;
      return stretch;
    });
    const kept: Hold = { kind: 'reservation', from: from - hold.millis, to: from, outcome: hold.outcome };
    return { stretches, holds: [kept] };
  });

describe('what is said never to be used', () => {
  it('is used by no session and no reservation', () => {
    let told = 0;
    fc.assert(
      fc.property(tariffs, fc.array(usages, { minLength: 8, maxLength: 8 }), (tariff, list) => {
        const unused = lintTariff(tariff, ZONE)
          .filter(({ code }) => code === 'unreachable' || code === 'never' || code === 'flat-once')
          .map(({ path }) => path);
        told += unused.length;
        for (const usage of list) {
          const { lines } = priceUsage(tariff, usage, ZONE).cost;
          for (const { element = -1, type } of lines) {
            const index = tariff.elements[element]!.components.findIndex((each) => each.type === type);
            expect(unused).not.toContain(`elements[${element}]`);
            expect(unused).not.toContain(`elements[${element}].components[${index}]`);
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(told).toBeGreaterThan(50);
  });
});

const covers: Restrictions[] = [
  WORK,
  WEEKEND,
  { startTime: '22:00', endTime: '06:00' },
  { startTime: '06:00', endTime: '22:00' },
  { maxPower: '11' },
  { minPower: '11' },
  { endDate: '2026-03-10' },
  { startDate: '2026-03-10', maxKwh: '5' },
  { startDate: '2026-03-10', minKwh: '5' },
];

describe('a dimension of which no gap is told', () => {
  it('is free in no session', () => {
    let whole = 0;
    fc.assert(
      fc.property(fc.shuffledSubarray(covers), usages, (list, usage) => {
        const tariff = elements(...list.map((each): Part => ['ENERGY', '1', each]), ['FLAT', '1']);
        if (list.length === 0 || lintTariff(tariff, ZONE).some(({ code }) => code === 'gap')) return;
        const { spans } = priceUsage(tariff, { ...usage, holds: [] }, ZONE);
        // Free up to 5 kWh counts as meant.
        const isFree = spans.some(({ energy }) => energy === null);
        expect(isFree && !list.includes(covers[8]!)).toBe(false);
        whole += 1;
      }),
      { numRuns: 600 },
    );
    expect(whole).toBeGreaterThan(50);
  });
});

describe('tariffs and the places that use them', () => {
  const of = (id: string, rest: Partial<Tariff> = {}) => tariffOf([ENERGY], { id, ...rest });
  const at = (...tariffIds: string[]) => [{ place: 'CP1/1/1', tariffIds }];
  const found = (list: Tariff[], uses: ReturnType<typeof at>) =>
    lintSet(list, uses, START).map(({ code, path }) => `${code} ${path}`);

  it('what fits together has no finding', () => {
    expect(found([of('A')], at('A'))).toEqual([]);
    expect(found([of('A', { endsAt: START + DAY }), of('B', { startsAt: START + DAY })], at('B', 'A'))).toEqual([]);
    expect(found([of('A'), of('B', { type: 'AD_HOC_PAYMENT' })], at('A', 'B'))).toEqual([]);
    expect(found([of('A', { endsAt: START }), of('B')], at('A', 'B'))).toEqual([]);
  });

  it('what does not is found', () => {
    expect(found([of('A'), of('B')], at('A'))).toEqual(['tariff-unused B']);
    expect(found([of('A')], at('A', 'C'))).toEqual(['tariff-unknown CP1/1/1']);
    expect(found([of('A'), of('B')], at('A', 'B'))).toEqual(['both-in-force CP1/1/1']);
    expect(found([of('A'), of('B', { type: 'REGULAR', currency: 'SEK' })], at('A', 'B'))).toEqual([
      'currencies CP1/1/1',
    ]);
    expect(found([of('A', { endsAt: START })], at('A'))).toEqual(['none-in-force CP1/1/1']);
  });

  it('a time without a tariff is told from its beginning to its end', () => {
    const list = [of('A', { endsAt: START + DAY }), of('B', { startsAt: START + 2 * DAY, endsAt: START + 3 * DAY })];
    expect(lintSet(list, at('A', 'B'), START).map(({ text }) => text.split(':').slice(0, -1).join(':'))).toEqual([
      'no tariff is in force from 2026-03-03T09:30:00Z until 2026-03-04T09:30:00Z',
      'no tariff is in force from 2026-03-05T09:30:00Z on',
    ]);
  });

  it('of two at the same time the one that came into force last is taken', () => {
    const list = [of('A'), of('B', { startsAt: START + DAY })];
    expect(lintSet(list, at('A', 'B'), START)).toEqual([
      {
        code: 'both-in-force',
        path: 'CP1/1/1',
        text: '"A" and "B" are both for all sessions from 2026-03-03T09:30:00Z on: "B" is taken. End one where the other begins, or give them different types',
      },
    ]);
  });
});
