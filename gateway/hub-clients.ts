import type { HubClient } from './domain/hub.ts';
import type { Gateway } from './gateway.ts';
import { markAnew } from './outbox.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/hub-clients.ts';
import * as outbox from './store/outbox.ts';
import { findPeer } from './store/peers.ts';

/** No hub has so many parties; one that claims more has gone wrong. */
const MOST_CLIENTS = 10_000;

/** A party behind a hub, as the hub last told of it; null where it told nothing. */
export function findHubClient(gw: Gateway, peer: string, countryCode: string, partyId: string): HubClient | null {
  return store.findHubClient(gw.db, peer, countryCode, partyId) ?? null;
}

/** Does the hub say that it does not reach this party? A party that it told nothing of is one that it reaches. */
export function isOutOfReach(gw: Gateway, peer: string, countryCode: string, partyId: string): boolean {
  const client = store.findHubClient(gw.db, peer, countryCode, partyId);
  return client !== undefined && client.status !== 'CONNECTED';
}

/** Why something for a party that a hub does not reach waits; what waits for this reason is found again by it. */
export function waitsFor({ countryCode, partyId }: Pick<HubClient, 'countryCode' | 'partyId'>): string {
  return `the hub says that it does not reach ${countryCode}/${partyId}`;
}

/**
 * Notes what a hub says of a party behind it; what it said later already stays. A party that is reached again is told
 * what waited for it, and of what is broadcast what it may have missed. `full`: the hub had no place for it here.
 */
export async function noteHubClient(gw: Gateway, client: HubClient): Promise<'created' | 'updated' | 'full'> {
  return gw.db.write((tx) => {
    const { peer, countryCode, partyId } = client;
    const known = store.findHubClient(gw.db, peer, countryCode, partyId);
    if (!known && store.countHubClients(gw.db, peer) >= MOST_CLIENTS) return 'full';
    if (known && known.saidAt > client.saidAt) return 'updated';
    store.putHubClient(gw.db, client, tx.stamp);
    if (known && known.status !== client.status) {
      tx.after(() => gw.log.info({ peer, party: `${countryCode}/${partyId}` }, `party behind a hub: ${client.status}`));
      if (client.status === 'CONNECTED') catchUp(gw, tx, client);
    }
    return known ? 'updated' : 'created';
  });
}

function catchUp(gw: Gateway, tx: Tx, client: HubClient): void {
  outbox.release(gw.db, client.peer, waitsFor(client), tx.now);
  const peer = findPeer(gw.db, client.peer);
  if (peer) markAnew(gw, tx, peer, ['locations', 'tariffs']);
  tx.emit({ name: 'outbox.retried', data: { peer: client.peer } });
}
