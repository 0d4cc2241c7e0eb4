import { REPLY } from '../../rfid/readers/osdp/codes.ts';

/** A card as a reader tells of it: which reply, and its data. */
export interface CardReport {
  code: number;
  data: Uint8Array;
}

const FIRST_READER = 0;
const UNSPECIFIED = 0;
const WIEGAND = 1;
const FORWARD = 0;

function packed(bits: string): Uint8Array {
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

/** A report of bits, written as zeros and ones, first bit first (osdp_RAW). */
export const bitsReport = (bits: string, format: number = UNSPECIFIED): CardReport => ({
  code: REPLY.rawCard,
  data: Uint8Array.of(FIRST_READER, format, bits.length & 0xff, bits.length >> 8, ...packed(bits)),
});

const bitsOf = (hex: string): string =>
  Array.from(hex, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');

const oneIfOdd = (bits: string): string => String(bits.replaceAll('0', '').length % 2);

/** A report of a card's own bytes, in hex. */
export const bytesReport = (hex: string): CardReport => bitsReport(bitsOf(hex));

/** The same as Wiegand bits with a parity bit before (even, first half) and after (odd, second half). */
export function wiegandReport(hex: string): CardReport {
  const bits = bitsOf(hex);
  const half = bits.length / 2;
  const last = oneIfOdd(bits.slice(half)) === '1' ? '0' : '1';
  return bitsReport(`${oneIfOdd(bits.slice(0, half))}${bits}${last}`, WIEGAND);
}

/** A report in characters (osdp_FMT). */
export const textReport = (text: string): CardReport => ({
  code: REPLY.formattedCard,
  data: Uint8Array.of(FIRST_READER, FORWARD, text.length, ...Buffer.from(text, 'latin1')),
});
