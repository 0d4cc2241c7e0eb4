/**
 * The worked examples of OCPI 2.3.0 mod_tariffs and mod_cdrs that turn on restrictions, reservations and steps, and those that
 * implementers agreed on afterwards. Numbers as in /docs/pricing.md; those without restrictions are in spec-vectors.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { PriceComponent, Restrictions, Tariff } from '../../gateway/domain/tariff.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import type { Hold, Stretch } from '../../gateway/pricing/usage.ts';
import { component, tariffOf } from './tariffs.ts';

const MINUTE = 60_000;
/** 2026-03-02, a Monday; 2026-03-07 is the Saturday after. */
const at = (text: string) => Date.parse(text);

interface Part {
  kind?: Stretch['kind'];
  minutes: number;
  kwh?: number;
  kw?: number;
  ampere?: number;
}

function stretches(begin: number, parts: Part[]): Stretch[] {
  let from = begin;
  return parts.map(({ kind = 'charging', minutes, kwh = 0, kw, ampere }) => {
    const to = from + minutes * MINUTE;
    const stretch: Stretch = {
      kind,
      from,
      to,
      milliWh: Math.round(kwh * 1_000_000),
      milliW: kw === undefined ? null : kw * 1_000_000,
      milliA: ampere === undefined ? null : ampere * 1000,
    };
    from = to;
    return stretch;
  });
}

const elements = (...list: [PriceComponent[], Restrictions?][]): Tariff['elements'] =>
  list.map(([components, restrictions]) => ({ components, ...(restrictions && { restrictions }) }));

function total(tariff: Tariff, begin: number, parts: Part[], holds: Hold[] = [], zone = 'UTC') {
  const { beforeTaxes, afterTaxes } = priceUsage(tariff, { stretches: stretches(begin, parts), holds }, zone).cost
    .total;
  return [beforeTaxes, afterTaxes];
}

/** The exact sum of the lines, where the total is rounded to the cent. */
function lines(tariff: Tariff, begin: number, parts: Part[]): string[] {
  return priceUsage(tariff, { stretches: stretches(begin, parts), holds: [] }, 'UTC').cost.lines.map(
    ({ type, quantity, amount }) => `${type} ${quantity} ${amount.beforeTaxes}`,
  );
}

const MONDAY = at('2026-03-02T09:30:00Z');
const WEEK = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'] as const;

describe('by day, clock and current', () => {
  const tariff = tariffOf([], {
    elements: elements(
      [[component('FLAT', '2.50', '15')]],
      [[component('TIME', '1.00', '20', 900)], { maxCurrent: '32' }],
      [[component('TIME', '2.00', '20', 600)], { minCurrent: '32', daysOfWeek: [...WEEK] }],
      [[component('TIME', '1.25', '20', 600)], { minCurrent: '32', daysOfWeek: ['SATURDAY', 'SUNDAY'] }],
      [[component('PARKING_TIME', '5.00', '10', 300)], { startTime: '09:00', endTime: '18:00', daysOfWeek: [...WEEK] }],
      [
        [component('PARKING_TIME', '6.00', '10', 300)],
        { startTime: '10:00', endTime: '17:00', daysOfWeek: ['SATURDAY'] },
      ],
    ),
  });

  it('V12 Monday 09:30, 165 min at 16 A, 42 min parked', () => {
    const parts: Part[] = [
      { minutes: 165, ampere: 16 },
      { kind: 'parking', minutes: 42 },
    ];
    expect(total(tariff, MONDAY, parts)).toEqual(['9.00', '10.30']);
  });

  it('V13 Saturday 13:30, 114 min at 43 A, 71 min parked: by the tariff, not by the table of the specification', () => {
    const parts: Part[] = [
      { minutes: 114, ampere: 43 },
      { kind: 'parking', minutes: 71 },
    ];
    const begin = at('2026-03-07T13:30:00Z');
    // 12.375 and 13.975: the specification's text reckons with 1.20 where its tariff says 1.25.
    expect(total(tariff, begin, parts)).toEqual(['12.38', '13.98']);
    expect(lines(tariff, begin, parts)).toEqual(['FLAT 1 2.50', 'TIME 1.9 2.375', 'PARKING_TIME 1.25 7.50']);
  });
});

describe('reservations', () => {
  const session: [PriceComponent[]] = [[component('FLAT', '0.50', '20'), component('ENERGY', '0.25', '10')]];
  const reserved = (minutes: number, outcome: Hold['outcome']): Hold[] => [
    { kind: 'reservation', from: MONDAY - minutes * MINUTE, to: MONDAY, outcome },
  ];
  const charge: Part[] = [{ minutes: 60, kwh: 20 }];
  const RESERVATION = { reservation: 'RESERVATION' as const };
  const EXPIRES = { reservation: 'RESERVATION_EXPIRES' as const };

  it('V15 15 min at 5 an hour, then 20 kWh', () => {
    const tariff = tariffOf([], { elements: elements([[component('TIME', '5', '20', 60)], RESERVATION], session) });
    expect(total(tariff, MONDAY, charge, reserved(15, 'used'))).toEqual(['6.75', '7.60']);
  });

  it('V16 a fee of 2 and 13 min in steps of 5, then 20 kWh', () => {
    const fee = [component('FLAT', '2', '20'), component('TIME', '5', '20', 300)];
    const tariff = tariffOf([], { elements: elements([fee, RESERVATION], session) });
    expect(total(tariff, MONDAY, charge, reserved(13, 'used'))).toEqual(['8.75', '10.00']);
    const { cost } = priceUsage(tariff, { stretches: [], holds: reserved(13, 'used') }, 'UTC');
    expect(cost.reservation?.beforeTaxes).toBe('3.25');
    expect(cost.total).toEqual({
      beforeTaxes: '3.25',
      taxes: [{ percentage: '20', amount: '0.65' }],
      afterTaxes: '3.90',
    });
  });

  it('V17 an expiry fee: not due when used; with the time when it expired', () => {
    const tariff = tariffOf([], {
      elements: elements(
        [[component('FLAT', '4', '20')], EXPIRES],
        [[component('TIME', '2', '20', 600)], RESERVATION],
        session,
      ),
    });
    expect(total(tariff, MONDAY, charge, reserved(22, 'used'))).toEqual(['6.50', '7.30']);
    expect(total(tariff, MONDAY, [], reserved(60, 'expired'))).toEqual(['6.00', '7.20']);
  });

  it('V18 a price of expired time stands instead of that of used time', () => {
    const tariff = tariffOf([], {
      elements: elements(
        [[component('TIME', '6', '20', 600)], EXPIRES],
        [[component('TIME', '3', '20', 600)], RESERVATION],
        session,
      ),
    });
    expect(total(tariff, MONDAY, charge, reserved(22, 'used'))).toEqual(['7.00', '7.90']);
    expect(total(tariff, MONDAY, [], reserved(90, 'expired'))).toEqual(['9.00', '10.80']);
  });
});

describe('steps over a change of price', () => {
  const tariff = tariffOf([], {
    elements: elements(
      [
        [component('TIME', '1.20', null, 1800), component('PARKING_TIME', '1', null, 900)],
        { startTime: '00:00', endTime: '17:00' },
      ],
      [
        [component('TIME', '2.40', null, 900), component('PARKING_TIME', '1', null, 900)],
        { startTime: '17:00', endTime: '20:00' },
      ],
      [[component('TIME', '2.40', null, 900)], { startTime: '20:00', endTime: '00:00' }],
    ),
  });
  const day = (time: string) => at(`2026-03-02T${time}:00Z`);

  it('V19 16:55, 10 min, 2 min parked', () => {
    expect(total(tariff, day('16:55'), [{ minutes: 10 }, { kind: 'parking', minutes: 2 }])[0]).toBe('0.55');
  });

  it('V20 16:35, 35 min: 25 at the first price and 20 at the second', () => {
    expect(total(tariff, day('16:35'), [{ minutes: 35 }])[0]).toBe('1.30');
    expect(lines(tariff, day('16:35'), [{ minutes: 35 }])).toEqual([
      'TIME 0.4166666667 0.50',
      'TIME 0.3333333333 0.80',
    ]);
  });

  it('V21 19:40, 12 min, 20 min parked of which 8 cost: the step is that of the last one that was billed', () => {
    expect(total(tariff, day('19:40'), [{ minutes: 12 }, { kind: 'parking', minutes: 20 }])[0]).toBe('0.73');
  });

  it('V25 energy over 17:00 in steps of 500 Wh', () => {
    const energy = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '0.20', null, 500)], { endTime: '17:00' }],
        [[component('ENERGY', '0.27', null, 500)]],
      ),
    });
    const parts = [
      { minutes: 30, kwh: 4.3 },
      { minutes: 30, kwh: 1.1 },
    ];
    expect(lines(energy, day('16:30'), parts)).toEqual(['ENERGY 4.3 0.86', 'ENERGY 1.2 0.324']);
  });

  it('V26 time over a change in steps of 10 min', () => {
    const time = tariffOf([], {
      elements: elements(
        [[component('TIME', '5', null, 600)], { endTime: '17:00' }],
        [[component('TIME', '7', null, 600)]],
      ),
    });
    expect(total(time, day('16:54'), [{ minutes: 28 }])[0]).toBe('3.30');
  });

  it('V30 the price by the current, in steps of 10 kWh', () => {
    const current = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '2', null, 10_000)], { maxCurrent: '20' }],
        [[component('ENERGY', '5', null, 10_000)]],
      ),
    });
    const parts = [10, 40, 10].map((ampere) => ({ minutes: 20, kwh: 3, ampere }));
    expect(total(current, MONDAY, parts)[0]).toBe('29.00');
  });

  it('V31 of different steps that of the last one rounds the whole', () => {
    const power = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '2', null, 8000)], { maxPower: '10' }],
        [[component('ENERGY', '2', null, 5000)]],
      ),
    });
    const parts = [
      { minutes: 20, kwh: 5, kw: 15 },
      { minutes: 20, kwh: 2, kw: 6 },
      { minutes: 20, kwh: 5, kw: 15 },
    ];
    expect(total(power, MONDAY, parts)[0]).toBe('30.00');
  });
});

describe('by power, duration and day', () => {
  it('V22 the price by the power', () => {
    const tariff = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '0.20', '20')], { maxPower: '16' }],
        [[component('ENERGY', '0.35', '20')], { maxPower: '32' }],
        [[component('ENERGY', '0.50', '20')]],
      ),
    });
    const parts = [
      { minutes: 10, kwh: 1, kw: 6 },
      { minutes: 50, kwh: 40, kw: 48 },
      { minutes: 8, kwh: 0.5, kw: 4 },
    ];
    expect(total(tariff, MONDAY, parts)[0]).toBe('20.30');
  });

  it('V23 the first half hour is free, the second half hour costs less', () => {
    const tariff = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '0', '20')], { maxDuration: 1800 }],
        [[component('ENERGY', '0.25', '20')], { maxDuration: 3600 }],
        [[component('ENERGY', '0.40', '20')]],
      ),
    });
    const parts = [
      { minutes: 30, kwh: 5 },
      { minutes: 10, kwh: 1.2 },
    ];
    expect(total(tariff, MONDAY, parts)[0]).toBe('0.30');
  });

  it('V32 each dimension is looked up on its own', () => {
    const noon = { startTime: '12:00', endTime: '13:00' };
    const tariff = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '30')], { daysOfWeek: ['MONDAY'] }],
        [[component('ENERGY', '20')], noon],
        [[component('TIME', '10')], noon],
      ),
    });
    const parts = [{ minutes: 60, kwh: 10 }];
    expect(total(tariff, at('2026-03-02T12:00:00Z'), parts)[0]).toBe('310.00');
    expect(total(tariff, at('2026-03-03T12:00:00Z'), parts)[0]).toBe('210.00');
    expect(total(tariff, at('2026-03-03T14:00:00Z'), parts)[0]).toBe('0.00');
  });

  it('V33 energy of the first hour is free, counted from the start', () => {
    const tariff = tariffOf([], {
      elements: elements([[component('ENERGY', '0')], { maxDuration: 3600 }], [[component('ENERGY', '0.50')]]),
    });
    expect(total(tariff, MONDAY, [{ minutes: 120, kwh: 20 }])[0]).toBe('5.00');
  });

  it('V33 a time of grace before parking costs', () => {
    const tariff = tariffOf([], {
      elements: elements(
        [[component('ENERGY', '0.25')]],
        [[component('PARKING_TIME', '6', null, 60)], { minDuration: 5400 }],
      ),
    });
    const parts: Part[] = [
      { minutes: 60, kwh: 10 },
      { kind: 'parking', minutes: 45 },
    ];
    // 30 of the 45 minutes are within the first 90.
    expect(total(tariff, MONDAY, parts)[0]).toBe('4.00');
  });

  it('V33 of several flat fees the first that applies is due, once', () => {
    const tariff = tariffOf([], {
      elements: elements(
        [[component('FLAT', '3')], { startTime: '22:00', endTime: '06:00' }],
        [[component('FLAT', '1')], { daysOfWeek: [...WEEK] }],
        [[component('FLAT', '2')]],
      ),
    });
    expect(total(tariff, MONDAY, [{ minutes: 20 * 60 }])[0]).toBe('1.00');
    expect(total(tariff, at('2026-03-02T23:00:00Z'), [{ minutes: 20 * 60 }])[0]).toBe('3.00');
    expect(total(tariff, at('2026-03-07T12:00:00Z'), [{ minutes: 20 * 60 }])[0]).toBe('2.00');
  });
});
