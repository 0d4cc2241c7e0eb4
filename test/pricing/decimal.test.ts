import { describe, expect, it } from 'vitest';
import {
  apportion,
  isDecimal,
  parseDecimal,
  ratio,
  share,
  toText,
  unitsAbove,
  unitsToText,
  ZERO,
} from '../../gateway/pricing/decimal.ts';

describe('decimal text', () => {
  it.each(['0', '0.45', '-1.50', '007', '999999999999.9999999999'])('%s is read exactly', (text) => {
    expect(isDecimal(text)).toBe(true);
    expect(parseDecimal(text).equals(parseDecimal(toText(parseDecimal(text), 10)))).toBe(true);
  });

  it.each(['', '.5', '5.', '+1', '1e3', '0x10', ' 1', '1,5', 'NaN', '0.12345678901', '1000000000000'])(
    '"%s" is refused',
    (text) => {
      expect(isDecimal(text)).toBe(false);
      expect(() => parseDecimal(text)).toThrow(RangeError);
    },
  );

  it.each([
    ['0.005', 2, '0.01'],
    ['-0.005', 2, '-0.01'],
    ['0.0049999999', 2, '0'],
    ['2.5', 0, '3'],
    ['-2.5', 0, '-3'],
    ['1.2000', 4, '1.2'],
    ['100', 2, '100'],
  ] as const)('%s to %i decimals is %s: ties go away from zero', (text, places, rounded) => {
    expect(toText(parseDecimal(text), places)).toBe(rounded);
  });

  it.each([
    [500n, 2, 2, '5.00'],
    [51_250n, 4, 2, '5.125'],
    [50_000n, 4, 2, '5.00'],
    [-5n, 2, 2, '-0.05'],
    [7n, 0, 0, '7'],
    [0n, 4, 0, '0'],
  ] as const)('%i units of 10^-%i keeping %i decimals: %s', (units, places, keep, text) => {
    expect(unitsToText(units, places, keep)).toBe(text);
  });
});

describe('integers', () => {
  it('what is no integer is no ratio', () => {
    expect(() => ratio(0.5, 1)).toThrow(RangeError);
  });

  it('a share is exact beyond what a binary float can hold, and rounded down', () => {
    expect(share(9_007_199_254_740_991, 9_007_199_254_740_991, 9_007_199_254_740_992)).toBe(9_007_199_254_740_990);
    expect(share(7, 1, 2)).toBe(3);
    expect(() => share(1, 1, 0)).toThrow(RangeError);
  });

  it('a bound becomes the first whole unit that is not below it', () => {
    expect(['0.0015', '0.001', '0.0010000001', '-0.0015'].map((text) => unitsAbove(text, 3))).toEqual([2, 1, 2, -1]);
  });
});

describe('apportion', () => {
  it('gives what is left over to the largest remainders, the first of equals first', () => {
    expect(apportion(100n, [ratio(1, 3), ratio(1, 3), ratio(1, 3)])).toEqual([34n, 33n, 33n]);
    expect(apportion(100n, [parseDecimal('0.1'), parseDecimal('1.25')])).toEqual([7n, 93n]);
  });

  it('gives everything to the first where nothing has weight', () => {
    expect(apportion(5n, [ZERO, ZERO])).toEqual([5n, 0n]);
    expect(apportion(0n, [])).toEqual([]);
  });
});
