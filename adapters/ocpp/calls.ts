import { randomUUID } from 'node:crypto';
import type { CallOutcome } from '../../gateway/connections.ts';
import { callFrame, type MessageId } from './rpc.ts';

/** More than these wait for one charger: something asks faster than it answers. */
const MAX_WAITING = 50;

/** Our calls to one charger: one at a time, in order, each with a deadline that includes its wait (OCPP-J 1.6 §4.1.1). */
export interface CallQueue {
  call(action: string, payload: unknown): Promise<CallOutcome>;
  /** Hands in an answer; false when nobody waits for it (late, or never asked). */
  answer(id: MessageId, outcome: CallOutcome): boolean;
  /** Ends every call with this outcome; later ones end the same way. */
  end(outcome: CallOutcome): void;
}

interface Waiting {
  id: string;
  action: string;
  payload: unknown;
  settle: (outcome: CallOutcome) => void;
  timer: NodeJS.Timeout;
}

/** Makes the queue of one connection; `timeout` in seconds. */
export function createCallQueue(send: (text: string) => void, timeout: number): CallQueue {
  const waiting: Waiting[] = [];
  let inFlight: Waiting | null = null;
  let ended: CallOutcome | null = null;

  function next(): void {
    if (inFlight || ended) return;
    inFlight = waiting.shift() ?? null;
    if (inFlight) send(callFrame(inFlight.id, inFlight.action, inFlight.payload));
  }

  function finish(item: Waiting, outcome: CallOutcome): void {
    clearTimeout(item.timer);
    if (inFlight === item) inFlight = null;
    else if (waiting.includes(item)) waiting.splice(waiting.indexOf(item), 1);
    item.settle(outcome);
    next();
  }

  return {
    call(action, payload) {
      if (ended) return Promise.resolve(ended);
      if (waiting.length >= MAX_WAITING) return Promise.resolve({ kind: 'queue-full' });
      return new Promise((settle) => {
        const timer = setTimeout(() => finish(item, { kind: 'timeout' }), timeout * 1000);
        timer.unref();
        const item: Waiting = { id: randomUUID(), action, payload, settle, timer };
        waiting.push(item);
        next();
      });
    },
    answer(id, outcome) {
      if (!inFlight || inFlight.id !== id) return false;
      finish(inFlight, outcome);
      return true;
    },
    end(outcome) {
      ended = outcome;
      for (const item of [...(inFlight ? [inFlight] : []), ...waiting]) finish(item, outcome);
    },
  };
}
