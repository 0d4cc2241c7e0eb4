import type { Decimal, Price, Tariff } from '../domain/types.ts';
import {
  add,
  apportion,
  divide,
  multiply,
  parseDecimal,
  ratio,
  sum,
  toText,
  toUnits,
  unitsToText,
  ZERO,
} from './rational.ts';
import type { Rational } from './rational.ts';

/** An exact amount of money: before taxes, and the tax of each rate. */
export interface Amount {
  before: Rational;
  /** One entry per rate, in percent. */
  taxes: { percentage: Decimal; amount: Rational }[];
}

/** Which side of a price is rounded itself; the other one follows from it and the rounded tax. */
export type Anchor = 'before' | 'after';

const HUNDRED = ratio(100, 1);

/**
 * Splits what a component costs into the amount before taxes and its tax (OCPI 2.3.0 mod_tariffs TaxIncluded). Prices that
 * include a tax of unknown rate stay whole before taxes, with no tax shown.
 */
export function withTax(priced: Rational, vat: Decimal | null, taxIncluded: Tariff['taxIncluded']): Amount {
  if (vat === null || taxIncluded === 'N/A') return { before: priced, taxes: [] };
  const rate = parseDecimal(vat);
  const before = taxIncluded === 'YES' ? divide(multiply(priced, HUNDRED), add(HUNDRED, rate)) : priced;
  return { before, taxes: [{ percentage: toText(rate, 10), amount: taxAt(rate, before) }] };
}

/** The tax on an amount before taxes, at a rate in percent. */
export function taxAt(rate: Rational, before: Rational): Rational {
  return divide(multiply(before, rate), HUNDRED);
}

/** Sum, with one tax entry per rate. */
export function addAmounts(amounts: Amount[]): Amount {
  const taxes = new Map<Decimal, Rational>();
  for (const { percentage, amount } of amounts.flatMap((each) => each.taxes)) {
    taxes.set(percentage, add(taxes.get(percentage) ?? ZERO, amount));
  }
  return {
    before: sum(amounts.map(({ before }) => before)),
    taxes: [...taxes].map(([percentage, amount]) => ({ percentage, amount })),
  };
}

export function taxOf(amount: Amount): Rational {
  return sum(amount.taxes.map((tax) => tax.amount));
}

/**
 * Rounds for the outside, ties away from zero. The anchored side is rounded, the tax in all is rounded and parted among its
 * rates to the last unit, and the other side is their sum or difference: a price always adds up.
 *
 * @param places decimals rounded to
 * @param keep decimals written even where they are zero
 */
export function toPrice(amount: Amount, anchor: Anchor, places: number, keep: number): Price {
  const exactTax = taxOf(amount);
  const tax = toUnits(exactTax, places);
  const after = toUnits(add(amount.before, exactTax), places);
  const before = anchor === 'after' ? after - tax : toUnits(amount.before, places);
  const shares = apportion(
    tax,
    amount.taxes.map((each) => each.amount),
  );
  const text = (units: bigint): Decimal => unitsToText(units, places, keep);
  return {
    beforeTaxes: text(before),
    taxes: amount.taxes.map(({ percentage }, index) => ({ percentage, amount: text(shares[index] ?? 0n) })),
    afterTaxes: text(before + tax),
  };
}
