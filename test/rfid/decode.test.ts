import { assert, constantFrom, integer, nat, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, concat, hexOf } from '../../adapters/rfid/bytes.ts';
import { modbusCrc, xorOf } from '../../adapters/rfid/crc.ts';
import { decodeBytes } from '../../adapters/rfid/decode.ts';
import { encodeTwn4 } from '../../adapters/rfid/readers/twn4-frames.ts';
import type { Vector } from './vectors.ts';
import { hex, IDTECK, VECTORS } from './vectors.ts';

const decode = ({ protocol, ascii = {} }: Vector, bytes: Uint8Array): string[] =>
  (protocol === 'ascii' ? decodeBytes(protocol, bytes, ascii) : decodeBytes(protocol, bytes)).map(({ uid }) => uid);

const ACK = hex('00 00 FF 00 FF 00');
const CHECKED = VECTORS.filter(
  ({ protocol, ascii }) =>
    ['id-12la', 'pn532', 'modbus-rtu'].includes(protocol) || (ascii?.checksum ?? 'none') !== 'none',
);

describe('recorded bytes are read as the reader would have told them', () => {
  it.each(VECTORS)('$name', (vector) => {
    expect(decode(vector, vector.bytes)).toEqual(vector.uids);
  });

  it('several messages in one piece tell each card once', () => {
    const answers = VECTORS.filter(({ protocol }) => protocol === 'pn532');
    const blob = concat(...answers.flatMap(({ bytes }) => [ACK, bytes]), ...answers.map(({ bytes }) => bytes));
    expect(decodeBytes('pn532', blob).map(({ uid }) => uid)).toEqual(answers.flatMap(({ uids }) => uids));
  });

  it('what the gateway itself writes passes', () => {
    const text = bytesOfText('04000300\r00\r050010\r0000\r050010\r0001802004FB0EE20B\r0407326009C8000000\r00\r');
    expect(decodeBytes('twn4', text)).toEqual([{ uid: 'FB0EE20B', address: null }]);
    const modbus = hex('01 04 00 00 00 0A 70 0D 01 04 00 01 00 17 E1 C4 01 04 04 04 A1 B2 C3 9F A7');
    expect(decodeBytes('modbus-rtu', modbus)).toEqual([{ uid: '04A1B2C3', address: null }]);
    const wake = hex('55 55 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF 03 FD D4 14 01 17 00');
    const answered = hex(
      '00 00 FF 02 FE D5 15 16 00 00 00 FF 06 FA D5 03 32 01 06 07 E8 00 00 00 FF 04 FC D4 4A 01 00 E1 00',
    );
    expect(decodeBytes('pn532', concat(wake, ACK, answered, ACK))).toEqual([]);
  });

  it('TWN4 writes bytes instead of text, with a CRC or without', () => {
    const answer = hex('00 01 80 20 04 FB 0E E2 0B');
    const card = [{ uid: 'FB0EE20B', address: null }];
    expect(decodeBytes('twn4', encodeTwn4(answer, { format: 'binary', crc: false }))).toEqual(card);
    for (const format of ['text', 'binary'] as const) {
      const bytes = encodeTwn4(answer, { format, crc: true });
      expect(decodeBytes('twn4', bytes, { format, crc: true })).toEqual(card);
      expect(decodeBytes('twn4', bytes.with(6, 0x31), { format, crc: true })).toEqual([]);
    }
    // The maker's own example (1.3.4).
    expect(encodeTwn4(hex('00 05'), { format: 'text', crc: true })).toEqual(bytesOfText('000515A7\r'));
  });

  it('a length in the registers of a Quio reader bounds the number', () => {
    const registers = concat(hex('04 51 AA C3 79 00 00'), new Uint8Array(25), hex('00 07'), new Uint8Array(12));
    const answer = concat(hex('01 04'), Uint8Array.of(registers.length), registers);
    const bytes = concat(answer, modbusCrc(answer));
    expect(decodeBytes('modbus-rtu', bytes)).toEqual([{ uid: '0451AAC3790000', address: null }]);
  });
});

const LRC: Vector = { name: 'LRC', protocol: 'ascii', ascii: IDTECK, bytes: new Uint8Array(0), uids: [] };

/** What an IDTECK reader writes for any card. */
const lrcMessage = uint8Array({ minLength: 3, maxLength: 8 }).map((card) => {
  const message = concat(Uint8Array.of(2), bytesOfText(hexOf(card)), Uint8Array.of(3));
  return { uid: hexOf(card), bytes: concat(message, Uint8Array.of(xorOf(message))) };
});

describe('every card is read', () => {
  it('whatever byte its LRC is, also that of a start or an end', () => {
    assert(
      property(lrcMessage, ({ uid, bytes }) => {
        expect(decode(LRC, bytes)).toEqual([uid]);
      }),
      { numRuns: 2_000, examples: [[{ uid: '00000003', bytes: hex('02 30 30 30 30 30 30 30 33 03 02') }]] },
    );
  });

  it('an LRC before the end that is the byte of a start', () => {
    const settings = { ...IDTECK, checksumPlace: 'before-end' } as const;
    expect(decode({ ...LRC, ascii: settings }, hex('02 30 30 30 30 30 30 30 30 02 03'))).toEqual(['00000000']);
  });
});

describe('no wrong card', () => {
  const vector = constantFrom(...CHECKED);

  it.each(CHECKED)('comes of a message with one byte changed: $name', (one) => {
    for (const [at, byte] of one.bytes.entries()) {
      for (let change = 1; change <= 255; change += 1) {
        const told = decode(one, one.bytes.with(at, byte ^ change));
        expect(one.uids).toEqual(expect.arrayContaining(told));
      }
    }
  });

  it('comes of any card of an LRC reader with one byte changed', () => {
    assert(
      property(lrcMessage, nat(), integer({ min: 1, max: 255 }), ({ uid, bytes }, place, change) => {
        const at = place % bytes.length;
        const told = decode({ ...LRC, bytes }, bytes.with(at, (bytes[at] ?? 0) ^ change));
        expect([uid]).toEqual(expect.arrayContaining(told));
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes of a message that lacks bytes, nor of noise around it', () => {
    const noise = uint8Array({ maxLength: 40 });
    assert(
      property(vector, nat(), noise, noise, (one, cut, before, after) => {
        const half = one.bytes.subarray(0, cut % one.bytes.length);
        const told = decode(one, concat(before, half, one.bytes, after));
        expect(one.uids).toEqual(expect.arrayContaining(told));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the message behind one that broke off from being read', () => {
    // Bare bytes alone have no mark that tells where the next message begins.
    // Without a length a broken message and the next may also be one with a digit changed.
    const marked = CHECKED.filter(({ ascii }) => ascii?.content !== 'binary').map((one) =>
      one.ascii === undefined ? one : { ...one, ascii: { ...one.ascii, length: one.uids.join('').length } },
    );
    for (const one of marked) {
      for (let cut = 0; cut < one.bytes.length; cut += 1) {
        expect(decode(one, concat(one.bytes.subarray(0, cut), one.bytes))).toEqual(one.uids);
      }
    }
  });

  it.each(['id-12la', 'twn4', 'pn532', 'modbus-rtu'] as const)(
    'comes of what %s sends at another speed',
    (protocol) => {
      assert(
        property(uint8Array({ maxLength: 600 }), (bytes) => {
          expect(decodeBytes(protocol, bytes)).toEqual([]);
        }),
      );
    },
  );
});
