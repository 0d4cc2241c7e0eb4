import type { Fraction } from 'fraction.js';
import type { PriceLimit, Tariff } from '../domain/tariff.ts';
import { keyOf, taxAt, taxesOf, taxOf, type Amount, type Rate } from './amount.ts';
import { parseDecimal, sum, ZERO } from './decimal.ts';

/** An amount held within a tariff's least and most. */
export interface Limited {
  amount: Amount;
  /** The amount after taxes stands at a limit, which rounding must not pass. */
  afterAtLimit: boolean;
  /** Which limit moved it; null: none did. */
  moved: 'least' | 'most' | null;
}

interface Bound {
  before: Fraction;
  after: Fraction | null;
}

/**
 * Holds the amounts before and after taxes within the tariff's limits, each on its own, and scales the tax of every rate
 * alike (OCPI 2.3.0 mod_tariffs, notes on min_price and max_price). A limit that says nothing of the amount after taxes takes
 * the tax along in proportion.
 */
export function applyLimits(amount: Amount, tariff: Tariff): Limited {
  const least = boundOf(tariff.minPrice);
  const most = boundOf(tariff.maxPrice);
  const before = clamp(amount.before, least?.before, most?.before);
  const moved = before.compare(amount.before);
  const mover = moved > 0 ? least : moved < 0 ? most : null;
  const free = mover?.after === null ? before.add(taxAlong(amount, before, tariff)) : amount.before.add(taxOf(amount));
  const after = clamp(free, least?.after, most?.after);
  const change = moved || after.compare(amount.before.add(taxOf(amount)));
  return {
    amount: { before, taxes: scaleTaxes(amount, after.sub(before), tariff) },
    afterAtLimit: [least?.after, most?.after].some((limit) => limit?.equals(after)),
    moved: change > 0 ? 'least' : change < 0 ? 'most' : null,
  };
}

/** The first taxes above zero that the tariff names: VAT of a component, or its own. Empty where it names none. */
export function firstRates(tariff: Pick<Tariff, 'elements' | 'taxIncluded' | 'taxes'>): Rate[] {
  const rates = tariff.elements
    .flatMap(({ components }) => components)
    .map((component) => taxesOf(tariff, component).filter(({ percentage }) => parseDecimal(percentage).n > 0n));
  return rates.find((found) => found.length > 0) ?? [];
}

function boundOf(limit: PriceLimit | null): Bound | null {
  return (
    limit && {
      before: parseDecimal(limit.beforeTaxes),
      after: limit.afterTaxes === null ? null : parseDecimal(limit.afterTaxes),
    }
  );
}

function clamp(value: Fraction, least?: Fraction | null, most?: Fraction | null): Fraction {
  if (most && value.gt(most)) return most;
  if (least && value.lt(least)) return least;
  return value;
}

/** Tax on `before` in the proportion that it has in the amount; at the tariff's first rates where the amount is nothing. */
function taxAlong(amount: Amount, before: Fraction, tariff: Tariff): Fraction {
  if (amount.before.n === 0n) return sum(firstRates(tariff).map((rate) => taxAt(rate, before).amount));
  return taxOf(amount).mul(before).div(amount.before);
}

/** Parts the tax among the amount's rates in proportion; an amount without tax has the tariff's first rates bear it. */
function scaleTaxes(amount: Amount, tax: Fraction, tariff: Tariff): Amount['taxes'] {
  const present = taxOf(amount);
  if (present.equals(tax)) return amount.taxes;
  if (present.n > 0n) return amount.taxes.map((each) => ({ ...each, amount: each.amount.mul(tax).div(present) }));
  const rates = firstRates(tariff);
  const whole = sum(rates.map(({ percentage }) => parseDecimal(percentage)));
  if (whole.n === 0n) return amount.taxes;
  const borne = rates.map((rate) => {
    const { percentage } = taxAt(rate, ZERO);
    return { ...rate, percentage, amount: tax.mul(parseDecimal(percentage)).div(whole) };
  });
  const keys = new Set(borne.map(keyOf));
  return [...amount.taxes.filter((each) => !keys.has(keyOf(each))), ...borne];
}
