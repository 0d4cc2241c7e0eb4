import type { PriceComponent, Tariff } from '../domain/tariff.ts';
import { taxesOf, taxOf, withTax } from './amount.ts';
import { parseDecimal } from './decimal.ts';
import type { Finding } from './finding.ts';
import { isRestricted, ruleOf } from './reach.ts';

/** Prices, steps, taxes and limits that do nothing, or not what it seems. */
export function lintMoney(tariff: Tariff): Finding[] {
  return [
    ...lintSteps(tariff),
    ...lintVat(tariff),
    ...lintLimits(tariff),
    ...lintPreauthorize(tariff),
    ...lintText(tariff),
  ];
}

/** What concerns single components. */
function eachComponent({ elements }: Tariff, judge: (component: PriceComponent, path: string) => Finding[]): Finding[] {
  return elements.flatMap(({ components }, e) =>
    components.flatMap((component, c) => judge(component, `elements[${e}].components[${c}]`)),
  );
}

function lintSteps(tariff: Tariff): Finding[] {
  return eachComponent(tariff, ({ type, price, step }, path): Finding[] => {
    if (type === 'FLAT') return [];
    const isFree = parseDecimal(price).n === 0n;
    if (step === 0 && !isFree) {
      const text = `a step of 0 rounds nothing here; OCPI knows no such step, and others may refuse it. Write 1`;
      return [{ code: 'step-zero', path: `${path}.step`, text }];
    }
    if (step <= 1 || !isFree) return [];
    const text = `${type} costs nothing here, but a session that ends here is rounded up by ${step} at this price: what it used before is not rounded. Write 1 if that is not meant`;
    return [{ code: 'free-step', path: `${path}.step`, text }];
  });
}

function lintVat(tariff: Tariff): Finding[] {
  if (tariff.taxIncluded !== 'NO' || (tariff.taxes?.length ?? 0) > 0) return [];
  if (tariff.elements.every(({ components }) => components.every(({ vat }) => vat === null))) return [];
  return eachComponent(tariff, ({ type, price, vat }, path) =>
    vat !== null || parseDecimal(price).n === 0n
      ? []
      : [
          {
            code: 'vat-missing',
            path,
            text: `${type} has no VAT while others have: none is added to it. Write 0 if that is meant`,
          },
        ],
  );
}

/** Holds the limits against the flat fee that is always due, where there is one. */
function lintLimits(tariff: Tariff): Finding[] {
  const { minPrice, maxPrice } = tariff;
  const flat = startFee(tariff);
  const idle = (path: 'minPrice' | 'maxPrice', text: string): Finding => ({ code: 'limit-idle', path, text });
  const due = flat && withTax(parseDecimal(flat.price), taxesOf(tariff, flat), tariff.taxIncluded);
  const before = due?.before ?? parseDecimal('0');
  const after = due ? due.before.add(taxOf(due)) : before;
  const isReached = (limit: typeof minPrice): boolean =>
    limit !== null &&
    before.gte(parseDecimal(limit.beforeTaxes)) &&
    (limit.afterTaxes === null || after.gte(parseDecimal(limit.afterTaxes)));
  return [
    ...(isReached(minPrice)
      ? [idle('minPrice', 'the minimum price does nothing: what is due when a session begins is not less')]
      : []),
    ...(isReached(maxPrice)
      ? [idle('maxPrice', 'every session costs the maximum price: what is due when a session begins is not less')]
      : []),
  ];
}

/** The flat fee that every session owes: the first one, where it has no restrictions. */
function startFee({ elements }: Tariff): PriceComponent | null {
  const ofSession = elements.filter(({ restrictions = {} }) => ruleOf(restrictions) === 'SESSION');
  const first = ofSession.find(({ components }) => components.some(isFlat));
  return first && !isRestricted(first) ? (first.components.find(isFlat) ?? null) : null;
}

function isFlat({ type }: PriceComponent): boolean {
  return type === 'FLAT';
}

function lintPreauthorize({ preauthorizeAmount, minPrice, currency }: Tariff): Finding[] {
  if (preauthorizeAmount === undefined || !minPrice) return [];
  const least = minPrice.afterTaxes ?? minPrice.beforeTaxes;
  if (parseDecimal(preauthorizeAmount).gte(parseDecimal(least))) return [];
  const text = `a card is authorised for ${preauthorizeAmount} ${currency}, but every session costs ${least} ${currency} at least`;
  return [{ code: 'preauthorize-low', path: 'preauthorizeAmount', text }];
}

/** One price without conditions says all; where there are some, a driver's page may show this text and nothing else. */
function lintText({ altText, altUrl, elements }: Tariff): Finding[] {
  if (!elements.some(isRestricted) || altUrl !== undefined || altText.some(({ text }) => text.trim() !== '')) return [];
  const text =
    'prices depend on conditions, and no text explains them to drivers: apps may show none, or only the first one';
  return [{ code: 'text-missing', path: 'altText', text }];
}
