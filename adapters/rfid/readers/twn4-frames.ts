import { bytesOfHex, bytesOfText, concat, hexOf, textOf } from '../bytes.ts';
import { elatecCrc } from '../crc.ts';
import type { FaultKind } from '../faults.ts';
import type { Frames, Scan } from '../frames.ts';
import { createFrames } from '../frames.ts';

/** How Elatec's simple protocol is set up in the reader (simple protocol 1.3): as text or as bytes, with a CRC or without. */
export interface Twn4Format {
  format: 'text' | 'binary';
  crc: boolean;
}

/** A message without its frame, or what is wrong with it. */
export type Twn4Frame = { bytes: Uint8Array } | { fault: FaultKind };

/** An answer to SearchTag has 21 bytes at most. */
const LONGEST = 32;

/** Puts a command into a frame: hex digits and CR, or the length as two bytes, low one first. */
export function encodeTwn4(command: Uint8Array, { format, crc }: Twn4Format): Uint8Array {
  const bytes = crc ? concat(command, elatecCrc(command)) : command;
  if (format === 'text') return bytesOfText(`${hexOf(bytes)}\r`);
  return concat(Uint8Array.of(bytes.length & 0xff, bytes.length >> 8), bytes);
}

export function createTwn4Frames({ format, crc }: Twn4Format): Frames<Twn4Frame> {
  const scan = format === 'text' ? scanText : scanBinary;
  return createFrames({
    bound: 2 * (2 * LONGEST + 2),
    // Without a CRC nothing would tell that a message begins amid the bytes of another.
    resync: false,
    scan: (bytes) => checked(scan(bytes), crc),
  });
}

function scanText(bytes: Uint8Array): Scan<Uint8Array> {
  const text = textOf(bytes);
  const blank = text.search(/[^\r\n\0]|$/);
  if (blank > 0) return { take: blank, fault: null };
  const end = text.search(/[\r\n]/);
  if (end < 0) return 'more';
  const frame = bytesOfHex(text.slice(0, end));
  if (frame === null) return { take: end + 1, fault: 'noise' };
  return frame.length > LONGEST ? { take: end + 1, fault: 'size' } : { take: end + 1, frame };
}

function scanBinary(bytes: Uint8Array): Scan<Uint8Array> {
  const [low, high] = bytes;
  if (low === undefined || high === undefined) return 'more';
  const length = low + high * 0x100;
  // The length is lost, and with it where the next message begins.
  if (length === 0 || length > LONGEST) return { take: bytes.length, fault: 'noise' };
  return bytes.length < 2 + length ? 'more' : { take: 2 + length, frame: bytes.slice(2, 2 + length) };
}

function checked(scan: Scan<Uint8Array>, crc: boolean): Scan<Twn4Frame> {
  if (scan === 'more' || 'fault' in scan) return scan;
  const { take, frame } = scan;
  if (!crc) return { take, frame: { bytes: frame } };
  const bytes = frame.subarray(0, -2);
  const right = frame.length > 2 && hexOf(elatecCrc(bytes)) === hexOf(frame.subarray(-2));
  return { take, frame: right ? { bytes } : { fault: 'checksum' } };
}
