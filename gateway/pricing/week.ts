import { Temporal } from 'temporal-polyfill';
import type { ComponentType, Decimal, PriceComponent, Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import { conditionsOf, limitsOf, type Conditions, type Moment } from './conditions.ts';
import { ratio, toText } from './decimal.ts';
import { ruleOf } from './reach.ts';

/** A price in force: per kWh, hour or session. */
export interface WeekPrice extends Pick<PriceComponent, 'price' | 'vat'> {
  /** Of the tariff's elements, from 0. */
  element: number;
}

/** The price of each dimension; null: free. */
export interface WeekPrices {
  energy: WeekPrice | null;
  time: WeekPrice | null;
  parking: WeekPrice | null;
  flat: WeekPrice | null;
}

/** Prices of a session that has come further than its beginning, in one respect, and at its beginning in all others. */
export interface LaterPrices {
  after: 'minutes' | 'kWh' | 'kW' | 'A';
  value: Decimal;
  prices: WeekPrices;
}

/** A stretch of the week in which nothing changes. */
export interface WeekRow {
  from: Millis;
  to: Millis;
  /** Of a session at its beginning: no energy, no time, no power, no current yet. */
  prices: WeekPrices;
  /** Other prices in the same stretch, each from a threshold on until the next one of its kind, rising. */
  later: LaterPrices[];
}

/** Monday 00:00 local time of the week in which an instant lies. Throws RangeError for a zone that does not exist. */
export function mondayOf(zone: string, at: Millis): Millis {
  const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).startOfDay();
  return day.subtract({ days: day.dayOfWeek - 1 }).startOfDay().epochMilliseconds;
}

/**
 * The prices of sessions over a week of the site's clock, as rows without gaps. A week in which clocks change has an hour
 * more or less.
 *
 * @param tariff one that `checkTariff` finds nothing wrong with; its validity does not matter
 * @param zone IANA time zone of the site
 * @param monday local Monday 00:00, see `mondayOf`
 * @throws RangeError for a zone that does not exist
 */
export function priceWeek(tariff: Tariff, zone: string, monday: Millis): WeekRow[] {
  const end = Temporal.Instant.fromEpochMilliseconds(monday)
    .toZonedDateTimeISO(zone)
    .add({ days: 7 }).epochMilliseconds;
  const conditions = conditionsOf(tariff, (each) => ruleOf(each) === 'SESSION', zone, monday, end);
  const thresholds = thresholdsOf(conditions);
  const { edges, open } = conditions.calendar;
  // Most days are like others: what the clock allows in the same way has the same prices.
  const known = new Map<string, Pick<WeekRow, 'prices' | 'later'>>();
  const rows: WeekRow[] = [];
  for (const [index, from] of edges.entries()) {
    const key = String(open[index]);
    const begin = { at: from, milliWh: 0, millis: 0, milliW: 0, milliA: 0 };
    const found = known.get(key) ?? pricesFrom(conditions, begin, thresholds);
    known.set(key, found);
    const row = { from, to: edges[index + 1] ?? end, ...found };
    const last = rows.at(-1);
    if (last && isSame(last, row)) last.to = row.to;
    else rows.push(row);
  }
  return rows;
}

interface Threshold {
  after: LaterPrices['after'];
  key: 'milliWh' | 'millis' | 'milliW' | 'milliA';
  /** Rising. */
  values: number[];
}

/** Units of a moment in one of what it is told in. */
const UNIT: Record<LaterPrices['after'], number> = { minutes: 60_000, kWh: 1_000_000, kW: 1_000_000, A: 1000 };

function thresholdsOf({ elements, milliWh, millis }: Conditions): Threshold[] {
  const limits = elements.map(({ restrictions = {} }) => limitsOf(restrictions));
  const finite = (values: number[]): number[] =>
    [...new Set(values.filter((value) => value > 0 && value !== Infinity))].toSorted((one, other) => one - other);
  return [
    { after: 'minutes', key: 'millis', values: millis },
    { after: 'kWh', key: 'milliWh', values: milliWh },
    { after: 'kW', key: 'milliW', values: finite(limits.flatMap((each) => [each.minMilliW, each.maxMilliW])) },
    { after: 'A', key: 'milliA', values: finite(limits.flatMap((each) => [each.minMilliA, each.maxMilliA])) },
  ];
}

/** Prices at the beginning of a session, and the thresholds at which one changes. */
function pricesFrom(conditions: Conditions, begin: Moment, thresholds: Threshold[]): Pick<WeekRow, 'prices' | 'later'> {
  const first = pricesAt(conditions, begin);
  const later = thresholds.flatMap(({ after, key, values }) => {
    let before = first;
    return values.flatMap((value) => {
      const prices = pricesAt(conditions, { ...begin, [key]: value });
      if (isEqual(prices, before)) return [];
      before = prices;
      return [{ after, value: toText(ratio(value, UNIT[after]), 6), prices }];
    });
  });
  return { prices: first, later };
}

function pricesAt(conditions: Conditions, moment: Moment): WeekPrices {
  const find = (type: ComponentType): WeekPrice | null => {
    for (const [index, { components }] of conditions.elements.entries()) {
      const found = components.find((each) => each.type === type);
      if (found && conditions.holds(index, moment))
        return { price: found.price, vat: found.vat, element: conditions.places[index] ?? index };
    }
    return null;
  };
  return { energy: find('ENERGY'), time: find('TIME'), parking: find('PARKING_TIME'), flat: find('FLAT') };
}

function isSame(one: WeekRow, other: WeekRow): boolean {
  return (
    isEqual(one.prices, other.prices) &&
    one.later.length === other.later.length &&
    one.later.every((each, index) => {
      const beside = other.later[index];
      return each.after === beside?.after && each.value === beside.value && isEqual(each.prices, beside.prices);
    })
  );
}

/** An element's price is the same throughout. */
function isEqual(one: WeekPrices, other: WeekPrices): boolean {
  return (['energy', 'time', 'parking', 'flat'] as const).every((key) => one[key]?.element === other[key]?.element);
}
