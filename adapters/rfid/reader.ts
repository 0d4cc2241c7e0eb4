import type { Feedback } from '../../gateway/domain/readers.ts';
import type { Millis } from '../../gateway/domain/time.ts';

/** A card held to a reader. */
export interface CardRead {
  /** Capital hex, first byte first, as the card sends it; nothing is guessed at or stripped. */
  uid: string;
  /** Which reader of several on one line; null where there is but one. */
  address: number | null;
}

/** What came of bytes, of time, or of a wish to show something. Nothing in it: nothing did. */
export interface Outcome {
  /** Frames to write, in this order. */
  write?: Uint8Array[];
  cards?: CardRead[];
  /** What was wrong on the line, a sentence each, without card numbers. */
  faults?: string[];
  /** Readers that have just proved to be there; those without an address are null. */
  alive?: (number | null)[];
  /** Readers that have just been found not to answer. */
  lost?: (number | null)[];
}

/**
 * One open line, as pure state: bytes and time go in, frames and cards come out. It never throws, whatever comes, and holds a
 * bounded number of bytes. A card is told once a tap: a held card is not told again before it was away for a second.
 */
export interface ReaderLine {
  /** The port has just opened. */
  open(now: Millis): Outcome;
  /** Bytes came, in any split. */
  receive(bytes: Uint8Array, now: Millis): Outcome;
  /** Time passed: called every 50 ms. Polls, gives up waiting, drops half frames. */
  tick(now: Millis): Outcome;
  /** Lets a reader show something; does nothing where it cannot. */
  show(feedback: Feedback, address: number | null, now: Millis): Outcome;
}

/** 8N1 where nothing is said. */
export interface SerialFormat {
  baudRate: number;
  dataBits?: 7 | 8;
  parity?: 'none' | 'even' | 'odd';
  stopBits?: 1 | 2;
}

/** A protocol that readers speak; `S` are its own settings. One file each in `readers/`. */
export interface ReaderProtocol<S> {
  name: string;
  /** As such readers are delivered. */
  serial: SerialFormat;
  /** Does the reader answer polls, so that silence means it is gone? A listening one says nothing between two cards. */
  polled: boolean;
  /** What is used where a setting is not given. */
  defaults: S;
  createLine(settings: S): ReaderLine;
}
