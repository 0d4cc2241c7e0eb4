import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { createGrid } from '../../gateway/booking-grid.ts';

const MINUTE = 60_000;
const ZONES = ['Europe/Stockholm', 'UTC', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Kathmandu'];
/** Nights on which clocks are changed in some of them, and any other time. */
const moments = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        Date.UTC(2026, 2, 29, 1),
        Date.UTC(2026, 9, 25, 1),
        Date.UTC(2026, 3, 4, 15),
        Date.UTC(2026, 9, 3, 15, 30),
        Date.UTC(2026, 2, 8, 5, 30),
      ),
      fc.integer({ min: -360, max: 360 }),
    )
    .map(([at, minutes]) => at + minutes * MINUTE),
  fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) }),
);

test('a step of the day is the next or the last minute whose clock shows one, also where clocks are changed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.constantFrom(1, 7, 15, 45, 60, 90, 240),
      fc.array(moments, { minLength: 1, maxLength: 3 }),
      (zone, increment, given) => {
        const grid = createGrid(zone, increment);
        const shows = (at: number): boolean => {
          const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
          return (hour * 60 + minute) % increment === 0;
        };
        for (const at of given) {
          let next = Math.ceil(at / MINUTE) * MINUTE;
          while (!shows(next)) next += MINUTE;
          let last = Math.floor(at / MINUTE) * MINUTE;
          while (!shows(last)) last -= MINUTE;
          expect([grid.ceil(at), grid.floor(at)]).toEqual([next, last]);
        }
      },
    ),
    { numRuns: 200 },
  );
});
