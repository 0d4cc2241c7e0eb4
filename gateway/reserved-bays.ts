import { isLive, type Reservation } from './domain/reservations.ts';
import { keptStatus, visibleStatus } from './domain/status.ts';
import { canonicalUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { findPlace } from './booking-places.ts';
import { findBooking, updateBooking } from './store/bookings.ts';
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

/** What keeps a bay from being used, as its charger says of it or of itself; null: nothing does. */
export function brokenBay(gw: Gateway, chargerId: string, evse: number): 'Faulted' | 'Unavailable' | null {
  const whole = findCharger(gw.db, chargerId)?.status ?? null;
  const status = visibleStatus(findEvse(gw.db, chargerId, evse)?.status ?? null, whole, false);
  return status === 'Faulted' || status === 'Unavailable' ? status : null;
}

/** Its own card, in any way of writing, or one of its group. */
export function isHolder(gw: Gateway, { token, wireUid, groupId, bookingId }: Reservation, uid: string): boolean {
  const given = canonicalUid(uid);
  if (canonicalUid(wireUid) === given || canonicalUid(token.uid) === given) return true;
  const booked = bookingId === null ? undefined : findBooking(gw.db, bookingId);
  if (booked?.tokens.some((each) => canonicalUid(each.uid) === given)) return true;
  if (booked && !booked.terms.groups) return false;
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
  const letIn = begun.tokenUid === '' || (named && isHolder(gw, named, begun.tokenUid));
  if (named && isLive(named) && letIn) return named;
  const here = store.findLiveAt(gw.db, begun.chargerId, begun.evse);
  if (here) return isHolder(gw, here, begun.tokenUid) ? here : null;
  // Who booked any bay may take another than the one that was kept.
  return (
    store
      .listLive(gw.db)
      .find(
        (each) =>
          each.state === 'held' &&
          isOfPool(gw, each, begun.chargerId, begun.evse) &&
          isHolder(gw, each, begun.tokenUid),
      ) ?? null
  );
}

/** Is it for a booking that may be used at this bay, too? */
export function isOfPool(gw: Gateway, { bookingId }: Reservation, chargerId: string, evse: number): boolean {
  const booking = bookingId === null ? undefined : findBooking(gw.db, bookingId);
  if (!booking || booking.pinned) return false;
  return findPlace(gw, booking.place)?.bays.some((bay) => bay.chargerId === chargerId && bay.evse === evse) ?? false;
}

/** Notes, inside the write at hand, that its driver came. */
export function useReservation(
  gw: Gateway,
  tx: Tx,
  reservation: Reservation,
  at: { chargerId: string; evse: number },
): void {
  const there = reservation.chargerId === at.chargerId && reservation.evse === at.evse;
  // Kept elsewhere than it was used: that charger has to let go.
  const told = reservation.told && !there;
  store.updateReservation(gw.db, { ...reservation, state: 'used', endedAt: tx.now, told, updatedAt: tx.stamp });
  const booking = reservation.bookingId === null ? undefined : findBooking(gw.db, reservation.bookingId);
  if (booking) {
    const fulfilled = {
      state: 'FULFILLED' as const,
      sessionId: reservation.sessionId,
      chargerId: at.chargerId,
      evse: at.evse,
      // Who was thought not to have come has.
      reason: booking.state === 'NO_SHOW' ? null : booking.reason,
      updatedAt: tx.stamp,
    };
    updateBooking(gw.db, { ...booking, ...fulfilled });
    tx.emit({ name: 'booking.changed', data: { bookingId: booking.id } });
  }
  if (told) tx.emit({ name: 'reservation.owed', data: { reservationId: reservation.id } });
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
