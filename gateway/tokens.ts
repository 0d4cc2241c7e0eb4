import { GatewayError } from './domain/errors.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Millis } from './domain/time.ts';
import { canonicalUid, isRandomUid } from './domain/token.ts';
import type { Token, TokenType, Whitelist } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import type { Tx } from './store/db.ts';
import { findPeer } from './store/peers.ts';
import * as store from './store/tokens.ts';

export type StoredPeerToken = store.StoredToken;

/** What may be said of a card on the site's own list; what is not said is unchanged, or usual for a new one. */
export interface SiteTokenChange {
  type?: TokenType;
  valid?: boolean;
  /** Shorthand for `valid: false`. */
  blocked?: boolean;
  expiresAt?: Millis | null;
  groupId?: string | null;
  payment?: string | null;
  visualNumber?: string | null;
  /** ISO 639-1. */
  language?: string | null;
  contractId?: string;
  /** Kept as given: on its own cards the site always decides alone. */
  whitelist?: Whitelist;
}

/** Tokens of the site and of peers, a page of them. */
export function listTokens(gw: Gateway, query: ListQuery): Page<Token> {
  return store.listTokens(gw.db, query);
}

/** A card on the site's own list; null when it is not there. */
export function findSiteToken(gw: Gateway, uid: string): Token | null {
  return store.findTokens(gw.db, uid).find((token) => token.peer === null) ?? null;
}

/** Those of these cards that are on the site's own list, by their canonical numbers. */
export function findSiteTokens(gw: Gateway, keys: readonly string[]): Map<string, Token> {
  const found = store.findTokensOf(gw.db, keys).filter((token) => token.peer === null);
  // The first one goes, as where one is looked for.
  return new Map(found.toReversed().map((token) => [canonicalUid(token.uid), token]));
}

/** Puts a card on the site's own list, or changes it there. Errors: TOKEN_FROM_CONFIG, TOKEN_RANDOM. */
export async function putSiteToken(gw: Gateway, uid: string, change: SiteTokenChange): Promise<Token> {
  return gw.db.write((tx) => {
    const known = findSiteToken(gw, uid);
    if (known?.origin === 'config') throw fromConfig(uid);
    if (known === null && isMadeUp(uid, change.type)) throw new GatewayError('TOKEN_RANDOM', `${uid} ${MADE_UP}`);
    const token = siteToken(gw, known, uid, change, tx.stamp);
    storeSiteToken(gw, tx, known, token);
    return token;
  });
}

/** Why a number that phones make up is on no list, behind the number. */
export const MADE_UP = 'is made up by a phone for each tap and never comes again: use a card, or the app of its owner';

/** Is this the number of no card, but one that a phone makes up for each tap? App ids are as they are. */
export function isMadeUp(uid: string, type: TokenType = 'RFID'): boolean {
  return type === 'RFID' && isRandomUid(uid);
}

/** A card of the site's own list as it will be: what is not said is as it was known, or usual for a new one. */
export function siteToken(
  gw: Gateway,
  known: Token | null,
  uid: string,
  change: SiteTokenChange,
  stamp: Millis,
): store.StoredToken {
  const { countryCode, partyId, operatorName } = gw.settings.site;
  return {
    countryCode,
    partyId,
    uid: known?.uid ?? uid,
    type: change.type ?? known?.type ?? 'RFID',
    peer: null,
    origin: 'site',
    contractId: change.contractId ?? known?.contractId ?? uid,
    visualNumber: pick(change.visualNumber, known?.visualNumber),
    issuer: known?.issuer ?? operatorName,
    groupId: pick(change.groupId, known?.groupId),
    valid: change.blocked !== undefined ? !change.blocked : (change.valid ?? known?.valid ?? true),
    whitelist: change.whitelist ?? known?.whitelist ?? 'ALWAYS',
    language: pick(change.language, known?.language),
    expiresAt: pick(change.expiresAt, known?.expiresAt),
    payment: pick(change.payment, known?.payment),
    body: {},
    updatedAt: stamp,
  };
}

/** Stores it in place of what was known of the card, and tells of it after the commit. */
export function storeSiteToken(gw: Gateway, tx: Tx, known: Token | null, token: store.StoredToken): void {
  // Its key may have changed: by its type here, by the site's own party in the config file.
  if (known && !hasSameKey(known, token)) store.deleteToken(gw.db, known);
  store.putToken(gw.db, token);
  tx.emit({ name: 'token.changed', data: { uid: token.uid } });
}

function hasSameKey(one: Token, other: Token): boolean {
  return one.countryCode === other.countryCode && one.partyId === other.partyId && one.type === other.type;
}

/** Takes a card off the site's own list. Errors: TOKEN_UNKNOWN, TOKEN_FROM_CONFIG. */
export async function deleteSiteToken(gw: Gateway, uid: string): Promise<void> {
  await gw.db.write((tx) => {
    const known = findSiteToken(gw, uid);
    if (!known) throw new GatewayError('TOKEN_UNKNOWN', `no card ${uid} is on the site's own list`);
    if (known.origin === 'config') throw fromConfig(uid);
    store.deleteToken(gw.db, known);
    tx.emit({ name: 'token.changed', data: { uid: known.uid } });
  });
}

/** A token that a peer sent, by its OCPI key; null when it never did. */
export function findPeerToken(gw: Gateway, key: store.TokenKey): StoredPeerToken | null {
  const token = store.findToken(gw.db, key);
  return token && token.peer !== null ? token : null;
}

/**
 * Takes in a token from a peer, replacing what it sent before under the same key. Errors: TOKEN_UNKNOWN where that key
 * came over another connection.
 */
export async function putPeerToken(
  gw: Gateway,
  peerName: string,
  token: Omit<store.StoredToken, 'origin' | 'peer'>,
): Promise<'created' | 'updated'> {
  return gw.db.write((tx) => {
    const known = store.findToken(gw.db, token);
    if (known && known.peer !== peerName && !ownsParty(gw, peerName, token))
      throw new GatewayError('TOKEN_UNKNOWN', `token ${token.uid} belongs to another connection`);
    store.putToken(gw.db, { ...token, peer: peerName, origin: 'site' });
    tx.emit({ name: 'token.changed', data: { uid: token.uid } });
    return known ? 'updated' : 'created';
  });
}

/** Has this peer declared the party when it registered? Then its tokens are its own, whoever sent them before. */
function ownsParty(gw: Gateway, peerName: string, party: { countryCode: string; partyId: string }): boolean {
  return (findPeer(gw.db, peerName)?.parties ?? []).some(
    (own) => own.countryCode === party.countryCode && own.partyId === party.partyId,
  );
}

function pick<T>(change: T | null | undefined, known: T | null | undefined): T | null {
  return change === undefined ? (known ?? null) : change;
}

function fromConfig(uid: string): GatewayError {
  return new GatewayError('TOKEN_FROM_CONFIG', `card ${uid} is declared in the config file: change it there`);
}
