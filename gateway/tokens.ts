import { GatewayError } from './domain/errors.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Millis } from './domain/time.ts';
import type { Token, TokenType } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
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
}

/** Tokens of the site and of peers, a page of them. */
export function listTokens(gw: Gateway, query: ListQuery): Page<Token> {
  return store.listTokens(gw.db, query);
}

/** A card on the site's own list; null when it is not there. */
export function findSiteToken(gw: Gateway, uid: string): Token | null {
  return store.findTokens(gw.db, uid).find((token) => token.peer === null) ?? null;
}

/** Puts a card on the site's own list, or changes it there. Errors: TOKEN_FROM_CONFIG. */
export async function putSiteToken(gw: Gateway, uid: string, change: SiteTokenChange): Promise<Token> {
  return gw.db.write((tx) => {
    const known = findSiteToken(gw, uid);
    if (known?.origin === 'config') throw fromConfig(uid);
    const { countryCode, partyId, operatorName } = gw.settings.site;
    const token: store.StoredToken = {
      countryCode,
      partyId,
      uid: known?.uid ?? uid,
      type: change.type ?? known?.type ?? 'RFID',
      peer: null,
      origin: 'site',
      contractId: known?.contractId ?? uid,
      visualNumber: known?.visualNumber ?? null,
      issuer: known?.issuer ?? operatorName,
      groupId: pick(change.groupId, known?.groupId),
      valid: change.blocked !== undefined ? !change.blocked : (change.valid ?? known?.valid ?? true),
      whitelist: 'ALWAYS',
      language: known?.language ?? null,
      expiresAt: pick(change.expiresAt, known?.expiresAt),
      payment: pick(change.payment, known?.payment),
      body: {},
      updatedAt: tx.stamp,
    };
    // Its key may have changed: by its type here, by the site's own party in the config file.
    if (known) store.deleteToken(gw.db, known);
    store.putToken(gw.db, token);
    tx.emit({ name: 'token.changed', data: { uid: token.uid } });
    return token;
  });
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
