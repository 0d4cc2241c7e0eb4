/** OSDP readers on a real terminal: two on one line, one with a key and one without. */
import { afterEach, describe, expect, it } from 'vitest';
import { openReaderPort, type ReaderPort } from '../../adapters/rfid/port.ts';
import type { PortState } from '../../adapters/rfid/port-state.ts';
import type { CardRead } from '../../adapters/rfid/reader.ts';
import { osdp } from '../../adapters/rfid/readers/osdp.ts';
import type { SimulatedReader } from '../../adapters/simulator/readers/device.ts';
import { serveReader } from '../../adapters/simulator/readers/serve.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import { counting, KEY, keyBytes, readerOf } from './osdp-rig.ts';
import { createCable, hasSocat } from './pty.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Several devices on one pair of wires. */
const onOneLine = (devices: SimulatedReader[]): SimulatedReader => ({
  receive: (bytes) => devices.flatMap((device) => device.receive(bytes)),
  present: () => [],
  remove: () => devices.forEach((device) => device.remove()),
  shown: [],
});

interface Told {
  port: ReaderPort;
  cards: CardRead[];
  states: PortState[];
  faults: string[];
}

function opened(path: string): Told {
  const told: Omit<Told, 'port'> = { cards: [], states: [], faults: [] };
  const log = (_data: object, message: string): void => void told.faults.push(message);
  const port = openReaderPort({
    path,
    protocol: osdp,
    settings: { ...osdp.defaults, readers: [{ address: 3, key: KEY }, { address: 4 }] },
    clock: wallClock,
    log: { debug: log, info: log, warn: log, error: log },
    onCard: (card) => void told.cards.push(card),
    onState: (state) => void told.states.push(state),
  });
  closing.push(() => port.close());
  return { ...told, port };
}

const soon = { timeout: 10_000 };

describe.skipIf(!hasSocat)('two readers on a real terminal', () => {
  it('are read and shown to, in plain and in the secure channel, and again after the cable was pulled', async () => {
    const cable = createCable();
    closing.push(() => cable.dispose());
    await cable.plug();
    const secured = readerOf({ address: 3, key: keyBytes(KEY), secureOnly: true, random: counting(11) });
    const plain = readerOf({ address: 4 });
    const devices = onOneLine([secured, plain]);
    const first = await serveReader(cable.device, devices, () => {});
    closing.push(() => first.close());

    const told = opened(cable.host);
    told.port.open();
    const bothAnswer = { state: 'up', reason: null, addresses: [3, 4].map((address) => ({ address, answers: true })) };
    const state = () => {
      const { addresses = [], ...rest } = told.states.at(-1) ?? {};
      return { ...rest, addresses: addresses.toSorted((one, other) => Number(one.address) - Number(other.address)) };
    };
    await expect.poll(state, soon).toEqual(bothAnswer);
    expect(secured.secured()).toBe(true);

    secured.present('0451AAC3790080');
    await expect.poll(() => told.cards, soon).toEqual([{ uid: '0451AAC3790080', address: 3 }]);
    plain.present('04A1B2C3');
    await expect.poll(() => told.cards.at(-1), soon).toEqual({ uid: '04A1B2C3', address: 4 });
    told.port.show('accepted', 3);
    told.port.show('refused', 4);
    await expect.poll(() => secured.shown, soon).toEqual(['green for 2 s', 'beep']);
    await expect.poll(() => plain.shown, soon).toEqual(['red for 2 s', 'beep', 'beep', 'beep']);
    expect(told.faults).toEqual([]);

    await cable.unplug();
    await expect.poll(() => told.states.at(-1)?.state, soon).toBe('down');
    secured.reboot();
    await cable.plug();
    const second = await serveReader(cable.device, devices, () => {});
    closing.push(() => second.close());
    await expect.poll(state, soon).toEqual(bothAnswer);
    secured.present('04D5E6F7');
    await expect.poll(() => told.cards.at(-1), soon).toEqual({ uid: '04D5E6F7', address: 3 });
  });
});
