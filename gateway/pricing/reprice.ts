import type { Tariff, TariffTax } from '../domain/tariff.ts';
import { toUtc, type Millis } from '../domain/time.ts';
import { isUntaxed, type Bill, type Difference } from './bill.ts';
import { isOfClock } from './calendar.ts';
import { checkTariff } from './check.ts';
import { compareQuantities, compareSums } from './compare.ts';
import { priceLegs, type Leg, type Priced } from './price.ts';

/** A bill as it is reckoned here. */
export interface Repriced {
  priced: Priced;
  /** Those that were priced: with the bill's taxes where a tariff names none. */
  legs: Leg[];
  differs: Difference[];
  /** What had to be assumed, a sentence each. */
  notes: string[];
}

/**
 * Why a bill cannot be priced: one sentence each, beginning with the tariff; empty when it can be. Tariffs that no part of
 * the bill goes by are not asked.
 */
export function checkBill(bill: Bill): string[] {
  const tariffs = new Set(bill.legs.map(({ tariff }) => tariff));
  return [...tariffs].flatMap((tariff) => [
    ...checkTariff(withTaxes(tariff, bill.taxes)).map((problem) => `tariff ${tariff.id}: ${problem}`),
    ...(tariff.currency === bill.currency
      ? []
      : [`tariff ${tariff.id}: its prices are in ${tariff.currency}, the bill is in ${bill.currency}`]),
  ]);
}

/** Does its price depend on the time of day or the calendar, and so on the site's time zone? */
export function goesByClock({ legs }: Pick<Bill, 'legs'>): boolean {
  return legs.some(({ tariff }) => tariff.elements.some(({ restrictions }) => restrictions && isOfClock(restrictions)));
}

/**
 * Reckons a bill anew and tells every figure of it that comes out otherwise. A figure is right when it is what it should be to
 * half a unit of the last decimal that it is written to, or what our own rounding makes of it.
 *
 * @param bill one that `checkBill` finds nothing wrong with
 * @param zone IANA time zone of the site
 * @throws RangeError as `priceLegs`
 */
export function repriceBill(bill: Bill, zone: string): Repriced {
  const legs = bill.legs.map(({ tariff, stretches }) => ({ tariff: withTaxes(tariff, bill.taxes), stretches }));
  const priced = priceLegs(legs, bill.holds, zone);
  const sums = compareSums(bill, priced, legs);
  return {
    priced,
    legs,
    differs: [...sums.differs, ...compareQuantities(bill)],
    notes: [
      ...taxNotes(bill),
      ...sums.notes,
      ...edgeNotes(legs, priced),
      ...(priced.limit === null ? [] : [`the tariff's ${LIMITS[priced.limit]} price holds`]),
      ...priced.notes,
    ],
  };
}

const LIMITS = { least: 'minimum', most: 'maximum' } as const;

/** What the tariff leaves open, the bill says. */
function withTaxes(tariff: Tariff, taxes: TariffTax[] | null): Tariff {
  return taxes?.length && isUntaxed(tariff) ? { ...tariff, taxes } : tariff;
}

function taxNotes({ legs, taxes }: Bill): string[] {
  const untaxed = legs.filter(({ tariff }) => isUntaxed(tariff)).map(({ tariff }) => tariff.id);
  if (!taxes?.length || untaxed.length === 0) return [];
  const rates = taxes.map(({ name, percentage }) => `${name} ${percentage}%`).join(', ');
  return [`tariff ${untaxed.join(', ')} names no tax: the bill's are taken, ${rates}`];
}

/** Places named in one note. */
const NAMED = 3;

/** Within a period, nobody says how energy and billed time are spread; a price edge there is met by an assumption. */
function edgeNotes(legs: readonly Leg[], { spans }: Priced): string[] {
  const spread = legs
    .flatMap(({ stretches }) => stretches)
    .filter(({ milliWh, billedMillis }) => milliWh > 0 || (billedMillis ?? 0) > 0);
  const edges: Millis[] = [];
  let index = 0;
  for (const { kind, from } of spans) {
    if (kind !== 'charging' && kind !== 'parking') continue;
    while ((spread[index]?.to ?? Infinity) <= from) index += 1;
    if ((spread[index]?.from ?? Infinity) < from) edges.push(from);
  }
  if (edges.length === 0) return [];
  const more = edges.length > NAMED ? ` and ${edges.length - NAMED} more` : '';
  const named = edges.slice(0, NAMED).map(toUtc).join(', ');
  return [`the price changes within a period, at ${named}${more}: what the period says is split evenly there`];
}
