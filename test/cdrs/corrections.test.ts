import { assert, integer, pre, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billAnew, type Correction } from '../../gateway/corrections.ts';
import type { Period } from '../../gateway/domain/tariff.ts';
import type { Cdr } from '../../gateway/domain/types.ts';
import { NOON, sampleCdr, sampleSession } from '../ocpi/fixtures.ts';
import { charging, component, parking, periodsOf, tariffOf, type Usage } from '../pricing/tariffs.ts';

const TARIFF = tariffOf([component('ENERGY', '0.30'), component('PARKING_TIME', '6')]);

function lineOf(periods: Period[]): Cdr {
  const [startedAt, endedAt] = [periods[0]!.from, periods.at(-1)!.to];
  const energyWh = periods.reduce((sum, period) => sum + period.energyWh, 0);
  return {
    ...sampleCdr(sampleSession('s', null, NOON), 'c'),
    seq: 1,
    tariff: TARIFF,
    periods,
    startedAt,
    endedAt,
    energyWh,
  };
}

const correct = (cdr: Cdr, correction: Correction) => billAnew(cdr, correction, cdr, cdr.tariff);
const energies = ({ periods }: Pick<Cdr, 'periods'>): number[] => periods.map(({ energyWh }) => energyWh);
const course = (...usage: Usage[]): Cdr => lineOf(periodsOf(usage));

describe('other energy', () => {
  it.each([
    ['in proportion', course(charging(10, 3000), parking(5), charging(10, 1000)), 2000, [1500, 0, 500]],
    [
      'to the Wh, what is left over to the largest remainder',
      course(charging(9, 1), parking(1, 1), charging(9, 1)),
      11,
      [4, 4, 3],
    ],
    [
      'by how long each charged where there was none',
      course(charging(10), parking(60), charging(30)),
      401,
      [100, 0, 301],
    ],
    ['none', course(charging(10, 5000), parking(5, 10)), 0, [0, 0]],
  ])('is parted among the periods %s', (_how, cdr, energyWh, expected) => {
    const bill = correct(cdr, { energyWh });
    expect(energies(bill)).toEqual(expected);
    expect(bill.energyWh).toBe(energyWh);
  });
});

describe('other times', () => {
  const cdr = course(charging(10, 3000), parking(10), charging(10, 1000));
  const at = (minutes: number): number => cdr.startedAt + minutes * 60_000;

  it('cut the course, with the energy of what is cut off', () => {
    const bill = correct(cdr, { startedAt: at(5), endedAt: at(25) });
    expect(bill.periods.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['charging', at(5), at(10)],
      ['parking', at(10), at(20)],
      ['charging', at(20), at(25)],
    ]);
    expect(energies(bill)).toEqual([1500, 0, 500]);
    // 2 kWh at 0.30 and 10 minutes of parking at 6 an hour.
    expect(bill.cost.total.beforeTaxes).toBe('1.60');
  });

  it('leave the energy to be said beside them', () => {
    expect(energies(correct(cdr, { endedAt: at(15), energyWh: 700 }))).toEqual([700, 0]);
  });

  it('never make a course with gaps, beyond its times, or with more energy than it had', () => {
    const minute = integer({ min: 0, max: 30 });
    assert(
      property(minute, minute, (one, other) => {
        const [startedAt, endedAt] = [at(Math.min(one, other)), at(Math.max(one, other))];
        pre(startedAt < endedAt);
        const once = correct(cdr, { startedAt, endedAt });
        const back = billAnew({ ...cdr, ...once }, { startedAt: cdr.startedAt, endedAt: cdr.endedAt }, cdr, TARIFF);
        for (const bill of [once, back]) {
          expect([bill.periods[0]!.from, bill.periods.at(-1)!.to]).toEqual([bill.startedAt, bill.endedAt]);
          for (const [index, period] of bill.periods.entries())
            expect(period.from).toBe(bill.periods[index - 1]?.to ?? bill.startedAt);
          expect(energies(bill).every((energyWh) => energyWh >= 0)).toBe(true);
        }
        expect(back.energyWh).toBe(once.energyWh);
        expect(once.energyWh).toBeLessThanOrEqual(cdr.energyWh);
      }),
    );
  });
});

it('a line for a reservation alone is made free, not priced anew: how it ended is not kept', () => {
  const cdr = lineOf([{ kind: 'reservation', from: NOON - 600_000, to: NOON, energyWh: 0 }]);
  expect(() => correct(cdr, { tariffId: 'T1' })).toThrow(/reservation alone/);
  expect(() => correct(cdr, { energyWh: 5 })).toThrow(/not for charging/);
  expect(billAnew(cdr, { free: true }, cdr, null)).toMatchObject({
    cost: { total: { afterTaxes: '0' } },
    periods: cdr.periods,
  });
});
