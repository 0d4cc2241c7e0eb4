import { concat } from '../bytes.ts';
import { complementOf } from '../crc.ts';
import type { FaultKind } from '../faults.ts';
import type { Frames, Scan } from '../frames.ts';
import { createFrames } from '../frames.ts';

/** A frame of the PN532 (user manual 6.2.1): data with its direction byte first, an acknowledgement, its refusal, or a broken one. */
export type Pn532Frame = { data: Uint8Array } | { ack: boolean } | { fault: FaultKind };

/** From host to chip, and from chip to host. */
export const TO_CHIP = 0xd4;
export const FROM_CHIP = 0xd5;

/** Puts a command, or an answer, into a frame: start, length and its checksum, data and its checksum, end. */
export function encodePn532(...data: number[]): Uint8Array {
  const body = Uint8Array.from(data);
  const head = Uint8Array.of(0x00, 0x00, 0xff, body.length, -body.length & 0xff);
  return concat(head, body, Uint8Array.of(complementOf(body), 0x00));
}

export function createPn532Frames(): Frames<Pn532Frame> {
  // The longest frame of this kind has 255 bytes of data.
  return createFrames({ bound: 300, scan, resync: true });
}

function scan(bytes: Uint8Array): Scan<Pn532Frame> {
  // Before FF stand zeros, as many as wake the chip up, and one more behind each frame: none of them tells anything.
  const start = bytes.indexOf(0xff);
  const idle = bytes.subarray(0, start < 0 ? bytes.length : start);
  if (idle.length > 0) return { take: idle.length, fault: idle.every((byte) => IDLE.includes(byte)) ? null : 'noise' };
  const [, length, check] = bytes;
  if (length === undefined || check === undefined) return 'more';
  if (length === 0x00 && check === 0xff) return { take: 3, frame: { ack: true } };
  if (length === 0xff && check === 0x00) return { take: 3, frame: { ack: false } };
  if (length === 0 || ((length + check) & 0xff) !== 0) return { take: 1, fault: 'checksum' };
  if (bytes.length < 4 + length) return 'more';
  const data = bytes.slice(3, 3 + length);
  if (complementOf(data) !== bytes[3 + length]) return { take: 1, fault: 'checksum' };
  return { take: 4 + length, frame: { data } };
}

/** What wakes the chip. */
const IDLE = [0x00, 0x55];
