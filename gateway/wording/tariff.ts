import type { PriceComponent, PriceLimit, Tariff } from '../domain/tariff.ts';
import { taxesOf, type Rate } from '../pricing/amount.ts';
import { parseDecimal, ratio, toText } from '../pricing/decimal.ts';
import { firstRates } from '../pricing/limits.ts';
import { dimensionsOf, regionsOf, unusedIn, type Dimension, type Entry } from '../pricing/reach.ts';
import { isEmpty, meet, without } from '../pricing/region.ts';
import { conditionsInWords } from './conditions.ts';
import { durationText, fill, moneyText, numberText, percentText } from './format.ts';
import { primaryOf, wordsOf, type Language } from './language.ts';
import type { Words } from './words.ts';

/**
 * A tariff as drivers are told it: its own text in that language first, where it has one, then a short sentence for each
 * price, and its limits. Prices that no session ever pays are not told; what is not told is free.
 *
 * @param tariff one that `checkTariff` finds nothing wrong with
 */
export function tariffInWords(tariff: Tariff, language: Language): string[] {
  const words = wordsOf(language);
  const own = tariff.altText.filter((each) => primaryOf(each.language) === language).map(({ text }) => text.trim());
  const sentences = [...pricesInWords(tariff, words), ...limitsInWords(tariff, words)];
  const seen = new Set<string>();
  return [...own, ...sentences].filter((text) => {
    const key = text.toLowerCase().replace(/\.$/, '');
    const isNew = key !== '' && !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Sessions before what is kept; energy, time, parking, flat fees. */
const ORDER = ['ENERGY', 'TIME', 'PARKING_TIME', 'FLAT'];

function pricesInWords(tariff: Tariff, words: Words): string[] {
  const isFree = tariff.elements.every(({ components }) => components.every(isZero));
  if (isFree && (!tariff.minPrice || parseDecimal(tariff.minPrice.beforeTaxes).n === 0n)) return [words.allFree];
  const rank = ({ rule, type }: Dimension): number => (rule === 'SESSION' ? 0 : ORDER.length) + ORDER.indexOf(type);
  const { dimensions } = dimensionsOf(tariff);
  return dimensions
    .toSorted((one, other) => rank(one) - rank(other))
    .flatMap((dimension) => dimensionInWords(tariff, dimension, words));
}

function dimensionInWords(tariff: Tariff, dimension: Dimension, words: Words): string[] {
  const unused = new Set(unusedIn(dimension).map(({ entry }) => entry));
  const entries = dimension.entries.filter((entry) => !unused.has(entry));
  const [first] = entries;
  if (!first) return [];
  const isOne = entries.every((entry) => isSamePrice(entry, first));
  if (isOne && without(dimension.space, regionsOf(entries))?.length === 0)
    return [sentence([priceInWords(tariff, dimension, first, words), ...rulesInWords(tariff, first, words)])];
  return entries.map((entry, place) =>
    sentence([
      priceInWords(tariff, dimension, entry, words),
      ...conditionsInWords(tariff.elements[entry.element]?.restrictions ?? {}, words),
      ...afterOthers(dimension, entry, entries.slice(0, place), words),
      ...rulesInWords(tariff, entry, words),
    ]),
  );
}

function sentence(parts: string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

function isSamePrice({ component: one }: Entry, { component: other }: Entry): boolean {
  return one.price === other.price && one.vat === other.vat && one.step === other.step;
}

/** Prices that were told before come first. */
function afterOthers({ space }: Dimension, { region }: Entry, told: Entry[], words: Words): string[] {
  if (told.every((other) => isEmpty(meet(meet(other.region, region), space)))) return [];
  return [without(space, [region])?.length === 0 ? words.otherwise : words.unlessAbove];
}

function priceInWords(
  { currency }: Tariff,
  { rule, type }: Dimension,
  { component, region }: Entry,
  words: Words,
): string {
  const price = moneyText(component.price, currency, words);
  if (rule !== 'SESSION') {
    const template = isZero(component) ? words.holdFree : type === 'TIME' ? words.holdPerHour : words.holdOnce;
    return fill(template, { what: words.holds[rule], price });
  }
  if (isZero(component)) return words.free[type];
  const isLater = type === 'FLAT' && (region.ranges.millis.from > 0 || region.ranges.milliWh.from > 0);
  return fill(words.prices[isLater ? 'fee' : type], { price });
}

/** The tax of a price, and how it is rounded. */
function rulesInWords(tariff: Tariff, { component }: Entry, words: Words): string[] {
  return isZero(component) ? [] : [...taxInWords(tariff, component, words), ...stepInWords(component, words)];
}

function isZero({ price }: PriceComponent): boolean {
  return parseDecimal(price).n === 0n;
}

function taxInWords(tariff: Tariff, component: PriceComponent, words: Words): string[] {
  if (tariff.taxIncluded === 'N/A') return [];
  const rates = taxesOf(tariff, component);
  const isIncluded = tariff.taxIncluded === 'YES';
  if (rates.length === 0) return [isIncluded ? words.someTaxIncluded : words.taxExcluded];
  return rates
    .filter(({ percentage }) => parseDecimal(percentage).n > 0n)
    .map((rate) => fill(isIncluded ? words.taxIncluded : words.taxAdded, { tax: rateInWords(rate, words) }));
}

/** A tax with its rate: `VAT 19%`. */
export function rateInWords({ name, percentage }: Pick<Rate, 'name' | 'percentage'>, words: Words): string {
  return fill(words.tax, { name: name ?? words.vat, rate: percentText(percentage, words) });
}

function stepInWords({ type, step }: PriceComponent, words: Words): string[] {
  if (type === 'FLAT' || step <= 1) return [];
  const text = type === 'ENERGY' ? `${numberText(toText(ratio(step, 1000), 3), words)} kWh` : durationText(step, words);
  return [fill(words.step, { step: text })];
}

function limitsInWords(tariff: Tariff, words: Words): string[] {
  return [
    ...limitInWords(tariff, tariff.minPrice, 'minimum', words),
    ...limitInWords(tariff, tariff.maxPrice, 'maximum', words),
  ];
}

/** What is paid in the end, where the tariff says it; else before taxes. */
function limitInWords(tariff: Tariff, limit: PriceLimit | null, which: 'minimum' | 'maximum', words: Words): string[] {
  if (!limit) return [];
  const amount = limit.afterTaxes ?? limit.beforeTaxes;
  if (which === 'minimum' && parseDecimal(amount).n === 0n) return [];
  const isTaxed = tariff.taxIncluded === 'NO' || firstRates(tariff).length > 0;
  const tax =
    tariff.taxIncluded === 'N/A' || !isTaxed
      ? ''
      : limit.afterTaxes === null
        ? words.taxExcluded
        : words.someTaxIncluded;
  return [sentence([fill(words[which], { price: moneyText(amount, tariff.currency, words) }), tax])];
}
