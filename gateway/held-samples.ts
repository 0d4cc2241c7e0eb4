import type { Sample } from './domain/types.ts';
import type { Millis } from './domain/time.ts';
import type { TransactionRef } from './store/transactions.ts';

/** A sample that is in the journal and not yet with its transaction. */
export interface HeldSample {
  /** Of its journal line. */
  number: number;
  sample: Sample;
  values: string;
  receivedAt: Millis;
}

/**
 * The running transactions that report, and their samples that are on disk in the journal only. Memory beside the
 * database, never instead of it: a restart finds all of it there.
 */
export interface HeldSamples {
  find(chargerId: string, wireId: string): TransactionRef | undefined;
  remember(chargerId: string, wireId: string, ref: TransactionRef): void;
  hold(seq: number, held: HeldSample): void;
  of(seq: number): readonly HeldSample[];
  /** Those up to this journal line are filed now. */
  drop(seq: number, upTo: number): void;
  /** The transaction ended. */
  forget(seq: number): void;
  /** The first journal line that is still needed; null when none is. */
  oldest(): number | null;
}

/** Makes the store of held samples, empty. */
export function createHeldSamples(): HeldSamples {
  const refs = new Map<string, Map<string, TransactionRef>>();
  const places = new Map<number, { chargerId: string; wireId: string }>();
  const held = new Map<number, HeldSample[]>();
  return {
    find: (chargerId, wireId) => refs.get(chargerId)?.get(wireId),
    remember(chargerId, wireId, ref) {
      let known = refs.get(chargerId);
      if (!known) refs.set(chargerId, (known = new Map<string, TransactionRef>()));
      known.set(wireId, ref);
      places.set(ref.seq, { chargerId, wireId });
    },
    hold(seq, item) {
      const list = held.get(seq);
      if (list) list.push(item);
      else held.set(seq, [item]);
    },
    of: (seq) => held.get(seq) ?? [],
    drop(seq, upTo) {
      const left = (held.get(seq) ?? []).filter((item) => item.number > upTo);
      if (left.length > 0) held.set(seq, left);
      else held.delete(seq);
    },
    forget(seq) {
      const place = places.get(seq);
      if (place) refs.get(place.chargerId)?.delete(place.wireId);
      places.delete(seq);
    },
    oldest() {
      let first: number | null = null;
      for (const [item] of held.values()) if (item && (first === null || item.number < first)) first = item.number;
      return first;
    },
  };
}
