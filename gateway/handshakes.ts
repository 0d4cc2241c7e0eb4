import { GatewayError } from './domain/errors.ts';
import type { Peer, Visibility } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { acceptPeer, hashOf, mintToken, refuseTakeover, type Registration } from './peers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/handshakes.ts';
import * as peers from './store/peers.ts';

/** Our new token for a peer. */
export interface Offer {
  token: string;
  /** It was offered before and never answered, so that the peer may have it already. */
  repeated: boolean;
}

/**
 * A peer that may be registered with; null where there is none of this name yet. Errors: PEER_FROM_CONFIG, PEER_EXISTS
 * (registered already).
 */
export function assertRegistrable(gw: Gateway, name: string): Peer | null {
  const known = peers.findPeer(gw.db, name);
  if (!known) return null;
  assertOurs(known);
  if (known.state === 'registered')
    throw new GatewayError('PEER_EXISTS', `peer ${name} is registered already: unregister first, or rotate its tokens`);
  return known;
}

/** A peer whose registration is ours to change. Errors: PEER_UNKNOWN, PEER_FROM_CONFIG, PEER_UNUSABLE (not registered). */
export function assertRegistered(gw: Gateway, name: string): Peer {
  const known = peers.findPeer(gw.db, name);
  if (!known) throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}`);
  assertOurs(known);
  if (known.state !== 'registered')
    throw new GatewayError('PEER_UNUSABLE', `peer ${name} is not registered: register with it first`);
  return known;
}

function assertOurs({ name, origin }: Peer): void {
  if (origin === 'config')
    throw new GatewayError('PEER_FROM_CONFIG', `peer ${name} is declared in the config file: change it there`);
}

/**
 * The token that we offer a peer to register with us, kept before anybody is told it: a crash from here on leaves nothing
 * that a second try does not mend. One that was offered and never answered is offered again. Errors: as `assertRegistrable`.
 */
export async function beginRegistration(
  gw: Gateway,
  name: string,
  versionsUrl: string,
  visibility?: Visibility,
): Promise<Offer> {
  return gw.db.write((tx) => {
    const known = assertRegistrable(gw, name);
    peers.putPeer(gw.db, {
      name,
      origin: 'site',
      state: known?.state ?? 'unregistered',
      visibility: visibility ?? known?.visibility ?? 'own',
      version: known?.version ?? null,
      versionsUrl: known?.versionsUrl ?? null,
      parties: known?.parties ?? [],
      endpoints: known?.endpoints ?? [],
      updatedAt: tx.stamp,
    });
    const begun = store.findHandshake(gw.db, name);
    const fresh = known === null || begun?.fresh === true;
    return offer(gw, tx, { peer: name, kind: 'register', versionsUrl, fresh });
  });
}

/** The same for new tokens of a registered peer; the tokens in use stay good. Errors: as `assertRegistered`. */
export async function beginRotation(gw: Gateway, name: string): Promise<Offer> {
  return gw.db.write((tx) => {
    const versionsUrl = assertRegistered(gw, name).versionsUrl ?? '';
    return offer(gw, tx, { peer: name, kind: 'rotate', versionsUrl, fresh: false });
  });
}

function offer(
  gw: Gateway,
  tx: Tx,
  wanted: Pick<store.HandshakeRow, 'peer' | 'kind' | 'versionsUrl' | 'fresh'>,
): Offer {
  const begun = store.findHandshake(gw.db, wanted.peer);
  if (begun?.kind === wanted.kind && begun.versionsUrl === wanted.versionsUrl)
    return { token: gw.secrets.open(begun.token), repeated: true };
  const token = mintToken();
  const sealed = { token: gw.secrets.seal(token), tokenHash: hashOf(token) };
  store.putHandshake(gw.db, { ...wanted, ...sealed, startedAt: tx.stamp });
  return { token, repeated: false };
}

/**
 * The peer answered with its token: both tokens are in use from now on, and the one before ours until ours is first used.
 * Nothing changes where it fails. Errors: PEER_UNUSABLE (a party belongs to another peer).
 */
export async function completeHandshake(gw: Gateway, name: string, given: Registration): Promise<void> {
  await gw.db.write((tx) => {
    const begun = store.findHandshake(gw.db, name);
    if (!begun) throw new GatewayError('PEER_UNUSABLE', `the handshake with peer ${name} was ended meanwhile`);
    refuseTakeover(gw, name, given.parties);
    store.deleteHandshake(gw.db, name);
    acceptPeer(gw, tx, name, given, { inbound: begun.tokenHash, keepOld: begun.kind === 'rotate' });
  });
}

/** The peer said no: everything is as before the handshake began. False: none was begun. */
export async function abandonHandshake(gw: Gateway, name: string): Promise<boolean> {
  return gw.db.write((tx) => {
    const begun = store.findHandshake(gw.db, name);
    if (!begun) return false;
    store.deleteHandshake(gw.db, name);
    const made = begun.fresh && peers.findPeer(gw.db, name)?.state === 'unregistered';
    if (made) peers.deletePeer(gw.db, name);
    tx.emit({ name: 'peer.changed', data: { name } });
    return true;
  });
}
