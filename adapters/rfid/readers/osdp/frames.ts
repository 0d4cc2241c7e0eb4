import { checkBytes, checkLength, type Check } from './crc.ts';

/** Start of message. */
const START = 0x53;
/** Stands before a frame to wake the line; not part of it. */
export const MARK = 0xff;
const REPLY_BIT = 0x80;
const CRC_BIT = 0x04;
const SECURITY_BIT = 0x08;
const HEADER = 5;
const MAC_LENGTH = 4;
/** Longer ones are taken for noise. */
export const MOST_BYTES = 256;

/** A message as it is meant (OSDP 2.2, 5.9). */
export interface Packet {
  /** 0 to 126. */
  address: number;
  /** From a reader to us. */
  reply: boolean;
  /** 0 to 3; 0 begins anew. */
  sequence: number;
  /** The security block without its length byte: its type, then its data. Null without one. */
  security: Uint8Array | null;
  /** Which command or reply. */
  code: number;
  data: Uint8Array;
}

/** A message as it came: checked, but believed only once its MAC was verified, where it has one. */
export interface Frame extends Packet {
  check: Check;
  /** All of it, from the start byte to the check. */
  bytes: Uint8Array;
  /** What the MAC is computed over, and the four bytes of it that were sent; null where there is none. */
  sealed: { covered: Uint8Array; mac: Uint8Array } | null;
}

/** Block types 15 to 18 carry a MAC, 11 to 14 are the handshake (OSDP 2.2, D.1). */
const carriesMac = (security: Uint8Array | null): boolean => (security?.[0] ?? 0) >= 0x15;

/**
 * Writes a message. `mac` computes the MAC over all bytes before it; needed for the block types that carry one.
 *
 * @throws {RangeError} where the message would be longer than 256 bytes.
 */
export function encodeFrame(packet: Packet, check: Check, mac?: (covered: Uint8Array) => Uint8Array): Uint8Array {
  const block = packet.security ? [packet.security.length + 1, ...packet.security] : [];
  const total = HEADER + block.length + 1 + packet.data.length + (mac ? MAC_LENGTH : 0) + checkLength(check);
  if (total > MOST_BYTES) throw new RangeError(`a frame of ${total} bytes is longer than ${MOST_BYTES}`);
  const control = (packet.sequence & 3) | (check === 'crc16' ? CRC_BIT : 0) | (packet.security ? SECURITY_BIT : 0);
  const head = [START, packet.address | (packet.reply ? REPLY_BIT : 0), total & 0xff, total >> 8, control];
  const covered = Uint8Array.from([...head, ...block, packet.code, ...packet.data]);
  const body = mac ? Uint8Array.from([...covered, ...mac(covered).subarray(0, MAC_LENGTH)]) : covered;
  return Uint8Array.from([...body, ...checkBytes(body, check)]);
}

/** Reads a message whose bytes and length are known. Null where its check is wrong or its parts do not fit. */
function readFrame(bytes: Uint8Array): Frame | null {
  const [, address = 0, , , control = 0, blockLength = 0] = bytes;
  const check: Check = control & CRC_BIT ? 'crc16' : 'checksum';
  const end = bytes.length - checkLength(check);
  const expected = checkBytes(bytes.subarray(0, end), check);
  if (end <= HEADER || !expected.every((byte, index) => bytes[end + index] === byte)) return null;
  const secured = (control & SECURITY_BIT) !== 0;
  const at = HEADER + (secured ? blockLength : 0);
  const security = secured ? bytes.subarray(HEADER + 1, at) : null;
  if (security?.length === 0) return null;
  const dataEnd = carriesMac(security) ? end - MAC_LENGTH : end;
  const code = bytes[at];
  if (code === undefined || dataEnd <= at) return null;
  return {
    address: address & ~REPLY_BIT,
    reply: (address & REPLY_BIT) !== 0,
    sequence: control & 3,
    security,
    code,
    data: bytes.subarray(at + 1, dataEnd),
    check,
    bytes,
    sealed: dataEnd < end ? { covered: bytes.subarray(0, dataEnd), mac: bytes.subarray(dataEnd, end) } : null,
  };
}

/** What was found in a stream: whole messages, and how often one began that turned out damaged. */
export interface Found {
  frames: Frame[];
  damaged: number;
}

/** Finds the messages in a stream of bytes; holds fewer than 256 of them. */
export interface FrameFinder {
  /** Bytes came, in any split. */
  push(bytes: Uint8Array): Found;
  /** No more bytes will come for what has begun: looks for messages inside it, then forgets it. */
  giveUp(): Found;
  /** Has a message begun that is not whole yet? */
  begun(): boolean;
}

/** Makes a finder that holds nothing. Whatever is no message is skipped, and the search goes on at the next byte. */
export function createFrameFinder(): FrameFinder {
  let held: Uint8Array = new Uint8Array(0);

  /** Takes one whole message off the front, or skips a byte; false where more bytes are needed. */
  function step(found: Found): boolean {
    const start = held.indexOf(START);
    held = start < 0 ? held.subarray(held.length) : held.subarray(start);
    const [, , low, high] = held;
    if (low === undefined || high === undefined) return false;
    const length = low | (high << 8);
    const plausible = length > HEADER + 1 && length <= MOST_BYTES;
    if (plausible && held.length < length) return false;
    const frame = plausible ? readFrame(held.slice(0, length)) : null;
    if (frame) found.frames.push(frame);
    else found.damaged += 1;
    held = held.subarray(frame ? length : 1);
    return true;
  }

  return {
    push(bytes) {
      const found: Found = { frames: [], damaged: 0 };
      let taken = 0;
      while (taken < bytes.length) {
        const part = bytes.subarray(taken, taken + MOST_BYTES - held.length);
        taken += part.length;
        held = Uint8Array.from([...held, ...part]);
        while (step(found));
      }
      return found;
    },
    giveUp() {
      const found: Found = { frames: [], damaged: 0 };
      if (held.length > 0) found.damaged += 1;
      while (held.length > 0) {
        if (!step(found)) held = held.subarray(1);
      }
      return found;
    },
    begun: () => held.length > 0,
  };
}
