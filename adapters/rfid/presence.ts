import type { Millis } from '../../gateway/domain/time.ts';
import { elapsed } from './elapsed.ts';

/** The same card within this time is the same tap. */
const SAME_TAP: Millis = 3_000;
/** A card that was away for this long is held to the reader anew. */
const AWAY: Millis = 1_000;
/** So many cards are remembered; a reader sees one or two at a time. */
const REMEMBERED = 16;

/** Makes taps of what a reader that speaks by itself says: it may repeat a card for as long as the card is held to it. */
export interface Repeats {
  /** Is this a new tap? Not while the card was told again and again with pauses of three seconds at most. */
  isTap(uid: string, now: Millis): boolean;
}

export function createRepeats(): Repeats {
  const seenAt = new Map<string, Millis>();
  return {
    isTap(uid, now) {
      const before = seenAt.get(uid);
      remember(seenAt, uid, now);
      return before === undefined || elapsed(before, now, SAME_TAP);
    },
  };
}

/** Makes taps of what a polled reader answers: it is known when a card is away. */
export interface Presence {
  /** The cards that are at the reader now; none: an empty list. Yields those that have just been held to it. */
  taps(uids: readonly string[], now: Millis): string[];
}

interface Card {
  toldAt: Millis;
  /** Since when it has been away; null: it is there. */
  awaySince: Millis | null;
}

export function createPresence(): Presence {
  const cards = new Map<string, Card>();

  function isTap(uid: string, now: Millis): boolean {
    const card = cards.get(uid);
    if (card === undefined) return true;
    const wasAway = card.awaySince !== null && elapsed(card.awaySince, now, AWAY);
    return wasAway && elapsed(card.toldAt, now, SAME_TAP);
  }

  return {
    taps(uids, now) {
      for (const [uid, card] of cards) {
        if (!uids.includes(uid)) card.awaySince ??= now;
      }
      return uids.filter((uid) => {
        const tap = isTap(uid, now);
        remember(cards, uid, { toldAt: tap ? now : (cards.get(uid)?.toldAt ?? now), awaySince: null });
        return tap;
      });
    },
  };
}

/** Puts it last; the one that was touched longest ago goes where there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) return;
    map.delete(oldest);
  }
}
