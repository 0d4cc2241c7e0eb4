import {
  BOOKING_RULES,
  RESERVATION_RULES,
  TARIFF_TYPES,
  WEEKDAYS,
  type PriceComponent,
  type PriceLimit,
  type Restrictions,
  type Tariff,
  type TariffElement,
} from '../../../gateway/domain/tariff.ts';
import type { Version } from '../request.ts';
import {
  choice,
  decimal,
  field,
  instant,
  integer,
  isGiven,
  isObject,
  list,
  maybe,
  namesOf,
  remark,
  sentencesOf,
  take,
  text,
  whole,
  type Place,
} from './fields.ts';

/** A tariff and what had to be assumed of it, or why it is none; a sentence each, beginning with the place in the JSON. */
export type TariffReading = { tariff: Tariff; notes: string[] } | { problems: string[] };

/** More than any tariff needs, and few enough to be priced at once. */
const MOST_ELEMENTS = 250;
const MOST_COMPONENTS = 20;
const MOST_TEXTS = 50;

/**
 * Reads a tariff of another platform (OCPI 2.1.1, 2.2.1 and 2.3.0 mod_tariffs Tariff object; `booking` as in the bookings
 * extension of 2.3.0). Fields that a tariff is not priced by are passed over; what is wrong in the others is told. Whether
 * the tariff can be priced says `checkTariff`.
 *
 * @param version absent: 2.3.0 where the tariff has a field that only 2.3.0 knows
 */
export function readTariff(json: unknown, version?: Version): TariffReading {
  const at = whole(json);
  const tariff = tariffAt(at, version);
  const { problems, notes } = at.found;
  return problems.length > 0 ? { problems: sentencesOf(problems) } : { tariff, notes: sentencesOf(notes) };
}

/** The same for one that stands in another object. It must not be used where problems were found. */
export function tariffAt(at: Place, version?: Version): Tariff {
  const tariff: Tariff = {
    id: '',
    currency: '',
    taxIncluded: 'NO',
    altText: [],
    minPrice: null,
    maxPrice: null,
    elements: [],
    updatedAt: 0,
  };
  if (!isObject(at)) return tariff;
  tariff.id = text(field(at, 'id'), 36);
  take(tariff, 'type', field(at, 'type'), (type) => choice(type, TARIFF_TYPES));
  tariff.currency = text(field(at, 'currency'), 3);
  tariff.taxIncluded = taxIncludedOf(at, version);
  tariff.altText = maybe(field(at, 'tariff_alt_text'), altTextOf) ?? [];
  take(tariff, 'altUrl', field(at, 'tariff_alt_url'), (url) => text(url, 1000));
  tariff.minPrice = maybe(field(at, 'min_price'), limitOf) ?? null;
  tariff.maxPrice = maybe(field(at, 'max_price'), limitOf) ?? null;
  take(tariff, 'preauthorizeAmount', field(at, 'preauthorize_amount'), decimal);
  tariff.elements = list(field(at, 'elements'), MOST_ELEMENTS).map(elementOf);
  take(tariff, 'startsAt', field(at, 'start_date_time'), instant);
  take(tariff, 'endsAt', field(at, 'end_date_time'), instant);
  tariff.updatedAt = maybe(field(at, 'last_updated'), instant) ?? 0;
  return tariff;
}

/** Before 2.3.0 all prices were without VAT; there the tariff has to say (OCPI 2.3.0 mod_tariffs TaxIncluded). */
function taxIncludedOf(at: Place, version: Version | undefined): Tariff['taxIncluded'] {
  const said = field(at, 'tax_included');
  if (isGiven(said)) return choice(said, ['NO', 'YES', 'N/A']);
  const limits = [field(at, 'min_price'), field(at, 'max_price')];
  const modern = version === '2.3.0' || limits.some((limit) => isGiven(field(limit, 'before_taxes')));
  if (modern) remark(said, 'missing; prices are read as without taxes');
  return 'NO';
}

function altTextOf(at: Place): Tariff['altText'] {
  return list(at, MOST_TEXTS).map((entry) => ({
    language: text(field(entry, 'language'), 35),
    text: text(field(entry, 'text'), 5000),
  }));
}

/** PriceLimit in 2.3.0, Price in 2.2.1. */
function limitOf(at: Place): PriceLimit {
  if (!isObject(at)) return { beforeTaxes: '0', afterTaxes: null };
  const [before, after] = isGiven(field(at, 'excl_vat'))
    ? (['excl_vat', 'incl_vat'] as const)
    : (['before_taxes', 'after_taxes'] as const);
  return { beforeTaxes: decimal(field(at, before)), afterTaxes: maybe(field(at, after), decimal) ?? null };
}

function elementOf(at: Place): TariffElement {
  if (!isObject(at)) return { components: [] };
  const components = list(field(at, 'price_components'), MOST_COMPONENTS).map(componentOf);
  const restrictions = maybe(field(at, 'restrictions'), restrictionsOf) ?? {};
  return { components, ...(Object.keys(restrictions).length > 0 && { restrictions }) };
}

function componentOf(at: Place): PriceComponent {
  if (!isObject(at)) return { type: 'FLAT', price: '0', vat: null, step: 0 };
  const type = choice(field(at, 'type'), ['ENERGY', 'FLAT', 'TIME', 'PARKING_TIME']);
  const step = field(at, 'step_size');
  return {
    type,
    price: decimal(field(at, 'price')),
    vat: maybe(field(at, 'vat'), decimal) ?? null,
    // A flat fee has no steps, and many leave the field out there.
    step: type === 'FLAT' && !isGiven(step) ? 1 : integer(step),
  };
}

const TEXTS = [
  ['start_time', 'startTime'],
  ['end_time', 'endTime'],
  ['start_date', 'startDate'],
  ['end_date', 'endDate'],
] as const;
const DECIMALS = [
  ['min_kwh', 'minKwh'],
  ['max_kwh', 'maxKwh'],
  ['min_current', 'minCurrent'],
  ['max_current', 'maxCurrent'],
  ['min_power', 'minPower'],
  ['max_power', 'maxPower'],
] as const;
const SECONDS = [
  ['min_duration', 'minDuration'],
  ['max_duration', 'maxDuration'],
] as const;

const RESTRICTIONS: ReadonlySet<string> = new Set([
  ...[...TEXTS, ...DECIMALS, ...SECONDS].map(([wire]) => wire),
  'day_of_week',
  'reservation',
  'booking',
]);

/** OCPI 2.3.0 mod_tariffs TariffRestrictions. */
function restrictionsOf(at: Place): Restrictions {
  const read: Restrictions = {};
  if (!isObject(at)) return read;
  for (const [wire, own] of TEXTS) take(read, own, field(at, wire), (each) => text(each, 10));
  for (const [wire, own] of DECIMALS) take(read, own, field(at, wire), decimal);
  for (const [wire, own] of SECONDS) take(read, own, field(at, wire), integer);
  const days = maybe(field(at, 'day_of_week'), (each) =>
    list(each, WEEKDAYS.length).map((day) => choice(day, WEEKDAYS)),
  );
  if (days?.length) read.daysOfWeek = days;
  take(read, 'reservation', field(at, 'reservation'), (rule) => choice(rule, RESERVATION_RULES));
  take(read, 'booking', field(at, 'booking'), (rule) => choice(rule, BOOKING_RULES));
  for (const name of namesOf(at))
    if (!RESTRICTIONS.has(name) && isGiven(field(at, name)))
      remark(field(at, name), 'this restriction is not known, and is passed over');
  return read;
}
