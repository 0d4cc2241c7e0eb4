import { Type } from 'typebox';
import { BOOKING_RULES, RESERVATION_RULES, TARIFF_TYPES, WEEKDAYS } from '../gateway/domain/tariff.ts';
import { choice, decimal, instant, integer, text, url } from './kinds.ts';
import { words } from './schema-open-data.ts';

const limit = (which: string) =>
  Type.Union(
    [
      Type.Object({
        'before-taxes': decimal({ description: 'Amount before taxes.' }),
        'after-taxes': decimal({ default: null, description: 'Amount with taxes.' }),
      }),
      Type.Null(),
    ],
    { default: null, description: `${which} for a whole session.` },
  );

const time = (description: string) =>
  text({
    max: 5,
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
    expects: 'a time of day such as 08:30',
    default: null,
    description,
  });

const date = (description: string) =>
  text({
    max: 10,
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    expects: 'a date such as 2026-12-31',
    default: null,
    description,
  });

const bound = (description: string) => decimal({ default: null, description });

const seconds = (description: string) => integer({ min: 0, max: 1_000_000_000, unit: 's', default: null, description });

const restrictions = Type.Union(
  [
    Type.Object({
      'start-time': time("From this time of day, in the site's time zone."),
      'end-time': time('Before this time of day; one that is before the start is of the next day.'),
      'start-date': date('From this day on.'),
      'end-date': date('Before this day.'),
      'min-kwh': bound('From this much energy of the session on, kWh.'),
      'max-kwh': bound('Below this much energy of the session, kWh.'),
      'min-current': bound('From this current on, A, the sum over the phases.'),
      'max-current': bound('Below this current, A, the sum over the phases.'),
      'min-power': bound('From this power on, kW.'),
      'max-power': bound('Below this power, kW.'),
      'min-duration': seconds('From this time after the start of the session on, parking included.'),
      'max-duration': seconds('Before this time after the start of the session, parking included.'),
      'days-of-week': words(WEEKDAYS, "On these days, in the site's time zone; default: every day."),
      reservation: choice(RESERVATION_RULES, {
        default: null,
        description: 'The element prices a reservation, or one that expired, and not charging.',
      }),
      booking: choice(BOOKING_RULES, {
        default: null,
        description: 'The element prices a booking, and not charging.',
      }),
    }),
    Type.Null(),
  ],
  { default: null, description: 'When the element applies: all that is given must hold at that moment.' },
);

const component = Type.Object({
  type: choice(['ENERGY', 'FLAT', 'TIME', 'PARKING_TIME'], {
    description: 'Price per kWh, once, per hour, or per hour without charging.',
  }),
  price: decimal({ description: 'Price in the currency above.' }),
  vat: decimal({ default: null, description: "Value added tax, percent; default: the tariff's `taxes`." }),
  step: integer({
    min: 0,
    max: 1_000_000,
    default: 1,
    description: 'Smallest billed amount: Wh for energy, seconds for times; 0 rounds nothing.',
  }),
});

/** One tariff (OCPI 2.3.0 mod_tariffs Tariff). */
export const tariff = Type.Object({
  id: text({ max: 36, ascii: true, description: 'Unique; connectors refer to it.' }),
  type: choice(TARIFF_TYPES, {
    default: null,
    description: 'Who it is for: `ad-hoc-payment` is for who pays on the spot; default: for everybody.',
  }),
  currency: text({
    max: 3,
    pattern: '^[A-Z]{3}$',
    expects: 'a currency such as SEK (ISO 4217)',
    description: 'Currency, ISO 4217.',
  }),
  'tax-included': choice(['YES', 'NO', 'N/A'], {
    description: 'Are the prices with tax, without, or is there none?',
  }),
  taxes: Type.Array(
    Type.Object({
      name: text({ max: 36, description: 'Name of the tax, as bills show it. Unique within the tariff.' }),
      percentage: decimal({ description: 'Percent.' }),
      'account-number': text({
        max: 36,
        default: null,
        description: "The operator's number with the tax authority, where bills have to show it.",
      }),
    }),
    { default: [], description: 'Taxes on what components without `vat` of their own cost.' },
  ),
  'alt-text': Type.Array(
    Type.Object({
      language: text({
        max: 2,
        pattern: '^[a-z]{2}$',
        expects: 'two small letters such as sv (ISO 639-1)',
        description: 'Language, ISO 639-1.',
      }),
      text: text({ max: 512, description: 'The tariff in words.' }),
    }),
    { default: [], description: 'The tariff in words, by language.' },
  ),
  'alt-url': url({ default: null, description: 'Page that explains the tariff.' }),
  'min-price': limit('Least'),
  'max-price': limit('Most'),
  'preauthorize-amount': decimal({
    default: null,
    description: 'What a card payment is authorised for before charging.',
  }),
  starts: instant({ default: null, description: 'For sessions that begin from then on; default: at any time.' }),
  ends: instant({ default: null, description: 'For sessions that begin before then; default: at any time.' }),
  elements: Type.Array(
    Type.Object({
      restrictions,
      components: Type.Array(component, {
        minItems: 1,
        description: 'Prices of this element, at most one of each type.',
      }),
    }),
    { minItems: 1, description: 'For each type, the first element that applies and has a price for it counts.' },
  ),
});
