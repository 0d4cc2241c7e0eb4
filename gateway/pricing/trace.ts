import { taxesOf } from './amount.ts';
import { ratio, toText } from './decimal.ts';
import type { Leg, Priced } from './price.ts';
import type { ComponentType, CostLine, Decimal, PeriodKind, Restrictions, Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import type { Candidate, Span } from './walk.ts';

/** Which component answered for a dimension in a span, and why. */
export interface Answer {
  dimension: ComponentType;
  /** Of the tariff's elements, from 0; null: no element applied, so it was free. */
  element: number | null;
  /** Per kWh, per hour, or once; absent where it was free. */
  price?: Decimal;
  because: string;
}

/** What applied from when to when. */
export interface TraceEntry {
  tariffId: string;
  kind: PeriodKind;
  from: Millis;
  to: Millis;
  /** In this span, exact. */
  kwh: Decimal;
  /** The energy at its beginning was computed between two readings. */
  interpolated: boolean;
  answers: Answer[];
}

/** Tells how a price came about: what applied from when to when, and why. `legs`: those that were priced. */
export function traceOf({ spans }: Pick<Priced, 'spans'>, legs: readonly Pick<Leg, 'tariff'>[]): TraceEntry[] {
  return spans.map((span) => {
    const tariff = legs[span.leg]?.tariff ?? legs.at(-1)?.tariff;
    return {
      tariffId: tariff?.id ?? '',
      kind: span.kind,
      from: span.from,
      to: span.to,
      kwh: toText(ratio(span.toMilliWh - span.fromMilliWh, 1_000_000), 6),
      interpolated: span.interpolated,
      answers: tariff ? answersOf(span, tariff) : [],
    };
  });
}

function answersOf({ kind, energy, time, flat }: Span, tariff: Tariff): Answer[] {
  const measured = kind === 'charging' || kind === 'parking';
  return [
    ...(flat ? [answer('FLAT', flat, tariff)] : []),
    ...(measured ? [answer('ENERGY', energy, tariff)] : []),
    answer(kind === 'parking' ? 'PARKING_TIME' : 'TIME', time, tariff),
  ];
}

function answer(dimension: ComponentType, candidate: Candidate | null, tariff: Tariff): Answer {
  if (candidate) {
    const { element, component } = candidate;
    const restrictions = tariff.elements[element]?.restrictions ?? {};
    const because = `the first element that prices it and applies (${restrictionsInWords(restrictions)})`;
    return { dimension, element, price: component.price, because };
  }
  const priced = tariff.elements.some(({ components }) => components.some(({ type }) => type === dimension));
  return { dimension, element: null, because: priced ? 'no element that prices it applied' : 'no element prices it' };
}

/** An element's restrictions in the specification's terms; `no restriction` where there is none. */
export function restrictionsInWords(r: Restrictions): string {
  const words = [
    range('time', r.startTime, r.endTime),
    range('date', r.startDate, r.endDate),
    r.daysOfWeek?.length ? r.daysOfWeek.join(', ') : null,
    range('energy', r.minKwh, r.maxKwh, ' kWh'),
    range('current', r.minCurrent, r.maxCurrent, ' A'),
    range('power', r.minPower, r.maxPower, ' kW'),
    range('duration', r.minDuration, r.maxDuration, ' s'),
    r.reservation ?? null,
    r.booking ?? null,
  ].filter((each) => each !== null);
  return words.length === 0 ? 'no restriction' : words.join('; ');
}

function range(
  what: string,
  from: string | number | undefined,
  to: string | number | undefined,
  unit = '',
): string | null {
  if (from === undefined && to === undefined) return null;
  const least = from === undefined ? '' : ` from ${from}${unit}`;
  return `${what}${least}${to === undefined ? '' : ` until ${to}${unit}`}`;
}

const UNITS: Record<ComponentType, string> = { ENERGY: ' kWh', TIME: ' h', PARKING_TIME: ' h', FLAT: '' };
const PER: Record<ComponentType, string> = { ENERGY: '/kWh', TIME: '/h', PARKING_TIME: '/h', FLAT: '' };

/** A line's arithmetic, to check by hand: `2.5 h (used 2.4) × 2.00 EUR/h = 5.00 EUR + 10% VAT 0.50 = 5.50 EUR`. */
export function arithmeticOf(line: CostLine, tariff: Pick<Tariff, 'currency' | 'taxIncluded' | 'taxes'>): string {
  const { type, price, quantity, used, amount } = line;
  const { currency } = tariff;
  const counted = type === 'FLAT' ? 'once' : `${quantity}${UNITS[type]}${used === undefined ? '' : ` (used ${used})`}`;
  const times = `${counted} × ${price} ${currency}${PER[type]}`;
  const taxes = amount.taxes.map((tax) => `${tax.percentage}% ${tax.name ?? 'VAT'} ${tax.amount}`).join(' + ');
  if (taxesOf(tariff, line).length === 0) return `${times} = ${amount.afterTaxes} ${currency}`;
  return tariff.taxIncluded === 'YES'
    ? `${times} = ${amount.afterTaxes} ${currency}, of which ${taxes}`
    : `${times} = ${amount.beforeTaxes} ${currency} + ${taxes} = ${amount.afterTaxes} ${currency}`;
}
