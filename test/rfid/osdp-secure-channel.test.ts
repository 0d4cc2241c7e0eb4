/** The arithmetic of the OSDP secure channel, against published values. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameFinder, type Frame } from '../../adapters/rfid/readers/osdp/frames.ts';
import {
  beginSession,
  clientCryptogram,
  decipher,
  defaultKey,
  deriveKeys,
  encipher,
  initialMac,
  macOf,
  seal,
  serverCryptogram,
  unseal,
  type Session,
} from '../../adapters/rfid/readers/osdp/secure-channel.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase();

const PANEL = bytes('B0B1B2B3B4B5B6B7');
const READER = bytes('A0A1A2A3A4A5A6A7');

describe('the example of the standard (OSDP 2.2, annex E)', () => {
  const keys = deriveKeys(defaultKey(), PANEL);
  const server = serverCryptogram(keys, PANEL, READER);

  it.each([
    ['SCBK-D', defaultKey(), '303132333435363738393A3B3C3D3E3F'],
    ['S-ENC', keys.enc, 'BF8DC2A8329ACB8C67C6D0CD9A451682'],
    ['S-MAC1', keys.mac1, '5E86C676603BDEE2D8BEAFE178637332'],
    ['S-MAC2', keys.mac2, '6FDA86E857777E81132035758239172E'],
    ['client cryptogram', clientCryptogram(keys, PANEL, READER), 'FDE5D2F428EC16312471EA3C02BD7796'],
    ['server cryptogram', server, '26D3356E07762D262801FC8E6665A891'],
    ['R-MAC-I', initialMac(keys, server), 'B2A30057EB98BA2229EC1F875662B524'],
  ])('%s', (_, value, published) => {
    expect(hex(value)).toBe(published);
  });
});

describe('chaining, on the CBC example of NIST SP 800-38A, F.2.1', () => {
  const key = bytes('2B7E151628AED2A6ABF7158809CF4F3C');
  const keys = { enc: key, mac1: key, mac2: key };
  const start = bytes('000102030405060708090A0B0C0D0E0F');
  const plain = bytes(
    '6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710',
  );
  const inverse = start.map((byte) => ~byte);

  it('the MAC of whole blocks is the last block, without padding', () => {
    expect(hex(macOf(keys, start, plain.subarray(0, 16)))).toBe('7649ABAC8119B246CEE98E9B12E9197D');
    expect(hex(macOf(keys, start, plain))).toBe('3FF1CAA1681FAC09120ECA307586E1A7');
  });

  it('data is enciphered from the inverse of the last MAC', () => {
    expect(hex(encipher(keys, inverse, plain.subarray(0, 16))).slice(0, 32)).toBe('7649ABAC8119B246CEE98E9B12E9197D');
  });

  it('data comes back at any length; what is no whole block or badly padded does not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        expect(decipher(keys, start, encipher(keys, start, data))).toEqual(data);
      }),
    );
    expect(decipher(keys, start, new Uint8Array(15))).toBeNull();
    expect(decipher(keys, start, plain.subarray(0, 16))).toBeNull();
  });
});

describe('messages of a session', () => {
  const keys = deriveKeys(defaultKey(), PANEL);
  const begun = (): Session => beginSession(keys, initialMac(keys, serverCryptogram(keys, PANEL, READER)));
  const framed = (wire: Uint8Array): Frame[] => createFrameFinder().push(wire).frames;

  interface Step {
    wire: Uint8Array;
    data: Uint8Array;
    /** The session of the one who receives it, before. */
    before: Session;
  }

  /** Commands and replies in turn, each read by the other side. */
  function talk(messages: Uint8Array[]): Step[] {
    let [panel, reader] = [begun(), begun()];
    return messages.map((data, index) => {
      const reply = index % 2 === 1;
      const packet = { address: 3, reply, sequence: (index >> 1) % 3, code: reply ? 0x50 : 0x69, data };
      const sent = seal(reply ? reader : panel, packet, 'crc16');
      const before = reply ? panel : reader;
      const read = unseal(before, framed(sent.bytes)[0]!);
      expect(read?.data).toEqual(data);
      if (reply) [reader, panel] = [sent.session, read!.session];
      else [panel, reader] = [sent.session, read!.session];
      return { wire: sent.bytes, data, before };
    });
  }

  const anyTalk = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 8 });

  it('any talk is understood, and says nothing in clear', () => {
    fc.assert(
      fc.property(anyTalk, (messages) => {
        for (const { wire, data } of talk(messages)) {
          expect(data.length > 7 && hex(wire).includes(hex(data))).toBe(false);
          expect(wire[6]).toBe((data.length > 0 ? 0x17 : 0x15) + (wire[1]! >> 7));
        }
      }),
    );
  });

  it('a message replayed at any other time is refused', () => {
    fc.assert(
      fc.property(anyTalk, (messages) => {
        const steps = talk(messages);
        for (const [index, { wire }] of steps.entries()) {
          // whoever reads messages of this direction, before each other one of them
          const others = steps.filter((_, other) => other !== index && other % 2 === index % 2);
          expect(others.map(({ before }) => unseal(before, framed(wire)[0]!))).toEqual(others.map(() => null));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('a message with any bit altered is refused, also when its CRC was made right again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(7), (data, place, bit) => {
        const [step] = talk([data]);
        const [frame] = framed(step!.wire);
        const covered = frame!.sealed!.covered.slice();
        const mac = frame!.sealed!.mac.slice();
        const at = place % (covered.length + mac.length);
        if (at < covered.length) covered[at]! ^= 1 << bit;
        else mac[at - covered.length]! ^= 1 << bit;
        expect(unseal(step!.before, { ...frame!, sealed: { covered, mac } })).toBeNull();
      }),
    );
  });
});
