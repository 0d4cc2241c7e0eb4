import type { Authorization, Token, TokenUse } from './domain/types.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import { canonicalUid, maskUid, uidVariants } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';
import { listStartsWith } from './store/commands.ts';
import { findPeer } from './store/peers.ts';
import { findActiveWith } from './store/sessions.ts';
import { findTokens, findTokensOf, type StoredToken } from './store/tokens.ts';

/** So many refused cards are remembered, in memory. */
const REFUSALS = 20;

/** A start that is older than this when it comes was stored by the charger meanwhile, ms. */
const REPLAYED = 60_000;

/**
 * May this token charge at this charger now? The site's own list first, then what peers sent us, then the site's policy
 * for unknown tokens. Answers from what is on disk: no WAN, no waiting.
 */
export function authorize(gw: Gateway, chargerId: string, uid: string, at: Millis): Authorization {
  const accepted = findCharger(gw.db, chargerId)?.registration === 'accepted';
  return accepted && isOrdered(gw, chargerId, uid, at) ? ORDERED : authorizeListed(gw, chargerId, uid, at);
}

/** The same, whatever peers have ordered. */
function authorizeListed(gw: Gateway, chargerId: string, uid: string, at: Millis): Authorization {
  if (findCharger(gw.db, chargerId)?.registration !== 'accepted')
    return { verdict: 'invalid', source: 'policy', token: null };
  const written = findTokens(gw.db, uid);
  const meant = written.length > 0 ? written : findByVariant(gw, chargerId, uid);
  // A peer that has left pays for nobody any more.
  const known = meant.filter((token) => token.peer === null || isRegistered(gw, token.peer));
  // A card may be known to several: one that lets it charge decides.
  const judged = known.map((token) => judge(token, at));
  const decision = judged.find((a) => a.verdict === 'accepted') ?? judged[0];
  if (decision) return decision;
  const verdict = gw.settings.unknownTokens === 'accept' ? 'accepted' : 'invalid';
  return { verdict, source: 'policy', token: null };
}

/** Its owner has let it in: that is not ours to judge (OCPI 2.3.0 mod_commands, StartSession token). */
export const ORDERED: Authorization = { verdict: 'accepted', source: 'command', token: null };

/** Has a peer ordered a start with this card here, that is still awaited or that runs? */
function isOrdered(gw: Gateway, chargerId: string, uid: string, at: Millis): boolean {
  return listStartsWith(gw.db, chargerId, uid).some(({ state, expiresAt }) => state === 'adopted' || expiresAt > at);
}

/**
 * The one card that this number means in another way of writing (Q49); nothing where two could be meant. Short numbers
 * only find cards of the site's own list: among the many of roaming partners, one could be another card's by chance.
 */
function findByVariant(gw: Gateway, chargerId: string, uid: string): StoredToken[] {
  const variants = new Map(uidVariants(uid).map((variant) => [variant.uid, variant]));
  if (variants.size === 0) return [];
  const found = findTokensOf(gw.db, [...variants.keys()]).filter(
    ({ type, peer, uid: known }) =>
      type === 'RFID' && (peer === null || variants.get(canonicalUid(known))?.long === true),
  );
  const cards = new Set(found.map((token) => canonicalUid(token.uid)));
  const [card] = cards;
  if (card === undefined) return [];
  const form = cards.size === 1 ? variants.get(card)?.form : 'ambiguous';
  gw.diagnostics.deviation(chargerId, `CARD_FORM:${form}`, `${maskUid(uid)} for ${maskUid(card)}`);
  return cards.size === 1 ? found : [];
}

/**
 * The same for a card that begins a transaction: where the site wants one at a time, a card that already charges on
 * another EVSE is told so (OCPP 1.6 §7.4, ConcurrentTx; only relevant for a start). A start that a peer ordered is not judged
 * here: that lets its card in once.
 */
export function authorizeStart(
  gw: Gateway,
  start: { chargerId: string; evse: number; tokenUid: string; reportedAt: Millis; receivedAt: Millis },
): Authorization {
  const { chargerId, evse, tokenUid: uid, reportedAt, receivedAt } = start;
  const authorization = authorizeListed(gw, chargerId, uid, receivedAt);
  if (gw.settings.concurrentUse === 'allow' || authorization.verdict !== 'accepted') return authorization;
  // What is told late was let begin back then.
  if (isPlausible(reportedAt, receivedAt) && receivedAt - reportedAt > REPLAYED) return authorization;
  const others = findActiveWith(gw.db, authorization.token?.uid ?? uid).filter(
    (session) => session.chargerId !== chargerId || session.evse !== evse,
  );
  return others.length === 0 ? authorization : { ...authorization, verdict: 'concurrent' };
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

/** What a charger is told of a card: the verdict, and of a known card its group and its end. */
export interface CardAnswer {
  verdict: Authorization['verdict'];
  groupId: string | null;
  expiresAt: Millis | null;
}

/** What of an authorization a charger is told. */
export function cardAnswer({ verdict, token }: Authorization): CardAnswer {
  return { verdict, groupId: token?.groupId ?? null, expiresAt: token?.expiresAt ?? null };
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
