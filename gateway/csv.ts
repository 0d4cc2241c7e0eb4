import { GatewayError } from './domain/errors.ts';

const NUMBER = /^-?\d+(\.\d+)?$/;
/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;
/** A text that was marked as none. */
const MARKED = /^'+[=+\-@\t\r\n]/;
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$|^sep=$/i;

/**
 * One line of a CSV file (RFC 4180), with its end. Texts that a spreadsheet would take for a formula get an apostrophe in
 * front, since names and remarks come from outside; `createCsvReader` takes it off again. Null: an empty cell.
 */
export function csvLine(cells: readonly (string | null)[]): string {
  const written = cells.map((cell) => {
    const text = cell ?? '';
    const safe = MARKED.test(text) || (FORMULA.test(text) && !NUMBER.test(text)) ? `'${text}` : text;
    return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  // An empty line would be none at all.
  return `${written.length === 1 && written[0] === '' ? '""' : written.join(',')}\r\n`;
}

/** One record of a CSV file. */
export interface CsvRecord {
  /** The line in which it begins, from 1. */
  line: number;
  cells: string[];
}

/** Reads a CSV file as it comes, in pieces cut anywhere. */
export interface CsvReader {
  /** The records that this piece completes. Errors: REQUEST_INVALID. */
  push(text: string): CsvRecord[];
  /** What was left without a line end. Errors: REQUEST_INVALID. */
  end(): CsvRecord[];
}

const SEPARATORS = [',', ';', '\t'];
/** Bounds of one record. */
const LONGEST_CELL = 10_000;
const MOST_CELLS = 100;

/**
 * Makes a reader of CSV as spreadsheets write it: RFC 4180, also with semicolons or tabs (the first record tells which), a
 * byte order mark, a first line `sep=;`, and any line end. Empty lines are left out.
 */
export function createCsvReader(): CsvReader {
  let separator: string | null = null;
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let cell = '';
  let cells: string[] = [];
  let hasQuotes = false;
  let line = 1;
  let begun = 1;
  let afterReturn = false;
  let isFirst = true;
  let isHead = true;

  function fault(what: string): GatewayError {
    return new GatewayError('REQUEST_INVALID', `line ${begun} of the CSV file: ${what}`);
  }

  function add(text: string): void {
    cell += text;
    if (cell.length > LONGEST_CELL)
      throw fault(`a cell has more than ${LONGEST_CELL} characters; is a quotation mark missing?`);
  }

  function endCell(): void {
    cells.push(MARKED.test(cell) ? cell.slice(1) : cell);
    if (cells.length > MOST_CELLS) throw fault(`it has more than ${MOST_CELLS} cells`);
    cell = '';
    state = 'start';
  }

  function endRecord(into: CsvRecord[]): void {
    endCell();
    const isEmpty = cells.length === 1 && cells[0] === '' && !hasQuotes;
    const tellsSeparator =
      isHead && !hasQuotes && cells.length === 2 && /^sep=$/i.test(cells[0] ?? '') && cells[1] === '';
    if (!isEmpty && !tellsSeparator) {
      into.push({ line: begun, cells });
      separator ??= ',';
    }
    if (!isEmpty) isHead = false;
    cells = [];
    hasQuotes = false;
  }

  /** From here to the next quotation mark; gives where to go on. */
  function takeQuoted(text: string, from: number): number {
    const quote = text.indexOf('"', from);
    const upTo = quote < 0 ? text.length : quote;
    const part = text.slice(from, upTo);
    add(part);
    line += part.split('\n').length - 1;
    if (quote >= 0) state = 'closed';
    return upTo + 1;
  }

  /** From here to the next character that may mean something. */
  function takePlain(text: string, from: number): number {
    let upTo = from + 1;
    while (upTo < text.length && !isSpecial(text.charCodeAt(upTo))) upTo += 1;
    add(text.slice(from, upTo));
    state = 'plain';
    return upTo;
  }

  /** One character at a boundary, or a run of plain ones; gives where to go on. */
  function takeNext(text: string, at: number, into: CsvRecord[]): number {
    const character = text.charAt(at);
    if (character === '\r' || character === '\n') {
      const isSecond = character === '\n' && afterReturn;
      afterReturn = character === '\r';
      if (isSecond) return at + 1;
      endRecord(into);
      line += 1;
      begun = line;
      return at + 1;
    }
    afterReturn = false;
    if (character === separator || (separator === null && SEPARATORS.includes(character))) {
      separator = character;
      endCell();
      return at + 1;
    }
    if (character === '"' && (state === 'start' || state === 'closed')) {
      if (state === 'closed') add(character);
      state = 'quoted';
      hasQuotes = true;
      return at + 1;
    }
    if (state === 'closed') {
      if (character.trim() !== '') throw fault('there is text behind a closing quotation mark');
      return at + 1;
    }
    return takePlain(text, at);
  }

  return {
    push(text) {
      const records: CsvRecord[] = [];
      let at = isFirst && text.startsWith('\uFEFF') ? 1 : 0;
      if (text !== '') isFirst = false;
      while (at < text.length) at = state === 'quoted' ? takeQuoted(text, at) : takeNext(text, at, records);
      return records;
    },
    end() {
      const records: CsvRecord[] = [];
      if (state === 'quoted') throw fault('a quotation mark is opened and never closed');
      if (state !== 'start' || cells.length > 0) endRecord(records);
      return records;
    },
  };
}

/** Comma, semicolon, tab, line ends and quotation mark. */
function isSpecial(code: number): boolean {
  return code === 44 || code === 59 || code === 9 || code === 13 || code === 10 || code === 34;
}
