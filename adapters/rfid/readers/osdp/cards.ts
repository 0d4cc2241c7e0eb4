/** The card of a report, or what was wrong with it (without its number). */
export type CardResult = { uid: string } | { fault: string };

/** More bits than any card number has (OSDP 2.2, 7.11 allows 1024). */
const MOST_BITS = 512;
/** Reader number, format, bit count. */
const RAW_HEAD = 4;
/** Reader number, direction, character count. */
const FORMATTED_HEAD = 3;
const REVERSE = 1;

/** Wiegand formats whose parity is known: one bit before, even over the first half; one after, odd over the second. */
const WITH_PARITY: readonly number[] = [26, 34];

function bitsOf(bytes: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, index) => ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1);
}

/** Capital hex of whole bytes, zeros put in front. */
function hexOf(bits: readonly number[]): string {
  const width = Math.ceil(bits.length / 8) * 2;
  return BigInt(`0b${bits.join('')}`)
    .toString(16)
    .toUpperCase()
    .padStart(width, '0');
}

const ones = (bits: readonly number[]): number => bits.reduce((sum, bit) => sum + bit, 0);

function withoutParity(bits: readonly number[]): number[] | null {
  const half = bits.length / 2;
  const even = ones(bits.slice(0, half)) % 2 === 0;
  const odd = ones(bits.slice(half)) % 2 === 1;
  return even && odd ? bits.slice(1, -1) : null;
}

/**
 * The card of a raw report (osdp_RAW, OSDP 2.2, 7.11). Whole bytes are the card's own, first byte first. Wiegand 26 and 34
 * lose their parity bits, which must be right. Any other count of bits is a number, written with zeros in front.
 */
export function rawCard(data: Uint8Array): CardResult {
  const [, , low = 0, high = 0] = data;
  const count = low | (high << 8);
  const bytes = data.subarray(RAW_HEAD);
  if (count === 0 || count > MOST_BITS || bytes.length !== Math.ceil(count / 8)) {
    return { fault: `told of a card in ${count} bits and ${bytes.length} bytes` };
  }
  const bits = bitsOf(bytes, count);
  if (!WITH_PARITY.includes(count)) return { uid: hexOf(bits) };
  const number = withoutParity(bits);
  return number ? { uid: hexOf(number) } : { fault: `told of a card of ${count} bits whose parity is wrong` };
}

/** The card of a report in characters (osdp_FMT, OSDP 2.2, 7.12): hexadecimal ones only, as they stand. */
export function formattedCard(data: Uint8Array): CardResult {
  const [, direction, count = 0] = data;
  const bytes = data.subarray(FORMATTED_HEAD);
  const text = Buffer.from(direction === REVERSE ? bytes.toReversed() : bytes).toString('latin1');
  if (count === 0 || count !== bytes.length || count * 4 > MOST_BITS) {
    return { fault: `told of a card in ${count} characters and sent ${bytes.length}` };
  }
  if (!/^[0-9A-Fa-f]+$/.test(text)) return { fault: 'told of a card in characters that are not hexadecimal' };
  return { uid: text.toUpperCase() };
}
