/** The OSDP bus without secure channel: polling, cards, feedback, repeats, readers that die. */
import { describe, expect, it } from 'vitest';
import { createOsdpLine, osdp, osdpProblems } from '../../adapters/rfid/readers/osdp.ts';
import { createFrameFinder, encodeFrame } from '../../adapters/rfid/readers/osdp/frames.ts';
import { bitsReport, bytesReport, textReport, wiegandReport } from '../../adapters/simulator/readers/osdp-reports.ts';
import { counting, createRig, KEY, readerOf, type Rig } from './osdp-rig.ts';

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase();
const NOTHING = new Uint8Array(0);

/** The commands sent, by address, sequence and code. */
const commandsOf = (rig: Rig): string[] =>
  rig.sent
    .flatMap((message) => createFrameFinder().push(message).frames)
    .map(({ address, sequence, code }) => `${address}/${sequence} ${code.toString(16)}`);

const reply = (code: number, sequence: number, data: Uint8Array = NOTHING, address = 0): Uint8Array =>
  encodeFrame({ address, reply: true, sequence, security: null, code, data }, 'crc16');

describe('a reader', () => {
  it('is asked who it is and what it can do, then polled, numbered 0 1 2 3 1 2 3', () => {
    const rig = createRig({}, [readerOf()]);
    rig.run(500);
    expect(commandsOf(rig).slice(0, 6)).toEqual(['0/0 61', '0/1 62', '0/2 60', '0/3 60', '0/1 60', '0/2 60']);
    expect(rig.sent.every((message) => message[0] === 0xff)).toBe(true);
    expect(rig).toMatchObject({ presence: ['0 alive'], faults: [], cards: [] });
  });

  it('works with the checksum, and is given it when it does not take the CRC', () => {
    const chosen = createRig({ check: 'checksum', mark: false }, [readerOf()]);
    chosen.run(200);
    expect(hex(chosen.sent[0]!)).toBe('5300080000610044');
    expect(chosen.presence).toEqual(['0 alive']);

    const rig = createRig({ mark: false }, []);
    rig.inject(
      encodeFrame(
        { address: 0, reply: true, sequence: 0, security: null, code: 0x41, data: Uint8Array.of(1) },
        'checksum',
      ),
    );
    rig.run(100);
    expect(rig.sent.map(hex)).toEqual(['53000900046100C066', '5300080000610044']);
  });

  it('tells a card once a tap, and again when it was away for a second', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    for (let held = 0; held < 5; held += 1) {
      reader.present('04A1B2C3');
      rig.run(400);
    }
    expect(rig.cards).toEqual([{ uid: '04A1B2C3', address: 0 }]);
    reader.report(wiegandReport('4E0D6A'));
    rig.run(300);
    reader.report(textReport('0451aac3790080'));
    rig.run(1200);
    reader.present('04A1B2C3');
    rig.run(300);
    expect(rig.cards.map(({ uid }) => uid)).toEqual(['04A1B2C3', '4E0D6A', '0451AAC3790080', '04A1B2C3']);
  });

  it('bad parity is a fault without the number, and keys pressed are nothing', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    reader.report(bitsReport('10'.repeat(13)));
    reader.report({ code: 0x53, data: Uint8Array.of(0, 1, 0x31) });
    rig.run(500);
    expect(rig).toMatchObject({ cards: [], faults: ['Reader 0 told of a card of 26 bits whose parity is wrong.'] });
  });

  it('shows all four feedbacks', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    for (const feedback of ['read', 'accepted', 'accepted-offline', 'refused'] as const) {
      rig.show(feedback, feedback === 'read' ? null : 0);
      rig.run(300);
    }
    const verdicts = ['green for 2 s', 'beep', 'green blinking for 2 s', 'beep', 'red for 2 s', 'beep', 'beep', 'beep'];
    expect(reader.shown).toEqual(['beep', ...verdicts]);
    expect(rig.faults).toEqual([]);
  });

  it('is told to show only what it has, and no verdict that is out of date', () => {
    const reader = readerOf({ led: false });
    const rig = createRig({}, [reader]);
    rig.run(300);
    rig.show('refused');
    rig.run(300);
    expect(reader.shown).toEqual(['beep', 'beep', 'beep']);
    rig.disturb = () => [];
    rig.run(300);
    rig.show('accepted');
    rig.run(4000);
    rig.disturb = (heard) => [heard];
    rig.run(1000);
    expect(reader.shown).toHaveLength(3);
    rig.show('accepted', 77);
    rig.run(300);
    expect(reader.shown).toHaveLength(3);
  });

  it('that is busy is asked the same again', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    reader.present('04A1B2C3');
    const before = rig.sent.length;
    reader.beBusy(2);
    rig.run(400);
    const [first, second, third] = rig.sent.slice(before).map(hex);
    expect([second, third]).toEqual([first, first]);
    expect(rig).toMatchObject({ faults: [], cards: [{ uid: '04A1B2C3' }] });
  });

  it('whose answer was lost is asked the same again, and its card is not lost', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    reader.present('04A1B2C3');
    let lost = 0;
    rig.disturb = (heard) => (heard[5] === 0x50 && (lost += 1) <= 2 ? [] : [heard]);
    rig.run(1000);
    expect(lost).toBe(3);
    expect(rig).toMatchObject({ cards: [{ uid: '04A1B2C3' }], faults: [], presence: ['0 alive'] });
  });

  it('is asked the very same again, also when there is something to show meanwhile', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    reader.present('04A1B2C3');
    rig.disturb = (heard) => (heard[5] === 0x50 ? [] : [heard]);
    rig.run(100);
    rig.show('accepted');
    rig.disturb = (heard) => [heard];
    rig.run(1000);
    expect(rig).toMatchObject({ cards: [{ uid: '04A1B2C3' }], faults: [] });
    expect(reader.shown).toEqual(['green for 2 s', 'beep']);
  });

  it('that answers in a secure channel which there is not is not believed', () => {
    const rig = createRig({}, [readerOf()]);
    rig.run(300);
    const { code, data } = bytesReport('04A1B2C3');
    rig.disturb = (heard) =>
      createFrameFinder()
        .push(heard)
        .frames.flatMap((frame) => [
          encodeFrame({ ...frame, code, data, security: Uint8Array.of(0x16) }, 'crc16', () => new Uint8Array(4)),
          encodeFrame({ ...frame, code, data, security: Uint8Array.of(0x12, 1) }, 'crc16'),
        ]);
    rig.run(3000);
    expect(rig.cards).toEqual([]);
    expect(rig.faults).toContain('Reader 0 answered with a security block that does not belong there.');
  });

  it('that answers twice is heard once', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.disturb = (heard) => [heard, heard];
    rig.run(200);
    reader.present('04A1B2C3');
    rig.run(2500);
    expect(rig.cards).toHaveLength(1);
    expect(rig.presence).toEqual(['0 alive']);
  });

  it('that was switched off and on is begun anew', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(1000);
    reader.reboot();
    reader.present('04A1B2C3');
    rig.run(1000);
    expect(rig.faults).toEqual(['Reader 0 refused a message: the sequence number was not the one it expected.']);
    expect(rig).toMatchObject({ cards: [{ uid: '04A1B2C3' }], presence: ['0 alive'] });
  });

  it('that got a damaged message is begun anew, with the CRC and all that it can show', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    rig.disturb = (heard) => [reply(0x41, heard[4]! & 3, Uint8Array.of(1))];
    rig.show('accepted');
    rig.run(60);
    rig.disturb = (heard) => [heard];
    rig.run(1000);
    rig.show('refused');
    rig.run(300);
    expect(rig.faults).toEqual(['Reader 0 refused a message: the check of the message was wrong.']);
    expect(reader.shown.slice(-4)).toEqual(['red for 2 s', 'beep', 'beep', 'beep']);
    expect(createFrameFinder().push(rig.sent.at(-1)!).frames[0]?.check).toBe('crc16');
  });

  it('that is busy for eight seconds is lost', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    reader.beBusy(10_000);
    rig.run(8200);
    expect(rig.presence).toEqual(['0 alive', '0 lost']);
  });

  it('that wants the secure channel and has no key here is told of', () => {
    const rig = createRig({}, [readerOf({ secureOnly: true })]);
    rig.run(1000);
    expect(rig.faults).toEqual(['Reader 0 wants the secure channel: give it a key.']);
  });

  it('that somebody tampers with says so', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    reader.report({ code: 0x48, data: Uint8Array.of(1, 0) });
    rig.run(500);
    expect(rig.faults).toEqual(['Reader 0 says that somebody tampers with it.']);
  });
});

describe('a line', () => {
  it('takes replies only to its own request', () => {
    const { code, data } = bytesReport('04A1B2C3');
    const rig = createRig({ readers: [{ address: 0 }, { address: 1 }] }, []);
    for (const sequence of [0, 1, 2, 3]) {
      rig.inject(reply(code, sequence, data, 1));
      rig.inject(reply(code, sequence, data, 9));
    }
    expect(rig.cards).toEqual([]);
    expect(rig.faults).toEqual(['Reader 1 spoke without being asked.', 'Reader 9 spoke without being asked.']);
    const wrong = createRig({}, [readerOf()]);
    wrong.disturb = (heard) => [reply(code, (heard[4]! + 1) & 3, data)];
    wrong.run(1000);
    expect(wrong.cards).toEqual([]);
    expect(wrong.faults[0]).toBe('Reader 0 answered with sequence number 1 where 0 was due.');
  });

  it('drops what it hears of itself, and tells of another panel', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.echo = (message) => [message.subarray(0, 4), message.subarray(4)];
    rig.run(300);
    reader.present('04A1B2C3');
    rig.run(300);
    expect(rig).toMatchObject({ faults: [], cards: [{ uid: '04A1B2C3' }] });
    rig.inject(
      encodeFrame({ address: 5, reply: false, sequence: 1, security: null, code: 0x60, data: NOTHING }, 'crc16'),
    );
    expect(rig.faults).toEqual(['Another control panel speaks on the line.']);
  });

  it('reads replies cut at every place, with marks and noise before them', () => {
    const uid = '0451AAC3790080';
    for (let cut = 0; cut < 24; cut += 1) {
      const reader = readerOf();
      const rig = createRig({}, [reader]);
      rig.disturb = (heard) => {
        const whole = Uint8Array.of(0xff, 0x00, 0xff, ...heard);
        return [whole.subarray(0, cut), whole.subarray(cut)];
      };
      reader.present(uid);
      rig.run(400);
      expect(rig).toMatchObject({ cards: [{ uid, address: 0 }], faults: [] });
    }
  });

  it('waits for a reply that comes slowly, but not for noise that never ends', () => {
    const slow = createRig({}, []);
    slow.run(20);
    const identity = reply(0x45, 0, new Uint8Array(12));
    for (const byte of identity.subarray(0, 7)) {
      slow.inject(Uint8Array.of(byte));
      slow.run(50);
    }
    slow.inject(identity.subarray(7));
    expect(slow.presence).toEqual(['0 alive']);

    const noisy = createRig({}, []);
    for (let time = 0; time < 9000; time += 50) {
      noisy.inject(Uint8Array.of(0x53));
      noisy.run(50);
    }
    expect(noisy.presence).toEqual(['0 lost']);
    expect(noisy.sent.length).toBeGreaterThan(4);
  });

  it('is not slowed down by what follows a reply', () => {
    const rig = createRig({}, [readerOf()]);
    rig.disturb = (heard) => [Uint8Array.of(...heard, 0x53, 0x80, 0x70, 0x00)];
    rig.run(5000);
    expect(rig.sent.length).toBeGreaterThan(40);
  });

  it('finds the reply behind a message that broke off', () => {
    const reader = readerOf();
    const rig = createRig({}, [reader]);
    rig.run(300);
    reader.present('04A1B2C3');
    rig.disturb = (heard) => [Uint8Array.of(0x53, 0x80, 0x70, 0x00), heard];
    rig.run(1000);
    expect(rig.cards).toEqual([{ uid: '04A1B2C3', address: 0 }]);
  });

  it('never throws and stays bounded, whatever comes', () => {
    const rig = createRig({ readers: [{ address: 0 }, { address: 1, key: KEY }] }, [readerOf()]);
    const random = counting(3);
    for (let round = 0; round < 200; round += 1) {
      rig.inject(random(round * 5));
      rig.inject(reply(round, round & 3, random(round), round & 1));
      rig.run(50);
    }
    expect(rig.cards.filter(({ address }) => address !== 0)).toEqual([]);
    expect(rig.faults.length).toBeLessThan(400);
  });

  it('goes on when the clock is set back', () => {
    const readers = [readerOf({ address: 1 }), readerOf({ address: 2 })];
    const rig = createRig({ readers: [{ address: 1 }, { address: 2 }] }, readers);
    rig.run(5000);
    rig.now -= 3_600_000;
    rig.run(500);
    for (const reader of readers) reader.present('04A1B2C3');
    rig.run(500);
    expect(new Set(rig.cards.map(({ address }) => address))).toEqual(new Set([1, 2]));
    expect(rig.presence).toEqual(['1 alive', '2 alive']);
  });
});

describe('two readers on a line, one of which dies', () => {
  it('the dead one is lost after 8 s and found again; the other is polled all the time', () => {
    const [living, dying] = [readerOf({ address: 3 }), readerOf({ address: 4 })];
    const rig = createRig({ readers: [{ address: 3 }, { address: 4 }] }, [living, dying]);
    let dead = false;
    rig.disturb = (heard) => (dead && heard[1] === 0x84 ? [] : [heard]);
    rig.run(1000);
    dying.present('AAAAAAAA');
    rig.run(200);
    dead = true;
    rig.run(7500);
    expect(rig.presence).toEqual(['3 alive', '4 alive']);
    rig.run(1000);
    expect(rig.presence).toEqual(['3 alive', '4 alive', '4 lost']);

    rig.sent.length = 0;
    rig.run(20_000);
    const to = (address: number): number =>
      commandsOf(rig).filter((command) => command.startsWith(`${address}/`)).length;
    expect(to(4)).toBeGreaterThan(5);
    expect(to(4)).toBeLessThan(12);
    expect(to(3)).toBeGreaterThan(180);
    living.present('04A1B2C3');
    rig.run(400);

    dead = false;
    dying.present('BBBBBBBB');
    rig.run(4000);
    expect(rig.presence.slice(3)).toEqual(['4 alive']);
    expect(rig.cards).toEqual([
      { uid: 'AAAAAAAA', address: 4 },
      { uid: '04A1B2C3', address: 3 },
      { uid: 'BBBBBBBB', address: 4 },
    ]);
  });

  it('a line full of dead readers leaves the living one its turns', () => {
    const readers = Array.from({ length: 30 }, (_, address) => ({ address }));
    const living = readerOf({ address: 29 });
    const rig = createRig({ readers }, [living]);
    rig.run(60_000);
    living.present('04A1B2C3');
    rig.run(700);
    expect(rig.cards).toEqual([{ uid: '04A1B2C3', address: 29 }]);
    expect(rig.presence.filter((entry) => entry.endsWith('lost'))).toHaveLength(29);
  });
});

describe('settings', () => {
  it('that cannot work are refused before anything is sent', () => {
    const base = osdp.defaults;
    expect(osdpProblems({ ...base, readers: [{ address: 0 }, { address: 126, key: KEY, install: true }] })).toEqual([]);
    const problems = osdpProblems({
      ...base,
      readers: [{ address: 127 }, { address: 1, key: 'secret' }, { address: 1, install: true, secureOnly: true }],
    });
    expect(problems).toHaveLength(5);
    expect(problems.join(' ')).not.toContain('secret');
    expect(osdpProblems({ ...base, readers: [] })).toEqual(['There is no reader on the line.']);
    expect(() => createOsdpLine({ ...base, readers: [] }, counting(1))).toThrow(RangeError);
  });
});
