import { readCdr, type CdrOptions } from '../../adapters/ocpi/read/cdr.ts';
import type { Version } from '../../adapters/ocpi/request.ts';
import { checkBill, repriceBill, type Repriced } from '../../gateway/pricing/reprice.ts';

type Json = Record<string, unknown>;

/** Minutes that it lasts, its dimensions, and the tariff that it names. */
export type PeriodSpec = [minutes: number, dimensions: Record<string, number>, tariffId?: string];

export interface CdrSpec {
  begin?: string;
  tariffs: Json[];
  periods: PeriodSpec[];
  /** Before and after taxes. */
  total: [number, number];
  /** kWh and hours; else those of the periods. */
  energy?: number;
  hours?: number;
  more?: Json;
}

/** 2026-03-02, a Monday. */
export const MONDAY = '2026-03-02T09:30:00Z';

export const price = (type: string, amount: number, vat?: number, step = 1): Json => ({
  type,
  price: amount,
  ...(vat !== undefined && { vat }),
  step_size: step,
});

export function tariff(elements: [Json[], Json?][], more: Json = {}): Json {
  return {
    id: 'T1',
    currency: 'EUR',
    elements: elements.map(([price_components, restrictions]) => ({
      price_components,
      ...(restrictions && { restrictions }),
    })),
    last_updated: '2026-01-01T00:00:00Z',
    ...more,
  };
}

/** One component alone after the other, without restrictions. */
export const plain = (...components: Json[]): Json => tariff([[components]]);

const iso = (at: number): string => new Date(at).toISOString();

/** A CDR as a platform of that version writes it. */
export function cdrOf(version: Version, spec: CdrSpec): Json {
  const { begin = MONDAY, tariffs, periods, total, more = {} } = spec;
  const start = Date.parse(begin);
  let at = start;
  const told = periods.map(([minutes, dimensions, tariff_id]) => {
    const from = at;
    at += minutes * 60_000;
    return {
      start_date_time: iso(from),
      dimensions: Object.entries(dimensions).map(([type, volume]) => ({ type, volume })),
      ...(tariff_id !== undefined && { tariff_id }),
    };
  });
  const energy = periods.reduce((sum, [, { ENERGY = 0 }]) => sum + ENERGY, 0);
  return {
    id: 'C1',
    start_date_time: iso(start),
    [version === '2.1.1' ? 'stop_date_time' : 'end_date_time']: iso(at),
    ...(version === '2.1.1' ? { auth_id: 'A1' } : { cdr_token: { uid: 'A1' } }),
    currency: 'EUR',
    tariffs: version === '2.3.0' ? tariffs.map((each) => ({ tax_included: 'NO', ...each })) : tariffs,
    charging_periods: told,
    total_cost: costOf(version, total),
    total_energy: spec.energy ?? Number(energy.toFixed(4)),
    total_time: spec.hours ?? Number(((at - start) / 3_600_000).toFixed(4)),
    ...more,
  };
}

/** A sum of money as a version writes it. */
export function costOf(version: Version, [before, after]: [number, number]): unknown {
  if (version === '2.1.1') return before;
  if (version === '2.2.1') return { excl_vat: before, incl_vat: after };
  return { before_taxes: before, taxes: [{ name: 'VAT', amount: Number((after - before).toFixed(4)) }] };
}

/** Reads and reckons it; throws what is wrong with it. */
export function reckon(cdr: unknown, options: CdrOptions & { zone?: string } = {}): Repriced {
  const read = readCdr(cdr, options);
  if ('problems' in read) throw new Error(`${read.of}: ${read.problems.join('; ')}`);
  const problems = checkBill(read.bill);
  if (problems.length > 0) throw new Error(problems.join('; '));
  const repriced = repriceBill(read.bill, options.zone ?? read.zone ?? 'UTC');
  return { ...repriced, notes: [...read.notes, ...repriced.notes] };
}

/** What is reckoned, before and after taxes, and what differs. */
export function outcome(cdr: unknown, options: Parameters<typeof reckon>[1] = {}) {
  const { priced, differs } = reckon(cdr, options);
  const { beforeTaxes, afterTaxes } = priced.cost.total;
  return { total: [beforeTaxes, afterTaxes], differs };
}
