import type { RegisterWatch } from './domain/register.ts';
import type { FiledSample, TransactionRef } from './store/transactions.ts';

/**
 * The running transactions that report, and their samples that are on disk in the meter log only. Memory beside the
 * database, never instead of it: a restart finds all of it there.
 */
export interface HeldSamples {
  find(chargerId: string, wireId: string): TransactionRef | undefined;
  remember(chargerId: string, wireId: string, ref: TransactionRef): void;
  hold(seq: number, sample: FiledSample): void;
  /** How the register of a running transaction goes; `make` begins when nobody has looked since the start of the gateway. */
  watch(seq: number, make: () => RegisterWatch): RegisterWatch;
  watched(seq: number): RegisterWatch | undefined;
  of(seq: number): readonly FiledSample[];
  /** Those up to this line of the meter log are filed now. */
  drop(seq: number, upTo: number): void;
  /** Lines from this one on did not reach the disk: the chargers will send them again. */
  loseFrom(line: number): void;
  /** The transaction ended. */
  forget(seq: number): void;
  /** The first line of the meter log that is not filed yet; null when all are. */
  oldest(): number | null;
}

/** Makes the store of held samples, empty. */
export function createHeldSamples(): HeldSamples {
  const refs = new Map<string, Map<string, TransactionRef>>();
  const places = new Map<number, { chargerId: string; wireId: string }>();
  const held = new Map<number, FiledSample[]>();
  const watches = new Map<number, RegisterWatch>();

  function keep(seq: number, which: (sample: FiledSample) => boolean): void {
    const left = (held.get(seq) ?? []).filter(which);
    if (left.length > 0) held.set(seq, left);
    else held.delete(seq);
  }

  return {
    find: (chargerId, wireId) => refs.get(chargerId)?.get(wireId),
    remember(chargerId, wireId, ref) {
      let known = refs.get(chargerId);
      if (!known) refs.set(chargerId, (known = new Map<string, TransactionRef>()));
      known.set(wireId, ref);
      places.set(ref.seq, { chargerId, wireId });
    },
    hold(seq, sample) {
      const list = held.get(seq);
      if (list) list.push(sample);
      else held.set(seq, [sample]);
    },
    watch(seq, make) {
      let known = watches.get(seq);
      if (!known) watches.set(seq, (known = make()));
      return known;
    },
    watched: (seq) => watches.get(seq),
    of: (seq) => held.get(seq) ?? [],
    drop: (seq, upTo) => keep(seq, (sample) => sample.line > upTo),
    loseFrom(line) {
      for (const seq of held.keys()) keep(seq, (sample) => sample.line < line);
    },
    forget(seq) {
      watches.delete(seq);
      const place = places.get(seq);
      places.delete(seq);
      if (!place) return;
      const known = refs.get(place.chargerId);
      known?.delete(place.wireId);
      if (known?.size === 0) refs.delete(place.chargerId);
    },
    oldest() {
      let first: number | null = null;
      for (const [sample] of held.values()) if (sample && (first === null || sample.line < first)) first = sample.line;
      return first;
    },
  };
}
