import { Fraction } from 'fraction.js';
import type { Decimal } from '../domain/tariff.ts';
import { taxOf } from './amount.ts';
import { isUntaxed, type Bill, type Difference, type StatedQuantity, type StatedSum } from './bill.ts';
import { currencyExponent } from './currency.ts';
import { parseDecimal, ratio, toText, ZERO } from './decimal.ts';
import type { Leg, Priced } from './price.ts';
import { turnDecimal } from './turn.ts';

/** OCPI numbers have at most four decimals (OCPI 2.3.0 types, number); what is written beyond them promises nothing. */
const MOST_PLACES = 4;

/** JSON drops zeros at the end, so 20.5 kWh may have been 20.50. */
const QUANTITY_PLACES = 2;

/** What rounding a line or a volume to four decimals may add or take away. */
const GRAIN = new Fraction(1n, 20_000n);

/** In hours: the second to which clocks are mostly told. */
const SECOND = ratio(1, 3600);

/** Holds the sums of a bill against what was reckoned; notes on what cannot be compared. */
export function compareSums(
  bill: Bill,
  priced: Priced,
  legs: readonly Leg[],
): { differs: Difference[]; notes: string[] } {
  const blind = blindSide(bill, legs);
  const differs = bill.sums.flatMap((sum) =>
    SIDES.flatMap((side) => (side === blind ? [] : compareSum(bill, sum, side, priced))),
  );
  const notes = blind
    ? [`neither the tariff nor the bill tells the rate of the tax: what is ${WORDS[blind]} is not compared`]
    : [];
  return { differs, notes };
}

const SIDES = ['beforeTaxes', 'afterTaxes'] as const;
type Side = (typeof SIDES)[number];
const WORDS: Record<Side, string> = { beforeTaxes: 'before taxes', afterTaxes: 'after taxes' };

/** The side that nobody can reckon, where the tax has a rate that neither the tariff nor the bill tells. */
function blindSide({ taxes }: Bill, legs: readonly Leg[]): Side | null {
  if (taxes !== null) return null;
  const untaxed = legs.find(({ tariff }) => isUntaxed(tariff));
  if (!untaxed) return null;
  return untaxed.tariff.taxIncluded === 'YES' ? 'beforeTaxes' : 'afterTaxes';
}

function compareSum(bill: Bill, sum: StatedSum, side: Side, priced: Priced): Difference[] {
  const stated = sum[side];
  if (stated === null) return [];
  const least = currencyExponent(bill.currency);
  const places = placesOf(stated, least);
  const isTotal = sum.name === 'total';
  // A credit turns its total; its parts stand as they were, or are turned as well.
  const turned = bill.credit && (isTotal || stated.startsWith('-'));
  const rounded = priced.cost[sum.name]?.[side] ?? toText(ZERO, least);
  const exact = isTotal ? exactOf(priced, side) : parseDecimal(rounded);
  const value = parseDecimal(turned ? turnDecimal(stated) : stated);
  const slack = GRAIN.mul(BigInt(priced.cost.lines.length));
  if (isWithin(value, exact, halfUnit(places).add(slack)) || value.equals(parseDecimal(rounded))) return [];
  const reckoned = isTotal && places > least ? toText(exact, places) : rounded;
  return [{ name: sum.name, side, stated, reckoned: turned ? turnDecimal(reckoned) : reckoned }];
}

function exactOf({ exact }: Priced, side: Side): Fraction {
  return side === 'beforeTaxes' ? exact.before : exact.before.add(taxOf(exact));
}

/** Holds the quantities of a bill against its own periods. */
export function compareQuantities(bill: Bill): Difference[] {
  return bill.quantities.flatMap((stated) => {
    const { readings, slack } = readingsOf(bill, stated.name);
    const value = parseDecimal(stated.value);
    const tolerance = halfUnit(placesOf(stated.value, QUANTITY_PLACES)).add(slack);
    if (readings.some((reading) => isWithin(value, reading, tolerance))) return [];
    const reckoned = toText(readings[0] ?? ZERO, MOST_PLACES);
    return [{ name: stated.name, side: null, stated: stated.value, reckoned }];
  });
}

/** What a quantity may be: time by the clock, or as it is billed, and that of the session with or without its reservation. */
function readingsOf({ legs, holds }: Bill, name: StatedQuantity['name']): { readings: Fraction[]; slack: Fraction } {
  const all = legs.flatMap(({ stretches }) => stretches);
  const count = BigInt(all.length);
  if (name === 'energy') {
    const milliWh = all.reduce((sum, each) => sum + each.milliWh, 0);
    return { readings: [ratio(milliWh, 1_000_000)], slack: GRAIN.mul(count) };
  }
  const counted = name === 'time' ? all : all.filter(({ kind }) => kind === 'parking');
  const clock = counted.reduce((sum, { from, to }) => sum + to - from, 0);
  const billed = counted.reduce((sum, { from, to, billedMillis = to - from }) => sum + billedMillis, 0);
  const kept = name === 'time' ? holds.reduce((sum, { from, to }) => sum + to - from, 0) : 0;
  const readings = [clock, billed, clock + kept, billed + kept].map((millis) => ratio(millis, 3_600_000));
  return { readings, slack: SECOND.add(GRAIN.mul(count)) };
}

function isWithin(value: Fraction, of: Fraction, tolerance: Fraction): boolean {
  return value.sub(of).abs().lte(tolerance);
}

/** Half a unit of the last of so many decimals. */
function halfUnit(places: number): Fraction {
  return new Fraction(1n, 2n * 10n ** BigInt(places));
}

/** To how many decimals a number is written: `least` at the least, since JSON drops zeros at the end. */
function placesOf(written: Decimal, least: number): number {
  const places = written.split('.')[1]?.length ?? 0;
  if (places > MOST_PLACES) return MOST_PLACES;
  return places < least ? least : places;
}
