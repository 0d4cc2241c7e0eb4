import type { Peer } from '../../../gateway/domain/types.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { noteHubClient } from '../../../gateway/hub-clients.ts';
import { outboundToken } from '../../../gateway/peers.ts';
import type { OcpiClient } from '../client.ts';
import { OcpiFault } from '../envelope.ts';
import { toHubClient } from '../modules/hub-client-info.ts';
import { wantsRaw } from '../push/target.ts';

/** A list that goes on after so many pages goes in circles. */
const MOST_PAGES = 1000;

/** Does this peer tell of parties behind it? */
export function tellsOfClients(peer: Peer): boolean {
  return senderUrl(peer) !== null;
}

/**
 * Fetches what a hub has to say of the parties behind it, along its Links (OCPI 2.3.0 mod_hub_client_info, Sender GET; a
 * configuration module, so without routing headers). Gives why it could not; null when it could.
 */
export async function pullHubClients(gw: Gateway, client: OcpiClient, peer: Peer): Promise<string | null> {
  const token = outboundToken(gw, peer.name);
  const seen = new Set<string>();
  if (token === null) return 'it gave us no token';
  for (let url = senderUrl(peer); url !== null;) {
    if (seen.has(url) || seen.size >= MOST_PAGES) return `its list of parties does not end: ${url}`;
    seen.add(url);
    const sent = await client.send({ peer: peer.name, method: 'GET', url, token, raw: wantsRaw(peer) });
    if (sent.kind !== 'ok') return sent.reason;
    if (!Array.isArray(sent.data)) return `${url} did not answer with a list`;
    for (const item of sent.data as unknown[]) await take(gw, peer, item);
    url = sent.next;
  }
  return null;
}

async function take(gw: Gateway, peer: Peer, item: unknown): Promise<void> {
  try {
    await noteHubClient(gw, toHubClient(peer.name, item));
  } catch (error) {
    if (!(error instanceof OcpiFault)) throw error;
    gw.log.warn({ peer: peer.name }, `a party behind a hub was left out: ${error.message}`);
  }
}

function senderUrl(peer: Peer): string | null {
  return (
    peer.endpoints.find(({ identifier, role }) => identifier === 'hubclientinfo' && role === 'SENDER')?.url ?? null
  );
}
