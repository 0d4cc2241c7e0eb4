import {
  judge,
  judgeListed,
  localVerdict,
  type BegunWith,
  type Judgement,
  isToldLate,
  refuseConcurrent,
} from './authorization.ts';
import type { Millis } from './domain/time.ts';
import { maskUid } from './domain/token.ts';
import type { Authorization, Token } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import type { RealTimeAnswer } from './real-time.ts';
import { findEvse, listEvsesOf } from './store/chargers.ts';
import * as store from './store/decisions.ts';

/** So many refused cards are remembered, in memory. */
const REFUSALS = 20;

/** A decision of an owner is good for the start that follows it, ms. */
const GOOD_FOR = 15 * 60_000;

/** Within this a charger asks again about a card that a reader of the site's sent it, ms. */
const READER_TO_CHARGER = 120_000;

/** Where and when a card was held to something. */
export interface Tap {
  /** Null: at a reader of the site's, before a charger is chosen. */
  chargerId: string | null;
  /** Null: the charger did not say which. */
  evse: number | null;
  /** The site's own reader; null: the charger's. */
  reader: string | null;
  uid: string;
  at: Millis;
}

/**
 * May this card charge? Decided from what is on disk wherever that is enough, then at once; else its owner is asked, and
 * where that takes longer than the site's budget the rules for offline go. Every decision is stored with its source.
 */
export async function decide(gw: Gateway, tap: Tap): Promise<Authorization> {
  const judgement = judge(gw, tap.chargerId, tap.evse, tap.uid, tap.at);
  const authorization =
    judgement.kind === 'decided'
      ? judgement.authorization
      : (readerDecision(gw, tap) ?? (await askOwners(gw, tap, judgement)));
  await gw.db
    .write(() => noteDecision(gw, tap, authorization))
    // The driver is answered all the same.
    .catch((error: unknown) => gw.log.error({ err: error }, 'a decision on a card could not be stored'));
  noteRefusal(gw, tap, authorization);
  return authorization;
}

/**
 * The same for a card that begins a transaction. What its owner said of it here within the last quarter of an hour goes;
 * a start that is told late, or that a peer ordered, is nothing to ask of. To be stored with the start: `noteDecision`.
 */
export function decideStart(gw: Gateway, start: BegunWith): Authorization | Promise<Authorization> {
  const { chargerId, evse, tokenUid: uid, receivedAt: at } = start;
  const judgement = judgeListed(gw, chargerId, evse, uid, at);
  if (judgement.kind === 'decided') return refuseConcurrent(gw, start, judgement.authorization);
  const before = recentDecision(gw, start);
  if (before) return refuseConcurrent(gw, start, restrict(gw, start, before));
  if (isToldLate(start)) return refuseConcurrent(gw, start, localVerdict(judgement));
  return askOwners(gw, { chargerId, evse, reader: null, uid, at }, judgement).then((asked) =>
    refuseConcurrent(gw, start, asked),
  );
}

/** What was decided a moment ago at the site's own reader, of a card that the charger asks about before it begins. */
function readerDecision(gw: Gateway, { chargerId, evse, uid, at }: Tap): Authorization | null {
  const last = chargerId === null ? undefined : store.latestDecision(gw.db, uid, at - READER_TO_CHARGER);
  return last === undefined || last.reader === null ? null : restrict(gw, { chargerId, evse }, last.authorization);
}

function recentDecision(gw: Gateway, { chargerId, tokenUid, receivedAt }: BegunWith): Authorization | null {
  const last = store.latestDecision(gw.db, tokenUid, receivedAt - GOOD_FOR);
  // At the site's own reader no charger may have been chosen yet.
  if (!last || (last.chargerId !== null && last.chargerId !== chargerId)) return null;
  return last.source === 'real-time' || last.source === 'offline' ? last.authorization : null;
}

async function askOwners(
  gw: Gateway,
  tap: Tap,
  { token, offline }: Judgement & { kind: 'ask' },
): Promise<Authorization> {
  const { realTime } = gw;
  const able = realTime?.askable() ?? [];
  const owner = token?.peer ?? null;
  const asked = owner === null ? able : able.filter((peer) => peer === owner);
  if (!realTime || asked.length === 0) return offline;
  const places = placesOf(gw, tap);
  const enough = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(gw.settings.authorizationTimeout * 1000), enough.signal]);
  const card = { uid: token?.uid ?? tap.uid, type: token?.type ?? ('RFID' as const) };
  const answers = asked.map(async (peer) => ({ peer, answer: await realTime.ask(peer, card, places, signal) }));
  const best = await firstGood(answers);
  enough.abort();
  if (!best) return offline;
  const { answer } = best;
  if (answer.kind === 'unknown')
    // Of several none knows it; of its owner alone, that it is none of its own any more.
    return { verdict: 'invalid', source: 'real-time', token, reason: 'its owner does not know it' };
  if (answer.kind === 'away') return offline;
  return restrict(gw, tap, toAuthorization(token, answer));
}

interface Answered {
  peer: string;
  answer: RealTimeAnswer;
}

/** The first that lets it charge; else, once all have spoken, one that knows it, one that does not, one that is away. */
async function firstGood(answers: Promise<Answered>[]): Promise<Answered | null> {
  return new Promise((resolve) => {
    const all: Answered[] = [];
    const rank = ({ answer }: Answered): number => ['answered', 'away', 'unknown'].indexOf(answer.kind);
    for (const promise of answers)
      void promise.then((each) => {
        all.push(each);
        if (each.answer.kind === 'answered' && each.answer.verdict === 'accepted') resolve(each);
        else if (all.length === answers.length) resolve(all.toSorted((a, b) => rank(a) - rank(b))[0] ?? null);
      });
  });
}

function toAuthorization(
  known: Token | null,
  { verdict, token, reference, evseUids, text }: RealTimeAnswer & { kind: 'answered' },
): Authorization {
  return {
    verdict,
    source: 'real-time',
    token: known ?? token,
    ...(reference !== null && { reference }),
    ...(evseUids !== null && { evseUids }),
    ...(text !== null && verdict !== 'accepted' && { reason: text }),
  };
}

/** Its owner may let it charge at some EVSEs only; where it is not known which is meant, one of them is enough. */
function restrict(
  gw: Gateway,
  { chargerId, evse }: { chargerId: string | null; evse: number | null },
  authorization: Authorization,
): Authorization {
  const { evseUids, verdict } = authorization;
  if (!evseUids || verdict !== 'accepted' || chargerId === null) return authorization;
  const here = placesOf(gw, { chargerId, evse });
  if (here.length === 0 || here.some((uid) => evseUids.includes(uid))) return authorization;
  return { ...authorization, verdict: 'not-here', reason: 'its owner does not let it charge at this EVSE' };
}

function placesOf(gw: Gateway, { chargerId, evse }: { chargerId: string | null; evse: number | null }): string[] {
  if (chargerId === null) return [];
  const evses = evse === null ? listEvsesOf(gw.db, chargerId) : [findEvse(gw.db, chargerId, evse)];
  return evses.flatMap((each) => (each && !each.removed ? each.uid : []));
}

/** Stores a decision, inside the write at hand. */
export function noteDecision(gw: Gateway, tap: Tap, authorization: Authorization): void {
  store.insertDecision(gw.db, tap, authorization);
  gw.measures.decision(authorization.source, authorization.verdict);
}

/** Tells the operator of a refused card: newest first in `gw.refusals`, as an event, and masked in the log. */
export function noteRefusal(gw: Gateway, { chargerId, reader, uid }: Tap, { verdict, reason }: Authorization): void {
  if (verdict === 'accepted') return;
  const where = chargerId ?? reader ?? '';
  gw.log.info({ charger: chargerId, reader, card: maskUid(uid), verdict, reason }, 'card refused');
  const others = gw.refusals.filter((refusal) => refusal.uid !== uid || refusal.chargerId !== where);
  const refusal = { at: gw.clock(), chargerId: where, uid: uid.slice(0, 64), verdict, reason: reason ?? null };
  gw.refusals = [refusal, ...others].slice(0, REFUSALS);
  gw.bus.publish({ name: 'token.refused', data: { chargerId: where, uid, verdict } });
}

/** Newest decisions, at most `limit`. */
export function listDecisions(gw: Gateway, limit: number): store.Decision[] {
  return store.listDecisions(gw.db, limit);
}

/** So many decisions are kept, and so many of the oldest beyond go at a time. */
const KEPT = 200_000;
const AT_A_TIME = 2000;

/** Lets the oldest decisions go, some at a time; every minute. */
export async function forgetDecisions(gw: Gateway): Promise<void> {
  if (store.countDecisions(gw.db) <= KEPT) return;
  await gw.db.write(() => store.pruneDecisions(gw.db, KEPT, AT_A_TIME));
}
