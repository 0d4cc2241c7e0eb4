import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PriceComponent, Tariff, TariffElement } from '../gateway/domain/tariff.ts';
import { parseDecimal, ratio, sum, toText } from '../gateway/pricing/decimal.ts';
import { priceUsage } from '../gateway/pricing/price.ts';
import { costInWords, LANGUAGES, pickLanguage, tariffInWords } from '../gateway/wording/driver.ts';
import { moneyText } from '../gateway/wording/format.ts';
import { wordsOf } from '../gateway/wording/language.ts';
import { charging, component, parking, periodsOf, priceSession, START, tariffOf } from './pricing/tariffs.ts';

const ENERGY = component('ENERGY', '0.45', '19');
const one = (price: PriceComponent, restrictions: TariffElement['restrictions'] = {}): TariffElement => ({
  components: [price],
  restrictions,
});
const of = (elements: TariffElement[], rest: Partial<Tariff> = {}) =>
  tariffOf([], { taxIncluded: 'N/A', elements, ...rest });

describe('a tariff in words', () => {
  it.each<[string, Tariff, string[]]>([
    ['one price', tariffOf([ENERGY], { taxIncluded: 'YES' }), ['0.45 EUR per kWh, VAT 19% included']],
    ['tax on top', tariffOf([ENERGY]), ['0.45 EUR per kWh, plus VAT 19%']],
    [
      "the tariff's own taxes",
      tariffOf([component('ENERGY', '0.45')], {
        currency: 'CAD',
        taxes: [
          { name: 'GST', percentage: '5' },
          { name: 'QST', percentage: '9.975' },
        ],
      }),
      ['0.45 CAD per kWh, plus GST 5%, plus QST 9.975%'],
    ],
    ['nothing', tariffOf([component('FLAT', '0.00', null, 0)]), ['Free of charge']],
    ['a currency without decimals', of([one(component('ENERGY', '45.00'))], { currency: 'JPY' }), ['45 JPY per kWh']],
    [
      'times, and the rest',
      of([
        one(component('ENERGY', '0.3'), {
          startTime: '22:00',
          endTime: '06:00',
          daysOfWeek: ['FRIDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY'],
        }),
        one(component('ENERGY', '0.4'), { daysOfWeek: ['SATURDAY', 'SUNDAY'], startTime: '18:00' }),
        one(component('ENERGY', '0.45')),
      ]),
      [
        '0.30 EUR per kWh, Mon-Fri, between 22:00 and 06:00',
        '0.40 EUR per kWh, Sat, Sun, between 18:00 and 24:00',
        '0.45 EUR per kWh, in all other cases',
      ],
    ],
    [
      'thresholds and steps',
      of([
        one(component('PARKING_TIME', '2', null, 900), { minDuration: 14_400 }),
        one(component('TIME', '1.5'), { maxDuration: 5400, minPower: '11' }),
        one(component('ENERGY', '0.5', null, 100), { minKwh: '10', maxKwh: '20.5' }),
        one(component('FLAT', '9'), { minDuration: 36_000 }),
      ]),
      [
        '0.50 EUR per kWh, from 10 kWh to 20.5 kWh charged, billed per started 0.1 kWh',
        'Charging time 1.50 EUR per hour, until 1 h 30 min after the start, at 11 kW or more',
        'Parking 2.00 EUR per hour, after 4 h, billed per started 15 min',
        'One-off fee 9.00 EUR, after 10 h',
      ],
    ],
    [
      'dates by their last day',
      of([one(component('ENERGY', '0.5'), { startDate: '2026-01-01', endDate: '2027-01-01' })]),
      ['0.50 EUR per kWh, from 1 Jan 2026 to 31 Dec 2026'],
    ],
    [
      'kept bays and limits',
      of(
        [
          one(component('FLAT', '1')),
          one(component('TIME', '3'), { reservation: 'RESERVATION' }),
          one(component('FLAT', '4'), { reservation: 'RESERVATION_EXPIRES' }),
        ],
        { minPrice: { beforeTaxes: '2', afterTaxes: null }, maxPrice: { beforeTaxes: '1500', afterTaxes: null } },
      ),
      [
        'Start fee 1.00 EUR',
        'Reservation: 3.00 EUR per hour',
        'Reservation not used: 4.00 EUR flat fee',
        'Minimum price 2.00 EUR per session',
        'Maximum price 1,500.00 EUR per session',
      ],
    ],
    [
      'the same price in parts that make a whole, and one that is never paid',
      of([
        {
          components: [component('ENERGY', '0.5'), component('PARKING_TIME', '0')],
          restrictions: { endTime: '12:00' },
        },
        { components: [component('ENERGY', '0.5'), component('PARKING_TIME', '5')] },
        one(component('ENERGY', '9'), { minKwh: '5' }),
      ]),
      [
        '0.50 EUR per kWh',
        'Parking free of charge, between 00:00 and 12:00',
        'Parking 5.00 EUR per hour, in all other cases',
      ],
    ],
    [
      'two that overlap, the first one first',
      of([
        one(component('TIME', '1'), { startTime: '17:00', endTime: '20:00' }),
        one(component('TIME', '2'), { daysOfWeek: ['SUNDAY'] }),
      ]),
      [
        'Charging time 1.00 EUR per hour, between 17:00 and 20:00',
        'Charging time 2.00 EUR per hour, Sun, unless a price above applies',
      ],
    ],
  ])('%s', (_name, tariff, expected) => {
    expect(tariffInWords(tariff, 'en')).toEqual(expected);
  });

  it('begins with its own text in that language, which is not said again', () => {
    const tariff = of([one(component('ENERGY', '0.45')), one(component('FLAT', '1'))], {
      altText: [
        { language: 'en', text: '0.45 EUR per kWh.' },
        { language: 'nb', text: 'Velkommen' },
      ],
    });
    expect(tariffInWords(tariff, 'en')).toEqual(['0.45 EUR per kWh.', 'Start fee 1.00 EUR']);
    expect(tariffInWords(tariff, 'no')).toEqual(['Velkommen', '0,45 EUR per kWh', 'Startavgift 1,00 EUR']);
    expect(tariffInWords(tariff, 'de')).toEqual(['0,45 EUR pro kWh', 'Startgebühr 1,00 EUR']);
  });

  it('is of one language, with nothing left to fill in', () => {
    const tariff = tariffOf([], {
      taxIncluded: 'YES',
      minPrice: { beforeTaxes: '1', afterTaxes: '1.19' },
      elements: [
        one({ ...ENERGY, step: 500 }, { startTime: '22:00', daysOfWeek: ['MONDAY', 'TUESDAY', 'WEDNESDAY'] }),
        one(component('ENERGY', '0.5', '19'), { minDuration: 60, maxDuration: 7200, startDate: '2026-01-01' }),
        one(component('PARKING_TIME', '2'), { minKwh: '10', maxPower: '22' }),
        one(component('TIME', '2'), { booking: 'BOOKING_OVERTIME' }),
      ],
    });
    const all = LANGUAGES.map((language) => tariffInWords(tariff, language));
    for (const [index, lines] of all.entries()) {
      expect(lines).toHaveLength(5);
      expect(lines.join('\n')).not.toMatch(/[{}\u00A0\u202F\u2212]|undefined/);
      for (const other of all.slice(0, index)) expect(lines.filter((line) => other.includes(line))).toEqual([]);
    }
  });
});

describe('a cost in words', () => {
  it('has a line for each part, what rounding moved, each tax, and the total', () => {
    const tariff = tariffOf([
      ENERGY,
      component('TIME', '1', '19'),
      component('PARKING_TIME', '4', '7'),
      component('FLAT', '0.50', '19'),
    ]);
    const cost = priceSession(tariff, periodsOf([charging(62, 12_345), parking(30)]));
    expect(costInWords(cost, 'EUR', 'en')).toEqual([
      'Energy 12.345 kWh: 5.5553 EUR',
      'Charging time 1 h 2 min: 1.0333 EUR',
      'Parking 30 min: 2.00 EUR',
      'Start fee: 0.50 EUR',
      'Rounding and price limits: 0.0014 EUR',
      'VAT 19%: 1.35 EUR',
      'VAT 7%: 0.14 EUR',
      'Total: 10.58 EUR',
    ]);
  });

  it('tells parts with tax where prices are with tax', () => {
    const cost = priceSession(tariffOf([ENERGY], { taxIncluded: 'YES' }), periodsOf([charging(60, 10_000)]));
    expect(costInWords(cost, 'EUR', 'de')).toEqual([
      'Energie 10 kWh: 4,50 EUR',
      'inkl. 19 % MwSt.: 0,72 EUR',
      'Gesamt: 4,50 EUR',
    ]);
  });

  it('tells what a reservation cost, and a session that cost nothing', () => {
    const tariff = of([one(component('TIME', '6'), { reservation: 'RESERVATION' })], { currency: 'SEK' });
    const hold = { kind: 'reservation' as const, from: START, to: START + 600_000, outcome: 'used' as const };
    const { cost } = priceUsage(tariff, { stretches: [], holds: [hold] }, 'UTC');
    expect(costInWords(cost, 'SEK', 'sv')).toEqual(['Reservation: 1,00 SEK', 'Totalt: 1,00 SEK']);
    expect(costInWords(priceSession(tariff, periodsOf([charging(5)])), 'SEK', 'fr')).toEqual(['Total : 0,00 SEK']);
  });

  it('adds up, whatever was used and whichever limit holds', () => {
    const used = fc.tuple(fc.nat(300), fc.nat(90_000), fc.nat(300));
    fc.assert(
      fc.property(
        used,
        fc.constantFrom('YES' as const, 'NO' as const),
        fc.nat(2000),
        ([a, wh, b], taxIncluded, max) => {
          const tariff = tariffOf([ENERGY, component('TIME', '0.77', '7'), component('PARKING_TIME', '3.33', '19')], {
            taxIncluded,
            maxPrice: { beforeTaxes: toText(ratio(max, 100), 2), afterTaxes: null },
          });
          const cost = priceSession(tariff, periodsOf([charging(a, wh), parking(b)]));
          const amounts = costInWords(cost, 'EUR', 'en').map((line) => ({
            isIncluded: line.includes('included'),
            value: parseDecimal(line.slice(line.lastIndexOf(':') + 2, -4).replaceAll(',', '')),
          }));
          const parts = amounts.slice(0, -1).filter(({ isIncluded }) => !isIncluded);
          expect(toText(sum(parts.map(({ value }) => value)), 10)).toBe(toText(amounts.at(-1)!.value, 10));
        },
      ),
    );
  });
});

describe('numbers', () => {
  it('are written exactly as long as they are', () => {
    expect(moneyText('123456789012.0123456789', 'EUR', wordsOf('en'))).toBe('123,456,789,012.0123456789 EUR');
    expect(moneyText('0.1', 'KWD', wordsOf('de'))).toBe('0,100 KWD');
    expect(() => moneyText('1e3', 'EUR', wordsOf('en'))).toThrow(RangeError);
  });
});

describe('the language somebody wants', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de-CH', 'de'],
    ['pt_BR', 'en'],
    ['nb', 'no'],
    ['nn-NO', 'no'],
    ['pl, it;q=0.4, SV-se;q=0.9', 'sv'],
    ['fr;q=0, *, es;q=0.001', 'es'],
    ['not a tag;;q=2', 'en'],
  ])('%s is %s', (wanted, expected) => {
    expect(pickLanguage(wanted)).toBe(expected);
  });

  it('is one of those available; else English, else the first', () => {
    expect(pickLanguage('de, nl;q=0.5', ['en', 'nl'])).toBe('nl');
    expect(pickLanguage('de', ['nl', 'en'])).toBe('en');
    expect(pickLanguage('de', ['nl', 'fr'])).toBe('nl');
  });
});
