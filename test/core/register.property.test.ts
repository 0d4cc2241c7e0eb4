import { array, assert, boolean, integer, property, record, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  finalRegister,
  liftAt,
  observe,
  watchFrom,
  type RegisterFall,
  type RegisterPoint,
} from '../../gateway/domain/register.ts';

const MINUTE = 60_000;

/** What flowed in a stretch, and whether the meter began anew at zero before it. */
const stretch = record({ wh: integer({ min: 20, max: 300 }), resets: boolean() });

/** Plays a meter minute by minute; two readings at least follow on each reset, so that none is taken for a glitch. */
function play(stretches: { wh: number; resets: boolean }[], meterStart: number) {
  let register = meterStart;
  let taken = 0;
  const readings: RegisterPoint[] = [];
  for (const { wh, resets } of stretches) {
    if (resets && register > 700) register = 0;
    for (const part of [wh, wh]) {
      register += part;
      taken += part;
      const at = readings.length * MINUTE + MINUTE;
      readings.push({ reportedAt: at, receivedAt: at, energyWh: register });
    }
  }
  return { register, taken, readings };
}

/** As the use-case stores them, with a meter that begins anew at zero. */
function fallsOf(meterStart: number, readings: RegisterPoint[]): RegisterFall[] {
  const watch = watchFrom({ reportedAt: 0, receivedAt: 0, energyWh: meterStart }, readings);
  return watch.falls.map(({ high, low }) => ({ reportedAt: low.reportedAt, highWh: high.energyWh, baseWh: 0 }));
}

const history = tuple(array(stretch, { minLength: 1, maxLength: 30 }), integer({ min: 0, max: 5000 }));

describe('Q52: a register that begins anew', () => {
  test('any course: what flowed is what is billed, and no message in between changes that', () => {
    assert(
      property(history, ([stretches, start]) => {
        const { register, taken, readings } = play(stretches, start);
        const falls = fallsOf(start, readings);
        const last = (readings.at(-1)?.energyWh ?? start) + liftAt(falls, Number.MAX_SAFE_INTEGER);
        expect(finalRegister({ start, last, stop: register }, falls) - start).toBe(taken);
        expect(finalRegister({ start, last, stop: null }, falls) - start).toBe(taken);
      }),
    );
  });

  test('readings that are sent again, at any later moment, change nothing', () => {
    assert(
      property(history, array(integer({ min: 0, max: 59 }), { maxLength: 20 }), ([stretches, start], again) => {
        const { readings } = play(stretches, start);
        const watch = watchFrom({ reportedAt: 0, receivedAt: 0, energyWh: start }, readings);
        const before = structuredClone(watch);
        for (const index of again) {
          const repeated = readings[index % readings.length];
          if (repeated) observe(watch, repeated);
        }
        expect(watch).toEqual(before);
      }),
    );
  });
});
