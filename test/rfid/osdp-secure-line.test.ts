/** The OSDP bus with secure channel, against simulated readers and against somebody on the wire. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameFinder, encodeFrame, type Frame } from '../../adapters/rfid/readers/osdp/frames.ts';
import { bytesReport, textReport } from '../../adapters/simulator/readers/osdp-reports.ts';
import type { SimulatedOsdpReader } from '../../adapters/simulator/readers/osdp.ts';
import { counting, createRig, KEY, keyBytes, OTHER_KEY, readerOf, type Rig } from './osdp-rig.ts';

const UID = '0451AAC3790080';
const CARD = bytesReport(UID);
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase();
const securedReader = (): SimulatedOsdpReader => readerOf({ key: keyBytes(KEY), secureOnly: true });
const securedLine = { readers: [{ address: 0, key: KEY }] };

const framesOf = (messages: Uint8Array[]): Frame[] =>
  messages.flatMap((message) => createFrameFinder().push(message).frames);
const blocksOf = (messages: Uint8Array[]): (number | undefined)[] =>
  framesOf(messages).map(({ security }) => security?.[0]);

/** A line and a reader that have a session. */
function inSession(): { rig: Rig; reader: SimulatedOsdpReader } {
  const reader = securedReader();
  const rig = createRig(securedLine, [reader]);
  rig.run(400);
  expect(reader.secured()).toBe(true);
  return { rig, reader };
}

describe('a reader with a key', () => {
  it('proves itself and is proved to before it counts as there; all that follows is in the session', () => {
    const { rig, reader } = inSession();
    reader.present(UID);
    rig.show('accepted');
    rig.run(500);
    expect(blocksOf(rig.sent).slice(0, 5)).toEqual([undefined, undefined, 0x11, 0x13, 0x15]);
    expect(blocksOf(rig.replies).slice(0, 5)).toEqual([undefined, undefined, 0x12, 0x14, 0x16]);
    expect(new Set(blocksOf(rig.sent).slice(4))).toEqual(new Set([0x15, 0x17]));
    expect(rig.cards).toEqual([{ uid: UID, address: 0 }]);
    expect(reader.shown).toEqual(['green for 2 s', 'beep']);
    expect(rig).toMatchObject({ presence: ['0 alive'], faults: [] });
  });

  it('has neither its cards nor its key on the wire in clear', () => {
    const reader = readerOf({ installMode: true });
    const rig = createRig({ readers: [{ address: 0, key: KEY, install: true }] }, [reader]);
    rig.run(1000);
    reader.present(UID);
    rig.run(500);
    expect(rig.cards).toHaveLength(1);
    const wire = [...rig.sent, ...rig.replies].map(hex).join(' ');
    expect(wire).not.toContain(UID);
    expect(wire).not.toContain(KEY);
  });

  it('keeps the session over lost requests, lost answers and BUSY', () => {
    const { rig, reader } = inSession();
    let count = 0;
    rig.disturb = (heard) => ((count += 1) % 3 === 0 ? [] : [heard]);
    reader.beBusy(2);
    reader.present(UID);
    rig.run(5000);
    expect(rig).toMatchObject({ cards: [{ uid: UID }], faults: [], presence: ['0 alive'] });
    expect(blocksOf(rig.sent).filter((block) => block === 0x11)).toHaveLength(1);
  });

  it('that was switched off and on gets a new session, and its card is told', () => {
    const { rig, reader } = inSession();
    reader.reboot();
    reader.present(UID);
    rig.run(1500);
    expect(reader.secured()).toBe(true);
    expect(rig.faults).toHaveLength(1);
    expect(rig).toMatchObject({ cards: [{ uid: UID }], presence: ['0 alive'] });
    const challenges = framesOf(rig.sent).filter(({ code }) => code === 0x76);
    expect(challenges).toHaveLength(2);
    expect(challenges[0]?.data).not.toEqual(challenges[1]?.data);
  });

  it('that tells what it can do only inside the channel is asked there', () => {
    const reader = securedReader();
    const rig = createRig(securedLine, [reader]);
    rig.disturb = (heard) => {
      const [frame] = framesOf([heard]);
      if (frame?.code !== 0x46 || frame.security) return [heard];
      return [encodeFrame({ ...frame, code: 0x41, data: Uint8Array.of(6) }, 'crc16')];
    };
    rig.run(1000);
    rig.show('refused');
    rig.run(500);
    expect(reader.shown).toEqual(['red for 2 s', 'beep', 'beep', 'beep']);
    expect(rig.faults).toEqual([]);
  });
});

describe('keys', () => {
  it('a reader with another key is refused, told of, lost, and its cards are no cards', () => {
    const reader = readerOf({ key: keyBytes(OTHER_KEY) });
    const rig = createRig(securedLine, [reader]);
    reader.present(UID);
    rig.run(10_000);
    expect(rig.cards).toEqual([]);
    expect(rig.presence).toEqual(['0 lost']);
    expect(rig.faults).toContain('Reader 0 has no secure channel: it has not shown that it has the key.');
    expect(framesOf(rig.sent).every(({ code }) => code !== 0x77)).toBe(true);
  });

  it('a reader without a key is given it where that is allowed, and works under it', () => {
    const reader = readerOf({ installMode: true });
    const rig = createRig({ readers: [{ address: 0, key: KEY, install: true }] }, [reader]);
    reader.present(UID);
    rig.run(2000);
    expect(reader.key()).toEqual(keyBytes(KEY));
    expect(reader.secured()).toBe(true);
    expect(rig).toMatchObject({ cards: [{ uid: UID }], presence: ['0 alive'] });
    expect(rig.faults).toEqual([
      'Reader 0 was given its key under the default key, which everybody knows: set install to false now.',
    ]);
    // Once it has its key, one that pretends to have lost it is not given it again.
    const before = rig.sent.length;
    rig.disturb = (heard) =>
      framesOf([heard]).map((frame) =>
        frame.security ? encodeFrame({ ...frame, security: null, code: 0x41, data: Uint8Array.of(5) }, 'crc16') : heard,
      );
    rig.run(20_000);
    const blocks = framesOf(rig.sent.slice(before)).flatMap(({ security }) =>
      security?.[0] === 0x11 ? [security[1]] : [],
    );
    expect(new Set(blocks)).toEqual(new Set([1]));
  });

  it('no reader is given a key where that is not allowed', () => {
    const reader = readerOf({ installMode: true });
    const rig = createRig(securedLine, [reader]);
    reader.present(UID);
    rig.run(5000);
    expect(reader.key()).toBeNull();
    expect(rig.cards).toEqual([]);
    expect(framesOf(rig.sent).every(({ security }) => security?.[1] !== 0)).toBe(true);
  });

  it('without secureOnly a reader that knows no channel works in plain, and is asked again for it', () => {
    const reader = readerOf();
    const rig = createRig({ readers: [{ address: 0, key: KEY, secureOnly: false }] }, [reader]);
    reader.present(UID);
    rig.run(2000);
    expect(rig).toMatchObject({ cards: [{ uid: UID }], presence: ['0 alive'] });
    expect(rig.faults).toEqual(['Reader 0 has no secure channel: it does not take that security block.']);
    rig.run(60_000);
    expect(framesOf(rig.sent).filter(({ code }) => code === 0x76)).toHaveLength(2);
    expect(rig.presence).toEqual(['0 alive']);
  });
});

describe('somebody on the wire', () => {
  it('plain cards are refused from a reader with a key, before and in the session', () => {
    const plain = readerOf({ key: keyBytes(KEY) });
    const rig = createRig(securedLine, [plain]);
    rig.disturb = (heard) =>
      framesOf([heard]).map((frame) => encodeFrame({ ...frame, ...CARD, security: null }, 'crc16'));
    rig.run(3000);
    rig.disturb = (heard) => [heard];
    rig.run(3000);
    expect(plain.secured()).toBe(true);
    rig.disturb = (heard) =>
      framesOf([heard]).map((frame) => encodeFrame({ ...frame, ...textReport(UID), security: null }, 'crc16'));
    rig.run(3000);
    expect(rig.cards).toEqual([]);
  });

  it('a card replayed at any poll is refused, and the session is rebuilt', () => {
    const { rig, reader } = inSession();
    reader.present(UID);
    rig.run(400);
    const recorded = rig.replies.find((message) => framesOf([message])[0]?.security?.[0] === 0x18);
    expect(recorded).toBeDefined();
    expect(rig.cards).toHaveLength(1);
    for (let poll = 1; poll < 8; poll += 1) {
      rig.run(1500 + poll * 65);
      expect(reader.secured()).toBe(true);
      rig.disturb = () => [recorded!];
      rig.run(300);
      rig.disturb = (heard) => [heard];
    }
    rig.run(3000);
    expect(rig.cards).toHaveLength(1);
    expect(rig.faults.some((sentence) => /replayed|sequence number/.test(sentence))).toBe(true);
    expect(blocksOf(rig.sent).filter((block) => block === 0x11).length).toBeGreaterThan(3);
    reader.present('04A1B2C3');
    rig.run(500);
    expect(rig.cards.at(-1)).toEqual({ uid: '04A1B2C3', address: 0 });
  });

  it('a refusal outside the session is not taken for the reader’s: it does not lose its light', () => {
    const { rig, reader } = inSession();
    rig.disturb = (heard) =>
      framesOf([heard]).map((frame) =>
        encodeFrame({ ...frame, code: 0x41, data: Uint8Array.of(3), security: null }, 'crc16'),
      );
    rig.show('accepted');
    rig.run(60);
    rig.disturb = (heard) => [heard];
    rig.run(1500);
    expect(rig.faults).toEqual(['Reader 0 has left the secure channel: it does not know the command.']);
    rig.show('refused');
    rig.run(500);
    expect(reader.shown.slice(-4)).toEqual(['red for 2 s', 'beep', 'beep', 'beep']);
  });

  it('a last word of the handshake that was altered ends it', () => {
    const reader = securedReader();
    const rig = createRig(securedLine, [reader]);
    rig.disturb = (heard) =>
      framesOf([heard]).map((frame) =>
        frame.code === 0x78 ? encodeFrame({ ...frame, data: frame.data.map((byte) => byte ^ 1) }, 'crc16') : heard,
      );
    rig.run(1500);
    expect(rig.presence).toEqual([]);
    expect(rig.faults).toEqual(['Reader 0 has no secure channel: its last word of the handshake was wrong.']);
    expect(blocksOf(rig.sent).filter((block) => (block ?? 0) > 0x13)).toEqual([]);
  });

  it('a recorded session does not fit a later one', () => {
    const first = inSession();
    first.reader.present(UID);
    first.rig.run(500);
    const recording = first.rig.replies;
    const fresh = readerOf({ key: keyBytes(KEY), secureOnly: true, random: counting(201) });
    const rig = createRig(securedLine, [fresh]);
    let at = 0;
    // The panel's own random number is new each time: from its second handshake on the recording is stale.
    rig.run(400);
    fresh.reboot();
    rig.disturb = () => [recording[(at += 1) % recording.length]!];
    rig.run(20_000);
    expect(rig.cards).toEqual([]);
  });

  it('an answer with any byte altered, its CRC made right, yields no other card, and the session is rebuilt', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const { rig, reader } = inSession();
        reader.present(UID);
        let altered = false;
        rig.disturb = (heard) => {
          const [frame] = framesOf([heard]);
          if (altered || frame?.security?.[0] !== 0x18) return [heard];
          altered = true;
          const mac = frame.sealed!.mac.slice();
          const data = frame.data.slice();
          const at = place % (mac.length + data.length);
          if (at < mac.length) mac[at]! ^= change;
          else data[at - mac.length]! ^= change;
          return [encodeFrame({ ...frame, data }, 'crc16', () => mac)];
        };
        rig.run(2500);
        expect(altered).toBe(true);
        expect(rig.cards).toEqual([]);
        expect(rig.faults).toHaveLength(1);
        expect(reader.secured()).toBe(true);
        expect(rig.presence).toEqual(['0 alive']);
      }),
      { numRuns: 40 },
    );
  });

  it('whatever is put in place of answers, there is no card that the reader did not tell', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.tuple(fc.nat(5), fc.nat(), fc.uint8Array({ maxLength: 40 }))), (moves) => {
        const { rig, reader } = inSession();
        rig.disturb = (heard) => {
          const [choice, number, noise] = moves.next().value!;
          const [frame] = framesOf([heard]);
          const earlier = rig.replies[number % rig.replies.length]!;
          if (choice === 0) return [];
          if (choice === 1) return [earlier];
          if (choice === 2) return [noise, heard];
          if (choice === 3) return [encodeFrame({ ...frame!, ...CARD, security: null }, 'crc16')];
          if (choice === 4) return [heard, earlier];
          return [heard];
        };
        rig.run(4000);
        expect(rig.cards).toEqual([]);
        rig.disturb = (heard) => [heard];
        rig.run(12_000);
        reader.present(UID);
        rig.run(500);
        expect(rig.cards).toEqual([{ uid: UID, address: 0 }]);
      }),
      { numRuns: 40 },
    );
  });
});
