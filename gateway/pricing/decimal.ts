import { Fraction } from 'fraction.js';
import type { Decimal } from '../domain/tariff.ts';

/*
 * Exact numbers. Money, rates and quantities are fractions until they are rounded, once: hours and included taxes divide by
 * 3,600 and by 1 + VAT, which no decimal can hold.
 */

export const ZERO = new Fraction(0n);
export const HUNDRED = new Fraction(100n);

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,10}))?$/;

/** Is it a plain decimal, at most 12 digits before and 10 after the point, no exponent? */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** Reads a plain decimal such as `0.45`. Throws RangeError where `isDecimal` says no. */
export function parseDecimal(text: Decimal): Fraction {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a plain decimal number`);
  const [, sign = '', whole = '', fraction = ''] = match;
  return new Fraction(BigInt(`${sign}${whole}${fraction}`), 10n ** BigInt(fraction.length));
}

/** `num / den` of two integers. Throws RangeError for what is no integer. */
export function ratio(num: number, den: number): Fraction {
  return new Fraction(BigInt(num), BigInt(den));
}

export function sum(values: Fraction[]): Fraction {
  return values.reduce((total, value) => total.add(value), ZERO);
}

/** `a * b / c` of integers, rounded down, without ever leaving exact numbers. Throws RangeError when `c` is zero. */
export function share(a: number, b: number, c: number): number {
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** A decimal in units of 10^-places as an integer, rounded up: the first whole unit that is not below it. */
export function unitsAbove(text: Decimal, places: number): number {
  const { s, n, d } = parseDecimal(text).mul(10n ** BigInt(places));
  const whole = (s * n) / d;
  return Number(s > 0n && n % d > 0n ? whole + 1n : whole);
}

/** The nearest whole number of units of 10^-places; a tie goes away from zero. */
export function toUnits({ s, n, d }: Fraction, places: number): bigint {
  return s * ((2n * n * 10n ** BigInt(places) + d) / (2n * d));
}

/** The same as a number, for quantities that stay within 2^53. */
export function toInteger(value: Fraction, places: number): number {
  return Number(toUnits(value, places));
}

/** Units of 10^-places as decimal text, without trailing zeros beyond the first `keep` decimals. */
export function unitsToText(units: bigint, places: number, keep: number): Decimal {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const point = digits.length - places;
  const fraction = digits.slice(point + keep).replace(/0+$/, '');
  const decimals = digits.slice(point, point + keep) + fraction;
  return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${decimals === '' ? '' : `.${decimals}`}`;
}

/** Rounds to `places` decimals, ties away from zero, and writes it without trailing zeros. */
export function toText(value: Fraction, places: number): Decimal {
  return unitsToText(toUnits(value, places), places, 0);
}

/**
 * Parts `whole` units in proportion to the weights, to the unit: each share is rounded down and what is left over goes to the
 * largest remainders, the first of equals first. All weights zero: everything goes to the first.
 */
export function apportion(whole: bigint, weights: Fraction[]): bigint[] {
  if (weights.length === 1) return [whole];
  const total = sum(weights);
  if (total.n === 0n) return weights.map((_, index) => (index === 0 ? whole : 0n));
  const shares = weights.map((weight, index) => {
    const exact = weight.mul(whole).div(total);
    const floor = (exact.s * exact.n) / exact.d;
    return { index, floor, remainder: exact.sub(floor) };
  });
  const left = whole - shares.reduce((taken, part) => taken + part.floor, 0n);
  const favoured = new Set(
    shares
      .toSorted((a, b) => b.remainder.compare(a.remainder) || a.index - b.index)
      .filter((_, rank) => BigInt(rank) < left)
      .map((part) => part.index),
  );
  return shares.map((part) => (favoured.has(part.index) ? part.floor + 1n : part.floor));
}
