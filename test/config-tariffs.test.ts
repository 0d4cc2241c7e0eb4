import { describe, expect, test } from 'vitest';
import { parseConfig, type Config } from '../config/load.ts';

const SITE = `site: { address: Gatan 1, city: Lund, country: SWE, latitude: 55.7, longitude: 13.19, time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }\n`;

function parse(yaml: string, env: Record<string, string> = {}): Config {
  return parseConfig(SITE + yaml, 'depot.yaml', env);
}

describe('values of tokens and tariffs', () => {
  test('tokens and price limits', () => {
    const { tokens, tariffs } = parse(
      `tokens: [{ uid: 04A2, valid: false, group: fleet, expires: 2027-01-31T12:00:00+01:00, payment: invoice }]
tariffs:
  - id: t
    currency: SEK
    tax-included: yes
    alt-text: [{ language: sv, text: Billigt }]
    min-price: { before-taxes: 10 }
    max-price: { before-taxes: 80.00, after-taxes: 100.00 }
    elements: [{ components: [{ type: energy, price: 3.2, vat: 25, step: 100 }] }]`,
    ).settings;
    expect(tokens).toEqual([
      {
        uid: '04A2',
        type: 'RFID',
        valid: false,
        groupId: 'fleet',
        expiresAt: Date.UTC(2027, 0, 31, 11),
        payment: 'invoice',
      },
    ]);
    expect(tariffs[0]).toEqual({
      id: 't',
      currency: 'SEK',
      taxIncluded: 'YES',
      altText: [{ language: 'sv', text: 'Billigt' }],
      minPrice: { beforeTaxes: '10', afterTaxes: null },
      maxPrice: { beforeTaxes: '80', afterTaxes: '100' },
      elements: [{ components: [{ type: 'ENERGY', price: '3.2', vat: '25', step: 100 }] }],
    });
  });

  test('a tariff with everything in it, and nothing that it does not say', () => {
    const { tariffs, defaultConnector, chargers } = parse(
      `default-connector: { tariffs: [day, guest] }
chargers: [{ id: A, evses: [{ id: 1, connectors: [{ id: 1, tariffs: [guest] }, { id: 2, tariffs: [] }] }] }]
tariffs:
  - id: day
    type: regular
    currency: EUR
    tax-included: no
    taxes: [{ name: GST, percentage: 5.00, account-number: 123 }, { name: QST, percentage: 9.975 }]
    alt-url: https://depot.example/prices
    preauthorize-amount: 50.00
    starts: 2027-01-01T00:00:00+01:00
    ends: 2028-01-01T00:00:00+01:00
    elements:
      - restrictions:
          start-time: 22:00
          end-time: 06:00
          start-date: 2027-05-01
          end-date: 2027-09-01
          min-kwh: 1.50
          max-kwh: 40
          min-current: 6
          max-current: 32.5
          min-power: 3.7
          max-power: 22
          min-duration: 0
          max-duration: 3600
          days-of-week: [monday, SUNDAY]
        components: [{ type: energy, price: 0.30, step: 0 }]
      - restrictions: { reservation: reservation-expires }
        components: [{ type: flat, price: 2 }]
      - restrictions: { booking: booking-cancellation-fees }
        components: [{ type: flat, price: 3 }]
      - restrictions:
        components: [{ type: energy, price: 0.50 }]
  - { id: guest, type: ad-hoc-payment, currency: EUR, tax-included: n/a, elements: [{ restrictions: {}, components: [{ type: flat, price: 9 }] }] }`,
    ).settings;
    const component = { vat: null, step: 1 };
    expect(tariffs).toStrictEqual([
      {
        id: 'day',
        type: 'REGULAR',
        currency: 'EUR',
        taxIncluded: 'NO',
        taxes: [
          { name: 'GST', percentage: '5', accountNumber: '123' },
          { name: 'QST', percentage: '9.975' },
        ],
        altText: [],
        altUrl: 'https://depot.example/prices',
        minPrice: null,
        maxPrice: null,
        preauthorizeAmount: '50',
        startsAt: Date.UTC(2026, 11, 31, 23),
        endsAt: Date.UTC(2027, 11, 31, 23),
        elements: [
          {
            restrictions: {
              startTime: '22:00',
              endTime: '06:00',
              startDate: '2027-05-01',
              endDate: '2027-09-01',
              minKwh: '1.5',
              maxKwh: '40',
              minCurrent: '6',
              maxCurrent: '32.5',
              minPower: '3.7',
              maxPower: '22',
              minDuration: 0,
              maxDuration: 3600,
              daysOfWeek: ['MONDAY', 'SUNDAY'],
            },
            components: [{ ...component, type: 'ENERGY', price: '0.3', step: 0 }],
          },
          {
            restrictions: { reservation: 'RESERVATION_EXPIRES' },
            components: [{ ...component, type: 'FLAT', price: '2' }],
          },
          {
            restrictions: { booking: 'BOOKING_CANCELLATION_FEES' },
            components: [{ ...component, type: 'FLAT', price: '3' }],
          },
          { components: [{ ...component, type: 'ENERGY', price: '0.5' }] },
        ],
      },
      {
        id: 'guest',
        type: 'AD_HOC_PAYMENT',
        currency: 'EUR',
        taxIncluded: 'N/A',
        altText: [],
        minPrice: null,
        maxPrice: null,
        elements: [{ components: [{ ...component, type: 'FLAT', price: '9' }] }],
      },
    ]);
    expect(defaultConnector.tariffIds).toEqual(['day', 'guest']);
    const [first, second] = chargers[0]!.evses[0]!.connectors;
    expect([first?.tariffIds, second?.tariffIds]).toEqual([['guest'], ['day', 'guest']]);
  });
});
