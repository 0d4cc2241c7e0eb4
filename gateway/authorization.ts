import type { Authorization, TokenUse, Token, Verdict } from './domain/types.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import { canonicalUid, isRandomUid, maskUid, uidVariants } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { balanceAllows } from './prepaid.ts';
import { claimOn } from './reserved-bays.ts';
import { findCharger } from './store/chargers.ts';
import { listStartsWith } from './store/commands.ts';
import { wasAccepted } from './store/decisions.ts';
import { findPeer } from './store/peers.ts';
import { findActiveWith } from './store/sessions.ts';
import { findTokens, findTokensOf, type StoredToken } from './store/tokens.ts';
import { neededSoon } from './walk-ins.ts';

/** A start that is older than this when it comes was stored by the charger meanwhile, ms. */
const REPLAYED = 60_000;

/** What is known here of a card: a verdict, or that its owner has to be asked and what goes where that cannot be. */
export type Judgement =
  | { kind: 'decided'; authorization: Authorization }
  | {
      kind: 'ask';
      /** Whose it is; null: nobody has told of it. */
      token: Token | null;
      /** The verdict where no owner answers in time. */
      offline: Authorization;
    };

/**
 * What is to be said of a token at this charger (null: at a reader of the site's) from what is on disk alone: no WAN, no
 * waiting. The site's own list first, then what peers told, then the site's rules (OCPI 2.3.0 mod_tokens WhitelistType).
 */
export function judge(gw: Gateway, chargerId: string | null, evse: number | null, uid: string, at: Millis): Judgement {
  if (chargerId !== null) {
    if (findCharger(gw.db, chargerId)?.registration !== 'accepted')
      return decided('invalid', 'policy', null, 'the charger is not accepted here');
    if (isOrdered(gw, chargerId, uid, at)) return { kind: 'decided', authorization: ORDERED };
  }
  return judgeListed(gw, chargerId, evse, uid, at);
}

/** The same, whatever peers have ordered. */
export function judgeListed(
  gw: Gateway,
  chargerId: string | null,
  evse: number | null,
  uid: string,
  at: Millis,
): Judgement {
  if (chargerId !== null && findCharger(gw.db, chargerId)?.registration !== 'accepted')
    return decided('invalid', 'policy', null, 'the charger is not accepted here');
  const claim = chargerId === null ? null : claimOn(gw, chargerId, evse, uid);
  if (claim?.kind === 'holder')
    return { kind: 'decided', authorization: { ...HOLDER, token: tokenOf(gw, claim.reservation.token) } };
  if (claim?.kind === 'other') return decided('not-here', 'reservation', null, 'the bay is kept for somebody else');
  const needed = chargerId === null || evse === null ? null : neededSoon(gw, chargerId, evse, uid, at);
  if (needed) return decided('not-here', 'reservation', null, 'the bay is booked, and needed soon');
  const written = findTokens(gw.db, uid);
  const meant = written.length > 0 ? written : findByVariant(gw, chargerId, uid);
  // A peer that has left pays for nobody any more.
  const known = meant.filter((token) => token.peer === null || isRegistered(gw, token.peer));
  // A card may be known to several: one that lets it charge decides, then one whose owner may be asked.
  const judgements = known.map((token) => judgeToken(gw, token, at));
  const decision =
    judgements.find((each) => each.kind === 'decided' && each.authorization.verdict === 'accepted') ??
    judgements.find((each) => each.kind === 'ask') ??
    judgements[0];
  return decision ?? judgeUnknown(gw, uid);
}

/** The verdict from what is known here, whatever an owner would say: for the end of a charge, and for what is told late. */
export function authorizeLocally(gw: Gateway, chargerId: string, uid: string, at: Millis): Authorization {
  return localVerdict(judge(gw, chargerId, null, uid, at));
}

/** A judgement where nobody is asked. */
export function localVerdict(judgement: Judgement): Authorization {
  return judgement.kind === 'decided' ? judgement.authorization : judgement.offline;
}

function decided(
  verdict: Verdict,
  source: Authorization['source'],
  token: Token | null,
  reason?: string,
): Judgement & { kind: 'decided' } {
  return { kind: 'decided', authorization: { verdict, source, token, ...(reason !== undefined && { reason }) } };
}

function judgeToken(gw: Gateway, token: Token, at: Millis): Judgement {
  const listed = judgeListedToken(gw, token, at);
  if (token.peer === null || token.whitelist === 'ALWAYS') return listed;
  const { authorizationOrder: order } = gw.settings;
  const must = token.whitelist !== 'ALLOWED';
  if (order === 'local-only')
    return must ? { kind: 'decided', authorization: offlineVerdict(gw, token, listed) } : listed;
  if (!must && order === 'local-first') return listed;
  return { kind: 'ask', token, offline: offlineVerdict(gw, token, listed) };
}

function judgeListedToken(gw: Gateway, token: Token, at: Millis): Judgement & { kind: 'decided' } {
  const source = token.peer === null ? 'site-list' : 'peer-list';
  if (!token.valid) return decided('blocked', source, token);
  if (token.expiresAt !== null && token.expiresAt <= at) return decided('expired', source, token);
  if (!balanceAllows(gw, token)) return decided('no-credit', source, token, 'its balance is used up');
  return decided('accepted', source, token);
}

/** What goes for a peer's token while its owner cannot be asked (OCPI 2.3.0 mod_tokens WhitelistType). */
function offlineVerdict(gw: Gateway, token: Token, listed: Judgement & { kind: 'decided' }): Authorization {
  const { authorization } = listed;
  if (authorization.verdict !== 'accepted') return authorization;
  const refused = (reason: string): Authorization => ({ verdict: 'invalid', source: 'offline', token, reason });
  if (token.whitelist === 'NEVER') return refused('only its owner may decide, and cannot be asked');
  // An owner that lets us decide has been asked for politeness' sake only.
  if (token.whitelist === 'ALLOWED') return authorization;
  const mode = gw.settings.offlineCards;
  if (mode === 'none') return refused('its owner cannot be asked, and this site lets nobody charge then');
  if (mode === 'previously-accepted' && !wasAccepted(gw.db, token.uid))
    return refused('its owner cannot be asked, and it was never accepted here before');
  return { ...authorization, source: 'offline', reason: 'its owner cannot be asked' };
}

function judgeUnknown(gw: Gateway, uid: string): Judgement {
  if (isRandomUid(uid))
    return decided('invalid', 'policy', null, 'a number that a phone makes up for each tap: it means nobody');
  const { unknownTokens, authorizationOrder, offlineCards } = gw.settings;
  const policy: Authorization =
    unknownTokens === 'accept'
      ? { verdict: 'accepted', source: 'policy', token: null }
      : { verdict: 'invalid', source: 'policy', token: null, reason: 'nobody has vouched for it' };
  if (authorizationOrder === 'local-only' || (gw.realTime?.askable().length ?? 0) === 0) {
    const away = (gw.realTime?.isAnybodyAway() ?? false) && authorizationOrder !== 'local-only';
    return { kind: 'decided', authorization: away ? offlineUnknown(gw, uid, policy) : policy };
  }
  return { kind: 'ask', token: null, offline: offlineUnknown(gw, uid, policy) };

  function offlineUnknown(of: Gateway, card: string, otherwise: Authorization): Authorization {
    const may = offlineCards === 'any' || (offlineCards === 'previously-accepted' && wasAccepted(of.db, card));
    const reason = 'unknown, and nobody can be asked';
    return may ? { verdict: 'accepted', source: 'offline', token: null, reason } : { ...otherwise };
  }
}

/** Its owner has let it in: that is not ours to judge (OCPI 2.3.0 mod_commands, StartSession token). */
export const ORDERED: Authorization = { verdict: 'accepted', source: 'command', token: null };

/** Who has reserved is not judged again (OCPI 2.3.0 mod_commands, ReserveNow token). */
const HOLDER: Authorization = { verdict: 'accepted', source: 'reservation', token: null };

function tokenOf(gw: Gateway, { countryCode, partyId, uid, type }: TokenUse): Token | null {
  const known = findTokens(gw.db, uid).find((t) => t.countryCode === countryCode && t.partyId === partyId);
  return known?.type === type ? known : null;
}

/** Has a peer ordered a start with this card here, that is still awaited or that runs? */
function isOrdered(gw: Gateway, chargerId: string, uid: string, at: Millis): boolean {
  return listStartsWith(gw.db, chargerId, uid).some(({ state, expiresAt }) => state === 'adopted' || expiresAt > at);
}

/**
 * The one card that this number means in another way of writing (Q49); nothing where two could be meant. Short numbers
 * only find cards of the site's own list: among the many of roaming partners, one could be another card's by chance.
 */
function findByVariant(gw: Gateway, chargerId: string | null, uid: string): StoredToken[] {
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
  if (chargerId !== null)
    gw.diagnostics.deviation(chargerId, `CARD_FORM:${form}`, `${maskUid(uid)} for ${maskUid(card)}`);
  return cards.size === 1 ? found : [];
}

/** A card that begins a transaction. */
export interface BegunWith {
  chargerId: string;
  evse: number;
  tokenUid: string;
  reportedAt: Millis;
  receivedAt: Millis;
}

/**
 * Where the site wants one charge at a time, a card that already charges on another EVSE is told so (OCPP 1.6 §7.4,
 * ConcurrentTx; only relevant for a start).
 */
export function refuseConcurrent(gw: Gateway, start: BegunWith, authorization: Authorization): Authorization {
  const { chargerId, evse, tokenUid } = start;
  if (gw.settings.concurrentUse === 'allow' || authorization.verdict !== 'accepted') return authorization;
  // What is told late was let begin back then.
  if (isToldLate(start)) return authorization;
  const others = findActiveWith(gw.db, authorization.token?.uid ?? tokenUid).filter(
    (session) => session.chargerId !== chargerId || session.evse !== evse,
  );
  return others.length === 0 ? authorization : { ...authorization, verdict: 'concurrent' };
}

/** Was the charger cut off when this began, so that it is told only now? */
export function isToldLate({ reportedAt, receivedAt }: Pick<BegunWith, 'reportedAt' | 'receivedAt'>): boolean {
  return isPlausible(reportedAt, receivedAt) && receivedAt - reportedAt > REPLAYED;
}

/** What a charger is told of a card: the verdict, and of a known card its group and its end. */
export interface CardAnswer {
  verdict: Verdict;
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
