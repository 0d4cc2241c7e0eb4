import { GatewayError } from '../domain/errors.ts';
import { Refused } from './client.ts';

/** Where a command writes, and how. */
export interface Output {
  /** One JSON document instead of text for people. */
  json: boolean;
  print(text: string): void;
  complain(text: string): void;
}

/** Prints the data as JSON, or what people read of it. */
export function show(out: Output, data: unknown, text: () => string): void {
  out.print(out.json ? JSON.stringify(data, null, 2) : text());
}

/** Columns as wide as their content; the heading alone where there are no rows says nothing, so `empty` does. */
export function table(headings: string[], rows: string[][], empty: string): string {
  if (rows.length === 0) return empty;
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Labels and values, one pair a line. */
export function pairs(rows: [label: string, value: string][]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`).join('\n');
}

/** A time as people read it, in the zone of this terminal. */
export function localTime(text: string | null): string {
  if (text === null) return '–';
  return new Date(text).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
}

/** What chargers and peers say of themselves may hold control characters; a terminal would obey them. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

/** 2: the command could not run; 1: it ran and was refused or failed. */
const COULD_NOT_RUN = new Set([
  'CONFIG_UNREADABLE',
  'NODE_TOO_OLD',
  'PORT_IN_USE',
  'DATA_DIR_LOCKED',
  'DATABASE_TOO_NEW',
  'DATABASE_CORRUPT',
  'STORAGE_FULL',
  'STORAGE_FAILED',
  'DAEMON_UNREACHABLE',
  'REQUEST_INVALID',
]);

/** Tells a failed command on stderr, `chargegate: [CODE] message`, and gives its exit code. */
export function explainFailure(error: unknown, out: Output): 1 | 2 {
  if (error instanceof GatewayError) {
    out.complain(`chargegate: [${error.code}] ${error.message}`);
    return COULD_NOT_RUN.has(error.code) ? 2 : 1;
  }
  if (error instanceof Refused) {
    out.complain(`chargegate: [${error.code}] ${error.message}`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  out.complain(`chargegate: [INTERNAL_FAULT] ${text}`);
  return 2;
}
