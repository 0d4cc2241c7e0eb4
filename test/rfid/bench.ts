/** A line and a simulated reader joined without a port, in time that is stepped by hand. */
import type { ReaderLine } from '../../adapters/rfid/reader.ts';
import type { Outcome } from '../../adapters/rfid/reader.ts';
import type { SimulatedReader } from '../../adapters/simulator/readers/device.ts';

/** What a line told, all in one. */
export interface Told {
  uids: string[];
  cards: { uid: string; address: number | null }[];
  faults: string[];
  alive: (number | null)[];
  lost: (number | null)[];
}

export interface Bench {
  told: Told;
  /** What the line wrote, with the time. */
  written: { at: number; bytes: Uint8Array }[];
  /** While false, what the line writes reaches nobody. */
  wired: boolean;
  now: number;
  /** Lets time pass in ticks of 50 ms. */
  pass(ms: number): void;
  /** Lets time pass until the line writes something like this, which is answered to by nobody. */
  untilWritten(wanted: (bytes: Uint8Array) => boolean): void;
  feed(bytes: Uint8Array): void;
  take(outcome: Outcome): void;
}

/** Begins at an hour of the past: lines live by differences alone. */
export function createBench(line: ReaderLine, devices: readonly SimulatedReader[] = []): Bench {
  let stopAt: ((bytes: Uint8Array) => boolean) | null = null;
  const bench: Bench = {
    told: { uids: [], cards: [], faults: [], alive: [], lost: [] },
    written: [],
    wired: true,
    now: 1_700_000_000_000,
    take({ write = [], cards = [], faults = [], alive = [], lost = [] }) {
      bench.told.cards.push(...cards);
      bench.told.uids.push(...cards.map(({ uid }) => uid));
      bench.told.faults.push(...faults);
      bench.told.alive.push(...alive);
      bench.told.lost.push(...lost);
      for (const bytes of write) {
        bench.written.push({ at: bench.now, bytes });
        if (stopAt?.(bytes)) stopAt = null;
        else if (bench.wired) for (const device of devices) device.receive(bytes).forEach(bench.feed);
      }
    },
    feed: (bytes) => bench.take(line.receive(bytes, bench.now)),
    pass(ms) {
      for (let passed = 0; passed < ms; passed += 50) {
        bench.now += 50;
        bench.take(line.tick(bench.now));
      }
    },
    untilWritten(wanted) {
      const { length } = bench.written;
      stopAt = wanted;
      const isWritten = (): boolean => bench.written.slice(length).some(({ bytes }) => wanted(bytes));
      for (let ticks = 0; ticks < 200 && !isWritten(); ticks += 1) bench.pass(50);
      if (!isWritten()) throw new Error('The line never wrote it.');
    },
  };
  bench.take(line.open(bench.now));
  return bench;
}
