import { createCsvReader, type CsvRecord } from './csv.ts';
import { readWeekdays, type BookingPattern } from './booking-pattern.ts';
import { GatewayError } from './domain/errors.ts';
import { readClock, readDay, readWallTime, type WallTime } from './local-times.ts';

/** The columns of a list of bookings. */
export const BOOKING_COLUMNS = ['vehicle', 'token', 'from', 'to', 'evse', 'weekly', 'until', 'note'] as const;
type Column = (typeof BOOKING_COLUMNS)[number];
const NEEDED: readonly Column[] = ['token', 'from', 'to'];

/** A line: for which card, when, and where. */
export interface BookingLine {
  line: number;
  vehicle: string | null;
  token: string;
  pattern: BookingPattern;
  /** As written; null: any. */
  bay: string | null;
  note: string | null;
}

/** Why a line cannot be taken. */
export interface RefusedBookingLine {
  line: number;
  /** Null: the line as a whole. */
  column: string | null;
  reason: string;
}

const HEADER = `its first line names the columns: ${NEEDED.join(', ')}, and any of ${BOOKING_COLUMNS.filter((column) => !NEEDED.includes(column)).join(', ')}`;

/** Longest pattern and longest single booking, days. */
const LONGEST_PATTERN = 400;
const LONGEST_BOOKING = 31;

/** Reads a list of bookings. Errors: REQUEST_INVALID where it is no CSV, or its header is not one of bookings. */
export function readBookingCsv(text: string): { lines: BookingLine[]; refused: RefusedBookingLine[] } {
  const reader = createCsvReader();
  const [head, ...records] = [...reader.push(text), ...reader.end()];
  if (!head) throw new GatewayError('REQUEST_INVALID', `the file is empty; ${HEADER}`);
  const columns = readHeader(head);
  const lines: BookingLine[] = [];
  const refused: RefusedBookingLine[] = [];
  for (const record of records) {
    if (record.cells.every((cell) => cell.trim() === '')) continue;
    const read = readLine(record, columns);
    if ('reason' in read) refused.push(read);
    else lines.push(read);
  }
  return { lines, refused };
}

function readHeader({ cells }: CsvRecord): Column[] {
  const columns = cells.map((cell) => {
    const name = cell.trim().toLowerCase();
    const column = BOOKING_COLUMNS.find((each) => each === name);
    if (column === undefined)
      throw new GatewayError('REQUEST_INVALID', `the file has an unknown column "${cell.slice(0, 40)}": ${HEADER}`);
    return column;
  });
  const missing = NEEDED.find((column) => !columns.includes(column));
  if (missing !== undefined) throw new GatewayError('REQUEST_INVALID', `the file has no column ${missing}: ${HEADER}`);
  if (new Set(columns).size < columns.length)
    throw new GatewayError('REQUEST_INVALID', `the file says something twice: ${HEADER}`);
  return columns;
}

function readLine({ line, cells }: CsvRecord, columns: Column[]): BookingLine | RefusedBookingLine {
  const refuse = (column: Column | null, reason: string): RefusedBookingLine => ({ line, column, reason });
  if (cells.length > columns.length) return refuse(null, 'it has more cells than the first line has columns');
  const cell = (column: Column): string => (cells[columns.indexOf(column)] ?? '').trim();
  const odd = columns.find((column) => /\p{Cc}/u.test(cell(column)) || cell(column).length > 100);
  if (odd !== undefined) return refuse(odd, 'it has more than 100 characters, or some that cannot be shown');
  const token = cell('token').replaceAll(/\s/g, '');
  if (!/^[\x21-\x7e]{1,36}$/.test(token)) return refuse('token', "write a card's number");
  const from = readWallTime(cell('from'));
  if (!from) return refuse('from', NO_TIME);
  const to = readEnd(cell('to'), from);
  if (!to) return refuse('to', `${NO_TIME}, or 06:00 where it is within a day`);
  const days = from.until(to, { largestUnit: 'days' }).days;
  if (from.until(to).sign <= 0) return refuse('to', 'a booking ends after it begins');
  if (days > LONGEST_BOOKING) return refuse('to', `a booking is ${LONGEST_BOOKING} days long at most`);
  const weekly = readWeekly(cell('weekly'), cell('until'), from);
  if (typeof weekly === 'object' && weekly !== null && 'reason' in weekly) return refuse(weekly.column, weekly.reason);
  return {
    line,
    vehicle: cell('vehicle') || null,
    token,
    pattern: { from, to, weekly },
    bay: cell('evse') || null,
    note: cell('note') || null,
  };
}

const NO_TIME = "write the site's own time without a zone: 2026-11-21 18:00";

/** `06:00` alone is the next time that clocks show it. */
function readEnd(text: string, from: WallTime): WallTime | null {
  const clock = readClock(text);
  if (!clock) return readWallTime(text);
  const sameDay = from.withPlainTime(clock);
  return from.until(sameDay).sign > 0 ? sameDay : sameDay.add({ days: 1 });
}

function readWeekly(
  weekly: string,
  until: string,
  from: WallTime,
): BookingPattern['weekly'] | { column: Column; reason: string } {
  if (weekly === '')
    return until === '' ? null : { column: 'until', reason: 'it is for weekly bookings: name their days in weekly' };
  const days = readWeekdays(weekly);
  if (!days) return { column: 'weekly', reason: 'write days such as mon,tue or mon-fri, or daily' };
  const last = readDay(until);
  if (!last) return { column: 'until', reason: 'write the last day: 2026-12-31' };
  const span = from.toPlainDate().until(last, { largestUnit: 'days' }).days;
  if (span < 0) return { column: 'until', reason: 'the last day is before the first one' };
  if (span > LONGEST_PATTERN) return { column: 'until', reason: `a pattern goes over ${LONGEST_PATTERN} days at most` };
  return { days, until: last };
}
