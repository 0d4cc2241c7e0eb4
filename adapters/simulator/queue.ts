import type { WireCall } from './dialect.ts';
import type { Fact, SimTransaction } from './model.ts';
import type { Outcome } from './rpc-client.ts';
import type { Cancel, Ticker } from './ticker.ts';

/** A transaction-related message: kept in order until it is answered. */
export interface QueuedMessage {
  stage: Fact['stage'];
  transaction: SimTransaction;
  /** May be given up for others when there is no room. */
  expendable: boolean;
  /** Built at each try, as the transaction's id may have become known; otherwise always the same content. */
  encode: () => WireCall;
  answered: (payload: unknown) => void;
}

export interface QueueOptions {
  ticker: Ticker;
  /** Tries of a message that is answered with an error, before it is given up. */
  attempts: number;
  /** Between those tries; times the number of the try. */
  retryMs: number;
  /** Most messages kept; beyond it the oldest reading goes. */
  limit: number;
  send: (call: WireCall) => Promise<Outcome>;
  /** May messages go out now? */
  open: () => boolean;
  dropped: (message: QueuedMessage, why: string) => void;
  changed: () => void;
}

export interface MessageQueue {
  push(message: QueuedMessage): void;
  /** Sends what waits, if it may; harmless at any time. */
  pump(): void;
  /** A message is with the gateway right now. */
  busy(): boolean;
  length(): number;
  /** Does anything wait that `matches`? */
  holds(matches: (message: QueuedMessage) => boolean): boolean;
  /** Tries nothing again by itself until the next `pump`. */
  rest(): void;
}

/** The charger's memory of what it still has to tell (OCPP 1.6 §3.7): outlives sockets, reboots and power cuts. */
export function createMessageQueue(options: QueueOptions): MessageQueue {
  const messages: QueuedMessage[] = [];
  let busy = false;
  let failures = 0;
  let waiting: Cancel | null = null;

  function giveUp(message: QueuedMessage, why: string): void {
    messages.splice(messages.indexOf(message), 1);
    options.dropped(message, why);
  }

  function settle(message: QueuedMessage, outcome: Outcome): void {
    if (outcome.kind === 'result') {
      failures = 0;
      messages.splice(messages.indexOf(message), 1);
      message.answered(outcome.payload);
      return;
    }
    // no answer: the message stays first, and goes again on the next socket or at once
    if (outcome.kind !== 'error') return;
    failures += 1;
    if (failures < options.attempts) {
      waiting = options.ticker.after(options.retryMs * failures, () => {
        waiting = null;
        pump();
      });
      return;
    }
    failures = 0;
    giveUp(message, `${outcome.code}: ${outcome.description}`);
  }

  async function run(message: QueuedMessage): Promise<void> {
    busy = true;
    const outcome = await options.send(message.encode());
    busy = false;
    settle(message, outcome);
    // after a lost socket the next one pumps
    if (outcome.kind !== 'lost') pump();
    options.changed();
  }

  function pump(): void {
    const [head] = messages;
    if (busy || waiting !== null || head === undefined || !options.open()) return;
    void run(head);
  }

  return {
    push(message) {
      messages.push(message);
      if (messages.length > options.limit) {
        const oldest = messages.find((each, index) => each.expendable && index > 0);
        if (oldest) giveUp(oldest, 'the queue is full');
      }
      pump();
    },
    pump,
    busy: () => busy,
    length: () => messages.length,
    holds: (matches) => messages.some(matches),
    rest() {
      waiting?.();
      waiting = null;
    },
  };
}
