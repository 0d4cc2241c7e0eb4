import type { Station } from './exchange.ts';
import type { Outcome } from './reader.ts';

/** How a port and its readers are. */
export interface PortState {
  /** Not open yet, or open and no reader has answered yet; at work; open, but no reader answers; not open. */
  state: 'opening' | 'up' | 'silent' | 'down';
  /** Why, or what is wrong on the line, in sentences; null where there is nothing to say. */
  reason: string | null;
  /** The readers that answered or were missed since the port opened; none where readers speak by themselves. */
  addresses: { address: Station; answers: boolean }[];
}

/** Keeps how a port is and tells each change. */
export interface PortWatch {
  /** It was opened. */
  opened(): void;
  /** Something came of bytes or of time. */
  learned(outcome: Outcome): void;
  /** It is not open, or not any more. */
  down(why: string): void;
}

const NO_ANSWER = 'No reader answers: it has no power, speaks another protocol, or at another speed.';

/** `polled`: do its readers answer polls, so that they can be missed? */
export function createPortWatch(polled: boolean, onState: (state: PortState) => void): PortWatch {
  const stations = new Map<Station, boolean>();
  /** What was wrong on the line last, until a card is read. */
  let trouble: string | null = null;
  let lastTold = '';

  function tell(state: PortState['state'], ...why: (string | null)[]): void {
    const sentences = why.filter((sentence) => sentence !== null);
    const told: PortState = {
      state,
      reason: sentences.length > 0 ? sentences.join(' ') : null,
      addresses: Array.from(stations, ([address, answers]) => ({ address, answers })),
    };
    const text = JSON.stringify(told);
    if (text === lastTold) return;
    lastTold = text;
    onState(told);
  }

  function judge(): void {
    if (!polled || [...stations.values()].includes(true)) tell('up', trouble);
    else if (stations.size > 0) tell('silent', NO_ANSWER, trouble);
    else tell('opening', trouble);
  }

  return {
    opened() {
      stations.clear();
      trouble = null;
      judge();
    },
    learned({ cards = [], faults = [], alive = [], lost = [] }) {
      for (const address of alive) stations.set(address, true);
      for (const address of lost) stations.set(address, false);
      trouble = cards.length > 0 ? null : (faults.at(-1) ?? trouble);
      judge();
    },
    down(why) {
      stations.clear();
      tell('down', why);
    },
  };
}
