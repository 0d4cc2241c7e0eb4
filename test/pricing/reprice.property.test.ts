/** What our engine prices, our presenters tell and our reader reads comes to the same, in every version that can tell it. */
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Presenter } from '../../adapters/ocpi/present/shared.ts';
import { v211 } from '../../adapters/ocpi/present/v211.ts';
import { v221 } from '../../adapters/ocpi/present/v221.ts';
import { v230 } from '../../adapters/ocpi/present/v230.ts';
import { readCdr } from '../../adapters/ocpi/read/cdr.ts';
import { readTariff } from '../../adapters/ocpi/read/tariff.ts';
import {
  WEEKDAYS,
  type ComponentType,
  type Price,
  type Restrictions,
  type Tariff,
} from '../../gateway/domain/tariff.ts';
import type { Cdr } from '../../gateway/domain/types.ts';
import { checkTariff } from '../../gateway/pricing/check.ts';
import { ratio, toText } from '../../gateway/pricing/decimal.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import { checkBill, repriceBill } from '../../gateway/pricing/reprice.ts';
import { turnCost } from '../../gateway/pricing/turn.ts';
import type { Hold, Usage } from '../../gateway/pricing/usage.ts';
import { sampleCdr, sampleSession, SETTINGS } from '../ocpi/fixtures.ts';
import { reckon } from './reprice-cdrs.ts';
import { component, tariffOf } from './tariffs.ts';

const ZONE = 'Europe/Stockholm';
const BEGINS = ['2026-03-28T22:00:00Z', '2026-10-24T21:30:00.250Z', '2026-06-30T12:00:00Z'];

const decimal = (units: number, places: number): string => toText(ratio(units, 10 ** places), places);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const time = fc
  .tuple(fc.nat(23), fc.constantFrom('00', '30'))
  .map(([hour, rest]) => `${hour}:${rest}`.padStart(5, '0'));

const given = (all: object): Restrictions =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));

/** By energy or by time. Both in one element would need the curve between: a bill tells it only where its price changes. */
const restrictions = fc.oneof(
  fc.record({
    minKwh: maybe(fc.nat(80).map((count) => decimal(count, 1))),
    maxKwh: maybe(fc.nat(80).map((count) => decimal(count, 1))),
  }),
  fc.record({
    startTime: maybe(time),
    endTime: maybe(time),
    minDuration: maybe(fc.nat(20).map((count) => count * 600)),
    maxDuration: maybe(fc.nat(20).map((count) => count * 600)),
    daysOfWeek: maybe(fc.subarray([...WEEKDAYS])),
  }),
);

const components = (...types: ComponentType[]) =>
  fc.uniqueArray(
    fc
      .record({
        type: fc.constantFrom(...types),
        price: fc.nat(9000),
        vat: fc.constantFrom('0', '6', '25'),
        step: fc.constantFrom(0, 1, 60, 500),
      })
      .map(({ type, price, vat, step }) => component(type, decimal(price, 4), vat, step)),
    { minLength: 1, selector: ({ type }) => type },
  );

const session = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      components: components('ENERGY', 'TIME', 'PARKING_TIME'),
      restrictions: restrictions.map(given),
    }),
  },
  { weight: 1, arbitrary: fc.record({ components: components('ENERGY', 'TIME', 'PARKING_TIME', 'FLAT') }) },
);
const reservation = fc.record({
  components: components('TIME', 'FLAT'),
  restrictions: fc.constantFrom<Restrictions>({ reservation: 'RESERVATION' }, { reservation: 'RESERVATION_EXPIRES' }),
});

const limit = fc.option(
  fc.nat(2000).map((cents) => ({ beforeTaxes: decimal(cents, 2), afterTaxes: null })),
  { freq: 3 },
);

/** `whole`: with all that 2.3.0 can tell. */
const tariffs = (taxIncluded: Tariff['taxIncluded'][], whole: boolean): fc.Arbitrary<Tariff> =>
  fc
    .record({
      elements: fc.array(
        whole ? fc.oneof({ weight: 4, arbitrary: session }, { weight: 1, arbitrary: reservation }) : session,
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      taxIncluded: fc.constantFrom(...taxIncluded),
      minPrice: whole ? limit : fc.constant(null),
      maxPrice: whole ? limit : fc.constant(null),
    })
    .map((rest) => tariffOf([], rest))
    .filter((tariff) => checkTariff(tariff).length === 0);

/** A reservation before, perhaps; then charging and parking, to the millisecond. */
const usages = (reserved: boolean): fc.Arbitrary<Usage> =>
  fc
    .record({
      begin: fc.constantFrom(...BEGINS),
      kept: reserved ? fc.option(fc.integer({ min: 1, max: 7_000_000 })) : fc.constant(null),
      stretches: fc.array(
        fc.record({
          kind: fc.constantFrom('charging' as const, 'parking' as const),
          millis: fc.integer({ min: 1, max: 20_000_000 }),
          wh: fc.nat(30_000),
        }),
        { minLength: reserved ? 0 : 1, maxLength: 4 },
      ),
    })
    .filter(({ kept, stretches }) => kept !== null || stretches.length > 0)
    .map(({ begin, kept, stretches }) => {
      let from = Date.parse(begin) + (kept ?? 0);
      const outcome = stretches.length > 0 ? ('used' as const) : ('expired' as const);
      const holds: Hold[] = kept === null ? [] : [{ kind: 'reservation', from: from - kept, to: from, outcome }];
      return {
        holds,
        stretches: stretches.map(({ kind, millis, wh }) => {
          const stretch = { kind, from, to: from + millis, milliWh: wh * 1000, milliW: null, milliA: null };
          from = stretch.to;
          return stretch;
        }),
      };
    });

function bill(tariff: Tariff, usage: Usage): Cdr {
  const { cost, periods } = priceUsage(tariff, usage, ZONE);
  const { stretches, holds } = usage;
  const [startedAt, endedAt] = [stretches[0]?.from ?? holds[0]!.from, stretches.at(-1)?.to ?? holds[0]!.to];
  const parked = stretches.filter(({ kind }) => kind === 'parking').reduce((sum, { from, to }) => sum + to - from, 0);
  return {
    ...sampleCdr(sampleSession('S1', null, endedAt), 'C1'),
    seq: 1,
    startedAt,
    endedAt,
    currency: tariff.currency,
    tariff,
    periods,
    energyWh: stretches.reduce((sum, { milliWh }) => sum + milliWh, 0) / 1000,
    seconds: Math.round((endedAt - startedAt) / 1000),
    parkingSeconds: Math.round(parked / 1000),
    cost,
  };
}

const SITE = { ...SETTINGS.site, timeZone: ZONE };

describe('a bill of our own', () => {
  it.each([
    { name: '2.3.0', presenter: v230, taxIncluded: ['YES', 'NO'], whole: true },
    // It tells prices without tax, to four decimals.
    { name: '2.2.1', presenter: v221, taxIncluded: ['NO'], whole: true },
    // It knows neither taxes nor limits nor reservations.
    { name: '2.1.1', presenter: v211, taxIncluded: ['NO'], whole: false },
  ] satisfies { name: string; presenter: Presenter; taxIncluded: Tariff['taxIncluded'][]; whole: boolean }[])(
    'comes to the same when it is told and read as $name',
    ({ name, presenter, taxIncluded, whole }) => {
      fc.assert(
        fc.property(tariffs(taxIncluded, whole), usages(whole), (tariff, usage) => {
          const cdr = bill(tariff, usage);
          const { differs, priced } = reckon(JSON.parse(JSON.stringify(presenter.cdr(cdr, SITE))), { zone: ZONE });
          expect(differs).toEqual([]);
          const side = ({ beforeTaxes, ...rest }: Price) => (name === '2.1.1' ? beforeTaxes : { beforeTaxes, ...rest });
          expect(side(priced.cost.total)).toEqual(side(cdr.cost.total));
        }),
        { numRuns: 400 },
      );
    },
  );

  it('so does a credit', () => {
    fc.assert(
      fc.property(tariffs(['YES', 'NO'], true), usages(true), (tariff, usage) => {
        const cdr = bill(tariff, usage);
        const credit = { ...cdr, id: 'C2', creditOf: 'C1', cost: turnCost(cdr.cost) };
        expect(reckon(v230.cdr(credit, SITE), { zone: ZONE }).differs).toEqual([]);
      }),
    );
  });

  it('its tariff is read as it was told', () => {
    fc.assert(
      fc.property(tariffs(['YES', 'NO'], true), (tariff) => {
        const read = readTariff(v230.tariff(tariff, SITE));
        const { elements: all, ...rest } = tariff;
        // What means always is not told: two equal times, from midnight to midnight, no days.
        const told = all.map(
          ({ components: each, restrictions: { startTime, endTime, daysOfWeek, ...others } = {} }) => {
            const allDay = startTime === endTime || [startTime, endTime].every((each = '00:00') => each === '00:00');
            const clock = allDay ? {} : given({ startTime, endTime });
            return {
              components: each,
              restrictions: { ...others, ...clock, ...(daysOfWeek?.length && { daysOfWeek }) },
            };
          },
        );
        expect(read).toMatchObject({ notes: [], tariff: rest });
        const got = 'tariff' in read ? read.tariff.elements : [];
        expect(got.map(({ restrictions: rules = {}, ...each }) => ({ ...each, restrictions: rules }))).toEqual(told);
      }),
    );
  });
});

describe('a bill of anybody', () => {
  const bills = ['v230-night', 'v221-credit', 'v211-wrong'].map((name) =>
    readFileSync(new URL(`../golden/cdrs/${name}.json`, import.meta.url), 'utf8'),
  );
  const odd = fc.constantFrom<unknown>(
    null,
    -1,
    1e15,
    1e300,
    0.00005,
    '',
    '12.5',
    [],
    {},
    [[]],
    true,
    'NIGHT',
    '2026-06-09T21:00Z',
  );

  it('is reckoned or refused with reasons, whatever stands in it', () => {
    const places = fc.array(fc.tuple(fc.nat(), odd), { minLength: 1, maxLength: 3 });
    const property = fc.property(fc.constantFrom(...bills), places, (text, changes) => {
      const cdr = JSON.parse(text) as unknown;
      for (const [which, value] of changes) {
        const all = fieldsOf(cdr);
        const [parent, key] = all[which % all.length]!;
        Reflect.set(parent, key, structuredClone(value));
      }
      const read = readCdr(cdr);
      const problems = 'problems' in read ? read.problems : checkBill(read.bill);
      if (!('problems' in read) && problems.length === 0) repriceBill(read.bill, ZONE);
      expect(problems.every((problem) => /^[a-z]\S*(, \S+)*( and \d+ more)?:? .+/.test(problem))).toBe(true);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

/** Every field and item in a document. */
function fieldsOf(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value, key] as [object, string], ...fieldsOf(inner)]);
}
