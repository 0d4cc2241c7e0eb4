import type { Decimal, Tariff, TariffTax } from '../domain/tariff.ts';
import type { Leg } from './price.ts';
import type { Hold } from './usage.ts';

/** A sum that a bill states: the total, or one of its parts as in `Cost`. */
export interface StatedSum {
  name: 'total' | 'fixed' | 'energy' | 'time' | 'parking' | 'reservation';
  beforeTaxes: Decimal;
  /** Null: the bill does not say. */
  afterTaxes: Decimal | null;
}

/** A quantity that a bill states: kWh, or hours of the session, or of parking in it. */
export interface StatedQuantity {
  name: 'energy' | 'time' | 'parkingTime';
  value: Decimal;
}

/** Somebody's bill: what it is for, by which tariffs, and what it says that has to be paid. */
export interface Bill {
  currency: string;
  /** It takes another bill back: the amounts of its total have their sign turned. */
  credit: boolean;
  legs: Leg[];
  holds: Hold[];
  sums: StatedSum[];
  quantities: StatedQuantity[];
  /** Taxes that the bill shows, for tariffs that name none; null: it shows taxes whose rates it does not tell. */
  taxes: TariffTax[] | null;
}

/** A figure of a bill that is reckoned otherwise. */
export interface Difference {
  name: StatedSum['name'] | StatedQuantity['name'];
  /** Of a sum; null for a quantity. */
  side: 'beforeTaxes' | 'afterTaxes' | null;
  stated: Decimal;
  /** To as many decimals as were stated, at least. */
  reckoned: Decimal;
}

/** Does a tariff leave open which tax is due, as where rates are not known beforehand (OCPI 2.3.0 mod_tariffs, North American taxes)? */
export function isUntaxed({ taxIncluded, taxes = [], elements }: Tariff): boolean {
  const named = elements.some(({ components }) => components.some(({ vat }) => vat !== null));
  return taxIncluded !== 'N/A' && taxes.length === 0 && !named;
}
