import type { Millis } from '../../gateway/domain/time.ts';
import type { Grant } from './model.ts';

/** A card on the list; `verdict` null takes it off. */
export interface CardListEntry {
  uid: string;
  verdict: string | null;
  parent: string | null;
  expiresAt: Millis | null;
}

/** The charger's own list of cards (OCPP 1.6 §3.5.2). */
export interface CardList {
  /** How many cards. */
  count(): number;
  /** 0: empty. */
  version(): number;
  update(version: number, full: boolean, entries: CardListEntry[]): 'Accepted' | 'Failed' | 'VersionMismatch';
  /** Null: the list does not know this card. */
  grant(uid: string, at: Millis): Grant | null;
}

/** Makes a list that takes `most` cards, empty. */
export function createCardList(most: number): CardList {
  let current = 0;
  let cards = new Map<string, CardListEntry>();
  return {
    count: () => cards.size,
    version: () => current,
    update(version, full, entries) {
      if (!full && version <= current) return 'VersionMismatch';
      const next = new Map(full ? [] : cards);
      for (const entry of entries) {
        if (entry.verdict === null) next.delete(entry.uid.toLowerCase());
        else next.set(entry.uid.toLowerCase(), entry);
      }
      if (next.size > most) return 'Failed';
      cards = next;
      current = version;
      return 'Accepted';
    },
    grant(uid, at) {
      const card = cards.get(uid.toLowerCase());
      if (!card) return null;
      const expired = card.expiresAt !== null && card.expiresAt <= at;
      const verdict = expired ? 'Expired' : (card.verdict ?? 'Invalid');
      return { accepted: verdict === 'Accepted', verdict, parent: card.parent };
    },
  };
}
