import { bytesOfHex, bytesOfText, hexOf } from '../bytes.ts';

/** How the card is written: hex digits (with `:`, `-` or blanks between them or without), a decimal number, or bare bytes. */
export type AsciiContent = 'hex' | 'decimal' | 'binary';

/** The sizes that cards have, in bytes: a decimal number is as long as the first of them that it fits. */
const SIZES = [4, 7, 8, 10];

/** The card as capital hex, first byte first; null where the content is not written that way. */
export function readContent(content: string, kind: AsciiContent, byteOrder: 'msb' | 'lsb'): string | null {
  const bytes = bytesOf(content, kind);
  if (bytes === null || bytes.length === 0) return null;
  return hexOf(byteOrder === 'msb' ? bytes : bytes.toReversed());
}

function bytesOf(content: string, kind: AsciiContent): Uint8Array | null {
  if (kind === 'binary') return bytesOfText(content);
  return kind === 'hex'
    ? bytesOfHex(content.replaceAll(/(?<=[0-9A-Fa-f])[ :-](?=[0-9A-Fa-f])/g, ''))
    : bytesOfDecimal(content);
}

/** A whole number, or what Wiegand converters print: the first byte, a comma, the other two. */
function bytesOfDecimal(content: string): Uint8Array | null {
  const parted = /^(\d{1,3}),(\d{1,5})$/.exec(content.trim());
  if (parted !== null) {
    const [first, rest] = [Number(parted[1]), Number(parted[2])];
    return first > 0xff || rest > 0xffff ? null : sized(BigInt(first * 0x10000 + rest));
  }
  return /^\d{1,25}$/.test(content.trim()) ? sized(BigInt(content.trim())) : null;
}

function sized(value: bigint): Uint8Array | null {
  const digits = value.toString(16);
  const size = SIZES.find((bytes) => bytes * 2 >= digits.length);
  return size === undefined ? null : bytesOfHex(digits.padStart(size * 2, '0'));
}
