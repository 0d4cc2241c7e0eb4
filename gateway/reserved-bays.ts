import type { Reservation } from './domain/reservations.ts';
import { keptStatus, visibleStatus } from './domain/status.ts';
import { canonicalUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { findCharger, findEvse, listEvsesOf, touchEvse } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/reservations.ts';
import { findTokens } from './store/tokens.ts';

/** Whose a bay is, for a card that is held to it. */
export type BayClaim =
  /** It is kept for this card. */
  | { kind: 'holder'; reservation: Reservation }
  /** It is kept for another. */
  | { kind: 'other'; reservation: Reservation }
  | { kind: 'free' };

/**
 * Is a bay kept for this card, or for another? Where the charger does not say which bay, the card's own counts, and it is
 * somebody else's only where all of them are.
 */
export function claimOn(gw: Gateway, chargerId: string, evse: number | null, uid: string): BayClaim {
  const live = store.listLiveOf(gw.db, chargerId).filter((each) => each.state === 'held');
  const here = evse === null ? live : live.filter((each) => each.evse === evse);
  const own = here.find((each) => isHolder(gw, each, uid));
  if (own) return { kind: 'holder', reservation: own };
  const [other] = here;
  if (!other) return { kind: 'free' };
  if (evse !== null) return { kind: 'other', reservation: other };
  const bays = listEvsesOf(gw.db, chargerId).filter(({ removed }) => !removed);
  return bays.every((bay) => here.some((each) => each.evse === bay.evse))
    ? { kind: 'other', reservation: other }
    : { kind: 'free' };
}

/** Its own card, in any way of writing, or one of its group. */
export function isHolder(gw: Gateway, { token, wireUid, groupId }: Reservation, uid: string): boolean {
  const given = canonicalUid(uid);
  if (canonicalUid(wireUid) === given || canonicalUid(token.uid) === given) return true;
  return groupId !== null && findTokens(gw.db, uid).some((each) => each.groupId === groupId && each.valid);
}

/** The reservation that a transaction is the use of: named by its charger, or held for its card at its bay. */
export function reservationFor(
  gw: Gateway,
  begun: { chargerId: string; evse: number; tokenUid: string; reservationId?: number },
): Reservation | null {
  const named =
    begun.reservationId === undefined ? undefined : store.findByWireId(gw.db, begun.chargerId, begun.reservationId);
  // A charger that let its driver begin is right, also where the reservation ran out on the way here.
  if (named && (named.state === 'held' || named.state === 'asked') && isHolder(gw, named, begun.tokenUid)) return named;
  const here = store.findLiveAt(gw.db, begun.chargerId, begun.evse);
  return here && isHolder(gw, here, begun.tokenUid) ? here : null;
}

/** Notes, inside the write at hand, that its driver came. */
export function useReservation(gw: Gateway, tx: Tx, reservation: Reservation): void {
  store.updateReservation(gw.db, { ...reservation, state: 'used', endedAt: tx.now, told: false, updatedAt: tx.stamp });
  noteBay(gw, tx, { ...reservation, state: 'used' });
}

/** What everybody sees of a bay changes with its reservation, inside the write at hand (law 9). */
export function noteBay(gw: Gateway, tx: Tx, { chargerId, evse, state }: Reservation): void {
  touchEvse(gw.db, chargerId, evse, tx.stamp);
  const whole = findCharger(gw.db, chargerId)?.status ?? null;
  const own = visibleStatus(findEvse(gw.db, chargerId, evse)?.status ?? null, whole, false);
  tx.emit({ name: 'evse.changed', data: { chargerId, evse, status: keptStatus(own, state === 'held') } });
  tx.emit({ name: 'reservation.changed', data: { chargerId, evse, state } });
}

/** The EVSEs of a charger that are kept for somebody now. */
export function reservedBays(gw: Gateway, chargerId: string): ReadonlySet<number> {
  return new Set(store.listLiveOf(gw.db, chargerId).flatMap(({ state, evse }) => (state === 'held' ? evse : [])));
}
