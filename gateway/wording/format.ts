import type { Decimal } from '../domain/tariff.ts';
import { currencyExponent } from '../pricing/currency.ts';
import { isDecimal, share } from '../pricing/decimal.ts';
import type { Words } from './words.ts';

/** As many as a decimal has. */
const MOST_DECIMALS = 10;

/**
 * A decimal as the language writes it, exact: what `Intl.NumberFormat` is given as text it does not round.
 *
 * @param least decimals written even where they are zero
 * @throws RangeError for what is no plain decimal
 */
export function numberText(value: Decimal, { locale }: Words, least = 0): string {
  return plain(new Intl.NumberFormat(locale, decimals(least)).format(numeral(value)));
}

/** An amount with its currency's code, which every driver reads alike: `0.45 EUR`. */
export function moneyText(value: Decimal, currency: string, words: Words): string {
  return `${numberText(value, words, currencyExponent(currency))} ${currency}`;
}

/** `19%`, or with a blank where the language wants one. */
export function percentText(value: Decimal, { locale }: Words): string {
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit: 'percent', ...decimals(0) });
  return plain(format.format(numeral(value)));
}

/** Whole seconds as hours, minutes and seconds: `1 h 30 min`. */
export function durationText(seconds: number, words: Words): string {
  const minutes = share(seconds, 1, 60);
  const parts: [number, string][] = [
    [share(minutes, 1, 60), words.hours],
    [minutes % 60, words.minutes],
    [seconds % 60, words.seconds],
  ];
  const told = parts.filter(([value]) => value > 0).map(([value, unit]) => `${numberText(`${value}`, words)} ${unit}`);
  return told.length === 0 ? `0 ${words.minutes}` : told.join(' ');
}

/** A local date such as `2026-12-31`, moved by whole days. */
export function dateText(date: string, days: number, { locale }: Words): string {
  const at = Date.parse(`${date}T00:00:00Z`) + days * 86_400_000;
  return plain(new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(at)));
}

/** Fills the places in braces. */
export function fill(template: string, values: Record<string, string>): string {
  return template.replaceAll(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

function decimals(least: number): { minimumFractionDigits: number; maximumFractionDigits: number } {
  return { minimumFractionDigits: least, maximumFractionDigits: MOST_DECIMALS };
}

function numeral(value: Decimal): `${number}` {
  if (!isNumeral(value)) throw new RangeError(`"${value}" is not a plain decimal number`);
  return value;
}

function isNumeral(value: string): value is `${number}` {
  return isDecimal(value);
}

/** Small displays know the plain blank and the plain minus only. */
function plain(text: string): string {
  return text.replaceAll(/[\u00A0\u202F\u2009]/g, ' ').replaceAll('\u2212', '-');
}
