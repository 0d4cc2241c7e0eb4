import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { toUtc, type Millis } from '../../../gateway/domain/time.ts';
import type { Decimal, PriceComponent, Restrictions, Tariff } from '../../../gateway/domain/tariff.ts';
import { taxesOf } from '../../../gateway/pricing/amount.ts';
import { offsetAt } from '../../../gateway/pricing/calendar.ts';
import { sumOf, toNumber, withoutVat } from '../numbers.ts';
import type { Wire } from './shared.ts';
import { clip, clipId, optional } from './text.ts';

/** A version's own way of telling tariffs. */
export interface TariffWords {
  /** The restrictions that it has. */
  restrictions: ReadonlySet<string>;
  /** Are its prices without tax, whatever the tariff says them in? */
  withoutTax: boolean;
}

/** Restrictions of OCPI 2.1.1 mod_tariffs TariffRestrictions; those of later versions come on top. */
export const RESTRICTIONS_V211: readonly string[] =
  'start_time end_time start_date end_date min_kwh max_kwh min_power max_power min_duration max_duration day_of_week'.split(
    ' ',
  );
/** OCPI 2.2.1 mod_tariffs TariffRestrictions. */
export const RESTRICTIONS_V221: readonly string[] = [...RESTRICTIONS_V211, 'min_current', 'max_current', 'reservation'];
/** OCPI 2.3.0 mod_tariffs TariffRestrictions; those of its bookings come on top. */
export const RESTRICTIONS_V230: readonly string[] = RESTRICTIONS_V221;
/** OCPI 2.3.0 with bookings, mod_tariffs TariffRestrictions. */
export const RESTRICTIONS_BOOKINGS: readonly string[] = [...RESTRICTIONS_V230, 'booking'];

/** OCPI 2.3.0 types, URL: 255 characters. */
const ADDRESS = /^https?:\/\/[\x21-\x7e]{1,247}$/;

/** What OCPI 2.2.1 and 2.3.0 have alike of a tariff, but its elements and price limits. */
export function presentTariffHead(tariff: Tariff, site: SiteSettings): Wire {
  const { type, altText, altUrl, startsAt, endsAt } = tariff;
  return {
    country_code: site.countryCode,
    party_id: site.partyId,
    id: clipId(tariff.id, 36),
    currency: tariff.currency,
    ...optional('type', type),
    ...(altText.length === 0
      ? {}
      : {
          tariff_alt_text: altText.map(({ language, text }) => ({
            language: clip(language, 2),
            text: clip(text, 512),
          })),
        }),
    // Part of an address leads nowhere.
    ...optional('tariff_alt_url', altUrl !== undefined && ADDRESS.test(altUrl) ? altUrl : null),
    ...optional('start_date_time', startsAt === undefined ? null : toUtc(startsAt)),
    ...optional('end_date_time', endsAt === undefined ? null : toUtc(endsAt)),
  };
}

/**
 * The elements that a version can tell, in their order. One with a restriction that the version does not have is left out: told
 * without it, its prices would seem to hold always. None left: null, and the tariff cannot be told in that version at all;
 * connectors go on naming it, as a price that a peer does not know must not read as none.
 */
export function presentElements(tariff: Tariff, words: TariffWords): Wire[] | null {
  const told = tariff.elements.flatMap(({ components, restrictions = {} }) => {
    if (!canTell(restrictions, words)) return [];
    const rules = presentRestrictions(restrictions);
    return [
      {
        price_components: components.map((component) => presentComponent(component, tariff, words)),
        ...(Object.keys(rules).length === 0 ? {} : { restrictions: rules }),
      },
    ];
  });
  return told.length === 0 ? null : told;
}

/** Has a version all of these restrictions? */
export function canTell(restrictions: Restrictions, words: TariffWords): boolean {
  return Object.keys(presentRestrictions(restrictions)).every((name) => words.restrictions.has(name));
}

/**
 * OCPI 2.3.0 mod_tariffs PriceComponent. No version has a place for taxes of the tariff as a whole, so each component says
 * what they come to in percent: whoever prices by it arrives at the sum to pay. Their names are in what sessions cost.
 */
function presentComponent(component: PriceComponent, tariff: Tariff, { withoutTax }: TariffWords): Wire {
  const rate = rateOf(component, tariff);
  return {
    type: component.type,
    price: withoutTax && tariff.taxIncluded === 'YES' ? withoutVat(component.price, rate) : toNumber(component.price),
    ...optional('vat', rate === null ? null : toNumber(rate)),
    step_size: component.step,
  };
}

/** All taxes on a component, percent; null where none is known. */
export function rateOf(component: PriceComponent, tariff: Tariff): Decimal | null {
  if (component.vat !== null) return component.vat;
  const taxes = taxesOf(tariff, component);
  return taxes.length === 0 ? null : sumOf(taxes.map(({ percentage }) => percentage));
}

/** OCPI 2.3.0 mod_tariffs TariffRestrictions, whichever of them a version has. */
function presentRestrictions(r: Restrictions): Wire {
  // We read two equal times as the whole day, others read them as no time at all: so they are not told.
  const allDay = (r.startTime ?? '00:00') === (r.endTime ?? '00:00');
  return {
    ...(allDay ? {} : { ...optional('start_time', r.startTime), ...optional('end_time', r.endTime) }),
    ...optional('start_date', r.startDate),
    ...optional('end_date', r.endDate),
    ...optional('min_kwh', limit(r.minKwh)),
    ...optional('max_kwh', limit(r.maxKwh)),
    ...optional('min_current', limit(r.minCurrent)),
    ...optional('max_current', limit(r.maxCurrent)),
    ...optional('min_power', limit(r.minPower)),
    ...optional('max_power', limit(r.maxPower)),
    ...optional('min_duration', r.minDuration),
    ...optional('max_duration', r.maxDuration),
    ...(r.daysOfWeek?.length ? { day_of_week: r.daysOfWeek } : {}),
    ...optional('reservation', r.reservation),
    ...optional('booking', r.booking),
  };
}

const DAY = 86_400_000;

/**
 * The tariff with its validity as dates in each element, for a version that has no other place for it. Whole days: one that
 * begins or ends in the middle of a day holds for all of it there.
 */
export function withinValidity(tariff: Tariff, zone: string): Tariff {
  const { startsAt, endsAt, elements, ...rest } = tariff;
  const first = startsAt === undefined ? undefined : dateIn(zone, startsAt);
  const after = endsAt === undefined ? undefined : dateIn(zone, endsAt - 1, DAY);
  if (first === undefined && after === undefined) return tariff;
  return {
    ...rest,
    elements: elements.flatMap(({ components, restrictions: { startDate, endDate, ...others } = {} }) => {
      const [from] = [startDate, first]
        .filter((date) => date !== undefined)
        .toSorted()
        .toReversed();
      const [to] = [endDate, after].filter((date) => date !== undefined).toSorted();
      if (from !== undefined && to !== undefined && to <= from) return [];
      const dates = { ...(from !== undefined && { startDate: from }), ...(to !== undefined && { endDate: to }) };
      return [{ components, restrictions: { ...others, ...dates } }];
    }),
  };
}

/** The local date at an instant, or so much later. */
function dateIn(zone: string, at: Millis, later = 0): string {
  return new Date(at + offsetAt(zone, at) + later).toISOString().slice(0, 10);
}

function limit(decimal: Decimal | undefined): number | null {
  return decimal === undefined ? null : toNumber(decimal);
}
