import { toUtc, type Millis } from '../../../gateway/domain/time.ts';
import type { Peer } from '../../../gateway/domain/types.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { outboundToken } from '../../../gateway/peers.ts';
import { noteTokens } from '../../../gateway/token-sync.ts';
import { putPeerToken } from '../../../gateway/tokens.ts';
import type { OcpiClient } from '../client.ts';
import { OcpiFault } from '../envelope.ts';
import { mannerOf } from '../push/target.ts';
import { VERSIONS, type Version } from '../request.ts';
import { owns, toToken, type TokenAddress } from '../token-body.ts';

/** A list that goes on after so many pages goes in circles. */
const MOST_PAGES = 10_000;

/** Objects asked for at a time; the peer may give fewer. */
const PAGE = 500;

export type Pulled = { kind: 'done'; taken: number; left: number } | { kind: 'failed'; reason: string };

/**
 * Fetches a peer's tokens, all or those changed since, page by page along its Links (OCPI 2.3.0 mod_tokens, Sender GET).
 * One that does not fit is left out and counted; the rest is taken.
 */
export async function pullTokens(gw: Gateway, client: OcpiClient, peer: Peer, since: Millis | null): Promise<Pulled> {
  const first = firstPage(peer, since);
  const token = outboundToken(gw, peer.name);
  if (first === null || token === null) return { kind: 'failed', reason: 'the peer offers no tokens' };
  const startedAt = gw.clock();
  const seen = new Set<string>();
  const count = { taken: 0, left: 0 };
  for (let url: string | null = first; url !== null;) {
    if (seen.has(url) || seen.size >= MOST_PAGES)
      return { kind: 'failed', reason: `its list of tokens does not end: ${url}` };
    seen.add(url);
    const sent = await client.send({ method: 'GET', url, token, ...mannerOf(gw, peer, null) });
    if (sent.kind !== 'ok') return { kind: 'failed', reason: sent.reason };
    if (!Array.isArray(sent.data)) return { kind: 'failed', reason: `${url} did not answer with a list` };
    const outcomes = await Promise.all(sent.data.map((item: unknown) => take(gw, peer, item)));
    for (const taken of outcomes) count[taken ? 'taken' : 'left'] += 1;
    url = sent.next;
  }
  await noteTokens(gw, peer.name, startedAt, since === null);
  return { kind: 'done', ...count };
}

function firstPage(peer: Peer, since: Millis | null): string | null {
  const endpoint = peer.endpoints.find(({ identifier, role }) => identifier === 'tokens' && role === 'SENDER');
  if (!endpoint) return null;
  const url = new URL(endpoint.url);
  url.searchParams.set('limit', String(PAGE));
  if (since !== null) url.searchParams.set('date_from', toUtc(since));
  return url.href;
}

async function take(gw: Gateway, peer: Peer, item: unknown): Promise<boolean> {
  try {
    const address = addressOf(peer, item);
    if (!address || !owns(gw, peer, address.countryCode, address.partyId)) return false;
    await putPeerToken(gw, peer.name, toToken(versionOf(peer), item, address));
    return true;
  } catch (error) {
    if (!(error instanceof OcpiFault)) throw error;
    gw.log.warn({ peer: peer.name }, `a token was left out: ${error.message}`);
    return false;
  }
}

/** Whose it is; in 2.1.1 only the connection says that, as it has one party. */
function addressOf(peer: Peer, item: unknown): TokenAddress | null {
  if (typeof item !== 'object' || item === null) return null;
  const [only] = versionOf(peer) === '2.1.1' ? peer.parties : [];
  const whose = only ? { country_code: only.countryCode, party_id: only.partyId } : {};
  const { country_code: country, party_id: party, uid } = { ...item, ...whose } as Record<string, unknown>;
  if (typeof country !== 'string' || typeof party !== 'string' || typeof uid !== 'string') return null;
  return { countryCode: country.toUpperCase(), partyId: party.toUpperCase(), uid, type: null };
}

function versionOf(peer: Peer): Version {
  return VERSIONS.find((version) => version === peer.version) ?? VERSIONS[0];
}
