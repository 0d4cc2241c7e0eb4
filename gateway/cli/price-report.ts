import type { ReadCdr } from '../../adapters/ocpi/read/cdr.ts';
import type { CostLine, Decimal, Tax } from '../domain/tariff.ts';
import { toUtc } from '../domain/time.ts';
import type { Bill, Difference } from '../pricing/bill.ts';
import type { Repriced } from '../pricing/reprice.ts';
import { arithmeticOf, traceOf, type TraceEntry } from '../pricing/trace.ts';
import { turnDecimal } from '../pricing/turn.ts';
import { pairs, printable, table } from './output.ts';

/** What `price --cdr --json` prints, in OCPI's words; amounts as JSON numbers. */
export interface PriceReport {
  currency: string;
  total_cost: { before_taxes: number; after_taxes: number };
  lines: ReportLine[];
  trace: ReportSpan[];
  differs: { field: string; cdr: number; reckoned: number }[];
  notes: string[];
}

interface ReportLine {
  type: string;
  group: string;
  element: number;
  price: number;
  quantity: number;
  /** Before step rounding, where that rounded something. */
  used?: number;
  before_taxes: number;
  after_taxes: number;
  taxes: { name: string; percentage: number; amount: number }[];
  arithmetic: string;
}

interface ReportSpan {
  tariff_id: string;
  kind: string;
  from: string;
  to: string;
  kwh: number;
  interpolated: boolean;
  answers: { dimension: string; element: number | null; price?: number; because: string }[];
}

/** The names of what a CDR states (OCPI 2.3.0 mod_cdrs CDR object), whatever its version. */
const SUMS = {
  total: 'total_cost',
  fixed: 'total_fixed_cost',
  energy: 'total_energy_cost',
  time: 'total_time_cost',
  parking: 'total_parking_cost',
  reservation: 'total_reservation_cost',
} as const;
const QUANTITIES = { energy: 'total_energy', time: 'total_time', parkingTime: 'total_parking_time' } as const;
const SIDES = { beforeTaxes: 'before_taxes', afterTaxes: 'after_taxes' } as const;

/** A bill reckoned anew, as it is told. */
export function reportOf(bill: Bill, { priced, legs, differs, notes }: Repriced): PriceReport {
  const { total, lines } = priced.cost;
  const owed = (amount: Decimal): number => Number(bill.credit ? turnDecimal(amount) : amount);
  const rules = { currency: bill.currency, taxIncluded: 'NO', ...legs.at(-1)?.tariff } as const;
  return {
    currency: bill.currency,
    total_cost: { before_taxes: owed(total.beforeTaxes), after_taxes: owed(total.afterTaxes) },
    lines: lines.map((line) => ({ ...lineOf(line), arithmetic: arithmeticOf(line, rules) })),
    trace: traceOf(priced, legs).map(spanOf),
    differs: differs.map((each) => ({
      field: fieldOf(each),
      cdr: Number(each.stated),
      reckoned: Number(each.reckoned),
    })),
    notes: [...notes, ...(bill.credit ? ['it is a credit: its total has the sign turned'] : [])],
  };
}

function lineOf({ type, group = 'session', element = 0, price, quantity, used, amount }: CostLine) {
  return {
    type,
    group,
    element,
    price: Number(price),
    quantity: Number(quantity),
    ...(used !== undefined && { used: Number(used) }),
    before_taxes: Number(amount.beforeTaxes),
    after_taxes: Number(amount.afterTaxes),
    taxes: amount.taxes.map(taxOf),
  };
}

function taxOf({ name = 'VAT', percentage, amount }: Tax): ReportLine['taxes'][number] {
  return { name, percentage: Number(percentage), amount: Number(amount) };
}

function spanOf({ tariffId, kind, from, to, kwh, interpolated, answers }: TraceEntry): ReportSpan {
  return {
    tariff_id: tariffId,
    kind,
    from: toUtc(from),
    to: toUtc(to),
    kwh: Number(kwh),
    interpolated,
    answers: answers.map(({ price, ...answer }) => ({
      ...answer,
      ...(price !== undefined && { price: Number(price) }),
    })),
  };
}

function fieldOf({ name, side }: Difference): string {
  if (side !== null && name !== 'parkingTime') return `${SUMS[name]}.${SIDES[side]}`;
  return name === 'energy' || name === 'time' || name === 'parkingTime' ? QUANTITIES[name] : SUMS[name];
}

/** The same for people. */
export function reportText(report: PriceReport, { id, version, startedAt, endedAt }: ReadCdr, zone: string): string {
  const { currency, total_cost, lines, trace, differs, notes } = report;
  const { before_taxes, after_taxes } = total_cost;
  const due = `${after_taxes} ${currency}${before_taxes === after_taxes ? '' : `, ${before_taxes} before taxes`}`;
  return [
    pairs([
      ['CDR', `${id}, OCPI ${version}`],
      ['from, to', `${toUtc(startedAt)}, ${toUtc(endedAt)}; the site goes by ${zone}`],
      ['reckoned', due],
    ]),
    table(['FOR', 'GROUP', 'ELEMENT', 'ARITHMETIC'], lines.map(rowOf), 'nothing has a price'),
    table(['FROM', 'TO', 'WHAT', 'KWH', 'BY'], trace.map(spanRow), 'nothing was used'),
    ...(notes.length === 0 ? [] : [notes.map((note) => printable(`note: ${note}`)).join('\n')]),
    table(
      ['DIFFERS', 'CDR', 'RECKONED'],
      differs.map(({ field, cdr, reckoned }) => [field, String(cdr), String(reckoned)]),
      'the CDR says the same',
    ),
  ].join('\n\n');
}

function rowOf({ type, group, element, arithmetic }: ReportLine): string[] {
  return [type, group, String(element), arithmetic];
}

function spanRow({ from, to, kind, kwh, answers }: ReportSpan): string[] {
  const by = answers.map(({ dimension, element, price, because }) =>
    element === null ? `${dimension} free: ${because}` : `${dimension} ${price ?? ''} of element ${element}`,
  );
  return [from, to, kind, String(kwh), by.join('; ')];
}
