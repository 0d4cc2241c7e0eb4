import { createCsvReader, csvLine, type CsvRecord } from './csv.ts';
import { GatewayError } from './domain/errors.ts';
import { toUtc, type Millis } from './domain/time.ts';
import type { Token } from './domain/types.ts';
import type { SiteTokenChange } from './tokens.ts';

/** The columns of a list of cards, in the order in which they are written. */
export const TOKEN_COLUMNS = [
  'uid',
  'type',
  'valid',
  'expires',
  'group',
  'payment',
  'visual_number',
  'language',
  'contract_id',
  'whitelist',
] as const;

type Column = (typeof TOKEN_COLUMNS)[number] | 'blocked';

/** A line that says of a card what may be said; columns that are not there change nothing. */
export interface ReadToken {
  line: number;
  uid: string;
  change: SiteTokenChange;
}

/** A line that cannot be taken. */
export interface RefusedLine {
  line: number;
  /** Null: the line as a whole. */
  column: string | null;
  reason: string;
}

/** One line, read: `refused` says what is wrong; its card is told where that much could be read. */
export type ReadLine = ReadToken | { line: number; uid: string | null; refused: RefusedLine };

/** Reads a list of cards as it comes. Errors: REQUEST_INVALID where it is no CSV, or its header is not one of cards. */
export interface TokenCsvReader {
  push(text: string): ReadLine[];
  end(): ReadLine[];
}

/** `moment` reads a time, or a date at the site; null when it is neither. */
export function createTokenCsvReader(moment: (text: string) => Millis | null): TokenCsvReader {
  const csv = createCsvReader();
  let columns: Column[] | null = null;

  function readAll(records: CsvRecord[]): ReadLine[] {
    const lines: ReadLine[] = [];
    for (const record of records) {
      if (columns === null) columns = readHeader(record);
      else if (record.cells.some((cell) => cell.trim() !== '')) lines.push(readLine(record, columns, moment));
    }
    return lines;
  }

  return {
    push: (text) => readAll(csv.push(text)),
    end() {
      const lines = readAll(csv.end());
      if (columns === null) throw new GatewayError('REQUEST_INVALID', `the file is empty; ${HEADER}`);
      return lines;
    },
  };
}

/** The list's first line. */
export const TOKEN_CSV_HEADER = csvLine(TOKEN_COLUMNS);

/** A card as a line of the list; reading it gives the same card. */
export function tokenCsvLine(token: Token): string {
  return csvLine([
    token.uid,
    token.type,
    token.valid ? 'true' : 'false',
    token.expiresAt === null ? null : toUtc(token.expiresAt),
    token.groupId,
    token.payment,
    token.visualNumber,
    token.language,
    token.contractId,
    token.whitelist,
  ]);
}

const HEADER = `its first line names the columns: uid, and any of ${TOKEN_COLUMNS.slice(1).join(', ')}, or blocked instead of valid`;

/** Names as other lists of cards have them, without what stands between words. */
const NAMES: Readonly<Record<string, Column>> = {
  ...Object.fromEntries(TOKEN_COLUMNS.map((column) => [column.replace('_', ''), column])),
  blocked: 'blocked',
  expiresat: 'expires',
  groupid: 'group',
};

function readHeader({ cells }: CsvRecord): Column[] {
  const columns = cells.map((cell) => {
    const column = NAMES[cell.toLowerCase().replaceAll(/[\s_-]/g, '')];
    if (column === undefined)
      throw new GatewayError('REQUEST_INVALID', `the file has an unknown column "${cell.slice(0, 40)}": ${HEADER}`);
    return column;
  });
  if (!columns.includes('uid')) throw new GatewayError('REQUEST_INVALID', `the file has no column uid: ${HEADER}`);
  if (new Set(columns).size < columns.length || (columns.includes('valid') && columns.includes('blocked')))
    throw new GatewayError('REQUEST_INVALID', `the file says something twice: ${HEADER}`);
  return columns;
}

/** What a cell says: a part of the change, or why it cannot be taken. */
type Cell = SiteTokenChange | string;

function readLine({ line, cells }: CsvRecord, columns: Column[], moment: (text: string) => Millis | null): ReadLine {
  const uid = cells[columns.indexOf('uid')] ?? '';
  const found = readUid(uid);
  if (!('uid' in found)) return { line, uid: null, refused: { line, column: 'uid', reason: found.reason } };
  const refused = (column: string | null, reason: string): ReadLine => ({
    line,
    uid: found.uid,
    refused: { line, column, reason },
  });
  if (cells.length > columns.length) return refused(null, 'it has more cells than the first line has columns');
  const change: SiteTokenChange = {};
  for (const [index, column] of columns.entries()) {
    if (column === 'uid') continue;
    // Spreadsheets leave out empty cells at the end.
    const cell = READERS[column]((cells[index] ?? '').trim(), moment);
    if (typeof cell === 'string') return refused(column, cell);
    Object.assign(change, cell);
  }
  return { line, uid: found.uid, change };
}

/** A number that a spreadsheet has rounded to show it: its last digits are gone for good. */
const ROUNDED = /^\d+([.,]\d+)?E\+\d+$/i;

function readUid(text: string): { uid: string } | { reason: string } {
  if (ROUNDED.test(text.trim()))
    return {
      reason:
        'a spreadsheet has rounded the number: take it from where it came from, and make the column one of text before it is put in',
    };
  const uid = text.replaceAll(/\s/g, '');
  if (uid === '') return { reason: 'it is empty' };
  if (!/^[\x21-\x7e]{1,36}$/.test(uid))
    return { reason: 'it is more than 36 characters, or others than letters, digits and signs' };
  if (/^[:-]+$/.test(uid)) return { reason: 'there is nothing but separators' };
  return { uid };
}

/** An empty cell: none, or where there is always something, what it is already or usually. */
const READERS: Readonly<
  Record<Exclude<Column, 'uid'>, (text: string, moment: (text: string) => Millis | null) => Cell>
> = {
  type: (text) => oneOf(text, ['RFID', 'APP_USER', 'OTHER'], (type) => ({ type })),
  valid: (text) => yesOrNo(text, (valid) => ({ valid })),
  blocked: (text) => yesOrNo(text, (blocked) => ({ blocked })),
  expires(text, moment) {
    if (text === '') return { expiresAt: null };
    const expiresAt = moment(text);
    return expiresAt === null ? 'it is no time: write 2027-01-31, or 2027-01-31T12:00:00Z' : { expiresAt };
  },
  group: (text) => words(text, 36, (groupId) => ({ groupId })),
  payment: (text) => words(text, 36, (payment) => ({ payment })),
  visual_number: (text) => words(text, 64, (visualNumber) => ({ visualNumber })),
  language(text) {
    if (text === '') return { language: null };
    return /^[a-z]{2}$/i.test(text) ? { language: text.toLowerCase() } : 'write two letters, as sv or de (ISO 639-1)';
  },
  contract_id: (text) => (text === '' ? {} : words(text, 36, (id) => (id === null ? {} : { contractId: id }))),
  whitelist: (text) => oneOf(text, ['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER'], (whitelist) => ({ whitelist })),
};

function oneOf<T extends string>(text: string, choices: readonly T[], said: (choice: T) => SiteTokenChange): Cell {
  if (text === '') return {};
  const choice = choices.find((each) => each === text.toUpperCase());
  return choice === undefined ? `write one of ${choices.join(', ')}` : said(choice);
}

/** Spreadsheets write these in the language of their user. */
const YES = [
  'true',
  'yes',
  '1',
  'x',
  'wahr',
  'ja',
  'sant',
  'sand',
  'vrai',
  'oui',
  'waar',
  'vero',
  'sì',
  'verdadero',
  'sí',
];
const NO = ['false', 'no', '0', 'falsch', 'nein', 'falskt', 'nej', 'falsk', 'faux', 'non', 'onwaar', 'nee', 'falso'];

function yesOrNo(text: string, said: (yes: boolean) => SiteTokenChange): Cell {
  const word = text.toLowerCase();
  if (word === '') return {};
  if (YES.includes(word)) return said(true);
  return NO.includes(word) ? said(false) : 'write true or false';
}

function words(text: string, most: number, said: (text: string | null) => SiteTokenChange): Cell {
  if (text === '') return said(null);
  if (/\p{Cc}/u.test(text)) return 'it holds characters that cannot be shown';
  return text.length > most ? `it has more than ${most} characters` : said(text);
}
