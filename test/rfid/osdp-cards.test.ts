/** What card an OSDP report means. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReplies } from '../../adapters/rfid/readers/osdp.ts';
import { encodeFrame } from '../../adapters/rfid/readers/osdp/frames.ts';
import {
  bitsReport,
  bytesReport,
  textReport,
  wiegandReport,
  type CardReport,
} from '../../adapters/simulator/readers/osdp-reports.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function uidsOf({ code, data }: CardReport): string[] {
  const packet = { address: 9, reply: true, sequence: 2, security: null, code, data };
  return decodeReplies(encodeFrame(packet, 'crc16')).map(({ uid }) => uid);
}

describe('recorded replies', () => {
  it.each([
    ['26 bits, facility 78, card 3434', '53 80 10 00 05 50 00 01 1A 00 27 06 B5 00 9A 57', '4E0D6A'],
    ['32 bits', '53 80 10 00 06 50 00 00 20 00 04 A1 B2 C3 9C 13', '04A1B2C3'],
    ['56 bits', '53 80 13 00 07 50 00 00 38 00 04 51 AA C3 79 00 80 28 DB', '0451AAC3790080'],
  ])('%s', (_, wire, uid) => {
    expect(decodeReplies(bytes(wire))).toEqual([{ uid, address: 0 }]);
  });

  it('what a panel asks is no card, nor is a reply inside a secure channel', () => {
    const { code, data } = bytesReport('04A1B2C3');
    const packet = { address: 9, sequence: 1, code, data };
    const asked = encodeFrame({ ...packet, reply: false, security: null }, 'crc16');
    const secured = encodeFrame(
      { ...packet, reply: true, security: Uint8Array.of(0x16) },
      'crc16',
      () => new Uint8Array(16),
    );
    expect(decodeReplies(Uint8Array.of(...asked, ...secured))).toEqual([]);
  });
});

describe('card numbers', () => {
  const hexOf = (length: number): fc.Arbitrary<string> =>
    fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((uid) => Buffer.from(uid).toString('hex').toUpperCase());

  it('whole bytes are the card’s own, first byte first, zeros kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }).chain(hexOf), (uid) => {
        expect(uidsOf(bytesReport(uid))).toEqual([uid]);
      }),
    );
  });

  it('Wiegand 26 and 34 lose their parity bits, and are no card with any one bit wrong', () => {
    fc.assert(
      fc.property(fc.constantFrom(3, 4).chain(hexOf), fc.nat(33), (uid, bit) => {
        const report = wiegandReport(uid);
        expect(uidsOf(report)).toEqual([uid]);
        const wrong = report.data.slice();
        const at = bit % (uid.length * 4 + 2);
        wrong[4 + (at >> 3)]! ^= 0x80 >> (at & 7);
        expect(uidsOf({ ...report, data: wrong })).toEqual([]);
      }),
    );
  });

  it('Wiegand 34 of 04A1B2C3 as published', () => {
    const bits = '0000001001010000110110010110000111';
    expect(uidsOf(bitsReport(bits))).toEqual(['04A1B2C3']);
    expect(wiegandReport('04A1B2C3').data.slice(4)).toEqual(bitsReport(bits).data.slice(4));
  });

  it('any other count of bits is a number with zeros in front', () => {
    expect(uidsOf(bitsReport('1'.padStart(37, '0')))).toEqual(['0000000001']);
    expect(uidsOf(bitsReport('1'.repeat(37)))).toEqual(['1FFFFFFFFF']);
    expect(uidsOf(bitsReport('101'))).toEqual(['05']);
  });

  it('bits after the last one are ignored', () => {
    const { code, data } = bitsReport('1'.repeat(37));
    expect(uidsOf({ code, data: data.with(8, 0xff) })).toEqual(['1FFFFFFFFF']);
  });

  it('characters are taken as they stand, where they are hexadecimal', () => {
    expect(uidsOf(textReport('04a1b2c3'))).toEqual(['04A1B2C3']);
    expect(uidsOf({ ...textReport('3C2B1A40'), data: textReport('3C2B1A40').data.with(1, 1) })).toEqual(['04A1B2C3']);
    expect(uidsOf(textReport('card 17'))).toEqual([]);
  });

  it.each([
    ['no bits', '00 00 00 00'],
    ['more bits than bytes', '00 00 28 00 04 A1 B2 C3'],
    ['more bytes than bits', '00 00 18 00 04 A1 B2 C3'],
    ['a report cut short', '00 00'],
    ['more bits than a card has', `00 00 08 02 ${'AA'.repeat(65)}`],
  ])('%s: no card', (_, data) => {
    expect(uidsOf({ code: 0x50, data: bytes(data) })).toEqual([]);
  });
});
