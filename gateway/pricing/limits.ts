import type { PriceLimit, Tariff } from '../domain/types.ts';
import { taxAt, taxOf } from './amount.ts';
import type { Amount } from './amount.ts';
import { add, compare, divide, multiply, parseDecimal, subtract, toText, ZERO } from './rational.ts';
import type { Rational } from './rational.ts';

/** An amount held within a tariff's least and most. */
export interface Limited {
  amount: Amount;
  /** The amount after taxes stands at a limit, which rounding must not pass. */
  afterAtLimit: boolean;
}

interface Bound {
  before: Rational;
  after: Rational | null;
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
  const moved = compare(before, amount.before);
  const mover = moved > 0 ? least : moved < 0 ? most : null;
  const free =
    mover?.after === null ? add(before, taxAlong(amount, before, tariff)) : add(amount.before, taxOf(amount));
  const after = clamp(free, least?.after, most?.after);
  return {
    amount: { before, taxes: scaleTaxes(amount, subtract(after, before), tariff) },
    afterAtLimit: [least?.after, most?.after].some((limit) => limit && compare(limit, after) === 0),
  };
}

/** The first rate above zero that the tariff names, in percent. Null where it names none. */
export function firstRate(tariff: Pick<Tariff, 'elements' | 'taxIncluded'>): Rational | null {
  if (tariff.taxIncluded === 'N/A') return null;
  const rates = tariff.elements
    .flatMap(({ components }) => components)
    .flatMap(({ vat }) => (vat === null ? [] : [parseDecimal(vat)]));
  return rates.find(({ num }) => num > 0n) ?? null;
}

function boundOf(limit: PriceLimit | null): Bound | null {
  return (
    limit && {
      before: parseDecimal(limit.beforeTaxes),
      after: limit.afterTaxes === null ? null : parseDecimal(limit.afterTaxes),
    }
  );
}

function clamp(value: Rational, least?: Rational | null, most?: Rational | null): Rational {
  if (most && compare(value, most) > 0) return most;
  if (least && compare(value, least) < 0) return least;
  return value;
}

/** Tax on `before` in the proportion that it has in the amount; at the tariff's first rate where the amount is nothing. */
function taxAlong(amount: Amount, before: Rational, tariff: Tariff): Rational {
  if (amount.before.num === 0n) return taxAt(firstRate(tariff) ?? ZERO, before);
  return divide(multiply(taxOf(amount), before), amount.before);
}

/** Parts the tax among the amount's rates in proportion; an amount without tax has the tariff's first rate bear it. */
function scaleTaxes(amount: Amount, tax: Rational, tariff: Tariff): Amount['taxes'] {
  const present = taxOf(amount);
  if (compare(present, tax) === 0) return amount.taxes;
  if (present.num > 0n) {
    return amount.taxes.map((each) => ({ ...each, amount: divide(multiply(each.amount, tax), present) }));
  }
  const rate = firstRate(tariff);
  if (!rate) return amount.taxes;
  const percentage = toText(rate, 10);
  return [...amount.taxes.filter((each) => each.percentage !== percentage), { percentage, amount: tax }];
}
