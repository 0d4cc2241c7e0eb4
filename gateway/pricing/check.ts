import type { Decimal, PriceComponent, PriceLimit, Tariff } from '../domain/types.ts';
import { isCurrency } from './currency.ts';
import { firstRate } from './limits.ts';
import { compare, isDecimal, parseDecimal, ratio } from './rational.ts';

/**
 * Why a tariff cannot be priced: one sentence each, beginning with the place, empty when it can be. Prices below zero are
 * refused: with them a session could become cheaper by going on, and limits on both sides of the tax lose their meaning.
 * What is merely odd, such as a component that is never reached, is not told here.
 */
export function checkTariff(tariff: Omit<Tariff, 'updatedAt'>): string[] {
  const components = tariff.elements.flatMap((element, e) =>
    element.components.flatMap((component, c) =>
      checkComponent(component, tariff.taxIncluded, `elements[${e}].components[${c}]`),
    ),
  );
  const limits = [...checkLimit(tariff.minPrice, 'minPrice'), ...checkLimit(tariff.maxPrice, 'maxPrice')];
  return [
    ...(isCurrency(tariff.currency)
      ? []
      : [`currency: "${tariff.currency}" is not a currency in use; write its ISO 4217 code in capitals, such as EUR`]),
    ...checkElements(tariff),
    ...components,
    ...limits,
    ...(components.length + limits.length === 0 ? checkTogether(tariff) : []),
  ];
}

function checkElements({ elements }: Pick<Tariff, 'elements'>): string[] {
  if (elements.length === 0)
    return ['elements: a tariff needs one at least; a free one has a FLAT component at price 0'];
  return elements.flatMap((element, index) =>
    element.components.length === 0 ? [`elements[${index}].components: an element needs one component at least`] : [],
  );
}

function checkComponent(component: PriceComponent, taxIncluded: Tariff['taxIncluded'], place: string): string[] {
  const { type, price, vat, step } = component;
  const problems = checkNumber(price, `${place}.price`, `the price for ${type}`);
  if (!Number.isSafeInteger(step) || step < 0 || step > MAX_STEP) {
    problems.push(`${place}.step: ${step} must be a whole number of Wh or seconds from 0 to ${MAX_STEP}`);
  }
  if (vat === null) return problems;
  const wrong = checkNumber(vat, `${place}.vat`, 'VAT in percent');
  if (wrong.length > 0) return [...problems, ...wrong];
  const rate = parseDecimal(vat);
  if (compare(rate, HUNDRED) > 0) problems.push(`${place}.vat: ${vat} must be a percentage from 0 to 100`);
  if (taxIncluded === 'N/A' && rate.num > 0n) {
    problems.push(`${place}.vat: ${vat} contradicts taxIncluded N/A; leave the VAT out, or say YES or NO`);
  }
  return problems;
}

/** A thousand hours, a thousand MWh. */
const MAX_STEP = 1_000_000_000;
const HUNDRED = ratio(100, 1);

function checkLimit(limit: PriceLimit | null, place: string): string[] {
  if (!limit) return [];
  const { beforeTaxes, afterTaxes } = limit;
  const problems = [
    ...checkNumber(beforeTaxes, `${place}.beforeTaxes`, 'the limit'),
    ...(afterTaxes === null ? [] : checkNumber(afterTaxes, `${place}.afterTaxes`, 'the limit')),
  ];
  if (problems.length > 0 || afterTaxes === null || !isLess(afterTaxes, beforeTaxes)) return problems;
  return [`${place}.afterTaxes: ${afterTaxes} is less than beforeTaxes, ${beforeTaxes}`];
}

/** What holds between parts that are each right. */
function checkTogether(tariff: Omit<Tariff, 'updatedAt'>): string[] {
  const { minPrice, maxPrice } = tariff;
  const problems: string[] = [];
  for (const side of ['beforeTaxes', 'afterTaxes'] as const) {
    const least = minPrice?.[side];
    const most = maxPrice?.[side];
    if (least && most && isLess(most, least))
      problems.push(`maxPrice.${side}: ${most} is less than minPrice, ${least}`);
  }
  if (firstRate(tariff)) return problems;
  for (const [place, limit] of [['minPrice', minPrice] as const, ['maxPrice', maxPrice] as const]) {
    if (limit?.afterTaxes && isLess(limit.beforeTaxes, limit.afterTaxes)) {
      problems.push(`${place}.afterTaxes: ${limit.afterTaxes} holds a tax, but no component has VAT; leave it out`);
    }
  }
  return problems;
}

function checkNumber(text: Decimal, place: string, what: string): string[] {
  if (!isDecimal(text)) {
    return [`${place}: "${text}" is no decimal number such as 0.45 (at most 12 digits before and 10 after the point)`];
  }
  return parseDecimal(text).num < 0n ? [`${place}: ${what} must not be negative, and is ${text}`] : [];
}

function isLess(a: Decimal, b: Decimal): boolean {
  return compare(parseDecimal(a), parseDecimal(b)) < 0;
}
