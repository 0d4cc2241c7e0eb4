import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, bigInt, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { degrees, hours, kwh, toNumber, withoutVat } from '../../adapters/ocpi/numbers.ts';
import { clip } from '../../adapters/ocpi/present/text.ts';
import { v230Bookings } from '../../adapters/ocpi/present/v230.ts';
import { PRESENTERS } from '../../adapters/ocpi/present/versions.ts';
import { VERSIONS } from '../../adapters/ocpi/request.ts';
import type { ObjectName } from '../contract/ocpi/check.ts';
import { expectContract, expectPlainNumbers } from '../contract/ocpi/check.ts';

const FOLDER = join(import.meta.dirname, '../golden/ocpi');

interface Golden {
  object: 'location' | 'session' | 'cdr' | 'tariff' | 'token';
  input: unknown[];
  /** Where it is not as without them. */
  '2.3.0 with bookings'?: unknown;
  '2.3.0': unknown;
  '2.2.1': unknown;
  '2.1.1': unknown;
}

describe('golden objects', () => {
  const files = readdirSync(FOLDER);

  it('exist', () => expect(files.length).toBeGreaterThan(0));

  describe.each(files)('%s', (file) => {
    const golden = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Golden;

    it.each(VERSIONS)('case 60: in %s it is exact to the version, and as it always was', (version) => {
      const present = PRESENTERS[version][golden.object] as (...input: unknown[]) => unknown;
      const wire = present(...golden.input);
      expect(wire).toEqual(golden[version]);
      // A token's own type is given back as its peer wrote it, also where the version does not know it.
      if (golden.object !== 'token') expectContract(version, golden.object satisfies ObjectName, wire);
      expectPlainNumbers(JSON.stringify(wire));
    });

    it('case 60: to a peer with bookings it is what those add, and no more', () => {
      const present = v230Bookings[golden.object] as (...input: unknown[]) => unknown;
      expect(present(...golden.input)).toEqual(golden['2.3.0 with bookings'] ?? golden['2.3.0']);
    });
  });
});

describe('numbers of the wire', () => {
  it('have at most 4 decimals, halves away from zero, and no binary noise', () => {
    expect(
      ['0.1', '0.30000000000000004', '1.00005', '-1.00005', '0.00004999', '1234567.8901', '0', '0.00'].map(toNumber),
    ).toEqual([0.1, 0.3, 1.0001, -1.0001, 0, 1234567.8901, 0, 0]);
  });

  it('are printed as the decimal they were, whatever it is', () => {
    assert(
      property(bigInt(-(10n ** 14n), 10n ** 14n), (scaled) => {
        const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(5, '0');
        const text = `${scaled < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
        const plain = text.replace(/\.?0+$/, '').replace(/^-0$/, '0');
        expect(JSON.stringify(toNumber(text))).toBe(plain === '' || plain === '-' ? '0' : plain);
      }),
    );
  });

  it('turn watt-hours into kWh exactly and time into hours', () => {
    expect([1, 20_450, 5_400, 0, -1500].map(kwh)).toEqual([0.001, 20.45, 5.4, 0, -1.5]);
    expect([3_600_000, 1_500_000, 180, 179, 0].map(hours)).toEqual([1, 0.4167, 0.0001, 0, 0]);
  });

  it('leave VAT out where a version wants prices without it', () => {
    expect([
      withoutVat('0.50', '19'),
      withoutVat('4.50', '25'),
      withoutVat('10', '0'),
      withoutVat('0.3', null),
    ]).toEqual([0.4202, 3.6, 10, 0.3]);
  });

  it('write degrees with 5 to 7 decimals in the room they have', () => {
    expect(degrees('57.7', 10)).toBe('57.70000');
    expect(degrees('-57.12345678', 10)).toBe('-57.123457');
    expect(degrees('57.12345678', 10)).toBe('57.1234568');
    expect(degrees('-126.1049651', 11)).toBe('-126.104965');
    expect(degrees('5', 10)).toBe('5.00000');
  });
});

describe('text of the wire', () => {
  it('is cut between characters and has no control characters', () => {
    expect(clip('a\r\n\tb', 10)).toBe('a b');
    expect(clip('123456', 5)).toBe('12345');
    expect(clip('1234😀', 5)).toBe('1234');
    expect(clip('1234 678', 5)).toBe('1234');
  });
});
