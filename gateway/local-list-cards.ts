import { setImmediate } from 'node:timers/promises';
import { entryOf, writtenUid, type ListedCard } from './domain/local-list.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { balanceAllows, isPrepaid } from './prepaid.ts';
import { wasAccepted } from './store/decisions.ts';
import { candidatesOf, pageCandidates, type Candidate } from './store/local-lists.ts';
import { listPeers } from './store/peers.ts';
import { findTokens } from './store/tokens.ts';

/** Tokens read before others have their turn. */
const PAGE = 500;

/** Puts the site's own cards before all others, whenever those were used. */
const OWN = 1e14;

/**
 * The cards that may charge without anybody being asked, in the order of their canonical numbers. One for all chargers;
 * it never changes once it is read.
 */
export interface ListCards {
  keys: readonly string[];
  cards: readonly ListedCard[];
  /** Which come first where not all have a place: the higher the sooner. */
  ranks: readonly number[];
  /** Cards whose numbers no charger can be told. */
  unwritable: number;
  /** When the next of them expires; null: none does. */
  expiresNext: Millis | null;
}

/** What of the cards has a place on one charger's list. */
export interface Chosen {
  /** Their canonical numbers, in order. */
  keys: readonly string[];
  /** The entry as it is sent, JSON. */
  entry(index: number): string;
  /** Cards without a place: their numbers are longer than the charger can be told, or there is no room. */
  unwritable: number;
  beyond: number;
}

/** Reads all such cards, a page at a time. */
export async function readListCards(gw: Gateway): Promise<ListCards> {
  const reading = startReading(gw);
  let after = '';
  for (;;) {
    const page = pageCandidates(gw.db, after, reading.now, PAGE);
    const last = page.at(-1)?.key;
    if (page.length < PAGE || last === undefined) {
      reading.take(page);
      return reading.done();
    }
    // The last number's tokens may go on in the next page; more than a page of them there is not.
    const whole = page.filter(({ key }) => key !== last);
    reading.take(whole.length > 0 ? whole : page);
    after = whole.at(-1)?.key ?? last;
    await setImmediate();
  }
}

/** The same, of these canonical numbers alone. */
export function readSomeCards(gw: Gateway, keys: readonly string[]): ListCards {
  const reading = startReading(gw);
  reading.take(candidatesOf(gw.db, keys, reading.now));
  return reading.done();
}

function startReading(gw: Gateway): { now: Millis; take(page: readonly Candidate[]): void; done(): ListCards } {
  const now = gw.clock();
  const registered = new Set(registeredPeers(gw));
  const keys: string[] = [];
  const cards: ListedCard[] = [];
  const ranks: number[] = [];
  let unwritable = 0;
  let expiresNext: Millis | null = null;
  return {
    now,
    take(page) {
      for (const token of page) {
        const { key, peer, expiresAt, groupId } = token;
        if (keys.at(-1) === key || !mayCharge(gw, token, registered)) continue;
        const uid = writtenUid(token.uid);
        if (uid === null) {
          unwritable += 1;
          continue;
        }
        keys.push(key);
        cards.push({ uid, groupId, expiresAt });
        ranks.push((peer === null ? OWN : 0) + Math.max(token.updatedAt, token.usedAt ?? 0));
        if (expiresAt !== null) expiresNext = Math.min(expiresAt, expiresNext ?? expiresAt);
      }
    },
    done: () => ({ keys, cards, ranks, unwritable, expiresNext }),
  };
}

/** Peers whose cards count, by name. */
export function registeredPeers(gw: Gateway): string[] {
  return listPeers(gw.db).flatMap(({ name, state }) => (state === 'registered' ? [name] : []));
}

/** Would the gateway let it charge without asking its owner (OCPI 2.3.0 mod_tokens WhitelistType)? */
function mayCharge(gw: Gateway, token: Candidate, registered: ReadonlySet<string>): boolean {
  if (token.peer === null) return !isPrepaid(token) || hasBalance(gw, token.uid);
  if (!registered.has(token.peer)) return false;
  if (token.whitelist !== 'ALLOWED_OFFLINE') return true;
  if (gw.settings.offlineCards === 'none') return false;
  return gw.settings.offlineCards !== 'previously-accepted' || wasAccepted(gw.db, token.uid);
}

function hasBalance(gw: Gateway, uid: string): boolean {
  const own = findTokens(gw.db, uid).find(({ peer }) => peer === null);
  return own !== undefined && balanceAllows(gw, own);
}

/** The cards for a list that holds `most`, where a number may have so many characters. */
export function choose({ keys, cards, ranks, unwritable }: ListCards, most: number, longest: number): Chosen {
  const able: number[] = [];
  for (let at = 0; at < cards.length; at += 1) if ((cards[at]?.uid.length ?? Infinity) <= longest) able.push(at);
  const taken = able.length > most ? bestOf(able, ranks, most) : able;
  return {
    keys: taken.map((at) => keys[at] ?? ''),
    entry(index) {
      const card = cards[taken[index] ?? -1];
      return card ? JSON.stringify(entryOf(card, longest)) : '';
    },
    unwritable: unwritable + cards.length - able.length,
    beyond: able.length - taken.length,
  };
}

/** Those `most` of the highest rank, in their order; of the last rank the first. */
function bestOf(able: readonly number[], ranks: readonly number[], most: number): number[] {
  const sorted = Float64Array.from(able, (at) => ranks[at] ?? 0).sort();
  const last = sorted[sorted.length - most] ?? Infinity;
  let room = most - (sorted.length - (sorted.findLastIndex((rank) => rank <= last) + 1));
  return able.filter((at) => {
    const rank = ranks[at] ?? 0;
    return rank > last || (rank === last && (room -= 1) >= 0);
  });
}
