import type { Version } from '../../adapters/ocpi/request.ts';
import { plain, price, tariff, type CdrSpec } from './reprice-cdrs.ts';

const WEEK = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'];

export const energy = price('ENERGY', 0.31, 20);

/** Each with what it comes to, worked out by hand. */
export const BILLS: [name: string, bill: CdrSpec, versions?: readonly Version[]][] = [
  ['energy', { tariffs: [plain(energy)], periods: [[60, { ENERGY: 12, TIME: 1 }]], total: [3.72, 4.46] }],
  [
    'a start fee and energy at two rates',
    { tariffs: [plain(price('FLAT', 1.5, 10), energy)], periods: [[60, { ENERGY: 10 }]], total: [4.6, 5.37] },
  ],
  [
    'energy in whole blocks of 500 Wh, by the total',
    {
      tariffs: [plain(price('ENERGY', 0.4, 25, 500))],
      periods: [
        [30, { ENERGY: 4.1 }],
        [30, { ENERGY: 1.2 }],
      ],
      total: [2.2, 2.75],
    },
  ],
  [
    'time, and parking in blocks of 15 min',
    {
      tariffs: [plain(price('TIME', 3, 20, 60), price('PARKING_TIME', 6, 20, 900))],
      periods: [
        [50, { ENERGY: 8, TIME: 0.8333 }],
        [20, { PARKING_TIME: 0.3333 }],
      ],
      total: [5.5, 6.6],
      more: { total_parking_time: 0.3333 },
    },
  ],
  [
    'a minimum and a maximum price',
    {
      tariffs: [{ ...plain(energy), max_price: { before_taxes: 3, after_taxes: 3.6 } }],
      periods: [[60, { ENERGY: 40 }]],
      total: [3, 3.6],
    },
    ['2.3.0'],
  ],
  [
    'prices with tax, taken out of what is paid',
    {
      tariffs: [{ ...plain(price('ENERGY', 0.6, 20)), tax_included: 'YES' }],
      periods: [[60, { ENERGY: 10 }]],
      total: [5, 6],
    },
    ['2.3.0'],
  ],
  [
    'prices with a tax that nobody names',
    {
      tariffs: [{ ...plain(price('TIME', 2.1)), tax_included: 'YES' }],
      periods: [[150, { TIME: 2.5 }]],
      total: [5.25, 5.25],
      more: { total_cost: { before_taxes: 5.25 } },
    },
    ['2.3.0'],
  ],
  [
    'a price that rises at noon',
    {
      begin: '2026-03-02T11:30:00Z',
      tariffs: [
        tariff([[[price('TIME', 4, 10)], { start_time: '12:00', end_time: '20:00' }], [[price('TIME', 2, 10)]]]),
      ],
      periods: [
        [30, { TIME: 0.5 }],
        [30, { TIME: 0.5 }],
      ],
      total: [3, 3.3],
    },
  ],
  [
    'prices by power',
    {
      tariffs: [tariff([[[price('ENERGY', 0.2)], { max_power: 11 }], [[price('ENERGY', 0.5)]]])],
      periods: [
        [60, { ENERGY: 7, MAX_POWER: 7.4 }],
        [30, { ENERGY: 20, MIN_POWER: 30, MAX_POWER: 50 }],
        [6, { ENERGY: 0.5 }],
      ],
      total: [11.5, 11.5],
    },
  ],
  [
    'prices by current and weekday',
    {
      tariffs: [
        tariff([
          [[price('TIME', 1)], { max_current: 32 }],
          [[price('TIME', 2)], { min_current: 32, day_of_week: WEEK }],
          [[price('TIME', 9)]],
        ]),
      ],
      periods: [
        [60, { TIME: 1, MAX_CURRENT: 16 }],
        [30, { TIME: 0.5, MIN_CURRENT: 32, MAX_CURRENT: 48 }],
      ],
      total: [2, 2],
    },
    ['2.2.1', '2.3.0'],
  ],
  [
    'half an hour free',
    {
      tariffs: [tariff([[[price('ENERGY', 0)], { max_duration: 1800 }], [[price('ENERGY', 0.5)]]])],
      periods: [
        [30, { ENERGY: 5 }],
        [10, { ENERGY: 1.2 }],
      ],
      total: [0.6, 0.6],
    },
  ],
  [
    'a reservation before the session',
    {
      tariffs: [
        tariff([[[price('FLAT', 2, 20), price('TIME', 6, 20, 600)], { reservation: 'RESERVATION' }], [[energy]]]),
      ],
      periods: [
        [25, { RESERVATION_TIME: 0.4167 }],
        [60, { ENERGY: 10, TIME: 1 }],
      ],
      total: [8.1, 9.72],
      more: { total_time: 1 },
    },
    ['2.2.1', '2.3.0'],
  ],
  [
    'a reservation that nobody came for',
    {
      tariffs: [
        tariff([
          [[price('FLAT', 4, 20), price('TIME', 3, 20)], { reservation: 'RESERVATION_EXPIRES' }],
          [[price('TIME', 1, 20)], { reservation: 'RESERVATION' }],
          [[energy]],
        ]),
      ],
      periods: [[60, { RESERVATION_TIME: 1 }]],
      total: [7, 8.4],
    },
    ['2.2.1', '2.3.0'],
  ],
  [
    'another tariff on the way, whose steps alone round',
    {
      tariffs: [
        plain(price('ENERGY', 0.5, undefined, 1000)),
        { ...plain(price('ENERGY', 0.3, undefined, 1000)), id: 'T2' },
      ],
      periods: [
        [30, { ENERGY: 2.5 }, 'T1'],
        [30, { ENERGY: 3.2 }, 't2'],
      ],
      total: [2.45, 2.45],
    },
    ['2.2.1', '2.3.0'],
  ],
  [
    'no energy in any period',
    { tariffs: [plain(energy)], periods: [[60, { TIME: 1 }]], energy: 12, total: [3.72, 4.46] },
  ],
];
