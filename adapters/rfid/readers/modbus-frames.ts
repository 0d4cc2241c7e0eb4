import { concat, hexOf } from '../bytes.ts';
import { modbusCrc } from '../crc.ts';
import type { Frames, Scan } from '../frames.ts';
import { createFrames } from '../frames.ts';

/** The functions in use (Modbus Application Protocol 1.1b3, 6.4 and 6.5). */
export const READ_INPUT_REGISTERS = 0x04;
export const WRITE_COIL = 0x05;
/** Set in the function of an answer that is a refusal. */
const EXCEPTION = 0x80;

/** A message of Modbus RTU whose CRC is right, from the reader. */
export type ModbusFrame = { address: number } & (
  | { registers: Uint8Array }
  /** An answer to a written coil, or our own request come back: they are the same bytes. */
  | { request: Uint8Array }
  | { exception: number }
);

/** Puts a request into a frame. */
export function encodeModbus(...bytes: number[]): Uint8Array {
  const body = Uint8Array.from(bytes);
  return concat(body, modbusCrc(body));
}

/** Requests that this speaks have eight bytes, CRC and all, and so have the answers to a written coil. */
const REQUEST = 8;
const REFUSAL = 5;

export function createModbusFrames(): Frames<ModbusFrame> {
  // The longest message that is allowed has 256 bytes.
  return createFrames({ bound: 256, scan, resync: true });
}

function scan(bytes: Uint8Array): Scan<ModbusFrame> {
  const [address, code, count] = bytes;
  if (address === undefined || address === 0 || address > 247) return { take: 1, fault: 'noise' };
  if (code === undefined) return 'more';
  if (code === WRITE_COIL)
    return either(bytes, [{ length: REQUEST, frame: { address, request: bytes.slice(0, REQUEST) } }]);
  if (code === (READ_INPUT_REGISTERS | EXCEPTION) || code === (WRITE_COIL | EXCEPTION)) {
    return count === undefined ? 'more' : either(bytes, [{ length: REFUSAL, frame: { address, exception: count } }]);
  }
  if (code !== READ_INPUT_REGISTERS) return { take: 1, fault: 'noise' };
  if (count === undefined) return 'more';
  const request = { length: REQUEST, frame: { address, request: bytes.slice(0, REQUEST) } };
  if (count === 0 || count % 2 !== 0 || count > 250) return either(bytes, [request]);
  const answer = { length: 5 + count, frame: { address, registers: bytes.slice(3, 3 + count) } };
  return either(bytes, [request, answer]);
}

/** The first of these that is whole and whose CRC is right. */
function either(bytes: Uint8Array, candidates: { length: number; frame: ModbusFrame }[]): Scan<ModbusFrame> {
  const whole = candidates.filter(({ length }) => bytes.length >= length);
  const right = whole.find(({ length }) => isRight(bytes.subarray(0, length)));
  if (right !== undefined) return { take: right.length, frame: right.frame };
  return whole.length < candidates.length ? 'more' : { take: 1, fault: 'checksum' };
}

function isRight(bytes: Uint8Array): boolean {
  return hexOf(modbusCrc(bytes.subarray(0, -2))) === hexOf(bytes.subarray(-2));
}
