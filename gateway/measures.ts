import type { DecisionSource, Verdict } from './domain/types.ts';

/** One OCPP call that is over. */
export interface CallMeasure {
  /** `in`: the charger's; `out`: ours. */
  direction: 'in' | 'out';
  /** `other` where OCPP has none of that name, so that no charger can make up words without end. */
  action: string;
  /** `result`, `error`, `withheld`, or why there is no answer. */
  outcome: string;
  /** From its arrival, or from asking, to its answer, by a monotonic clock. */
  seconds: number;
}

/** Who wants to know how fast things go, and how they end. */
export interface MeasureListener {
  call?(call: CallMeasure): void;
  /** One commit with all that it did, seconds. */
  commit?(seconds: number): void;
  decision?(source: DecisionSource, verdict: Verdict): void;
}

/** Passes measurements on, at once; nothing is kept here. */
export interface Measures extends Required<MeasureListener> {
  /** Gives what ends it. */
  listen(listener: MeasureListener): () => void;
}

/** Makes the place where measurements meet those who count them. */
export function createMeasures(): Measures {
  const listeners = new Set<MeasureListener>();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    call(call) {
      for (const listener of listeners) listener.call?.(call);
    },
    commit(seconds) {
      for (const listener of listeners) listener.commit?.(seconds);
    },
    decision(source, verdict) {
      for (const listener of listeners) listener.decision?.(source, verdict);
    },
  };
}
