import type { ComponentType, Cost, CostLine, Decimal, Tax } from '../domain/tariff.ts';
import { parseDecimal, sum, toText, toUnits } from '../pricing/decimal.ts';
import { durationText, fill, moneyText, numberText } from './format.ts';
import { wordsOf, type Language } from './language.ts';
import { rateInWords } from './tariff.ts';
import type { Words } from './words.ts';

/** The parts of a cost in the order in which they are told, and what tells how much there was of each. */
const PARTS = [
  ['energy', 'ENERGY'],
  ['time', 'TIME'],
  ['parking', 'PARKING_TIME'],
  ['fixed', null],
  ['reservation', null],
] as const;

/**
 * A cost as drivers are told it, one line each: its parts, what rounding and limits add or take, each tax, and the total to
 * pay. The parts are with tax or without it as the prices are, so that they agree with what the driver was told before.
 *
 * @param currency ISO 4217 code
 */
export function costInWords(cost: Cost, currency: string, language: Language): string[] {
  const words = wordsOf(language);
  const side = cost.lines.some(isQuotedWithTax) ? 'afterTaxes' : 'beforeTaxes';
  const line = (what: string, amount: Decimal): string =>
    fill(words.costLine, { what, price: moneyText(amount, currency, words) });
  const parts = PARTS.flatMap(([part, type]) => {
    const price = cost[part];
    if (!price) return [];
    const what = [words.cost[part], ...(type ? quantityInWords(cost, type, words) : [])].join(' ');
    return [{ what, amount: price[side] }];
  });
  const moved = parseDecimal(cost.total[side]).sub(sum(parts.map(({ amount }) => parseDecimal(amount))));
  const taxInWords = (tax: Tax): string => {
    const named = rateInWords(tax, words);
    return side === 'afterTaxes' ? fill(words.taxIncluded, { tax: named }) : named;
  };
  return [
    ...parts.map(({ what, amount }) => line(what, amount)),
    ...(moved.n === 0n ? [] : [line(words.cost.adjustment, toText(moved, 10))]),
    ...cost.total.taxes.map((tax) => line(taxInWords(tax), tax.amount)),
    line(words.cost.total, cost.total.afterTaxes),
  ];
}

/** Quantity times price is the amount with tax rather than the one without. */
function isQuotedWithTax({ quantity, price, amount: { beforeTaxes, afterTaxes } }: CostLine): boolean {
  const product = parseDecimal(quantity).mul(parseDecimal(price));
  const distance = (amount: Decimal) => product.sub(parseDecimal(amount)).abs();
  return distance(afterTaxes).lt(distance(beforeTaxes));
}

/** What was billed of a dimension in the session: energy in kWh, time to the second. */
function quantityInWords({ lines }: Cost, type: ComponentType, words: Words): string[] {
  const own = lines.filter((each) => each.type === type && (each.group ?? 'session') === 'session');
  if (own.length === 0) return [];
  const total = sum(own.map(({ quantity }) => parseDecimal(quantity)));
  if (type === 'ENERGY') return [`${numberText(toText(total, 6), words)} kWh`];
  return [durationText(Number(toUnits(total.mul(3600n), 0)), words)];
}
