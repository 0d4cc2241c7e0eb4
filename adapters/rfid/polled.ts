import type { Millis } from '../../gateway/domain/time.ts';
import type { Exchange, Pending, Station, Step } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import { createFaults } from './faults.ts';
import type { Found, Frames } from './frames.ts';
import type { Presence } from './presence.ts';
import { createPresence } from './presence.ts';
import type { Feedback } from '../../gateway/domain/readers.ts';
import type { Outcome, ReaderLine } from './reader.ts';

/** What a message is to the request under way. */
export type Verdict =
  /** The answer to a poll: the cards that are there. */
  | { uids: string[] }
  /** The answer to an order; what is wrong with an answer, which still shows that the reader is there. */
  | { answer: FaultKind | null }
  /** It answers nothing: our own message come back, an acknowledgement; or it should not have come. */
  | { pass: FaultKind | null };

export interface PolledOptions<F, K> {
  frames: Frames<F>;
  exchange: Exchange<K>;
  stations: readonly Station[];
  /** Judges a message; `pending` is what was asked last and is not answered. */
  judge(frame: F, pending: Pending<K> | null): Verdict;
  /** What makes a reader show something; nothing where it cannot. */
  show(feedback: Feedback, station: Station): Step<K>[];
}

/** The line of readers that speak only when asked. */
export function createPolledLine<F, K>(options: PolledOptions<F, K>): ReaderLine {
  const { frames, exchange } = options;
  const faults = createFaults();
  const presences = new Map<Station, Presence>(options.stations.map((station) => [station, createPresence()]));

  function take(found: Found<F>, now: Millis): Outcome {
    const kinds = [...found.faults];
    const alive: Station[] = [];
    const cards = found.frames.flatMap((frame) => {
      const pending = exchange.pending();
      const verdict = options.judge(frame, pending);
      if ('pass' in verdict) {
        if (verdict.pass !== null) kinds.push(verdict.pass);
        return [];
      }
      alive.push(...(exchange.answered(now).alive ?? []));
      if ('answer' in verdict) {
        if (verdict.answer !== null) kinds.push(verdict.answer);
        return [];
      }
      const address = pending?.station ?? null;
      return (presences.get(address)?.taps(verdict.uids, now) ?? []).map((uid) => ({ uid, address }));
    });
    return { cards, alive, faults: faults.told(kinds, now) };
  }

  return {
    open(now) {
      frames.clear();
      exchange.open(now);
      return exchange.tick(now);
    },
    receive: (bytes, now) => take(frames.push(bytes, now), now),
    tick(now) {
      const late = take(frames.tick(now), now);
      return { ...late, ...exchange.tick(now) };
    },
    show(feedback, address, now) {
      exchange.order(address, options.show(feedback, address), now);
      return {};
    },
  };
}
