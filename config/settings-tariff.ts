import type { TariffSettings } from '../gateway/domain/settings.ts';
import type { ConfigDocument } from './schema.ts';

type Document = ConfigDocument['tariffs'][number];

/** A tariff as pricing wants it: what the file leaves out is absent. */
export function toTariff(document: Document): TariffSettings {
  const { id, type, currency, taxIncluded, taxes, altText, altUrl, minPrice, maxPrice, preauthorizeAmount } = document;
  return {
    id,
    currency,
    taxIncluded,
    altText,
    minPrice,
    maxPrice,
    elements: document.elements.map(toElement),
    ...given({ type, altUrl, preauthorizeAmount, startsAt: document.starts, endsAt: document.ends }),
    ...(taxes.length > 0 && {
      taxes: taxes.map(({ name, percentage, accountNumber }) => ({ name, percentage, ...given({ accountNumber }) })),
    }),
  };
}

function toElement({ components, restrictions }: Document['elements'][number]): TariffSettings['elements'][number] {
  if (restrictions === null) return { components };
  const { daysOfWeek, ...bounds } = restrictions;
  const all = { ...given(bounds), ...(daysOfWeek.length > 0 && { daysOfWeek }) };
  return Object.keys(all).length === 0 ? { components } : { components, restrictions: all };
}

/** A record without its nulls. */
function given<T extends object>(record: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}

/** Keys that the file calls otherwise than the domain does. */
const FILE_KEYS: Readonly<Record<string, string>> = { startsAt: 'starts', endsAt: 'ends' };

/** Where the file has what pricing calls `elements[0].restrictions.startTime`. */
export function tariffPath(index: number, place: string): string {
  const keys = place.replace(/[a-z]+[A-Z]\w*/g, inFile);
  return `tariffs[${index}]${keys === '' ? '' : `.${keys}`}`;
}

/** A sentence of pricing's in the file's words; what it quotes stays as it is. */
export function inFileWords(sentence: string): string {
  return sentence.replace(/"[^"]*"|\b[a-z]+[A-Z][a-zA-Z]*\b/g, (word) => (word.startsWith('"') ? word : inFile(word)));
}

function inFile(key: string): string {
  return FILE_KEYS[key] ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
