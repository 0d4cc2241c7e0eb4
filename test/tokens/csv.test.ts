import { array, assert, constantFrom, integer, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvReader, csvLine } from '../../gateway/csv.ts';

/** Read in pieces cut at these places. */
function read(text: string, cuts: readonly number[] = []): string[][] {
  const reader = createCsvReader();
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()].map(({ cells }) => cells);
}

const cell = oneof(
  string({
    unit: constantFrom('a', '"', ',', ';', '\t', '\r', '\n', "'", '=', '+', '-', '@', ' ', '\uFEFF', '7', 'ö'),
  }),
  string(),
  constantFrom('', 'sep=', '-5', "'-5", '=1+1', '0451AAC3790080'),
);

describe('CSV', () => {
  it('is read as it was written, whatever the cells hold and wherever the pieces are cut', () => {
    const rows = array(array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    assert(
      property(rows, array(integer({ min: 0, max: 10_000 }), { maxLength: 4 }), (written, cuts) => {
        expect(read(written.map(csvLine).join(''), cuts)).toEqual(written);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as spreadsheets write it: semicolons or tabs, a byte order mark, sep=, any line end, empty lines', () => {
    const rows = [
      ['uid', 'group'],
      ['04A1', 'a,b'],
      ['04A2', ''],
    ];
    expect(read('\uFEFFuid;group\r\n04A1;a,b\r\n\r\n04A2;\r\n')).toEqual(rows);
    expect(read('uid\tgroup\r04A1\ta,b\r\r04A2\t')).toEqual(rows);
    expect(read('sep=;\nuid;group\n04A1;"a,b" \n04A2;""')).toEqual(rows);
  });

  it('marks what a spreadsheet would take for a formula, numbers aside', () => {
    expect(csvLine(['=1+1', '@x', '-5', '-5 °C', null, '+46'])).toBe(`'=1+1,'@x,-5,'-5 °C,,'+46\r\n`);
  });

  it('tells the line of what is broken, and does not swallow the rest of a file behind a lost quotation mark', () => {
    const reader = createCsvReader();
    expect(reader.push('a,b\n"x\ny",2\n3,4\n').map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(() => reader.push('5,"6\n7,8')).not.toThrow();
    expect(() => reader.push('x'.repeat(10_001))).toThrow('line 5 of the CSV file: a cell has more than 10000');
    expect(() => read('a\n"b" c\n')).toThrow('line 2 of the CSV file: there is text behind a closing quotation mark');
    expect(() => read('a\n"b')).toThrow('line 2 of the CSV file: a quotation mark is opened and never closed');
    expect(() => read(','.repeat(101))).toThrow('more than 100 cells');
  });
});
