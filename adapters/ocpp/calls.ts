import { randomUUID } from 'node:crypto';
import type { CallOutcome } from '../../gateway/connections.ts';
import { callFrame, type MessageId } from './rpc.ts';

/** More than these wait for one charger: something asks faster than it answers. Each of the two priorities has as many. */
const MAX_WAITING = 50;

/** How long the answer to a call that was given up is still known for what it is (Q26), milliseconds. */
const LATE_FOR = 10 * 60_000;

/** So many calls that were given up are remembered. */
const MAX_LATE = 50;

/** Our calls to one charger: one at a time, in order, each with a deadline that includes its wait (OCPP-J 1.6 §4.1.1). */
export interface CallQueue {
  /** `background`: after all that are not. */
  call(action: string, payload: unknown, background: boolean): Promise<CallOutcome>;
  /** Hands in an answer. */
  answer(id: MessageId, outcome: CallOutcome): Heard;
  /** Looks whether the next one may go now. */
  wake(): void;
  /** Ends every call with this outcome; later ones end the same way. */
  end(outcome: CallOutcome): void;
}

/** What an answer belongs to: the call that waits, one that was given up, or none that we made or still know. */
export type Heard = { kind: 'awaited'; action: string } | { kind: 'late'; action: string } | { kind: 'unasked' };

export interface CallQueueOptions {
  send(text: string): void;
  /** Seconds from asking to answer. */
  timeout: number;
  /** May a call go out now? Who says no calls `wake` when that is over. */
  ready(): boolean;
  /** Milliseconds from the end of a call to the next one (Q29). */
  pause(): number;
  /** Told of each call that went out whether it was answered before its deadline. */
  onEnd(answered: boolean): void;
}

interface Waiting {
  id: string;
  action: string;
  payload: unknown;
  background: boolean;
  settle: (outcome: CallOutcome) => void;
  timer: NodeJS.Timeout;
}

/** Makes the queue of one connection. */
export function createCallQueue(options: CallQueueOptions): CallQueue {
  const waiting: Waiting[] = [];
  const late = new Map<string, { action: string; at: number }>();
  let inFlight: Waiting | null = null;
  let resting: NodeJS.Timeout | null = null;
  let ended: CallOutcome | null = null;

  function next(): void {
    if (inFlight || resting || ended || waiting.length === 0 || !options.ready()) return;
    inFlight = waiting.shift() ?? null;
    if (inFlight) options.send(callFrame(inFlight.id, inFlight.action, inFlight.payload));
  }

  function rest(): void {
    const pause = options.pause();
    if (pause <= 0) return;
    resting = setTimeout(() => {
      resting = null;
      next();
    }, pause);
    resting.unref();
  }

  function remember({ id, action }: Waiting): void {
    late.set(id, { action, at: performance.now() });
    const [oldest] = late.keys();
    if (late.size > MAX_LATE && oldest !== undefined) late.delete(oldest);
  }

  function finish(item: Waiting, outcome: CallOutcome): void {
    clearTimeout(item.timer);
    if (inFlight === item) {
      inFlight = null;
      if (outcome.kind === 'timeout') remember(item);
      if (!ended) {
        rest();
        options.onEnd(outcome.kind !== 'timeout');
      }
    } else if (waiting.includes(item)) waiting.splice(waiting.indexOf(item), 1);
    item.settle(outcome);
    next();
  }

  function enqueue(item: Waiting): void {
    const firstBehind = item.background ? -1 : waiting.findIndex(({ background }) => background);
    waiting.splice(firstBehind === -1 ? waiting.length : firstBehind, 0, item);
  }

  return {
    call(action, payload, background) {
      if (ended) return Promise.resolve(ended);
      if (waiting.filter((item) => item.background === background).length >= MAX_WAITING)
        return Promise.resolve({ kind: 'queue-full' });
      return new Promise((settle) => {
        const timer = setTimeout(() => finish(item, { kind: 'timeout' }), options.timeout * 1000);
        timer.unref();
        const item: Waiting = { id: randomUUID(), action, payload, background, settle, timer };
        enqueue(item);
        next();
      });
    },
    answer(id, outcome) {
      if (inFlight && inFlight.id === id) {
        const { action } = inFlight;
        finish(inFlight, outcome);
        return { kind: 'awaited', action };
      }
      const given = typeof id === 'string' ? late.get(id) : undefined;
      if (typeof id !== 'string' || !given) return { kind: 'unasked' };
      late.delete(id);
      return performance.now() - given.at < LATE_FOR ? { kind: 'late', action: given.action } : { kind: 'unasked' };
    },
    wake: next,
    end(outcome) {
      ended = outcome;
      if (resting) clearTimeout(resting);
      for (const item of [...(inFlight ? [inFlight] : []), ...waiting]) finish(item, outcome);
    },
  };
}
