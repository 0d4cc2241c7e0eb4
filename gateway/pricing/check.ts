import type { Decimal, PriceComponent, PriceLimit, Tariff, TariffTax } from '../domain/tariff.ts';
import { checkRestrictions } from './check-restrictions.ts';
import { isCurrency } from './currency.ts';
import { HUNDRED, isDecimal, parseDecimal } from './decimal.ts';
import { firstRates } from './limits.ts';

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
  const taxes = (tariff.taxes ?? []).flatMap((tax, index) => checkTax(tax, tariff, `taxes[${index}]`));
  const limits = [...checkLimit(tariff.minPrice, 'minPrice'), ...checkLimit(tariff.maxPrice, 'maxPrice')];
  return [
    ...(isCurrency(tariff.currency)
      ? []
      : [`currency: "${tariff.currency}" is not a currency in use; write its ISO 4217 code in capitals, such as EUR`]),
    ...checkElements(tariff),
    ...components,
    ...taxes,
    ...limits,
    ...(components.length + taxes.length + limits.length === 0 ? checkTogether(tariff) : []),
    ...tariff.elements.flatMap((element, index) => checkRestrictions(element, `elements[${index}]`)),
    ...checkValidity(tariff),
  ];
}

const MOST_ELEMENTS = 100;

function checkElements({ elements }: Pick<Tariff, 'elements'>): string[] {
  if (elements.length === 0)
    return ['elements: a tariff needs one at least; a free one has a FLAT component at price 0'];
  if (elements.length > MOST_ELEMENTS)
    return [`elements: ${elements.length} are more than ${MOST_ELEMENTS}; a tariff that nobody can read is nobody's`];
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
  return vat === null ? problems : [...problems, ...checkRate(vat, 'VAT', taxIncluded, `${place}.vat`)];
}

function checkTax({ name, percentage }: TariffTax, { taxIncluded, taxes = [] }: TariffTaxes, place: string): string[] {
  const twice = taxes.filter((each) => each.name === name).length > 1;
  return [
    ...(twice ? [`${place}.name: there is another tax of the name "${name}"`] : []),
    ...checkRate(percentage, name, taxIncluded, `${place}.percentage`),
  ];
}

type TariffTaxes = Pick<Tariff, 'taxIncluded' | 'taxes'>;

function checkRate(rate: Decimal, what: string, taxIncluded: Tariff['taxIncluded'], place: string): string[] {
  const wrong = checkNumber(rate, place, `${what} in percent`);
  if (wrong.length > 0) return wrong;
  const percentage = parseDecimal(rate);
  return [
    ...(percentage.gt(HUNDRED) ? [`${place}: ${rate} must be a percentage from 0 to 100`] : []),
    ...(taxIncluded === 'N/A' && percentage.n > 0n
      ? [`${place}: ${rate} contradicts taxIncluded N/A; leave the tax out, or say YES or NO`]
      : []),
  ];
}

function checkValidity({ startsAt, endsAt, preauthorizeAmount }: Partial<Tariff>): string[] {
  return [
    ...(startsAt !== undefined && endsAt !== undefined && endsAt <= startsAt
      ? ['endsAt: the tariff ends before it begins']
      : []),
    ...(preauthorizeAmount === undefined
      ? []
      : checkNumber(preauthorizeAmount, 'preauthorizeAmount', 'what a card is authorised for')),
  ];
}

/** A thousand hours, a thousand MWh. */
const MAX_STEP = 1_000_000_000;

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
  if (firstRates(tariff).length > 0) return problems;
  for (const [place, limit] of [['minPrice', minPrice] as const, ['maxPrice', maxPrice] as const]) {
    if (limit?.afterTaxes && isLess(limit.beforeTaxes, limit.afterTaxes)) {
      problems.push(
        `${place}.afterTaxes: ${limit.afterTaxes} holds a tax, but neither a component nor the tariff has one; leave it out`,
      );
    }
  }
  return problems;
}

function checkNumber(text: Decimal, place: string, what: string): string[] {
  if (!isDecimal(text)) {
    return [`${place}: "${text}" is no decimal number such as 0.45 (at most 12 digits before and 10 after the point)`];
  }
  return parseDecimal(text).s < 0n ? [`${place}: ${what} must not be negative, and is ${text}`] : [];
}

function isLess(a: Decimal, b: Decimal): boolean {
  return parseDecimal(a).lt(parseDecimal(b));
}
