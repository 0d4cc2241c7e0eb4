import type { Millis } from '../../gateway/domain/time.ts';
import { elapsed } from './elapsed.ts';

/** What can be wrong on a line, and the sentence that says so. */
const SENTENCES = {
  noise: 'Bytes came that belong to no message: noise on the line, another speed, or another kind of reader.',
  cut: 'A message broke off half way.',
  checksum: 'A message had a wrong checksum and was not used.',
  form: 'A message was not of the form that this reader was configured for.',
  size: 'A message was too short or too long for a card number.',
  unasked: 'An answer came to a question that was not asked.',
  refused: 'The reader refused a command.',
} as const;

/** A kind of fault. */
export type FaultKind = keyof typeof SENTENCES;

const SILENCE: Millis = 10_000;

/** Tells faults, each kind at most once in ten seconds: a line with the wrong speed is nothing but faults. */
export interface Faults {
  /** The sentence, or none where this kind was told lately. */
  told(kinds: readonly FaultKind[], now: Millis): string[];
}

export function createFaults(): Faults {
  const toldAt = new Map<FaultKind, Millis>();
  return {
    told: (kinds, now) =>
      kinds.flatMap((kind) => {
        const before = toldAt.get(kind);
        if (before !== undefined && !elapsed(before, now, SILENCE)) return [];
        toldAt.set(kind, now);
        return [SENTENCES[kind]];
      }),
  };
}
