import { setImmediate } from 'node:timers/promises';
import { Temporal } from 'temporal-polyfill';
import { listCdrs } from './cdrs.ts';
import { csvLine } from './csv.ts';
import { maskUid } from './domain/token.ts';
import type { Price } from './domain/tariff.ts';
import { parseTime, toUtc, type Millis } from './domain/time.ts';
import type { Cdr } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { parseDecimal, ratio, sum, toText } from './pricing/decimal.ts';
import { turnDecimal } from './pricing/turn.ts';

export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Which bill lines, by when they were issued: then one export goes on exactly where the one before ended. */
export interface ExportQuery {
  /** Inclusive. */
  from?: Millis;
  /** Exclusive. */
  to?: Millis;
  format: ExportFormat;
}

/** Lines read at a time: what an export holds in memory, however long it is and however slowly it is fetched. */
const PAGE = 100;

/**
 * Bill lines for bookkeeping, oldest first, a piece of text at a time. Times are UTC, amounts and quantities exact decimals
 * with a point; those of a credit are below zero, so that every column can be added up. CSV goes by RFC 4180, with a header.
 */
export async function* exportCdrs(gw: Gateway, { from, to, format }: ExportQuery): AsyncGenerator<string> {
  yield format === 'csv' ? csvLine(EXPORT_COLUMNS) : '[';
  let after: number | undefined;
  let isFirst = true;
  do {
    const page = listCdrs(gw, {
      offset: 0,
      limit: PAGE,
      ...(from !== undefined && { dateFrom: from }),
      ...(to !== undefined && { dateTo: to }),
      ...(after !== undefined && { after }),
    });
    const rows = page.items.map(exportRow);
    if (format === 'csv') yield rows.map((row) => csvLine(EXPORT_COLUMNS.map((column) => row[column]))).join('');
    else yield rows.map((row, index) => `${isFirst && index === 0 ? '' : ','}\n${JSON.stringify(row)}`).join('');
    isFirst = false;
    after = page.next ?? undefined;
    // Others have their turn between two pages.
    await setImmediate();
  } while (after !== undefined);
  if (format === 'json') yield '\n]\n';
}

/** Columns in their order. */
export const EXPORT_COLUMNS = [
  'id',
  'creditOf',
  'corrects',
  'sessionId',
  'issuedAt',
  'startedAt',
  'endedAt',
  'chargerId',
  'evseId',
  'card',
  'contractId',
  'peer',
  'kwh',
  'minutes',
  'parkingMinutes',
  'currency',
  'fixedNet',
  'energyNet',
  'timeNet',
  'parkingNet',
  'reservationNet',
  'adjustmentNet',
  'net',
  'tax',
  'gross',
  'tariffId',
  'remark',
] as const;

/** Null: there is none. */
export type ExportRow = Record<(typeof EXPORT_COLUMNS)[number], string | null>;

function exportRow(cdr: Cdr): ExportRow {
  const { cost, token } = cdr;
  const sign = cdr.creditOf === undefined ? (text: string): string => text : turnDecimal;
  const parts = [cost.fixed, cost.energy, cost.time, cost.parking, cost.reservation ?? null];
  const [fixedNet, energyNet, timeNet, parkingNet, reservationNet] = parts.map((part) => part?.beforeTaxes ?? '0');
  return {
    id: cdr.id,
    creditOf: cdr.creditOf ?? null,
    corrects: cdr.corrects ?? null,
    sessionId: cdr.sessionId,
    issuedAt: toUtc(cdr.updatedAt),
    startedAt: toUtc(cdr.startedAt),
    endedAt: toUtc(cdr.endedAt),
    chargerId: cdr.chargerId,
    evseId: cdr.place.evseId,
    card: maskUid(token.uid),
    contractId: token.contractId,
    peer: cdr.peer,
    kwh: sign(toText(ratio(cdr.energyWh, 1000), 3)),
    minutes: sign(toText(ratio(cdr.seconds, 60), 2)),
    parkingMinutes: sign(toText(ratio(cdr.parkingSeconds, 60), 2)),
    currency: cdr.currency,
    fixedNet: fixedNet ?? '0',
    energyNet: energyNet ?? '0',
    timeNet: timeNet ?? '0',
    parkingNet: parkingNet ?? '0',
    reservationNet: reservationNet ?? '0',
    adjustmentNet: adjustment(cost.total, parts),
    net: cost.total.beforeTaxes,
    tax: toText(parseDecimal(cost.total.afterTaxes).sub(parseDecimal(cost.total.beforeTaxes)), 4),
    gross: cost.total.afterTaxes,
    tariffId: cdr.tariff?.id ?? null,
    remark: cdr.remark,
  };
}

/** What rounding, a least or a greatest price added to the parts before taxes. */
function adjustment(total: Price, parts: (Price | null)[]): string {
  const known = parts.flatMap((part) => (part === null ? [] : [parseDecimal(part.beforeTaxes)]));
  return toText(parseDecimal(total.beforeTaxes).sub(sum(known)), 4);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A time, or a date: its midnight at the site. Null when it is neither. */
export function readMoment(text: string, timeZone: string): Millis | null {
  if (!DAY.test(text)) return parseTime(text)?.at ?? null;
  try {
    return Temporal.PlainDate.from(text).toZonedDateTime({ timeZone }).epochMilliseconds;
  } catch (error) {
    // `2026-02-30`
    if (error instanceof RangeError) return null;
    throw error;
  }
}
