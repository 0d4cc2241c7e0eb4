import { bytesOfHex, bytesOfText } from '../bytes.ts';
import { complementOf, xorOf } from '../crc.ts';
import type { AsciiContent } from './ascii-content.ts';

/**
 * `xor` and `sum` (what makes the sum of all bytes a multiple of 256) are taken of what stands between start and end, of the bytes
 * that its hex digits stand for, and are written as two hex digits, among bare bytes as one. `lrc` is the exclusive-or of
 * every byte before it, the start included, and is one bare byte.
 */
export type AsciiChecksum = 'none' | 'xor' | 'lrc' | 'sum';

/** A message and what it says its checksum is. */
export interface Summed {
  /** What stands between the start and the checksum or end. */
  body: string;
  /** Every byte before the checksum. */
  covered: Uint8Array;
  checksum: string;
}

/** How many characters it takes. */
export function checksumLength(kind: AsciiChecksum, content: AsciiContent): number {
  if (kind === 'none') return 0;
  return kind === 'lrc' || content === 'binary' ? 1 : 2;
}

export function isChecksumRight(kind: AsciiChecksum, content: AsciiContent, summed: Summed): boolean {
  if (kind === 'none') return true;
  const written = content === 'binary' || kind === 'lrc' ? bytesOfText(summed.checksum) : bytesOfHex(summed.checksum);
  return written?.[0] === expected(kind, content, summed);
}

function expected(kind: 'xor' | 'lrc' | 'sum', content: AsciiContent, { body, covered }: Summed): number {
  if (kind === 'lrc') return xorOf(covered);
  const bytes = (content === 'hex' ? bytesOfHex(body) : null) ?? bytesOfText(body);
  return kind === 'xor' ? xorOf(bytes) : complementOf(bytes);
}
