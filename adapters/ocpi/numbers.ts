import { Big } from 'big.js';
import type { Decimal } from '../../gateway/domain/tariff.ts';

/** Decimals that an OCPI number has unless said otherwise (OCPI 2.3.0 types, number). */
const PLACES = 4;

/** An exact decimal as the JSON number OCPI wants: at most 4 decimals, halves away from zero, no binary noise. */
export function toNumber(decimal: Decimal): number {
  // Every decimal of 4 places and up to 11 digits before them survives the double and prints as itself.
  return Number(new Big(decimal).round(PLACES, Big.roundHalfUp).toString());
}

/** Watt-hours as kWh. */
export function kwh(wattHours: number): number {
  return fraction(wattHours, 1000);
}

/** Milliseconds as hours, to 4 decimals (0.36 s). */
export function hours(millis: number): number {
  return fraction(millis, 3_600_000);
}

/** A price that includes `vat` percent, without it; to 4 decimals. Null: the price as it stands. */
export function withoutVat(price: Decimal, vat: Decimal | null): number {
  if (vat === null) return toNumber(price);
  const factor = new Big(vat).div(100).plus(1);
  return Number(new Big(price).div(factor).round(PLACES, Big.roundHalfUp).toString());
}

/** The sum of exact decimals. */
export function sumOf(decimals: readonly Decimal[]): Decimal {
  return decimals.reduce((sum, each) => sum.plus(each), new Big(0)).toFixed();
}

/** Decimal degrees in `length` characters: with the most of 7 to 5 decimals that fit (OCPI 2.3.0 mod_locations GeoLocation). */
export function degrees(decimal: Decimal, length: number): string {
  const given = new Big(decimal);
  const wanted = Math.min(7, Math.max(5, given.toFixed().split('.')[1]?.length ?? 0));
  const texts = [7, 6, 5].filter((places) => places <= wanted).map((places) => given.toFixed(places, Big.roundHalfUp));
  return texts.find((text) => text.length <= length) ?? given.toFixed(5, Big.roundHalfUp);
}

function fraction(amount: number, divisor: number): number {
  return Number(new Big(amount).div(divisor).round(PLACES, Big.roundHalfUp).toString());
}
