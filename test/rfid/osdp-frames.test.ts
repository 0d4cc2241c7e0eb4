/** OSDP messages on the wire: recorded ones, cut ones, damaged ones. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameFinder, encodeFrame, type Frame, type Packet } from '../../adapters/rfid/readers/osdp/frames.ts';
import type { Check } from '../../adapters/rfid/readers/osdp/crc.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase();

type Row = [what: string, wire: string, address: number, reply: boolean, sequence: number, code: number, data: string];

const CRC_MESSAGES: Row[] = [
  ['POLL to 65', '53 65 08 00 04 60 60 90', 0x65, false, 0, 0x60, ''],
  ['ID to 65', '53 65 09 00 05 61 00 E9 4D', 0x65, false, 1, 0x61, '00'],
  ['POLL to 0, sequence 0', '53 00 08 00 04 60 EB AA', 0, false, 0, 0x60, ''],
  ['POLL to 0, sequence 1', '53 00 08 00 05 60 DA 99', 0, false, 1, 0x60, ''],
  ['ID to 0', '53 00 09 00 04 61 00 C0 66', 0, false, 0, 0x61, '00'],
  ['COMSET to all', '53 7F 0D 00 04 6E 00 80 25 00 00 6E 38', 0x7f, false, 0, 0x6e, '0080250000'],
  ['ACK', '53 80 08 00 04 40 59 AC', 0, true, 0, 0x40, ''],
  ['NAK 1', '53 80 09 00 04 41 01 27 A4', 0, true, 0, 0x41, '01'],
  ['RAW 26', '53 80 10 00 05 50 00 01 1A 00 27 06 B5 00 9A 57', 0, true, 1, 0x50, '00011A002706B500'],
  ['RAW 32', '53 80 10 00 06 50 00 00 20 00 04 A1 B2 C3 9C 13', 0, true, 2, 0x50, '0000200004A1B2C3'],
  ['RAW 56', '53 80 13 00 07 50 00 00 38 00 04 51 AA C3 79 00 80 28 DB', 0, true, 3, 0x50, '000038000451AAC3790080'],
  [
    'LED',
    '53 00 16 00 05 69 00 00 02 02 02 02 00 14 00 00 00 00 00 00 1F BB',
    0,
    false,
    1,
    0x69,
    '0000020202020014000000000000',
  ],
  ['BUZ', '53 00 0D 00 06 6A 00 02 01 01 02 39 AE', 0, false, 2, 0x6a, '0002010102'],
  ['CHLNG', '53 65 10 00 04 76 01 02 03 04 05 06 07 08 0D 20', 0x65, false, 0, 0x76, '0102030405060708'],
];
const CHECKSUM_MESSAGES: Row[] = [
  ['POLL with checksum', '53 00 07 00 00 60 46', 0, false, 0, 0x60, ''],
  ['ID with checksum', '53 00 08 00 00 61 00 44', 0, false, 0, 0x61, '00'],
  ['COMSET with checksum', '53 7F 0C 00 00 6E 00 80 25 00 00 0F', 0x7f, false, 0, 0x6e, '0080250000'],
];
const STREAM = [...CRC_MESSAGES, ...CHECKSUM_MESSAGES].map(([, wire]) => bytes(`FF${wire}`));

const essence = ({ address, reply, sequence, security, code, data }: Packet) => ({
  address,
  reply,
  sequence,
  code,
  security: security && hex(security),
  data: hex(data),
});

function find(...parts: Uint8Array[]): Frame[] {
  const finder = createFrameFinder();
  return [...parts.flatMap((part) => finder.push(part).frames), ...finder.giveUp().frames];
}

const anyPacket: fc.Arbitrary<Packet> = fc.record({
  address: fc.nat(126),
  reply: fc.boolean(),
  sequence: fc.nat(3),
  security: fc.option(fc.tuple(fc.integer({ min: 0x11, max: 0x14 }), fc.nat(1)).map((block) => Uint8Array.from(block))),
  code: fc.nat(255),
  data: fc.uint8Array({ maxLength: 240 }),
});
const anyCheck = fc.constantFrom<Check>('crc16', 'checksum');

describe('recorded messages', () => {
  for (const [check, rows] of [
    ['crc16', CRC_MESSAGES],
    ['checksum', CHECKSUM_MESSAGES],
  ] satisfies [Check, Row[]][]) {
    it.each(rows)('%s is written and read as recorded', (_, wire, address, reply, sequence, code, data) => {
      const packet = { address, reply, sequence, security: null, code, data: bytes(data) };
      expect(hex(encodeFrame(packet, check))).toBe(wire.replaceAll(' ', ''));
      expect(find(bytes(wire)).map(essence)).toEqual([essence(packet)]);
    });
  }

  it('are found wherever the stream is cut', () => {
    const stream = Uint8Array.from(STREAM.flatMap((part) => [...part]));
    const whole = find(stream).map(essence);
    expect(whole).toHaveLength(STREAM.length);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(find(stream.subarray(0, cut), stream.subarray(cut)).map(essence)).toEqual(whole);
    }
    expect(find(...Array.from(stream, (byte) => Uint8Array.of(byte))).map(essence)).toEqual(whole);
  });

  it('are nothing with any one bit changed', () => {
    const readable = CRC_MESSAGES.map(([, wire]) => bytes(wire)).flatMap((wire) =>
      Array.from({ length: wire.length * 8 }, (_, bit) => {
        const altered = wire.slice();
        altered[bit >> 3]! ^= 1 << (bit & 7);
        return find(altered);
      }),
    );
    expect(readable.flat()).toEqual([]);
  });
});

describe('any stream', () => {
  it('gives back what was written, in any split', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyPacket, anyCheck), { maxLength: 5 }), fc.array(fc.nat(300)), (sent, cuts) => {
        const stream = Uint8Array.from(sent.flatMap(([packet, check]) => [...encodeFrame(packet, check)]));
        const finder = createFrameFinder();
        const frames: Frame[] = [];
        let at = 0;
        for (const size of [...cuts, stream.length]) {
          frames.push(...finder.push(stream.subarray(at, at + size)).frames);
          at += size;
        }
        expect(frames.map(essence)).toEqual(sent.map(([packet]) => essence(packet)));
      }),
    );
  });

  it('hides no message behind noise, and holds under 256 bytes of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), anyPacket, (noise, packet) => {
        const finder = createFrameFinder();
        const first = finder.push(noise).frames;
        const next = finder.push(encodeFrame(packet, 'crc16')).frames;
        const frames = [...first, ...next, ...finder.giveUp().frames];
        expect(frames.map(essence)).toContainEqual(essence(packet));
        expect(finder.begun()).toBe(false);
      }),
      // Noise that ends in its own checksum by chance is a message: the same noise each time.
      { seed: 53, numRuns: 300 },
    );
  });

  it('a message longer than 256 bytes is neither written nor waited for', () => {
    const packet = { address: 1, reply: false, sequence: 0, security: null, code: 0x60, data: new Uint8Array(249) };
    expect(() => encodeFrame(packet, 'crc16')).toThrow(RangeError);
    const finder = createFrameFinder();
    expect(finder.push(bytes('53 00 01 01 04 60'))).toMatchObject({ frames: [], damaged: 1 });
    expect(finder.begun()).toBe(false);
  });
});
