import type { Decimal } from '../domain/types.ts';

/**
 * An exact number, `num / den` with `den > 0`. Money, rates and quantities stay in this form until they are rounded, once:
 * hours and included taxes divide by 3,600 and by 1 + VAT, which no decimal can hold.
 */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

export const ZERO: Rational = { num: 0n, den: 1n };

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,10}))?$/;

/** Is it a plain decimal, at most 12 digits before and 10 after the point, no exponent? */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** Reads a plain decimal such as `0.45`. Throws RangeError where `isDecimal` says no. */
export function parseDecimal(text: Decimal): Rational {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a plain decimal number`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = BigInt(whole + fraction);
  return { num: sign === '-' ? -digits : digits, den: 10n ** BigInt(fraction.length) };
}

/** `num / den` of two integers. Throws RangeError for what is no integer. */
export function ratio(num: number, den: number): Rational {
  return { num: BigInt(num), den: BigInt(den) };
}

export function add(a: Rational, b: Rational): Rational {
  if (a.den === b.den) return { num: a.num + b.num, den: a.den };
  return { num: a.num * b.den + b.num * a.den, den: a.den * b.den };
}

export function subtract(a: Rational, b: Rational): Rational {
  return add(a, { num: -b.num, den: b.den });
}

export function multiply(a: Rational, b: Rational): Rational {
  return { num: a.num * b.num, den: a.den * b.den };
}

/** Throws RangeError when `b` is zero. */
export function divide(a: Rational, b: Rational): Rational {
  if (b.num === 0n) throw new RangeError('division by zero');
  const sign = b.num < 0n ? -1n : 1n;
  return { num: sign * a.num * b.den, den: sign * a.den * b.num };
}

export function sum(values: Rational[]): Rational {
  return values.reduce(add, ZERO);
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest whole number of units of 10^-places; a tie goes away from zero. */
export function toUnits(value: Rational, places: number): bigint {
  const scaled = value.num * 10n ** BigInt(places);
  const magnitude = scaled < 0n ? -scaled : scaled;
  const nearest = (2n * magnitude + value.den) / (2n * value.den);
  return scaled < 0n ? -nearest : nearest;
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
export function toText(value: Rational, places: number): Decimal {
  return unitsToText(toUnits(value, places), places, 0);
}

/**
 * Parts `whole` units in proportion to the weights, to the unit: each share is rounded down and what is left over goes to the
 * largest remainders, the first of equals first. All weights zero: everything goes to the first.
 */
export function apportion(whole: bigint, weights: Rational[]): bigint[] {
  if (weights.length === 1) return [whole];
  const total = sum(weights);
  if (total.num === 0n) return weights.map((_, index) => (index === 0 ? whole : 0n));
  const shares = weights.map((weight, index) => {
    const exact = divide(multiply({ num: whole, den: 1n }, weight), total);
    const floor = exact.num / exact.den;
    return { index, floor, remainder: subtract(exact, { num: floor, den: 1n }) };
  });
  const left = whole - shares.reduce((taken, share) => taken + share.floor, 0n);
  const favoured = new Set(
    shares
      .toSorted((a, b) => compare(b.remainder, a.remainder) || a.index - b.index)
      .filter((_, rank) => BigInt(rank) < left)
      .map((share) => share.index),
  );
  return shares.map((share) => (favoured.has(share.index) ? share.floor + 1n : share.floor));
}
