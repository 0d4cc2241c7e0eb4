import type { Peer } from '../../../gateway/domain/types.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { findPeer, listPeers } from '../../../gateway/peers.ts';
import { dueTokens, missedSince, noteTokens } from '../../../gateway/token-sync.ts';
import type { OcpiClient } from '../client.ts';
import { pullHubClients, tellsOfClients } from './hub-clients.ts';
import { pullTokens } from './tokens.ts';

const EVERY_MINUTE = 60_000;
const LONGEST_WAIT = 30;

/** Keeps peers' tokens as the peers have them, as long as it runs. */
export interface Puller {
  close(): Promise<void>;
}

/**
 * Starts fetching: all tokens when a peer registers and each night, those changed once an hour and after the peer was
 * away. What peers push meanwhile is taken as it comes; this mends what was lost on the way.
 */
export function startPuller(gw: Gateway, client: OcpiClient): Puller {
  const running = new Map<string, Promise<void>>();
  /** Minutes still to wait, and how long the last wait was, after a failure. */
  const waits = new Map<string, { left: number; length: number }>();
  let closing = false;

  function look(): void {
    for (const peer of listPeers(gw)) {
      if (peer.state !== 'registered' || peer.endpoints.length === 0 || isWaiting(peer.name)) continue;
      const due = dueTokens(gw, peer.name);
      if (due) start(peer, due.kind === 'all' ? null : due.since);
    }
  }

  function isWaiting(name: string): boolean {
    const wait = waits.get(name);
    if (!wait || wait.left <= 0) return false;
    wait.left -= 1;
    return true;
  }

  function start(peer: Peer, since: number | null): void {
    if (closing || running.has(peer.name)) return;
    const offers = peer.endpoints.some(({ identifier, role }) => identifier === 'tokens' && role === 'SENDER');
    if (!offers && !tellsOfClients(peer)) return;
    const work = fetchAll(peer, since, offers)
      .catch((error: unknown) => gw.log.error({ err: error, peer: peer.name }, 'fetching from a peer failed'))
      .finally(() => running.delete(peer.name));
    running.set(peer.name, work);
  }

  /** Whom the hub reaches comes first: tokens may be those of parties that it told of. */
  async function fetchAll(peer: Peer, since: number | null, offersTokens: boolean): Promise<void> {
    const problem = tellsOfClients(peer) ? await pullHubClients(gw, client, peer) : null;
    if (problem !== null) gw.log.warn({ peer: peer.name }, `whom the hub reaches could not be fetched: ${problem}`);
    if (offersTokens) return fetchTokens(peer, since);
    return problem === null ? noteTokens(gw, peer.name, gw.clock(), since === null) : putOff(peer);
  }

  async function fetchTokens(peer: Peer, since: number | null): Promise<void> {
    const pulled = await pullTokens(gw, client, peer, since);
    if (pulled.kind === 'done') {
      waits.delete(peer.name);
      gw.log.info({ peer: peer.name, taken: pulled.taken, left: pulled.left }, 'tokens fetched');
      return;
    }
    if (closing) return;
    putOff(peer);
    gw.log.warn({ peer: peer.name }, `tokens could not be fetched: ${pulled.reason}`);
  }

  function putOff(peer: Peer): void {
    const length = Math.min(LONGEST_WAIT, 2 * (waits.get(peer.name)?.length ?? 0.5));
    waits.set(peer.name, { left: length, length });
  }

  const unsubscribe = gw.bus.onAny((event) => {
    if (event.name === 'peer.changed') return look();
    if (event.name !== 'peer.back') return undefined;
    waits.delete(event.data.name);
    const peer = findPeer(gw, event.data.name);
    return peer ? start(peer, missedSince(gw, peer.name)) : undefined;
  });
  const ticker = setInterval(look, EVERY_MINUTE);
  ticker.unref();
  look();

  return {
    async close() {
      closing = true;
      unsubscribe();
      clearInterval(ticker);
      await Promise.all(running.values());
    },
  };
}
