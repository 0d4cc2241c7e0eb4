import type { LocalListEntry } from './orders.ts';
import type { Millis } from './time.ts';

/**
 * How a charger's own list of cards stands. `cut`: as it should be, but for cards that have no place on it; `off`: the
 * charger is set not to use one; `unsupported`: it cannot keep one; `failed`: it does not take what it is sent;
 * `waiting`: not sent yet, or not all of it.
 */
export type LocalListState = 'waiting' | 'kept' | 'cut' | 'off' | 'unsupported' | 'failed';

/** A card that may charge without anybody being asked. */
export interface ListedCard {
  uid: string;
  groupId: string | null;
  expiresAt: Millis | null;
}

/** Highest version that every charger can count to. */
const LAST_VERSION = 2_147_483_647;

/** The version after this one; from the last on they begin anew. */
export function nextVersion(version: number): number {
  return version >= LAST_VERSION ? 1 : version + 1;
}

/**
 * The number as a charger's reader will show it: bytes without what stands between them (Q49); null where it holds
 * something that no charger can be told.
 */
export function writtenUid(uid: string): string | null {
  const text = uid.trim();
  if (!/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text)) return null;
  if (/^[0-9A-F]{2}(?:[:\- ][0-9A-F]{2})+$/i.test(text)) return text.replaceAll(/[:\- ]/g, '');
  return text.includes(' ') ? null : text;
}

/** A card's entry on a list. `most`: characters that the charger can be told of a number; a longer group is left out. */
export function entryOf({ uid, groupId, expiresAt }: ListedCard, most: number): LocalListEntry {
  const group = groupId !== null && groupId.length <= most ? groupId : null;
  return { tokenUid: uid, verdict: 'accepted', groupId: group, expiresAt };
}

/** Takes a card off a list. */
export function removalOf(tokenUid: string): LocalListEntry {
  return { tokenUid, verdict: null, groupId: null, expiresAt: null };
}
