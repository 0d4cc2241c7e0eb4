import { Type } from 'typebox';
import {
  FACILITIES,
  PARKING_RESTRICTIONS,
  PARKING_TYPES,
  PAYMENT_METHODS,
  VEHICLE_TYPES,
  WEEKDAYS,
} from '../gateway/domain/visitors.ts';
import { choice, flag, integer, text } from './kinds.ts';
import { kebabCase } from './names.ts';

const time = (description: string) =>
  text({
    max: 5,
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
    expects: 'a time of day such as 06:30',
    description,
  });

/** A list of words with a fixed choice; its description names them all, as the reference shows no items of such a list. */
export const words = <const T extends string>(values: readonly T[], description: string) =>
  Type.Array(choice(values, { description: 'One of them.' }), {
    default: [],
    description: `${description} Any of ${values.map((value) => `\`${kebabCase(value)}\``).join(', ')}.`,
  });

/** Keys of `site` for those who come to charge. */
export const siteForVisitors = {
  'owner-name': text({ max: 100, default: null, description: 'Company or person that owns the site.' }),
  'help-phone': text({
    max: 25,
    pattern: '^[+0-9][0-9 ()./-]*$',
    expects: 'a telephone number such as +46 19 123456',
    default: null,
    description: 'Number that drivers who need help can call.',
  }),
  'opening-times': Type.Object(
    {
      'twenty-four-seven': flag({ default: null, description: 'Open at all hours of all days; default: not said.' }),
      hours: Type.Array(
        Type.Object({
          day: choice(WEEKDAYS, { description: 'Day of the week.' }),
          from: time("Begin, in the site's time zone."),
          to: time('End, later than the begin.'),
        }),
        { default: [], description: 'When it is open where that is not always; a day may be there several times.' },
      ),
    },
    { description: 'When drivers can come in. Without it peers and the public are told nothing.' },
  ),
  'parking-type': choice(PARKING_TYPES, { default: null, description: 'What kind of place it is; default: not said.' }),
  facilities: words(FACILITIES, 'What else is at the site.'),
  'green-energy': flag({
    default: null,
    description: 'Is all electricity sold here from renewable sources? Default: not said.',
  }),
};

/** Keys of a charger for those who come to charge. */
export const chargerForVisitors = {
  payment: words(PAYMENT_METHODS, 'How one can pay at the charger itself, without card or contract of a provider.'),
  'vehicle-types': words(VEHICLE_TYPES, 'Vehicles that fit its bays.'),
};

/** Keys of an EVSE for those who come to charge. */
export const evseForVisitors = {
  'parking-restrictions': words(PARKING_RESTRICTIONS, 'Who may park there.'),
};

export const openData = Type.Object(
  {
    publish: flag({
      default: false,
      description: 'May everybody read the site, its availability and prices, without login? Needs `site.publish` too.',
    }),
    host: text({
      max: 253,
      pattern: '^[A-Za-z0-9.:_-]+$',
      expects: 'a host name or IP address',
      default: '0.0.0.0',
      description: 'Address that the public server is served on; `0.0.0.0`: every network of this machine.',
    }),
    port: integer({
      min: 0,
      max: 65_535,
      default: 8890,
      description: 'Port of the public server; 0: any that is free.',
    }),
    'requests-per-minute': integer({
      min: 1,
      max: 1_000_000,
      default: 120,
      description: 'Most requests taken in a minute from one address.',
    }),
  },
  { description: 'The server that everybody may read: where one can charge, what is free, what it costs.' },
);
