import type { Millis } from '../../gateway/domain/time.ts';
import { concat } from './bytes.ts';
import { elapsed } from './elapsed.ts';
import type { FaultKind } from './faults.ts';

/** What stands at the head of the bytes that came: a message, something unusable, or too little to tell yet. */
export type Scan<F> = { take: number; frame: F } | { take: number; fault: FaultKind | null } | 'more';

export interface FrameOptions<F> {
  /** Twice as many bytes are never kept; where there is no `resync`, no message is longer than the half of it. */
  bound: number;
  /** Looks at the head; takes at least one byte where it does not want more. */
  scan(bytes: Uint8Array): Scan<F>;
  /**
   * May a message be looked for behind the head of one that never became whole? Only where a checksum or a mark would give
   * a wrong one away.
   */
  resync: boolean;
}

/** What was found in bytes. */
export interface Found<F> {
  frames: F[];
  faults: FaultKind[];
}

/** Cuts a stream of bytes, which comes in any split, into messages. */
export interface Frames<F> {
  push(bytes: Uint8Array, now: Millis): Found<F>;
  /** Gives a message up that has not gone on for 100 ms. */
  tick(now: Millis): Found<F>;
  /** Gives a message up that is not whole yet. */
  flush(): Found<F>;
  /** Forgets all bytes. */
  clear(): void;
}

const HALF_FRAME: Millis = 100;

export function createFrames<F>(options: FrameOptions<F>): Frames<F> {
  let held: Uint8Array = new Uint8Array(0);
  let cameAt: Millis = 0;

  function drain(found: Found<F>): void {
    while (held.length > 0) {
      const scan = options.scan(held);
      if (scan === 'more') {
        if (held.length < options.bound) return;
        note(found, 'size');
        if (!options.resync) {
          held = withoutMiddle(held, options.bound);
          return;
        }
        held = held.subarray(1);
        continue;
      }
      if ('frame' in scan) found.frames.push(scan.frame);
      else if (scan.fault !== null) note(found, scan.fault);
      held = held.subarray(Math.max(1, scan.take));
    }
  }

  function giveUp(found: Found<F>): void {
    note(found, 'cut');
    held = options.resync ? held.subarray(1) : held.subarray(held.length);
  }

  function flush(): Found<F> {
    const found: Found<F> = { frames: [], faults: [] };
    while (held.length > 0) {
      giveUp(found);
      drain(found);
    }
    return found;
  }

  const isStale = (now: Millis): boolean => held.length > 0 && elapsed(cameAt, now, HALF_FRAME);

  return {
    push(bytes, now) {
      const found: Found<F> = isStale(now) ? flush() : { frames: [], faults: [] };
      for (let at = 0; at < bytes.length; at += options.bound) {
        held = concat(held, bytes.subarray(at, at + options.bound));
        drain(found);
      }
      cameAt = now;
      return found;
    },
    tick: (now) => (isStale(now) ? flush() : { frames: [], faults: [] }),
    flush,
    clear() {
      held = new Uint8Array(0);
    },
  };
}

/** What is too long stays too long when its end comes, so that no tail of it is taken for a message. */
function withoutMiddle(bytes: Uint8Array, bound: number): Uint8Array {
  return concat(bytes.subarray(0, bound >> 1), bytes.subarray(bytes.length - (bound >> 2)));
}

/** Each kind once: bytes without end make no list without end. */
function note<F>(found: Found<F>, fault: FaultKind): void {
  if (!found.faults.includes(fault)) found.faults.push(fault);
}
