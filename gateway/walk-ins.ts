import { findPlace, nameOf } from './booking-places.ts';
import { planBays, type Slot } from './booking-plan.ts';
import type { Millis } from './domain/time.ts';
import { canonicalUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { brokenBay } from './reserved-bays.ts';
import { findBooking, listTaken, type Taken } from './store/bookings.ts';
import { findOpenAt } from './store/transactions.ts';

const MINUTE = 60_000;

/**
 * The booking that a bay is needed for soon, so that it is not for who comes without one; null where it is nobody's, the card's
 * own, or another bay can take the booking.
 */
export function neededSoon(gw: Gateway, chargerId: string, evse: number, uid: string, at: Millis): Taken | null {
  const { walkIns, walkInMinutes } = gw.settings.bookings;
  if (walkIns === 'allow') return null;
  const soon = listTaken(gw.db, at, at + walkInMinutes * MINUTE);
  const here = soon.find((each) => each.chargerId === chargerId && each.evse === evse);
  if (!here) return null;
  const tokens = findBooking(gw.db, here.id)?.tokens ?? [];
  if (tokens.some((token) => canonicalUid(token.uid) === canonicalUid(uid))) return null;
  return canGoElsewhere(gw, here) ? null : here;
}

function canGoElsewhere(gw: Gateway, booking: Taken): boolean {
  if (booking.pinned) return false;
  const bay = nameOf(booking);
  const others = (findPlace(gw, booking.place)?.bays ?? []).filter(
    (each) => nameOf(each) !== bay && isUsable(gw, each.chargerId, each.evse),
  );
  const slot = (taken: Taken, bays: string[], own: boolean): Slot => ({
    id: taken.id,
    from: taken.startsAt,
    to: taken.freeAt,
    bay: own ? null : nameOf(taken),
    pinned: !own,
    bays,
  });
  const around = listTaken(gw.db, booking.startsAt, booking.freeAt).filter(({ id }) => id !== booking.id);
  return planBays([...around.map((each) => slot(each, [], false)), slot(booking, others.map(nameOf), true)]) !== null;
}

function isUsable(gw: Gateway, chargerId: string, evse: number): boolean {
  return !brokenBay(gw, chargerId, evse) && !findOpenAt(gw.db, chargerId, evse);
}
