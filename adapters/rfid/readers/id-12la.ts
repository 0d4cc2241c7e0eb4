import { bytesOfHex, hexOf, textOf } from '../bytes.ts';
import { xorOf } from '../crc.ts';
import type { Scan } from '../frames.ts';
import { createFrames } from '../frames.ts';
import type { Reading } from '../listening.ts';
import { createListeningLine, readAll } from '../listening.ts';
import type { ReaderProtocol } from '../reader.ts';
import type { NoSettings } from './no-settings.ts';

const STX = 0x02;
const ETX = 0x03;
const DIGITS = 12;
/** A message may end with up to so many bytes after its digits: CR, LF and ETX. */
const LONGEST_END = 3;

/**
 * ID-12LA, ID-20LA (ID Innovations) and RDM6300, for 125 kHz cards: STX, five bytes as ten hex digits, their exclusive-or as
 * two more, CR LF only from the former, ETX. The five bytes are the card.
 */
export const id12la: ReaderProtocol<NoSettings> = {
  name: 'id-12la',
  serial: { baudRate: 9600 },
  polled: false,
  defaults: {},
  createLine: () => createListeningLine(messages()),
};

/** The cards in bytes as they came from such a reader. */
export function decodeId12la(bytes: Uint8Array): string[] {
  return readAll(messages(), bytes);
}

const messages = () => createFrames<Reading>({ bound: 1 + DIGITS + LONGEST_END, scan, resync: true });

function scan(bytes: Uint8Array): Scan<Reading> {
  const start = bytes.indexOf(STX);
  if (start !== 0) return { take: start < 0 ? bytes.length : start, fault: 'noise' };
  const digits = textOf(bytes.subarray(1, 1 + DIGITS));
  const wrong = digits.search(/[^0-9A-Fa-f]/);
  if (wrong >= 0) return { take: 1 + wrong, fault: 'form' };
  const end = textOf(bytes.subarray(1 + DIGITS, 1 + DIGITS + LONGEST_END));
  const closing = end.indexOf(String.fromCharCode(ETX));
  if (closing < 0 && /^\r?\n?$/.test(end)) return 'more';
  if (!/^(\r\n)?$/.test(end.slice(0, closing)) || closing < 0) return { take: 1, fault: 'form' };
  return { take: 1 + DIGITS + closing + 1, frame: read(digits) };
}

function read(digits: string): Reading {
  const bytes = bytesOfHex(digits);
  if (bytes === null) return { fault: 'form' };
  // The card's bytes and their exclusive-or cancel each other out.
  return xorOf(bytes) === 0 ? { uid: hexOf(bytes.subarray(0, -1)) } : { fault: 'checksum' };
}
