import { createHash, randomBytes } from 'node:crypto';
import { GatewayError } from './domain/errors.ts';
import type { PeerQuirk } from './domain/peer-quirks.ts';
import type { PushState } from './domain/push-state.ts';
import type { Millis } from './domain/time.ts';
import type { Peer, PeerEndpoint, PeerParty, Visibility } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { beginOutbox, countOutbox, forgetOutbox, type OutboxCount } from './outbox.ts';
import type { Tx } from './store/db.ts';
import { deleteHandshake, findHandshake, findPeerByOffer, type HandshakeKind } from './store/handshakes.ts';
import * as store from './store/peers.ts';

/** A peer that was given its tokens by hand, without the registration handshake. */
export interface ProvisionedPeer {
  name: string;
  visibility: Visibility;
  inboundToken: string;
  versionsUrl?: string;
  outboundToken?: string;
  quirks?: PeerQuirk[];
}

/** A connection and how it goes with it. */
export interface PeerView extends Peer {
  lastSeenAt: Millis | null;
  push: PushState;
  /** Objects that it has not been told yet, and that it refuses. */
  waiting: number;
  dead: number;
  /** Since when the eldest waits. */
  waitingSince: Millis | null;
  /** One that we began and that it has not answered. */
  handshake: { kind: HandshakeKind; startedAt: Millis } | null;
}

/** What a peer tells of itself when it registers. */
export interface Registration {
  version: string;
  versionsUrl: string;
  outboundToken: string;
  parties: PeerParty[];
  endpoints: PeerEndpoint[];
}

/** Every OCPI connection. Tokens are never among it. */
export function listPeers(gw: Gateway): Peer[] {
  return store.listPeers(gw.db);
}

/** Every connection and how it goes with it. */
export function listPeerViews(gw: Gateway): PeerView[] {
  const counts = new Map(countOutbox(gw).map((count) => [count.peer, count]));
  return store.listPeers(gw.db).map((peer) => viewOf(gw, peer, counts.get(peer.name)));
}

function viewOf(gw: Gateway, peer: Peer, count: OutboxCount | undefined): PeerView {
  return {
    ...peer,
    lastSeenAt: gw.peersSeen.get(peer.name) ?? null,
    push: gw.pushStates.get(peer.name) ?? { kind: 'idle' },
    waiting: count?.waiting ?? 0,
    dead: count?.dead ?? 0,
    waitingSince: count?.since ?? null,
    handshake: findHandshake(gw.db, peer.name) ?? null,
  };
}

/** One connection and how it goes with it; null when there is none of this name. */
export function findPeerView(gw: Gateway, name: string): PeerView | null {
  return listPeerViews(gw).find((peer) => peer.name === name) ?? null;
}

/** One connection; null when there is none of this name. */
export function findPeer(gw: Gateway, name: string): Peer | null {
  return store.findPeer(gw.db, name) ?? null;
}

/** The token that we use with a peer; null where we have none, or none that can be read. */
export function outboundToken(gw: Gateway, name: string): string | null {
  const sealed = store.outboundToken(gw.db, name);
  if (sealed === null) return null;
  try {
    return gw.secrets.open(sealed);
  } catch (error) {
    // The site goes on without this peer; it has to be registered anew.
    const told = gw.pushStates.get(name);
    const problem = error instanceof Error ? error.message : String(error);
    if (told?.kind !== 'refusing') {
      gw.log.error({ err: error, peer: name }, 'the token for a peer cannot be read');
      gw.pushStates.set(name, { kind: 'refusing', since: gw.clock(), problem, nextAttemptAt: gw.clock() });
    }
    return null;
  }
}

/**
 * Whose token this is; null when nobody's. Found by hash, so its text is never compared. The first use of a new token
 * retires the one before it. A token that we are just offering is good as well; a peer that has not taken it yet counts
 * as invited.
 */
export function authenticatePeer(gw: Gateway, token: string): Peer | null {
  const hash = hashOf(token);
  const found = store.findPeerByHash(gw.db, hash);
  if (!found) return offeredTo(gw, hash);
  if (found.peer.state === 'unregistered') return null;
  gw.peersSeen.set(found.peer.name, gw.clock());
  if (!found.previous && store.hasPrevious(gw.db, found.peer.name))
    gw.db
      .write(() => store.retirePrevious(gw.db, found.peer.name))
      .catch((error: unknown) => gw.log.error({ err: error, peer: found.peer.name }, 'old peer token not retired'));
  return found.peer;
}

function offeredTo(gw: Gateway, hash: string): Peer | null {
  const peer = findPeerByOffer(gw.db, hash);
  if (!peer) return null;
  gw.peersSeen.set(peer.name, gw.clock());
  return peer.state === 'registered' ? peer : { ...peer, state: 'invited' };
}

/** Makes a provisioned connection. Errors: PEER_EXISTS. */
export async function createPeer(gw: Gateway, peer: ProvisionedPeer): Promise<Peer> {
  return gw.db.write((tx) => {
    if (store.findPeer(gw.db, peer.name))
      throw new GatewayError('PEER_EXISTS', `there already is a peer ${peer.name}: choose another name`);
    if (store.findPeerByHash(gw.db, hashOf(peer.inboundToken)))
      throw new GatewayError('PEER_EXISTS', 'that inbound token belongs to another peer: choose another token');
    return provision(gw, tx, peer, 'site');
  });
}

/** Writes a provisioned peer, inside the write at hand. */
export function provision(gw: Gateway, tx: Tx, peer: ProvisionedPeer, origin: Peer['origin']): Peer {
  const known = store.findPeer(gw.db, peer.name);
  deleteHandshake(gw.db, peer.name);
  const made: Peer = {
    name: peer.name,
    origin,
    state: 'registered',
    visibility: peer.visibility,
    version: known?.version ?? null,
    versionsUrl: peer.versionsUrl ?? known?.versionsUrl ?? null,
    parties: known?.parties ?? [],
    endpoints: known?.endpoints ?? [],
    quirks: peer.quirks ?? known?.quirks ?? [],
    updatedAt: tx.stamp,
  };
  store.putPeer(gw.db, made);
  store.setQuirks(gw.db, peer.name, made.quirks);
  store.setInbound(gw.db, peer.name, hashOf(peer.inboundToken), null);
  store.setOutbound(gw.db, peer.name, peer.outboundToken === undefined ? null : gw.secrets.seal(peer.outboundToken));
  if (made.versionsUrl !== null && peer.outboundToken !== undefined) beginOutbox(gw, tx, peer.name);
  changed(tx, peer.name);
  return made;
}

/**
 * Makes the one-time token with which a peer registers itself (OCPI's TOKEN_A), and the peer if it is new. A registered
 * peer keeps its connection until it uses the invitation. Errors: PEER_FROM_CONFIG, PEER_EXISTS (registered already).
 */
export async function invitePeer(gw: Gateway, name: string, visibility?: Visibility): Promise<{ token: string }> {
  return gw.db.write((tx) => {
    const known = store.findPeer(gw.db, name);
    if (known?.origin === 'config')
      throw new GatewayError('PEER_FROM_CONFIG', `peer ${name} is declared in the config file: change it there`);
    if (known?.state === 'registered')
      throw new GatewayError('PEER_EXISTS', `peer ${name} is registered already: it has to unregister first`);
    store.putPeer(gw.db, {
      name,
      origin: 'site',
      state: 'invited',
      visibility: visibility ?? known?.visibility ?? 'own',
      version: null,
      versionsUrl: null,
      parties: [],
      endpoints: [],
      updatedAt: tx.stamp,
    });
    const token = mintToken();
    store.setInbound(gw.db, name, hashOf(token), null);
    changed(tx, name);
    return { token };
  });
}

/** Completes a peer's registration: keeps what it told, returns the token it uses from now on. Errors: PEER_UNUSABLE. */
export async function registerPeer(gw: Gateway, name: string, given: Registration): Promise<{ token: string }> {
  return gw.db.write((tx) => accept(gw, tx, name, given, false));
}

/** The same for a peer that is registered already (credentials PUT): its old token works until the new one is used. */
export async function updatePeer(gw: Gateway, name: string, given: Registration): Promise<{ token: string }> {
  return gw.db.write((tx) => accept(gw, tx, name, given, true));
}

function accept(gw: Gateway, tx: Tx, name: string, given: Registration, keepOld: boolean): { token: string } {
  refuseTakeover(gw, name, given.parties);
  const token = mintToken();
  acceptPeer(gw, tx, name, given, { inbound: hashOf(token), keepOld });
  return { token };
}

/** Writes a registration, inside the write at hand. `inbound`: hash of the peer's new token. Errors: PEER_UNKNOWN. */
export function acceptPeer(
  gw: Gateway,
  tx: Tx,
  name: string,
  given: Registration,
  { inbound, keepOld }: { inbound: string; keepOld: boolean },
): void {
  const known = store.findPeer(gw.db, name);
  if (!known) throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}`);
  store.putPeer(gw.db, {
    ...known,
    state: 'registered',
    version: given.version,
    versionsUrl: given.versionsUrl,
    parties: given.parties,
    endpoints: given.endpoints,
    updatedAt: tx.stamp,
  });
  store.setInbound(gw.db, name, inbound, keepOld ? store.inboundHash(gw.db, name) : null);
  store.setOutbound(gw.db, name, gw.secrets.seal(given.outboundToken));
  beginOutbox(gw, tx, name);
  changed(tx, name);
}

/** A party belongs to one connection: another that claims it could collect its tokens and bills. Errors: PEER_UNUSABLE. */
export function refuseTakeover(gw: Gateway, name: string, parties: PeerParty[]): void {
  const keyOf = (p: PeerParty): string => `${p.countryCode}/${p.partyId}/${p.role}`.toUpperCase();
  const claimed = new Set(parties.map(keyOf));
  for (const other of store.listPeers(gw.db)) {
    if (other.name === name || other.state !== 'registered') continue;
    const taken = other.parties.find((party) => claimed.has(keyOf(party)));
    if (taken)
      throw new GatewayError(
        'PEER_UNUSABLE',
        `party ${taken.countryCode}/${taken.partyId} (${taken.role}) belongs to another registered connection`,
      );
  }
}

/** Keeps what a peer that was provisioned by hand says of itself: its version and where it takes what. */
export async function learnEndpoints(
  gw: Gateway,
  name: string,
  version: string,
  endpoints: PeerEndpoint[],
): Promise<void> {
  await gw.db.write((tx) => {
    const known = store.findPeer(gw.db, name);
    // Who was unregistered while it was asked is asked anew should it come back.
    if (known?.state !== 'registered') return;
    store.putPeer(gw.db, { ...known, version, endpoints, updatedAt: tx.stamp });
    changed(tx, name);
  });
}

/** How a peer has to be handled from now on. Errors: PEER_UNKNOWN, PEER_FROM_CONFIG. */
export async function setPeerQuirks(gw: Gateway, name: string, quirks: PeerQuirk[]): Promise<void> {
  await gw.db.write((tx) => {
    const known = store.findPeer(gw.db, name);
    if (!known) throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}`);
    if (known.origin === 'config')
      throw new GatewayError('PEER_FROM_CONFIG', `peer ${name} is declared in the config file: change it there`);
    store.setQuirks(gw.db, name, [...new Set(quirks)]);
    changed(tx, name);
  });
}

/** Ends a registration: both tokens die, history stays. */
export async function unregisterPeer(gw: Gateway, name: string): Promise<void> {
  await gw.db.write((tx) => {
    const known = store.findPeer(gw.db, name);
    if (!known) throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}`);
    store.putPeer(gw.db, { ...known, state: 'unregistered', endpoints: [], parties: [], updatedAt: tx.stamp });
    store.setInbound(gw.db, name, null, null);
    store.setOutbound(gw.db, name, null);
    deleteHandshake(gw.db, name);
    forgetOutbox(gw, name);
    changed(tx, name);
  });
}

function changed(tx: Tx, name: string): void {
  tx.emit({ name: 'peer.changed', data: { name } });
}

/** 43 printable characters from 256 random bits: within OCPI's 64. */
export function mintToken(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 of a token, in hex: all that is kept of what a peer uses with us. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
