import type { PhaseKind } from './status.ts';
import type { Millis } from './time.ts';

/** Decimal as text, exact: `0.45`. Money and rates never pass through binary floats. */
export type Decimal = string;

export type ComponentType = 'ENERGY' | 'FLAT' | 'TIME' | 'PARKING_TIME';

/** A price of one kind. Per kWh, once, or per hour; `step` in Wh or seconds (OCPI 2.3.0 mod_tariffs PriceComponent). */
export interface PriceComponent {
  type: ComponentType;
  price: Decimal;
  /** Percent. Null: the tariff's own taxes, where it has any. */
  vat: Decimal | null;
  step: number;
}

export const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export const RESERVATION_RULES = ['RESERVATION', 'RESERVATION_EXPIRES'] as const;
export type ReservationRule = (typeof RESERVATION_RULES)[number];

export const BOOKING_RULES = ['BOOKING', 'BOOKING_EXPIRES', 'BOOKING_CANCELLATION_FEES', 'BOOKING_OVERTIME'] as const;
export type BookingRule = (typeof BOOKING_RULES)[number];

/**
 * When an element applies: all that is given must hold at that moment (OCPI 2.3.0 mod_tariffs TariffRestrictions). Clock
 * and calendar are the site's. From is inclusive, to exclusive.
 */
export interface Restrictions {
  /** `HH:MM`; an end that is before the start is of the next day, `00:00` as an end is midnight. */
  startTime?: string;
  endTime?: string;
  /** `YYYY-MM-DD`. */
  startDate?: string;
  endDate?: string;
  /** Energy since the session began. */
  minKwh?: Decimal;
  maxKwh?: Decimal;
  /** Sum over the phases, A. */
  minCurrent?: Decimal;
  maxCurrent?: Decimal;
  /** kW. */
  minPower?: Decimal;
  maxPower?: Decimal;
  /** Seconds since the session began, parking included. */
  minDuration?: number;
  maxDuration?: number;
  daysOfWeek?: Weekday[];
  /** Prices a reservation, not charging. */
  reservation?: ReservationRule;
  /** Prices a booking, not charging. */
  booking?: BookingRule;
}

/** Prices that apply under the same restrictions. */
export interface TariffElement {
  components: PriceComponent[];
  restrictions?: Restrictions;
}

export interface PriceLimit {
  beforeTaxes: Decimal;
  afterTaxes: Decimal | null;
}

/** Who a tariff is for (OCPI 2.3.0 mod_tariffs TariffType). */
export const TARIFF_TYPES = ['AD_HOC_PAYMENT', 'PROFILE_CHEAP', 'PROFILE_FAST', 'PROFILE_GREEN', 'REGULAR'] as const;
export type TariffType = (typeof TARIFF_TYPES)[number];

/** A tax on what components without VAT of their own cost. */
export interface TariffTax {
  name: string;
  /** Percent. */
  percentage: Decimal;
  /** Of the operator with the tax authority, where bills have to show it. */
  accountNumber?: string;
}

/** OCPI 2.3.0 mod_tariffs Tariff. What is optional was not there in tariffs that were kept with older bill lines. */
export interface Tariff {
  id: string;
  /** Absent: for every session. */
  type?: TariffType;
  currency: string;
  /** Are the component prices with tax (`YES`), without (`NO`), or is there none (`N/A`)? */
  taxIncluded: 'YES' | 'NO' | 'N/A';
  taxes?: TariffTax[];
  altText: { language: string; text: string }[];
  altUrl?: string;
  minPrice: PriceLimit | null;
  maxPrice: PriceLimit | null;
  /** What a card payment is authorised for before charging. */
  preauthorizeAmount?: Decimal;
  elements: TariffElement[];
  /** For sessions that begin from then on (inclusive), until then (exclusive). */
  startsAt?: Millis;
  endsAt?: Millis;
  updatedAt: Millis;
}

/** How a stretch of time counts: charging, occupying the bay, or keeping it free for somebody. */
export type PeriodKind = PhaseKind | 'reservation' | 'booking' | 'overtime';

/** A stretch of time with one price: quantities that fell into it, not the register. */
export interface Period {
  kind: PeriodKind;
  from: Millis;
  to: Millis;
  energyWh: number;
  /** The energy at its beginning was computed between two readings. */
  interpolated?: true;
}

/** One tax of a price; VAT where it has no name. */
export interface Tax {
  name?: string;
  accountNumber?: string;
  percentage: Decimal;
  amount: Decimal;
}

/** An amount and its taxes, exact. */
export interface Price {
  beforeTaxes: Decimal;
  taxes: Tax[];
  afterTaxes: Decimal;
}

/** What a line is for: the session itself, or the bay that was kept for it. */
export type CostGroup = 'session' | 'reservation' | 'booking' | 'overtime';

export interface CostLine {
  type: ComponentType;
  /** Absent in lines that were kept before there were others: the session. */
  group?: CostGroup;
  /** Of the tariff's elements, from 0; absent likewise. */
  element?: number;
  price: Decimal;
  vat: Decimal | null;
  /** kWh, hours or 1, after step rounding. */
  quantity: Decimal;
  /** The same before step rounding; absent where it rounded nothing. */
  used?: Decimal;
  amount: Price;
}

export interface Cost {
  total: Price;
  /** Flat fees but those of parking and of keeping the bay. */
  fixed: Price | null;
  energy: Price | null;
  time: Price | null;
  /** With its flat fees. */
  parking: Price | null;
  /** Reservations and bookings with their flat fees; absent in bills that were kept before there were any. */
  reservation?: Price | null;
  lines: CostLine[];
}
