import { assert, constantFrom, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, concat, hexOf } from '../../adapters/rfid/bytes.ts';
import { modbusCrc } from '../../adapters/rfid/crc.ts';
import type { Feedback } from '../../gateway/domain/readers.ts';
import type { ReaderLine } from '../../adapters/rfid/reader.ts';
import { createReaderLine, readerProblems } from '../../adapters/rfid/readers/index.ts';
import { simulatedReaders } from '../../adapters/simulator/readers/index.ts';
import { createModbusReader, SIMULATED_COILS } from '../../adapters/simulator/readers/modbus-rtu.ts';
import type { SimulatedReader } from '../../adapters/simulator/readers/device.ts';
import type { Bench } from './bench.ts';
import { createBench } from './bench.ts';
import type { Vector } from './vectors.ts';
import { hex, VECTORS } from './vectors.ts';

const ACK = hex('00 00 FF 00 FF 00');

/** What the request looks like that such an answer answers. */
const POLLS: Partial<Record<Vector['protocol'], (bytes: Uint8Array) => boolean>> = {
  twn4: (bytes) => hexOf(bytes) === hexOf(bytesOfText('050010\r')),
  pn532: (bytes) => hexOf(bytes) === '0000FF04FCD44A0100E100',
  'modbus-rtu': (bytes) => hexOf(bytes).startsWith('0104'),
};

/** The answer of the recorded vector has two registers. */
const TWO_REGISTERS = { register: 1, count: 2, lengthRegisters: [] };

function lineOf({ protocol, ascii = {} }: Vector): ReaderLine {
  if (protocol === 'ascii') return createReaderLine(protocol, ascii);
  return protocol === 'modbus-rtu' ? createReaderLine(protocol, TWO_REGISTERS) : createReaderLine(protocol);
}

/** A line that has just asked for what the vector answers, if it asks at all. */
function ready(vector: Vector): Bench {
  const isPoll = POLLS[vector.protocol];
  const bench = createBench(lineOf(vector), [simulatedReaders[vector.protocol]()]);
  if (isPoll !== undefined) bench.untilWritten(isPoll);
  return bench;
}

const streamOf = ({ protocol, bytes }: Vector): Uint8Array => (protocol === 'pn532' ? concat(ACK, bytes) : bytes);

describe('a stream of bytes gives the same cards however it is cut', () => {
  it.each(VECTORS)('$name', (vector) => {
    const stream = streamOf(vector);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const bench = ready(vector);
      bench.feed(stream.subarray(0, cut));
      bench.feed(stream.subarray(cut));
      expect(bench.told).toMatchObject({ uids: vector.uids, faults: [] });
    }
    const bench = ready(vector);
    for (const byte of stream) bench.feed(Uint8Array.of(byte));
    bench.pass(1_000);
    expect(bench.told).toMatchObject({ uids: vector.uids, faults: [] });
  });

  it('noise between two messages gives no other card', () => {
    const vector = constantFrom(...VECTORS.filter(({ uids }) => uids.length > 0));
    assert(
      property(vector, uint8Array({ minLength: 1, maxLength: 80 }), (one, noise) => {
        const bench = ready(one);
        bench.feed(noise);
        bench.now += 100;
        bench.feed(streamOf(one));
        expect(bench.told.uids).toEqual(one.uids);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    { name: 'without an end and a length', settings: { end: '' } },
    { name: 'of nothing', settings: { end: '', length: 0, maxLength: 0 } },
    { name: 'of bare bytes without a length', settings: { content: 'binary' as const, checksum: 'lrc' as const } },
  ])('settings $name are told to be wrong, and hang nothing', ({ settings }) => {
    expect(readerProblems('ascii', settings)).not.toEqual([]);
    const bench = createBench(createReaderLine('ascii', settings));
    bench.feed(bytesOfText('04A1B2C3\r\n'.repeat(100)));
    bench.pass(200);
    expect(bench.told.uids).toEqual([]);
  });

  it('half a message is forgotten after 100 ms', () => {
    const bench = createBench(createReaderLine('ascii'));
    bench.feed(bytesOfText('04A1'));
    bench.pass(150);
    bench.feed(bytesOfText('B2C3D4E5\r\n'));
    expect(bench.told).toMatchObject({ uids: ['B2C3D4E5'], faults: [expect.stringContaining('broke off')] });
  });

  it('a line that is too long is no card, nor is its tail', () => {
    const bench = createBench(createReaderLine('ascii'));
    bench.feed(bytesOfText(`${'0123456789'.repeat(40)}04A1B2C3\r\n`));
    for (const character of `${'AB'.repeat(300)}04A1B2C3\r\n`) bench.feed(bytesOfText(character));
    bench.feed(bytesOfText('04A1B2C3\r\n'));
    expect(bench.told.uids).toEqual(['04A1B2C3']);
  });

  it('another speed tells of itself once in ten seconds and gives no card', () => {
    const bench = createBench(createReaderLine('id-12la'));
    const garbage = Uint8Array.from({ length: 4_000 }, (_none, i) => (i * 7919) & 0xf8);
    for (let second = 0; second < 19; second += 1) {
      bench.feed(garbage);
      bench.pass(1_000);
    }
    expect(bench.told).toMatchObject({
      uids: [],
      faults: [expect.stringContaining('speed'), expect.stringContaining('speed')],
    });
  });
});

describe('a tap is told once', () => {
  it('a reader that repeats the card while it is held tells it once, and again when it was silent for three seconds', () => {
    const bench = createBench(createReaderLine('id-12la'));
    const [card] = simulatedReaders['id-12la']().present('0C000621A5');
    const other = hex('02 36 32 45 33 30 38 36 43 45 44 30 38 03');
    for (let time = 0; time < 20_000; time += 500) {
      bench.feed(card!);
      bench.pass(500);
    }
    bench.feed(other);
    bench.feed(card!);
    expect(bench.told.uids).toEqual(['0C000621A5', '62E3086CED']);
    bench.pass(3_000);
    bench.feed(card!);
    expect(bench.told.uids).toEqual(['0C000621A5', '62E3086CED', '0C000621A5']);
  });

  it.each(['twn4', 'pn532', 'modbus-rtu'] as const)(
    '%s: a held card is told once, until it was away for a second',
    (name) => {
      const device = simulatedReaders[name]();
      const bench = createBench(createReaderLine(name), [device]);
      bench.pass(500);
      device.present('04A1B2C3');
      bench.pass(30_000);
      device.remove();
      bench.pass(500);
      device.present('04A1B2C3');
      bench.pass(1_000);
      expect(bench.told.uids).toEqual(['04A1B2C3']);
      device.remove();
      bench.pass(1_500);
      device.present('04A1B2C3');
      bench.pass(200);
      device.present('0451AAC3790080');
      bench.pass(500);
      expect(bench.told).toMatchObject({
        uids: ['04A1B2C3', '04A1B2C3', '0451AAC3790080'],
        faults: [],
        lost: [],
        alive: [null],
      });
    },
  );

  it('a clock that is set back an hour makes nobody wait', () => {
    const device = simulatedReaders.twn4();
    const bench = createBench(createReaderLine('twn4'), [device]);
    device.present('04A1B2C3');
    bench.pass(500);
    device.remove();
    bench.now -= 3_600_000;
    bench.pass(2_000);
    device.present('04A1B2C3');
    bench.pass(500);
    expect(bench.told.uids).toEqual(['04A1B2C3', '04A1B2C3']);
  });
});

describe('readers that are polled', () => {
  it.each(['twn4', 'pn532', 'modbus-rtu'] as const)('%s: is lost within eight seconds and back within two', (name) => {
    const device = simulatedReaders[name]();
    const bench = createBench(createReaderLine(name), [device]);
    bench.pass(1_000);
    bench.wired = false;
    bench.pass(8_000);
    expect(bench.told).toMatchObject({ alive: [null], lost: [null] });
    bench.pass(60_000);
    bench.wired = true;
    bench.pass(2_000);
    expect(bench.told).toMatchObject({ alive: [null, null], lost: [null] });
    device.present('04A1B2C3');
    bench.pass(500);
    expect(bench.told.uids).toEqual(['04A1B2C3']);
  });

  it.each(['twn4', 'pn532', 'modbus-rtu'] as const)(
    '%s: one that never answered is lost too, and asked one thing at a time',
    (name) => {
      const bench = createBench(createReaderLine(name));
      bench.pass(8_000);
      expect(bench.told).toMatchObject({ alive: [], lost: [null], uids: [] });
      const pauses = bench.written.slice(1).map(({ at }, i) => at - bench.written[i]!.at);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(300);
    },
  );

  it('PN532 is woken as its manual says, and an answer counts only behind its acknowledgement', () => {
    const vector = VECTORS.find(({ name }) => name === 'PN532, four bytes')!;
    const bench = ready(vector);
    expect(hexOf(bench.written[0]!.bytes)).toBe(`5555${'00'.repeat(15)}FF03FDD414011700`);
    bench.feed(vector.bytes);
    expect(bench.told).toMatchObject({ uids: [], faults: [expect.stringContaining('not asked')] });
    bench.feed(ACK);
    bench.feed(vector.bytes);
    expect(bench.told.uids).toEqual(vector.uids);
  });

  it('an answer to nothing is no card', () => {
    const vector = VECTORS.find(({ name }) => name === 'TWN4, four bytes')!;
    const bench = ready(vector);
    bench.feed(bytesOfText('0000\r'));
    bench.feed(vector.bytes);
    expect(bench.told).toMatchObject({ uids: [], faults: [expect.stringContaining('not asked')] });
  });

  it('PN532 that lost its power is woken anew', () => {
    let device = simulatedReaders.pn532();
    const bench = createBench(createReaderLine('pn532'), [{ ...device, receive: (bytes) => device.receive(bytes) }]);
    bench.pass(1_000);
    device = simulatedReaders.pn532();
    bench.pass(3_000);
    device.present('04A1B2C3');
    bench.pass(500);
    expect(bench.told).toMatchObject({ uids: ['04A1B2C3'], lost: [] });
  });

  it.each([
    { name: 'a length whose checksum is wrong', vector: 'PN532, four bytes', at: 4, change: 0xf5 },
    { name: 'the address of another reader', vector: 'Modbus', at: 0, change: 9 },
  ])('$name makes an answer unusable', ({ vector, at, change }) => {
    const one = VECTORS.find(({ name }) => name === vector)!;
    const bench = ready(one);
    const body = one.bytes.with(at, change);
    const isModbus = one.protocol === 'modbus-rtu';
    bench.feed(isModbus ? concat(body.subarray(0, -2), modbusCrc(body.subarray(0, -2))) : concat(ACK, body));
    bench.pass(200);
    expect(bench.told.uids).toEqual([]);
    expect(bench.told.faults).not.toEqual([]);
  });

  it('two on one line tell their addresses, and the one does not suffer from the death of the other', () => {
    const [one, two] = [createModbusReader(1), createModbusReader(9)];
    let alive = true;
    const mortal = { ...two, receive: (bytes: Uint8Array) => (alive ? two.receive(bytes) : []) };
    const bench = createBench(createReaderLine('modbus-rtu', { addresses: [1, 9] }), [one, mortal]);
    bench.pass(1_000);
    two.present('0451AAC3790080');
    bench.pass(500);
    alive = false;
    bench.pass(8_000);
    expect(bench.told).toMatchObject({
      alive: [1, 9],
      lost: [9],
      cards: [{ uid: '0451AAC3790080', address: 9 }],
    });
    one.present('04A1B2C3');
    bench.pass(1_000);
    expect(bench.told.cards[1]).toEqual({ uid: '04A1B2C3', address: 1 });
  });
});

describe('a verdict is shown', () => {
  const shown = (device: SimulatedReader, bench: Bench, line: ReaderLine, feedback: Feedback): string[] => {
    const before = device.shown.length;
    bench.take(line.show(feedback, null, bench.now));
    bench.pass(3_000);
    return device.shown.slice(before);
  };

  it('by TWN4 with its LEDs and its buzzer, and goes out after two seconds', () => {
    const [line, device] = [createReaderLine('twn4'), simulatedReaders.twn4()];
    const bench = createBench(line, [device]);
    bench.pass(500);
    expect(shown(device, bench, line, 'read')).toEqual(['beep', 'dark']);
    expect(shown(device, bench, line, 'accepted')).toEqual(['dark', 'green on', 'beep', 'dark']);
    expect(shown(device, bench, line, 'accepted-offline')).toEqual(['dark', 'green blinks', 'beep', 'dark']);
    expect(shown(device, bench, line, 'refused')).toEqual(['dark', 'red on', 'beep', 'beep', 'beep', 'dark']);
    expect(bench.told).toMatchObject({ faults: [], lost: [] });
  });

  it('by a Modbus reader with the coils that it was said to have', () => {
    const [line, device] = [createReaderLine('modbus-rtu', { coils: SIMULATED_COILS }), createModbusReader()];
    const bench = createBench(line, [device]);
    bench.pass(500);
    const dark = ['green off', 'red off'];
    expect(shown(device, bench, line, 'read')).toEqual(['buzzer on', 'buzzer off', ...dark]);
    expect(shown(device, bench, line, 'accepted')).toEqual([...dark, 'green on', 'buzzer on', 'buzzer off', ...dark]);
    expect(shown(device, bench, line, 'refused').filter((what) => what === 'buzzer on')).toHaveLength(3);
    expect(shown(device, bench, line, 'accepted-offline').filter((what) => what === 'green on')).toHaveLength(3);
    const [plain, other] = [createReaderLine('modbus-rtu'), createModbusReader()];
    const without = createBench(plain, [other]);
    without.pass(500);
    expect(shown(other, without, plain, 'refused')).toEqual([]);
  });

  it('the verdict on the next card ends what is shown for the one before', () => {
    const [line, device] = [createReaderLine('twn4'), simulatedReaders.twn4()];
    const bench = createBench(line, [device]);
    bench.pass(500);
    bench.take(line.show('refused', null, bench.now));
    bench.pass(1_000);
    bench.take(line.show('accepted', null, bench.now));
    bench.pass(1_500);
    expect(device.shown.slice(-3)).toEqual(['dark', 'green on', 'beep']);
  });

  it('an order for a reader that is not there is not kept for later', () => {
    const [line, device] = [createReaderLine('twn4'), simulatedReaders.twn4()];
    const bench = createBench(line, [device]);
    bench.pass(500);
    bench.wired = false;
    bench.pass(8_000);
    bench.take(line.show('accepted', null, bench.now));
    bench.wired = true;
    bench.pass(5_000);
    expect(device.shown.filter((what) => what !== 'dark')).toEqual([]);
  });
});
