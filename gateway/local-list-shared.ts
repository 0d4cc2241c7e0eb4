import { setImmediate } from 'node:timers/promises';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { choose, readListCards, type Chosen, type ListCards } from './local-list-cards.ts';

/** Cards that were read so long ago are read anew, ms: what a card may do changes with time, too. */
const GOOD_FOR = 60_000;

/** The cards for lists, read once for all chargers that need them at a time. */
export interface SharedCards {
  cards(): Promise<ListCards>;
  choose(cards: ListCards, most: number, longest: number): Chosen;
  /** Resolves when others have had their turn; however many wait, one goes on at a time. */
  turn(): Promise<void>;
  /** They have changed: who asks from now on gets them anew. */
  renew(): void;
  /** Nobody needs them now. */
  release(): void;
  /** When the first card expires of those that were read last; null: none does, or nothing was read. */
  expiresNext(): Millis | null;
}

/** Makes it; nothing is read before somebody asks. */
export function sharedCards(gw: Gateway): SharedCards {
  let held: { cards: Promise<ListCards>; at: Millis } | null = null;
  let chosen = new WeakMap<ListCards, Map<string, Chosen>>();
  let expiresNext: Millis | null = null;
  let turns: Promise<void> = Promise.resolve();
  return {
    cards() {
      if (held && Math.abs(gw.clock() - held.at) < GOOD_FOR) return held.cards;
      const reading = readListCards(gw).then((cards) => {
        expiresNext = cards.expiresNext;
        return cards;
      });
      held = { cards: reading, at: gw.clock() };
      return reading;
    },
    choose(cards, most, longest) {
      const kept = chosen.get(cards) ?? new Map<string, Chosen>();
      chosen.set(cards, kept);
      const key = `${most} of ${longest}`;
      const made = kept.get(key) ?? choose(cards, most, longest);
      // Cards that changed since all were read may expire before those.
      if (cards.expiresNext !== null) expiresNext = Math.min(cards.expiresNext, expiresNext ?? cards.expiresNext);
      kept.set(key, made);
      return made;
    },
    turn() {
      turns = turns.then(() => setImmediate());
      return turns;
    },
    renew() {
      held = null;
    },
    release() {
      held = null;
      chosen = new WeakMap();
    },
    expiresNext: () => expiresNext,
  };
}
