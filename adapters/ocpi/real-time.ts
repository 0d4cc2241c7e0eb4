import type { Peer, Token, Verdict } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { findPeer, listPeers, outboundToken } from '../../gateway/peers.ts';
import type { AskedToken, RealTime, RealTimeAnswer } from '../../gateway/real-time.ts';
import type { OcpiClient, Sent } from './client.ts';
import { mannerOf } from './push/target.ts';
import { VERSIONS } from './request.ts';
import { toToken } from './token-body.ts';

/** A peer that did not answer is not asked again for so long, ms: drivers would wait for it in vain. */
const REST = 15_000;

/** Longest text for a driver that is kept, characters. */
const LONGEST_TEXT = 512;

const VERDICTS: Record<string, Extract<Verdict, 'accepted' | 'blocked' | 'expired' | 'no-credit' | 'not-here'>> = {
  ALLOWED: 'accepted',
  BLOCKED: 'blocked',
  EXPIRED: 'expired',
  NO_CREDIT: 'no-credit',
  NOT_ALLOWED: 'not-here',
};

/** Asks peers of their tokens in real time (OCPI 2.3.0 mod_tokens, POST authorize; 2.1.1 and 2.2.1 alike). */
export function createRealTime(gw: Gateway, client: OcpiClient): RealTime {
  /** Until when peers are left alone that did not answer. */
  const resting = new Map<string, number>();

  function askers(): Peer[] {
    return listPeers(gw).filter((peer) => peer.state === 'registered' && authorizeUrl(peer) !== null);
  }

  function isResting(peer: Peer): boolean {
    const until = resting.get(peer.name);
    return until !== undefined && gw.clock() < until && gw.clock() >= until - REST;
  }

  return {
    askable: () =>
      askers()
        .filter((peer) => !isResting(peer))
        .map(({ name }) => name),
    isAnybodyAway: () => askers().some(isResting),
    async ask(name, asked, evseUids, signal) {
      const peer = findPeer(gw, name);
      const base = peer && authorizeUrl(peer);
      const token = outboundToken(gw, name);
      if (!peer || !base || token === null) return { kind: 'away', reason: 'it cannot be asked' };
      const url = `${base}/${encodeURIComponent(asked.uid)}/authorize?type=${asked.type}`;
      const body = placeOf(gw, peer, evseUids);
      const sent = await client.send({ method: 'POST', url, token, body, signal, ...mannerOf(gw, peer, null) });
      const answer = read(peer, asked, sent);
      if (answer.kind === 'away') resting.set(name, gw.clock() + REST);
      else resting.delete(name);
      return answer;
    },
  };
}

/** Where its tokens are asked for; null where it has none. */
function authorizeUrl(peer: Peer): string | null {
  const endpoint = peer.endpoints.find(({ identifier, role }) => identifier === 'tokens' && role === 'SENDER');
  return endpoint?.url.replace(/\/+$/, '') ?? null;
}

/** OCPI 2.3.0 mod_tokens LocationReferences. A party that may charge everywhere need not be told where it is, but some insist. */
function placeOf(gw: Gateway, peer: Peer, evseUids: string[]): object {
  const list = peer.version === '2.1.1' ? { evse_uids: evseUids, connector_ids: [] } : { evse_uids: evseUids };
  return { location_id: gw.settings.site.id, ...(evseUids.length > 0 && list) };
}

function read(peer: Peer, asked: AskedToken, sent: Sent): RealTimeAnswer {
  // OCPI 2.3.0 mod_tokens: an unknown token is 404 with status 2004.
  if (sent.kind === 'refused')
    return sent.http === 404 || sent.status === 2004 ? { kind: 'unknown' } : { kind: 'away', reason: sent.reason };
  if (sent.kind !== 'ok') return { kind: 'away', reason: sent.reason };
  const info = asObject(sent.data);
  const verdict = typeof info['allowed'] === 'string' ? VERDICTS[info['allowed']] : undefined;
  if (!verdict) return { kind: 'away', reason: 'its answer says neither yes nor no' };
  const location = asObject(info['location']);
  const uids = location['evse_uids'];
  const named = Array.isArray(uids) ? uids.filter((uid): uid is string => typeof uid === 'string') : [];
  const reference = info['authorization_reference'];
  const text = asObject(info['info'])['text'];
  return {
    kind: 'answered',
    verdict,
    token: readToken(peer, asked, info['token']),
    reference: typeof reference === 'string' && reference !== '' ? reference.slice(0, 36) : null,
    evseUids: named.length > 0 ? named.slice(0, 1000) : null,
    text: typeof text === 'string' ? text.slice(0, LONGEST_TEXT) : null,
  };
}

/** Stands for an owner who did not say who they are: XX is no country (ISO 3166-1 leaves it to its users). */
const NOBODY = { countryCode: 'XX', partyId: 'XXX' };

/** The token as its owner told it along; else what is known of it by who answered for it. */
function readToken(peer: Peer, asked: AskedToken, told: unknown): Token {
  const body = asObject(told);
  const party = peer.parties.find(({ role }) => role === 'EMSP') ?? peer.parties[0];
  const countryCode = (textOf(body['country_code']) ?? party?.countryCode ?? NOBODY.countryCode).toUpperCase();
  const partyId = (textOf(body['party_id']) ?? party?.partyId ?? NOBODY.partyId).toUpperCase();
  const version = VERSIONS.find((known) => known === peer.version) ?? VERSIONS[0];
  const whose = { peer: peer.name, origin: 'site' as const };
  try {
    const read = toToken(version, told, { countryCode, partyId, uid: textOf(body['uid']) ?? asked.uid, type: null });
    return { ...read, ...whose };
  } catch {
    // It said yes or no; who the driver is, it left out or wrote badly.
    return {
      countryCode,
      partyId,
      uid: asked.uid,
      type: asked.type,
      contractId: asked.uid,
      visualNumber: null,
      issuer: peer.name,
      groupId: null,
      valid: true,
      whitelist: 'NEVER',
      language: null,
      expiresAt: null,
      payment: null,
      updatedAt: 0,
      ...whose,
    };
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
