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
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

/** What chargers say when they do it, at once or later, in any OCPP version. */
const TAKEN = new Set(['accepted', 'acceptedcanceled', 'scheduled', 'unlocked', 'rebootrequired']);

function statusOf(answer: unknown): string | null {
  const status = typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : null;
  return typeof status === 'string' ? status : null;
}

/** A charger's answer as a sentence. */
export function answerText(charger: string, what: string, answer: unknown): string {
  const status = statusOf(answer);
  if (status === null) return printable(`${charger} answers ${what} with ${JSON.stringify(answer)}`);
  const later = status.toLowerCase() === 'scheduled' ? ': it does so once its transaction is over' : '';
  return printable(`${charger} answers ${status} to ${what}${later}${reasonOf(answer)}`);
}

/** Why, as OCPP 2.x has it. */
function reasonOf(answer: unknown): string {
  const info = typeof answer === 'object' && answer !== null && 'statusInfo' in answer ? answer.statusInfo : null;
  if (typeof info !== 'object' || info === null) return '';
  const { reasonCode, additionalInfo } = info as Record<string, unknown>;
  const parts = [reasonCode, additionalInfo].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? ` (${parts.join(': ')})` : '';
}

/** The charger answered, and will not do it. Told already. */
export class Declined extends Error {}

/** Ends the command with exit code 1 where the answer, which was shown, is a no. */
export function declined(charger: string, what: string, answer: unknown): void {
  const status = statusOf(answer);
  if (status !== null && !TAKEN.has(status.toLowerCase())) throw new Declined(`${charger} declined ${what}: ${status}`);
}

/** 2: the command could not run; 1: it ran and was refused or failed. */
const COULD_NOT_RUN = new Set([
  'CONFIG_UNREADABLE',
  'NODE_TOO_OLD',
  'PORT_IN_USE',
  'TLS_UNUSABLE',
  'DATA_DIR_LOCKED',
  'DATABASE_TOO_NEW',
  'DATABASE_CORRUPT',
  'STORAGE_FULL',
  'STORAGE_FAILED',
  'BACKUP_FAILED',
  'BACKUP_UNUSABLE',
  'DAEMON_UNREACHABLE',
  'REQUEST_INVALID',
]);

/**
 * Tells a failed command on stderr, as `chargegate: [CODE] message` or as one JSON document with `code` and `message`, and
 * gives its exit code.
 */
export function explainFailure(error: unknown, out: Output): 1 | 2 {
  if (error instanceof Declined) return 1;
  if (error instanceof GatewayError) {
    complain(out, error.code, error.message);
    return COULD_NOT_RUN.has(error.code) ? 2 : 1;
  }
  if (error instanceof Refused) {
    complain(out, error.code, error.message, error.body);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  complain(out, 'INTERNAL_FAULT', text);
  return 2;
}

/** One failure, in the form that was asked for; `more` is what a program may want to know besides. */
export function complain(out: Output, code: string, message: string, more: object = {}): void {
  out.complain(out.json ? JSON.stringify({ ...more, code, message }, null, 2) : `chargegate: [${code}] ${message}`);
}
