import type { BookingRule, ComponentType, ReservationRule } from '../domain/tariff.ts';

/** A text with places to be filled. */
type With<Name extends string> = `${string}{${Name}}${string}`;
type WithBoth<One extends string, Other extends string> =
  | `${string}{${One}}${string}{${Other}}${string}`
  | `${string}{${Other}}${string}{${One}}${string}`;

/** A condition with a beginning, an end, or both. */
export interface RangeWords {
  from: With<'from'>;
  to: With<'to'>;
  both: WithBoth<'to', 'from'>;
}

/** What drivers are told, in one language. What stands in braces is filled in; a missing word does not compile. */
export interface Words {
  /** BCP 47, for numbers and dates. */
  locale: string;
  /** Monday first. */
  days: readonly [string, string, string, string, string, string, string];
  hours: string;
  minutes: string;
  seconds: string;

  /** A price while somebody charges or parks; `fee` is a flat fee that is not due at the start. */
  prices: Record<ComponentType | 'fee', With<'price'>>;
  /** The same where it costs nothing. */
  free: Record<ComponentType, string>;
  /** Of a tariff in which everything costs nothing. */
  allFree: string;

  /** What a bay is kept for, or how that ended. */
  holds: Record<ReservationRule | BookingRule, string>;
  holdPerHour: WithBoth<'what', 'price'>;
  holdOnce: WithBoth<'what', 'price'>;
  holdFree: With<'what'>;

  /** What a tax without a name is called. */
  vat: string;
  tax: WithBoth<'name', 'rate'>;
  taxIncluded: With<'tax'>;
  taxAdded: With<'tax'>;
  /** The rate is not known. */
  someTaxIncluded: string;
  taxExcluded: string;

  clock: WithBoth<'to', 'from'>;
  /** Local dates, both inclusive. */
  dates: RangeWords;
  /** Time since the start. */
  duration: RangeWords;
  /** Energy since the start. */
  energy: RangeWords;
  /** Power or current. */
  level: RangeWords;
  /** When no price of the same kind above applies: of a price without, and of one with conditions of its own. */
  otherwise: string;
  unlessAbove: string;

  /** Rounding up. */
  step: With<'step'>;
  minimum: With<'price'>;
  maximum: With<'price'>;

  cost: Record<'energy' | 'time' | 'parking' | 'fixed' | 'reservation' | 'adjustment' | 'total', string>;
  costLine: WithBoth<'what', 'price'>;
}
