import type { Fraction } from 'fraction.js';
import type { Decimal, Price, PriceComponent, Tariff, Tax, TariffTax } from '../domain/tariff.ts';
import { apportion, HUNDRED, parseDecimal, sum, toText, toUnits, unitsToText, ZERO } from './decimal.ts';

/** A tax on something, exact. */
export interface TaxShare extends Omit<Tax, 'amount'> {
  amount: Fraction;
}

/** An exact amount of money: before taxes, and each tax. */
export interface Amount {
  before: Fraction;
  /** One entry per tax and rate. */
  taxes: TaxShare[];
}

/** Which side of a price is rounded itself; the other one follows from it and the rounded tax. */
export type Anchor = 'before' | 'after';

/** A component's VAT where it has one, else the tariff's own taxes; none where there are none. */
export function taxesOf(tariff: Pick<Tariff, 'taxes' | 'taxIncluded'>, { vat }: Pick<PriceComponent, 'vat'>): Rate[] {
  if (tariff.taxIncluded === 'N/A') return [];
  return vat === null ? (tariff.taxes ?? []) : [{ percentage: vat }];
}

/** A tax by its rate; VAT where it has no name. */
export type Rate = Omit<TariffTax, 'name'> & { name?: string };

/**
 * Splits what a component costs into the amount before taxes and its taxes (OCPI 2.3.0 mod_tariffs TaxIncluded). Prices that
 * include a tax of unknown rate stay whole before taxes, with no tax shown.
 */
export function withTax(priced: Fraction, rates: Rate[], taxIncluded: Tariff['taxIncluded']): Amount {
  if (rates.length === 0) return { before: priced, taxes: [] };
  const percentages = rates.map(({ percentage }) => parseDecimal(percentage));
  const before = taxIncluded === 'YES' ? priced.mul(HUNDRED).div(HUNDRED.add(sum(percentages))) : priced;
  const taxes = rates.map((rate) => taxAt(rate, before));
  return { before, taxes };
}

/** The tax on an amount before taxes. */
export function taxAt(rate: Rate, before: Fraction): TaxShare {
  const percentage = parseDecimal(rate.percentage);
  return { ...rate, percentage: toText(percentage, 10), amount: before.mul(percentage).div(HUNDRED) };
}

/** Sum, with one entry per tax and rate. */
export function addAmounts(amounts: Amount[]): Amount {
  const taxes = new Map<string, TaxShare>();
  for (const tax of amounts.flatMap((each) => each.taxes)) {
    const key = keyOf(tax);
    taxes.set(key, { ...tax, amount: (taxes.get(key)?.amount ?? ZERO).add(tax.amount) });
  }
  return { before: sum(amounts.map(({ before }) => before)), taxes: [...taxes.values()] };
}

/** The same tax has the same key. */
export function keyOf({ name = '', percentage }: { name?: string; percentage: Decimal }): string {
  return `${name} ${percentage}`;
}

export function taxOf(amount: Amount): Fraction {
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
  const after = toUnits(amount.before.add(exactTax), places);
  const before = anchor === 'after' ? after - tax : toUnits(amount.before, places);
  const shares = apportion(
    tax,
    amount.taxes.map((each) => each.amount),
  );
  const text = (units: bigint): Decimal => unitsToText(units, places, keep);
  return {
    beforeTaxes: text(before),
    taxes: amount.taxes.map((each, index) => ({ ...each, amount: text(shares[index] ?? 0n) })),
    afterTaxes: text(before + tax),
  };
}

/** Sum of rounded prices, which adds up to the last of their decimals; one entry per tax and rate. */
export function addPrices(prices: readonly Price[], places: number, keep: number): Price {
  const total = (texts: Decimal[]): Decimal => unitsToText(toUnits(sum(texts.map(parseDecimal)), places), places, keep);
  const byTax = Map.groupBy(
    prices.flatMap(({ taxes }) => taxes),
    keyOf,
  );
  return {
    beforeTaxes: total(prices.map(({ beforeTaxes }) => beforeTaxes)),
    taxes: [...byTax.values()].flatMap((same) =>
      same.slice(0, 1).map((tax) => ({ ...tax, amount: total(same.map(({ amount }) => amount)) })),
    ),
    afterTaxes: total(prices.map(({ afterTaxes }) => afterTaxes)),
  };
}
