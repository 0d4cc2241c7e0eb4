import type { FaultKind } from './faults.ts';
import { createFaults } from './faults.ts';
import type { Found, Frames } from './frames.ts';
import { createRepeats } from './presence.ts';
import type { Outcome, ReaderLine } from './reader.ts';

/** What a message says: a card's number as capital hex, or what is wrong with it. */
export type Reading = { uid: string } | { fault: FaultKind };

/** The line of a reader that speaks by itself and shows nothing. A card that it repeats is told once. */
export function createListeningLine(frames: Frames<Reading>): ReaderLine {
  const repeats = createRepeats();
  const faults = createFaults();

  function outcome(found: Found<Reading>, now: number): Outcome {
    const uids = found.frames.flatMap((reading) => ('uid' in reading ? [reading.uid] : []));
    const unusable = found.frames.flatMap((reading) => ('fault' in reading ? [reading.fault] : []));
    return {
      cards: uids.filter((uid) => repeats.isTap(uid, now)).map((uid) => ({ uid, address: null })),
      faults: faults.told([...found.faults, ...unusable], now),
    };
  }

  return {
    open() {
      frames.clear();
      return {};
    },
    receive: (bytes, now) => outcome(frames.push(bytes, now), now),
    tick: (now) => outcome(frames.tick(now), now),
    show: () => ({}),
  };
}

/** The card numbers in bytes that have just come, each once. */
export function readAll(frames: Frames<Reading>, bytes: Uint8Array): string[] {
  const found = [...frames.push(bytes, 0).frames, ...frames.flush().frames];
  return [...new Set(found.flatMap((reading) => ('uid' in reading ? [reading.uid] : [])))];
}
