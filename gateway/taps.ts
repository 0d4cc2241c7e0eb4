import { refuseConcurrent } from './authorization.ts';
import type { EvseView } from './chargers.ts';
import { decide, noteRefusal } from './decisions.ts';
import type { Feedback } from './domain/readers.ts';
import type { Millis } from './domain/time.ts';
import { canonicalUid, maskUid } from './domain/token.ts';
import type { Authorization } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { evsesOfReader, noteCard, showToWaiters } from './readers.ts';
import { stopRemotely } from './remote-control.ts';
import { startRemotely } from './remote-start.ts';
import { findSessionOf } from './store/sessions.ts';
import { findTokens } from './store/tokens.ts';

/** So long a card that was accepted waits for a cable, ms. */
const PATIENCE = 60_000;

/** A card that was accepted, and waits for the next cable that is plugged in. */
export interface ArmedTap {
  readerId: string;
  address: number | null;
  uid: string;
  feedback: Feedback;
  until: Millis;
  /** `charger/EVSE` each. */
  places: ReadonlySet<string>;
}

/** A card that was held to a reader of the site's. */
export interface ReaderTap {
  readerId: string;
  address: number | null;
  uid: string;
}

interface TapResult {
  feedback: Feedback;
  outcome: string;
}

/**
 * Does what a card at a reader of the site's means: ends the charge of the same card, or begins one where a vehicle is
 * plugged in and waits, or arms the next one that is plugged in within a minute. Gives what the reader shows.
 */
export async function tapCard(gw: Gateway, tap: ReaderTap): Promise<Feedback> {
  const link = gw.readers.get(tap.readerId);
  if (!link) return 'refused';
  noteCard(gw, tap.readerId, tap.uid);
  const at = gw.clock();
  if (showToWaiters(gw, { ...tap, at, outcome: 'shown' })) return 'read';
  const evses = evsesOfReader(gw, link.settings, tap.address);
  const { feedback, outcome } = await act(gw, tap, evses, at);
  const { readerId, address, uid } = tap;
  gw.log.info({ reader: readerId, card: maskUid(uid), outcome }, 'card at a reader');
  gw.bus.publish({ name: 'card.tapped', data: { readerId, address, outcome } });
  return feedback;
}

async function act(gw: Gateway, tap: ReaderTap, evses: EvseView[], at: Millis): Promise<TapResult> {
  const running = ownCharge(gw, tap.uid, evses);
  if (running) return stop(gw, running);
  const waiting = gw.armedTaps.find(({ uid }) => isSame(uid, tap.uid));
  if (waiting) {
    disarm(gw, waiting);
    return { feedback: 'refused', outcome: 'disarmed' };
  }
  const only = evses.length === 1 ? evses[0] : undefined;
  const where = { chargerId: only?.chargerId ?? null, evse: only?.evse ?? null };
  const decided = await decide(gw, { ...where, reader: tap.readerId, uid: tap.uid, at });
  const authorization = refuseElsewhere(gw, tap, decided, at);
  if (authorization.verdict !== 'accepted') return { feedback: 'refused', outcome: authorization.verdict };
  const feedback = authorization.source === 'offline' ? ('accepted-offline' as const) : ('accepted' as const);
  const allowed = evses.filter(({ uid }) => authorization.evseUids?.includes(uid) ?? true).filter(isUsable(gw));
  const plugged = allowed.filter(({ visible }) => visible === 'Preparing');
  const [latest] = plugged.toSorted((one, other) => (other.statusAt ?? 0) - (one.statusAt ?? 0));
  if (latest) return begin(gw, tap.uid, latest, feedback);
  const free = allowed.filter(({ visible }) => visible === 'Available');
  if (free.length === 0) return { feedback: 'refused', outcome: 'no-place' };
  arm(gw, { ...tap, feedback, until: at + PATIENCE, places: new Set(free.map(placeOf)) });
  return { feedback, outcome: 'armed' };
}

/** Where the site wants one charge at a time, a card that charges elsewhere is told so at once. */
function refuseElsewhere(gw: Gateway, tap: ReaderTap, decided: Authorization, at: Millis): Authorization {
  const nowhere = { chargerId: '', evse: 0, tokenUid: tap.uid, reportedAt: at, receivedAt: at };
  const authorization = refuseConcurrent(gw, nowhere, decided);
  if (authorization !== decided)
    noteRefusal(gw, { chargerId: null, evse: null, reader: tap.readerId, uid: tap.uid, at }, authorization);
  return authorization;
}

function isUsable(gw: Gateway): (evse: EvseView) => boolean {
  return ({ chargerId, evse, transactionId }) =>
    transactionId === null &&
    gw.connections.find(chargerId) !== undefined &&
    !gw.awaitedStarts.some((start) => start.chargerId === chargerId && start.evse === evse);
}

/** The charge that this card, or one of its group, has under way at one of these EVSEs. */
function ownCharge(gw: Gateway, uid: string, evses: EvseView[]): EvseView | undefined {
  const groups = new Set(findTokens(gw.db, uid).flatMap(({ groupId }) => groupId ?? []));
  return evses.find(({ transactionId }) => {
    const session = transactionId === null ? undefined : findSessionOf(gw.db, transactionId);
    if (!session) return false;
    if (isSame(session.token.uid, uid)) return true;
    return (
      groups.size > 0 && findTokens(gw.db, session.token.uid).some((t) => t.groupId !== null && groups.has(t.groupId))
    );
  });
}

async function stop(gw: Gateway, { chargerId, evse, transactionId }: EvseView): Promise<TapResult> {
  const outcome = await stopRemotely(gw, chargerId, { transactionId, evse });
  if (outcome.kind === 'answered' && outcome.answer.status === 'accepted')
    return { feedback: 'accepted', outcome: 'stopped' };
  return { feedback: 'refused', outcome: 'stop-failed' };
}

async function begin(gw: Gateway, uid: string, { chargerId, evse }: EvseView, feedback: Feedback): Promise<TapResult> {
  const outcome = await startRemotely(gw, chargerId, { tokenUid: canonicalUid(uid), evse, profile: null });
  const taken = outcome.kind === 'answered' && ['accepted', 'unknown'].includes(outcome.answer.status);
  return taken ? { feedback, outcome: 'started' } : { feedback: 'refused', outcome: 'start-failed' };
}

/** More than these do not wait at a time: the oldest goes. */
const MOST_ARMED = 1000;

function arm(gw: Gateway, armed: ArmedTap): void {
  gw.armedTaps.push(armed);
  if (gw.armedTaps.length > MOST_ARMED) gw.armedTaps.shift();
}

function disarm(gw: Gateway, armed: ArmedTap): void {
  const at = gw.armedTaps.indexOf(armed);
  if (at >= 0) gw.armedTaps.splice(at, 1);
}

/** Begins the charge of a card that waits, at the EVSE that is plugged in now; gives what ends that. */
export function watchPlugs(gw: Gateway): () => void {
  return gw.bus.on('evse.changed', ({ chargerId, evse, status }) => {
    if (status !== 'Preparing') return;
    const place = placeOf({ chargerId, evse });
    const armed = gw.armedTaps.find(({ places, until }) => places.has(place) && until > gw.clock());
    if (!armed) return;
    disarm(gw, armed);
    startRemotely(gw, chargerId, { tokenUid: canonicalUid(armed.uid), evse, profile: null })
      .then((outcome) => {
        const taken = outcome.kind === 'answered' && ['accepted', 'unknown'].includes(outcome.answer.status);
        showAt(gw, armed, taken ? armed.feedback : 'refused');
        if (!taken)
          gw.log.warn({ charger: chargerId, evse, outcome }, 'a card that waited for a cable was not let begin');
      })
      .catch((error: unknown) =>
        gw.log.error({ err: error, charger: chargerId }, 'a card that waited could not begin'),
      );
  });
}

/** Gives up cards that nobody plugged in for; every second. */
export function expireArmed(gw: Gateway): void {
  for (const armed of gw.armedTaps.filter(({ until }) => until <= gw.clock())) {
    disarm(gw, armed);
    showAt(gw, armed, 'refused');
    gw.log.info({ reader: armed.readerId, card: maskUid(armed.uid) }, 'a card waited for a cable, and none came');
  }
}

function showAt(gw: Gateway, { readerId, address }: ArmedTap, feedback: Feedback): void {
  gw.readers.get(readerId)?.show(feedback, address);
}

function placeOf({ chargerId, evse }: { chargerId: string; evse: number }): string {
  return `${chargerId}/${evse}`;
}

function isSame(one: string, other: string): boolean {
  return canonicalUid(one) === canonicalUid(other);
}
