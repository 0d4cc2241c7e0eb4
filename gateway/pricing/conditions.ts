import type { Millis } from '../domain/time.ts';
import type { Restrictions, TariffElement } from '../domain/tariff.ts';
import { calendarOf, type Calendar } from './calendar.ts';
import { share, unitsAbove } from './decimal.ts';

/** A tariff element with its limits as integers: thousandths of Wh, W and A, and milliseconds. */
export interface Limits {
  minMilliWh: number;
  maxMilliWh: number;
  minMillis: number;
  maxMillis: number;
  minMilliW: number;
  maxMilliW: number;
  minMilliA: number;
  maxMilliA: number;
}

/** What an element's restrictions are held against: the beginning of a piece in which none of them changes. */
export interface Moment {
  at: Millis;
  /** Since the session (or the reservation) began. */
  milliWh: number;
  millis: number;
  milliW: number | null;
  milliA: number | null;
}

/** Some elements of a tariff, ready to be asked at any moment between two instants. */
export interface Conditions {
  elements: readonly TariffElement[];
  calendar: Calendar;
  /** Thresholds, rising: energy in thousandths of a Wh, time since the beginning in ms. */
  milliWh: number[];
  millis: number[];
  /** Place in the tariff of the n-th element here. */
  places: number[];
  /** Is one of them restricted by current; by power? */
  ofCurrent: boolean;
  ofPower: boolean;
  /** Does the n-th element apply at this moment? */
  holds(index: number, moment: Moment): boolean;
}

/** Prepares the elements that `which` picks for the time between two instants. */
export function conditionsOf(
  tariff: { elements: TariffElement[] },
  which: (restrictions: Restrictions) => boolean,
  zone: string,
  from: Millis,
  to: Millis,
): Conditions {
  const places = tariff.elements.flatMap(({ restrictions = {} }, place) => (which(restrictions) ? [place] : []));
  const elements = tariff.elements.filter(({ restrictions = {} }) => which(restrictions));
  const limits = elements.map(({ restrictions = {} }) => limitsOf(restrictions));
  const calendar = calendarOf(elements, zone, from, to);
  let edge = 0;
  return {
    elements,
    calendar,
    places,
    ofCurrent: elements.some(({ restrictions: r }) => r?.minCurrent !== undefined || r?.maxCurrent !== undefined),
    ofPower: elements.some(({ restrictions: r }) => r?.minPower !== undefined || r?.maxPower !== undefined),
    milliWh: thresholds(limits.flatMap((l) => [l.minMilliWh, l.maxMilliWh])),
    millis: thresholds(limits.flatMap((l) => [l.minMillis, l.maxMillis])),
    holds(index, moment) {
      // Moments come in the order of time, nearly always.
      if ((calendar.edges[edge] ?? -Infinity) > moment.at) edge = 0;
      while ((calendar.edges[edge + 1] ?? Infinity) <= moment.at) edge += 1;
      const limit = limits[index];
      return limit !== undefined && calendar.open[edge]?.[index] === true && isWithin(limit, moment);
    },
  };
}

function isWithin(l: Limits, { milliWh, millis, milliW, milliA }: Moment): boolean {
  return (
    milliWh >= l.minMilliWh &&
    milliWh < l.maxMilliWh &&
    millis >= l.minMillis &&
    millis < l.maxMillis &&
    (milliW === null || (milliW >= l.minMilliW && milliW < l.maxMilliW)) &&
    (milliA === null || (milliA >= l.minMilliA && milliA < l.maxMilliA))
  );
}

/** The bounds of restrictions; where there is none, the widest. */
export function limitsOf(r: Restrictions): Limits {
  return {
    minMilliWh: r.minKwh === undefined ? 0 : unitsAbove(r.minKwh, 6),
    maxMilliWh: r.maxKwh === undefined ? Infinity : unitsAbove(r.maxKwh, 6),
    minMillis: (r.minDuration ?? 0) * 1000,
    maxMillis: r.maxDuration === undefined ? Infinity : r.maxDuration * 1000,
    minMilliW: r.minPower === undefined ? -Infinity : unitsAbove(r.minPower, 6),
    maxMilliW: r.maxPower === undefined ? Infinity : unitsAbove(r.maxPower, 6),
    minMilliA: r.minCurrent === undefined ? -Infinity : unitsAbove(r.minCurrent, 3),
    maxMilliA: r.maxCurrent === undefined ? Infinity : unitsAbove(r.maxCurrent, 3),
  };
}

function thresholds(values: number[]): number[] {
  return [...new Set(values.filter((value) => value > 0 && value !== Infinity))].toSorted((a, b) => a - b);
}

/** Mean power of a stretch, mW; null where it took no time. */
export function meanPower(milliWh: number, millis: number): number | null {
  return millis === 0 ? null : share(milliWh, 3_600_000, millis);
}
