import { symlinkSync, unlinkSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { describe, it, vi } from 'vitest';
import { bytesOfText } from '../../adapters/rfid/bytes.ts';
import type { PortState } from '../../adapters/rfid/port-state.ts';
import type { ReaderPort } from '../../adapters/rfid/port.ts';
import { openReaderPort } from '../../adapters/rfid/port.ts';
import type { CardRead, ReaderProtocol } from '../../adapters/rfid/reader.ts';
import { readerProtocols } from '../../adapters/rfid/readers/index.ts';
import type { SimulatedReaderName } from '../../adapters/simulator/readers/index.ts';
import { simulatedReaders } from '../../adapters/simulator/readers/index.ts';
import { SIMULATED_COILS } from '../../adapters/simulator/readers/modbus-rtu.ts';
import type { ServedReader } from '../../adapters/simulator/readers/serve.ts';
import { serveReader } from '../../adapters/simulator/readers/serve.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import type { Cable } from './pty.ts';
import { createCable, hasSocat } from './pty.ts';

/** What a test opened; it is closed when the test ends, the last first. */
type Rig = { close(): Promise<void> }[];

const CARD = '0C000621A5';
const OTHER = '62E3086CED';

/** A port, and what it told. */
interface Watched {
  port: ReaderPort;
  cards: CardRead[];
  states: PortState[];
  logged: string[];
  /** Settles when this is true, now or after a later callback. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** The state told last. */
  state(): PortState | undefined;
}

const WAIT = 12_000;

function watched<S>(rig: Rig, path: string, protocol: ReaderProtocol<S>, settings: S): Watched {
  const waiting = new Set<() => void>();
  const [cards, states, logged]: [CardRead[], PortState[], string[]] = [[], [], []];
  const changed = (): void => waiting.forEach((look) => look());
  const log = (_data: object, message: string): void => {
    logged.push(message);
    changed();
  };
  const port = openReaderPort({
    path,
    protocol,
    settings,
    clock: wallClock,
    log: { debug: log, info: log, warn: log, error: log },
    onCard(card) {
      cards.push(card);
      changed();
    },
    onState(state) {
      states.push(state);
      changed();
    },
  });
  rig.push(port);
  return {
    port,
    cards,
    states,
    logged,
    state: () => states.at(-1),
    until: (what, condition) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${what}: ${JSON.stringify(states)}`)), WAIT);
        const look = (): void => {
          if (!condition()) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

function cable(rig: Rig): Cable {
  const made = createCable();
  rig.push({ close: made.dispose });
  return made;
}

async function served(
  rig: Rig,
  path: string,
  name: SimulatedReaderName,
): Promise<ServedReader & { shown: readonly string[] }> {
  const device = simulatedReaders[name]();
  const reader = await serveReader(path, device, () => {});
  rig.push(reader);
  return { ...reader, shown: device.shown };
}

const watchedBy: Record<SimulatedReaderName, (rig: Rig, path: string) => Watched> = {
  ascii: (rig, path) => watched(rig, path, readerProtocols.ascii, readerProtocols.ascii.defaults),
  'id-12la': (rig, path) => watched(rig, path, readerProtocols['id-12la'], {}),
  twn4: (rig, path) => watched(rig, path, readerProtocols.twn4, readerProtocols.twn4.defaults),
  pn532: (rig, path) => watched(rig, path, readerProtocols.pn532, {}),
  'modbus-rtu': (rig, path) =>
    watched(rig, path, readerProtocols['modbus-rtu'], {
      ...readerProtocols['modbus-rtu'].defaults,
      coils: SIMULATED_COILS,
    }),
};

/** Cards of seven bytes where the reader takes no others. */
const CARDS: Partial<Record<SimulatedReaderName, [string, string]>> = {
  pn532: ['04A1B2C3', '0451AAC3790080'],
  'modbus-rtu': ['04A1B2C3', '0451AAC3790080'],
};

const NAMES = Object.keys(simulatedReaders) as SimulatedReaderName[];

/** Closes what the test opened. */
function withRig(test: (rig: Rig, context: TestContext) => Promise<void>): (context: TestContext) => Promise<void> {
  return async (context) => {
    const rig: Rig = [];
    context.onTestFinished(async () => {
      for (const one of rig.toReversed()) await one.close();
    });
    await test(rig, context);
  };
}

// Beside each other, for what takes long is waiting.
describe.skipIf(!hasSocat)('a reader on a real terminal', () => {
  it.concurrent(
    'that falls silent is told within ten seconds, and so is its return',
    withRig(async (rig, { expect }) => {
      const line = cable(rig);
      await line.plug();
      const reader = watchedBy.twn4(rig, line.host);
      const device = await served(rig, line.device, 'twn4');
      reader.port.open();
      await reader.until('up', () => reader.state()?.state === 'up');
      const since = performance.now();
      device.silence(true);
      await reader.until('silent', () => reader.state()?.state === 'silent');
      expect(performance.now() - since).toBeLessThan(10_000);
      expect(reader.state()?.addresses).toEqual([{ address: null, answers: false }]);
      expect(reader.state()?.reason).toMatch(/No reader answers/);
      device.silence(false);
      await reader.until('back', () => reader.state()?.state === 'up');
    }),
  );

  for (const name of NAMES) {
    it.concurrent(
      `${name} is read, missed when it is pulled out, and read again when it is back`,
      withRig(async (rig, { expect }) => {
        const [first, second] = CARDS[name] ?? [CARD, OTHER];
        const line = cable(rig);
        const reader = watchedBy[name](rig, line.host);
        reader.port.open();
        await reader.until('missed while its port is not there', () => reader.state()?.state === 'down');
        await line.plug();
        const before = await served(rig, line.device, name);
        await reader.until('up', () => reader.state()?.state === 'up');
        before.present(first);
        await reader.until('a card', () => reader.cards.length > 0);

        await line.unplug();
        await reader.until('missed', () => reader.state()?.state === 'down');
        await line.plug();
        const after = await served(rig, line.device, name);
        await reader.until('up again', () => reader.state()?.state === 'up');
        after.present(second);
        await reader.until('the next card', () => reader.cards.length > 1);
        expect(reader.cards.map(({ uid }) => uid)).toEqual([first, second]);
      }),
    );
  }

  for (const name of ['twn4', 'modbus-rtu'] as const) {
    it.concurrent(
      `${name} shows what it was told`,
      withRig(async (rig, { expect }) => {
        const line = cable(rig);
        await line.plug();
        const reader = watchedBy[name](rig, line.host);
        const device = await served(rig, line.device, name);
        reader.port.open();
        await reader.until('up', () => reader.state()?.state === 'up');
        // Real time: where this machine stalls for longer than an answer may take, a beep is left out; then it is shown once more.
        const beeps = async (): Promise<number> => {
          const before = device.shown.length;
          const heard = (): number => device.shown.slice(before).filter((what) => /beep|buzzer on/.test(what)).length;
          reader.port.show('refused', null);
          await vi.waitUntil(() => heard() >= 3, { timeout: 3000 }).catch(() => undefined);
          return heard();
        };
        await expect.poll(beeps, { timeout: WAIT }).toBe(3);
        expect(device.shown).toContain('red on');
      }),
    );
  }

  it.concurrent(
    'at another speed gives no card and says what is wrong',
    withRig(async (rig, { expect }) => {
      const line = cable(rig);
      await line.plug();
      const reader = watchedBy['id-12la'](rig, line.host);
      const device = await served(rig, line.device, 'id-12la');
      reader.port.open();
      await reader.until('up', () => reader.state()?.state === 'up');
      device.write(Uint8Array.from({ length: 600 }, (_none, i) => (i * 7919) & 0xf8));
      await reader.until('told', () => reader.state()?.reason?.includes('another speed') === true);
      device.present(CARD);
      await reader.until('a card', () => reader.cards.length > 0);
      expect(reader.state()).toEqual({ state: 'up', reason: null, addresses: [] });
      expect(reader.logged).toHaveLength(1);
    }),
  );

  it.concurrent(
    'is opened anew when its link leads to another device',
    withRig(async (rig, { expect }) => {
      const [one, two] = [cable(rig), cable(rig)];
      await Promise.all([one.plug(), two.plug()]);
      const link = `${one.host}-by-id`;
      symlinkSync(one.host, link);
      const reader = watchedBy.ascii(rig, link);
      const device = await served(rig, two.device, 'ascii');
      reader.port.open();
      await reader.until('up', () => reader.state()?.state === 'up');
      unlinkSync(link);
      symlinkSync(two.host, link);
      await reader.until('moved', () => reader.states.length === 3);
      expect(reader.states.map(({ state }) => state)).toEqual(['up', 'down', 'up']);
      device.present(CARD);
      await reader.until('a card', () => reader.cards.length > 0);
    }),
  );

  it.concurrent(
    'is not shared with another program, and calls nothing back once it was closed',
    withRig(async (rig, { expect }) => {
      const line = cable(rig);
      await line.plug();
      const first = watchedBy.ascii(rig, line.host);
      const second = watchedBy.ascii(rig, line.host);
      const device = await served(rig, line.device, 'ascii');
      first.port.open();
      await first.until('up', () => first.state()?.state === 'up');
      second.port.open();
      await second.until('refused', () => second.state()?.state === 'down');
      expect(second.state()?.reason).toMatch(/lock/i);
      await first.port.close();
      await second.until('its turn', () => second.state()?.state === 'up');
      device.write(bytesOfText('04A1B2C3\r\n'));
      await second.until('a card', () => second.cards.length > 0);
      expect(first.cards).toEqual([]);
      expect(first.states).toHaveLength(1);
    }),
  );
});
