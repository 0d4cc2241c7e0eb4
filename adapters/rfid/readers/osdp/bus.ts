import type { Millis } from '../../../../gateway/domain/time.ts';
import type { Outcome, ReaderLine } from '../../reader.ts';
import type { Check } from './crc.ts';
import { createDevice, type Device, type DeviceEvents } from './device.ts';
import { createFrameFinder, MARK, type Frame, type FrameFinder, type Found } from './frames.ts';
import type { RandomSource } from './handshake.ts';
import { sameBytes } from './secure-channel.ts';

/** A bus and the readers on it; all checked. */
export interface BusOptions {
  readers: { address: number; key: Uint8Array | null; install: boolean; secureOnly: boolean }[];
  check: Check;
  /** Is a mark byte sent before every message? */
  mark: boolean;
  random: RandomSource;
}

/** A reader begins to answer within this time after it has the whole message (OSDP 2.2, 5.7). */
const REPLY_TIME = 200;
/** What a byte takes on the wire at 9600 baud, rounded up. */
const BYTE_TIME = 1.05;
/** A message that stops for so long is dropped. */
const HALF_FRAME = 100;
/** The longest message at 9600 baud: an answer that has begun in time is waited for so long. */
const LONGEST_FRAME = 300;
/** The same fault is told again after this time only. */
const FAULT_AGAIN = 10_000;
const MOST_FAULTS = 200;

/** Whose turn it is. */
interface Turn {
  device: Device;
  bytes: Uint8Array;
  until: Millis;
}

const nobody = (): Required<Outcome> => ({ write: [], cards: [], faults: [], alive: [], lost: [] });

/** Makes the line: one request is in flight at a time; readers take turns, those that are not there the fewest. */
export function createBus(options: BusOptions): ReaderLine {
  let devices: Device[] = [];
  let finder: FrameFinder = createFrameFinder();
  let turn: Turn | null = null;
  let turnWasAbsent = false;
  let lastByteAt: Millis = 0;
  let told: Required<Outcome> = nobody();
  const faults = new Map<string, Millis>();
  let lastNow: Millis | null = null;
  let clock: Millis = 0;

  /** Time that only runs forward: a clock set back must not stop the polling. */
  function forward(now: Millis): Millis {
    clock += Math.max(0, now - (lastNow ?? now));
    lastNow = now;
    return clock;
  }

  function fault(sentence: string): void {
    const before = faults.get(sentence);
    if (before !== undefined && clock - before < FAULT_AGAIN) return;
    faults.delete(sentence);
    faults.set(sentence, clock);
    const [oldest] = faults.keys();
    if (faults.size > MOST_FAULTS && oldest !== undefined) faults.delete(oldest);
    told.faults.push(sentence);
  }

  const eventsOf = (address: number): DeviceEvents => ({
    card: (uid) => told.cards.push({ uid, address }),
    fault,
    alive: () => told.alive.push(address),
    lost: () => told.lost.push(address),
  });

  /** Lets the readers act and gathers what they say. */
  function act(now: Millis, work: (at: Millis) => void): Outcome {
    const at = forward(now);
    told = nobody();
    work(at);
    if (!turn) giveTurn(at);
    return Object.fromEntries(Object.entries(told).filter(([, list]) => list.length > 0));
  }

  function nextDevice(at: Millis): Device | undefined {
    const due = devices.filter((device) => device.dueAt() <= at).toSorted((one, other) => one.dueAt() - other.dueAt());
    // Each wait for one that is not there costs the others their time, so two never follow each other.
    const there = turnWasAbsent ? due.find((device) => device.present()) : undefined;
    return there ?? due[0];
  }

  function giveTurn(at: Millis): void {
    const device = nextDevice(at);
    if (!device) return;
    turnWasAbsent = !device.present();
    const bytes = device.next(at);
    // What has begun before the question is no answer to it.
    finder = createFrameFinder();
    turn = { device, bytes, until: at + REPLY_TIME + Math.ceil(bytes.length * BYTE_TIME) };
    told.write.push(options.mark ? Uint8Array.of(MARK, ...bytes) : bytes);
  }

  function take(frame: Frame, at: Millis): void {
    if (!frame.reply) {
      // Adapters that hear themselves give our own message back.
      if (!turn || !sameBytes(frame.bytes, turn.bytes)) fault('Another control panel speaks on the line.');
      return;
    }
    if (turn?.device.address !== frame.address) return fault(`Reader ${frame.address} spoke without being asked.`);
    if (turn.device.answered(frame, at)) turn = null;
  }

  function takeAll({ frames, damaged }: Found, at: Millis): void {
    if (damaged > 0) fault('Bytes came on the line that are no whole OSDP message.');
    for (const frame of frames) take(frame, at);
  }

  function watchTurn(at: Millis): void {
    if (finder.begun() && at - lastByteAt >= HALF_FRAME) takeAll(finder.giveUp(), at);
    if (!turn || at < turn.until) return;
    if (finder.begun() && at < turn.until + LONGEST_FRAME) return;
    turn.device.unanswered(at);
    turn = null;
  }

  return {
    open: (now) =>
      act(now, (at) => {
        turn = null;
        devices = options.readers.map((reader) =>
          createDevice({ ...reader, check: options.check, random: options.random }, eventsOf(reader.address), at),
        );
      }),
    receive: (bytes, now) =>
      act(now, (at) => {
        lastByteAt = at;
        takeAll(finder.push(bytes), at);
      }),
    tick: (now) =>
      act(now, (at) => {
        watchTurn(at);
        for (const device of devices) device.watch(at);
      }),
    show: (feedback, address, now) =>
      act(now, (at) => {
        const only = devices.length === 1 ? devices[0] : undefined;
        const shown = address === null ? only : devices.find((device) => device.address === address);
        shown?.show(feedback, at);
      }),
  };
}
