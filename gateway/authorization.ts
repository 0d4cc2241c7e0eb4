import type { Authorization, Token, TokenUse } from './domain/types.ts';
import type { Millis } from './domain/time.ts';
import { maskUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';
import { findPeer } from './store/peers.ts';
import { findTokens } from './store/tokens.ts';

/** So many refused cards are remembered, in memory. */
const REFUSALS = 20;

/**
 * May this token charge at this charger now? The site's own list first, then what peers sent us, then the site's policy
 * for unknown tokens. Answers from what is on disk: no WAN, no waiting.
 */
export function authorize(gw: Gateway, chargerId: string, uid: string, at: Millis): Authorization {
  if (findCharger(gw.db, chargerId)?.registration !== 'accepted')
    return { verdict: 'invalid', source: 'policy', token: null };
  // A peer that has left pays for nobody any more.
  const known = findTokens(gw.db, uid).filter((token) => token.peer === null || isRegistered(gw, token.peer));
  // A card may be known to several: one that lets it charge decides.
  const judged = known.map((token) => judge(token, at));
  const decision = judged.find((a) => a.verdict === 'accepted') ?? judged[0];
  if (decision) return decision;
  const verdict = gw.settings.unknownTokens === 'accept' ? 'accepted' : 'invalid';
  return { verdict, source: 'policy', token: null };
}

/** The same for a card that is held to a reader now: a refusal is told to the operator. */
export function presentToken(gw: Gateway, chargerId: string, uid: string, at: Millis): Authorization {
  const authorization = authorize(gw, chargerId, uid, at);
  noteRefusal(gw, chargerId, uid, authorization.verdict);
  return authorization;
}

/** Tells the operator of a refused card: newest first in `gw.refusals`, as an event, and masked in the log. */
export function noteRefusal(gw: Gateway, chargerId: string, uid: string, verdict: Authorization['verdict']): void {
  if (verdict === 'accepted') return;
  gw.log.info({ charger: chargerId, card: maskUid(uid), verdict }, 'card refused');
  const others = gw.refusals.filter((refusal) => refusal.uid !== uid || refusal.chargerId !== chargerId);
  gw.refusals = [{ at: gw.clock(), chargerId, uid: uid.slice(0, 64), verdict }, ...others].slice(0, REFUSALS);
  gw.bus.publish({ name: 'token.refused', data: { chargerId, uid, verdict } });
}

function isRegistered(gw: Gateway, peer: string): boolean {
  return findPeer(gw.db, peer)?.state === 'registered';
}

function judge(token: Token, at: Millis): Authorization {
  const source = token.peer === null ? 'site-list' : 'peer-list';
  if (!token.valid) return { verdict: 'blocked', source, token };
  if (token.expiresAt !== null && token.expiresAt <= at) return { verdict: 'expired', source, token };
  // OCPI 2.3.0 mod_tokens WhitelistType NEVER: only its owner may decide, in real time.
  if (token.whitelist === 'NEVER') return { verdict: 'invalid', source, token };
  return { verdict: 'accepted', source, token };
}

/** The token as sessions and bills remember it; an unknown card counts as the site's own. */
export function tokenUse(gw: Gateway, uid: string, token: Token | null): TokenUse {
  if (token)
    return {
      countryCode: token.countryCode,
      partyId: token.partyId,
      uid: token.uid,
      type: token.type,
      contractId: token.contractId,
    };
  const { countryCode, partyId } = gw.settings.site;
  return { countryCode, partyId, uid, type: 'RFID', contractId: uid };
}
