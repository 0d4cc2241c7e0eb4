/** A line of OSDP readers and simulated readers on one pair of wires, in time that the test gives. */
import { createOsdpLine, osdp, type OsdpSettings } from '../../adapters/rfid/readers/osdp.ts';
import type { Feedback } from '../../gateway/domain/readers.ts';
import type { CardRead, Outcome } from '../../adapters/rfid/reader.ts';
import {
  createOsdpReader,
  type OsdpReaderOptions,
  type SimulatedOsdpReader,
} from '../../adapters/simulator/readers/osdp.ts';

export const KEY = '00112233445566778899AABBCCDDEEFF';
export const OTHER_KEY = 'FFEEDDCCBBAA99887766554433221100';
export const keyBytes = (key: string): Uint8Array => Uint8Array.from(Buffer.from(key, 'hex'));

/** Random numbers that are never the same and that every run repeats. */
export function counting(start: number): (count: number) => Uint8Array {
  let next = start;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      next = (next * 73 + 41) % 251;
      return next;
    });
}

/** A simulated reader; what is not said is as simple as can be. */
export const readerOf = (options: Partial<OsdpReaderOptions> = {}): SimulatedOsdpReader =>
  createOsdpReader({
    address: 0,
    key: null,
    installMode: false,
    secureOnly: false,
    led: true,
    buzzer: true,
    random: counting(7),
    ...options,
  });

/** A message takes so long on the wire. */
const WIRE_TIME = 15;
const TICK = 50;

export interface Rig {
  now: number;
  /** What the line told. */
  readonly cards: CardRead[];
  readonly faults: string[];
  readonly presence: string[];
  /** All that went over the wire, in order. */
  readonly sent: Uint8Array[];
  readonly replies: Uint8Array[];
  /** What becomes of a reply on its way; as it is unless a test says otherwise. */
  disturb: (reply: Uint8Array) => Uint8Array[];
  /** What the panel hears of its own message. */
  echo: (message: Uint8Array) => Uint8Array[];
  /** Lets time pass, messages and replies going back and forth. */
  run(ms: number): void;
  show(feedback: Feedback, address?: number | null): void;
  /** Bytes reach the panel, whoever sent them. */
  inject(bytes: Uint8Array): void;
}

/** Opens the line at instant 0. */
export function createRig(settings: Partial<OsdpSettings>, readers: SimulatedOsdpReader[]): Rig {
  const line = createOsdpLine({ ...osdp.defaults, ...settings }, counting(100));
  const onWire: Uint8Array[] = [];

  function take({ write = [], cards = [], faults = [], alive = [], lost = [] }: Outcome): void {
    onWire.push(...write);
    rig.cards.push(...cards);
    rig.faults.push(...faults);
    rig.presence.push(...alive.map((address) => `${address} alive`), ...lost.map((address) => `${address} lost`));
  }

  function deliver(message: Uint8Array): void {
    rig.sent.push(message);
    for (const heard of rig.echo(message)) take(line.receive(heard, rig.now));
    rig.now += WIRE_TIME;
    for (const reply of readers.flatMap((reader) => reader.receive(message))) {
      rig.now += WIRE_TIME;
      for (const heard of rig.disturb(reply)) {
        rig.replies.push(heard);
        take(line.receive(heard, rig.now));
      }
    }
  }

  const rig: Rig = {
    now: 0,
    cards: [],
    faults: [],
    presence: [],
    sent: [],
    replies: [],
    disturb: (reply) => [reply],
    echo: () => [],
    run(ms) {
      const end = rig.now + ms;
      while (rig.now < end) {
        const message = onWire.shift();
        if (message) deliver(message);
        else {
          rig.now += TICK;
          take(line.tick(rig.now));
        }
      }
    },
    show: (feedback, address = null) => take(line.show(feedback, address, rig.now)),
    inject: (bytes) => take(line.receive(bytes, rig.now)),
  };
  take(line.open(0));
  return rig;
}
