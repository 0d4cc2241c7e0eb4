import type { Fraction } from 'fraction.js';
import type { ComponentType, Cost, CostLine, Period, Price, Tariff } from '../domain/tariff.ts';
import { addAmounts, addPrices, toPrice, withTax, taxesOf, type Amount, type Anchor } from './amount.ts';
import { currencyExponent } from './currency.ts';
import { parseDecimal, ratio, share, toText } from './decimal.ts';
import { applyLimits, type Limited } from './limits.ts';
import { applySteps, type Bucket } from './steps.ts';
import { checkUsage, type Hold, type Stretch, type Usage } from './usage.ts';
import { walkHold, walkSession, type Course, type Span, type Walk } from './walk.ts';

/** Lines and their sums are rounded to four decimals, as OCPI numbers are; only the total is rounded to the currency. */
const LINE_DECIMALS = 4;

/** Enough to tell milliseconds of hours, so that quantity × price gives back the amount of a line, its rounding aside. */
const QUANTITY_DECIMALS = 10;

/** Order of the lines. */
const DIMENSIONS: ComponentType[] = ['FLAT', 'ENERGY', 'TIME', 'PARKING_TIME'];
const GROUPS: Bucket['group'][] = ['session', 'reservation', 'booking', 'overtime'];

/** Thousandths of a Wh in a kWh, milliseconds in an hour. */
const UNIT: Record<ComponentType, number> = { FLAT: 1, ENERGY: 1_000_000, TIME: 3_600_000, PARKING_TIME: 3_600_000 };

/** Usage under one tariff. A session has one; bills of others may change it on the way. */
export interface Leg {
  tariff: Tariff;
  stretches: readonly Stretch[];
}

/** A price, and how it came about. */
export interface Priced {
  cost: Cost;
  /** The total before it was rounded. */
  exact: Amount;
  /** Split where the price changes; whole Wh. */
  periods: Period[];
  spans: Span[];
  /** Which limit of the tariff moved the total; null: none. */
  limit: Limited['moved'];
  /** What had to be assumed, a sentence each. */
  notes: string[];
}

/**
 * Prices a session, running or ended, by its tariff: exact until each figure is rounded, once, ties away from zero; the total
 * to the currency's minor unit, lines to four decimals. Lines sum up to the parts, and these to the total, its rounding aside,
 * unless a minimum or maximum price holds. What no component prices is free and has no line. The flat fee and the minimum
 * price are due as soon as there is a session, however short; where nobody charged, only what was reserved is due. Where
 * prices are quoted with tax, the rounded amount after taxes is the sum to pay, and the tax is taken out of it; else tax is
 * added to the rounded amount before taxes.
 *
 * @param tariff one that `checkTariff` finds nothing wrong with
 * @param usage in any split; parking counts as PARKING_TIME, else TIME
 * @param zone IANA time zone of the site, by whose clock the tariff goes
 * @throws RangeError for a stretch that runs backwards or has a negative or fractional quantity, and for an unknown zone
 */
export function priceUsage(tariff: Tariff, usage: Usage, zone: string): Priced {
  return priceLegs([{ tariff, stretches: usage.stretches }], usage.holds, zone);
}

/**
 * The same for a session whose tariff changed on the way. Thresholds of energy and duration go on, the flat fee is due once,
 * steps round the last leg only, and limits and currency are those of the last one (OCPI 2.3.0 mod_cdrs step_size).
 * Throws RangeError as well when there is no leg.
 */
export function priceLegs(legs: readonly Leg[], holds: readonly Hold[], zone: string): Priced {
  const tariff = legs.at(-1)?.tariff;
  if (!tariff) throw new RangeError('there is no tariff to price by');
  checkUsage(
    legs.flatMap(({ stretches }) => stretches),
    holds,
  );
  const course: Course = { zone, leg: 0, flats: new Set() };
  const sessions = walkLegs(course, legs);
  const kept = holds.map((hold) => walkHold(course, tariff, hold));
  const billed = [
    ...sessions.flatMap((walk, leg) => billedOf([walk], legs[leg]?.tariff ?? tariff, leg === sessions.length - 1)),
    ...billedOf(kept, tariff, true),
  ].toSorted(byPlace);
  const spans = [...kept, ...sessions].flatMap((walk) => walk.spans);
  const charged = legs.some(({ stretches }) => stretches.length > 0);
  return { ...costOf(tariff, billed, charged), spans, periods: periodsOf(spans), notes: notesOn(sessions) };
}

function walkLegs(course: Course, legs: readonly Leg[]): Walk[] {
  const startedAt = legs.flatMap(({ stretches }) => stretches)[0]?.from ?? 0;
  let milliWh = 0;
  return legs.map(({ tariff, stretches }, leg) => {
    const walk = walkSession({ ...course, leg }, tariff, stretches, { startedAt, milliWh });
    milliWh += stretches.reduce((total, stretch) => total + stretch.milliWh, 0);
    return walk;
  });
}

interface Billed {
  bucket: Bucket;
  tariff: Tariff;
  amount: Amount;
}

function billedOf(walks: Walk[], tariff: Tariff, isLast: boolean): Billed[] {
  const buckets = walks.flatMap((walk) => [...walk.buckets.values()]);
  return (isLast ? applySteps(buckets) : buckets).map((bucket) => ({
    bucket,
    tariff,
    amount: amountOf(bucket, tariff),
  }));
}

function byPlace({ bucket: one }: Billed, { bucket: other }: Billed): number {
  return (
    GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group) ||
    DIMENSIONS.indexOf(one.component.type) - DIMENSIONS.indexOf(other.component.type)
  );
}

function costOf(tariff: Tariff, billed: Billed[], charged: boolean): Pick<Priced, 'cost' | 'exact' | 'limit'> {
  const keep = currencyExponent(tariff.currency);
  const quoted: Anchor = tariff.taxIncluded === 'YES' ? 'after' : 'before';
  const lines = billed.map((each) => ({ part: partOf(each), line: lineOf(each, quoted, keep) }));
  const part = (name: Part): Price | null => {
    const amounts = lines.filter((each) => each.part === name).map(({ line }) => line.amount);
    return amounts.length === 0 ? null : addPrices(amounts, LINE_DECIMALS, keep);
  };
  const due = addAmounts(billed.map(({ amount }) => amount));
  const { amount: total, afterAtLimit, moved } = charged ? applyLimits(due, tariff) : { amount: due, ...UNLIMITED };
  const reservation = part('reservation');
  const cost = {
    total: toPrice(total, afterAtLimit ? 'after' : quoted, keep, keep),
    fixed: part('fixed'),
    energy: part('energy'),
    time: part('time'),
    parking: part('parking'),
    ...(reservation && { reservation }),
    lines: lines.map(({ line }) => line),
  };
  return { cost, exact: total, limit: moved };
}

const UNLIMITED = { afterAtLimit: false, moved: null } as const;

type Part = 'fixed' | 'energy' | 'time' | 'parking' | 'reservation';

/** Which total a line counts towards; a flat fee that stands beside nothing but parking is parking's (OCPI 2.3.0 mod_cdrs CDR). */
function partOf({ bucket: { group, component, element }, tariff }: Billed): Part {
  if (group !== 'session') return 'reservation';
  if (component.type === 'ENERGY') return 'energy';
  if (component.type === 'TIME') return 'time';
  if (component.type === 'PARKING_TIME') return 'parking';
  const beside = (tariff.elements[element]?.components ?? []).filter(({ type }) => type !== 'FLAT');
  return beside.length > 0 && beside.every(({ type }) => type === 'PARKING_TIME') ? 'parking' : 'fixed';
}

function amountOf(bucket: Bucket, tariff: Tariff): Amount {
  const priced = quantityOf(bucket, bucket.billed).mul(parseDecimal(bucket.component.price));
  return withTax(priced, taxesOf(tariff, bucket.component), tariff.taxIncluded);
}

function quantityOf({ component }: Bucket, quantity: number): Fraction {
  return ratio(quantity, UNIT[component.type]);
}

function lineOf({ bucket, tariff, amount }: Billed, quoted: Anchor, keep: number): CostLine {
  const { type, price, vat } = bucket.component;
  return {
    type,
    group: bucket.group,
    element: bucket.element,
    price,
    vat: tariff.taxIncluded === 'N/A' ? null : vat,
    quantity: toText(quantityOf(bucket, bucket.billed), QUANTITY_DECIMALS),
    ...(bucket.billed !== bucket.used && { used: toText(quantityOf(bucket, bucket.used), QUANTITY_DECIMALS) }),
    amount: toPrice(amount, quoted, LINE_DECIMALS, keep),
  };
}

/** Spans as periods, in whole Wh. */
function periodsOf(spans: Span[]): Period[] {
  return spans.map(({ kind, from, to, fromMilliWh, toMilliWh, interpolated }) => ({
    kind,
    from,
    to,
    energyWh: wholeWh(toMilliWh) - wholeWh(fromMilliWh),
    ...(interpolated && { interpolated }),
  }));
}

function wholeWh(milliWh: number): number {
  return share(milliWh, 1, 1000);
}

function notesOn(walks: Walk[]): string[] {
  const current = walks.some(({ unknownCurrent }) => unknownCurrent);
  const power = walks.some(({ meanPower }) => meanPower);
  return [
    ...(current ? ['the current was not always measured: where it was not, limits on it count as met'] : []),
    ...(power ? ['the power was not always measured: where it was not, the mean power counts'] : []),
  ];
}
