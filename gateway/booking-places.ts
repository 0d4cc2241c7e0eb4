import type { BookingPlace } from './domain/bookings.ts';
import type { Millis } from './domain/time.ts';
import type { EvseView } from './chargers.ts';
import type { Gateway } from './gateway.ts';
import { freeTimes } from './booking-plan.ts';
import { siteView } from './site.ts';
import { listBusy } from './store/booking-offers.ts';

/** The place that stands for every bay of the site. */
export const ANY_BAY = 'any';

/** Where one can book: any bay of the site, and each of them. */
export function bookingPlaces(gw: Gateway): BookingPlace[] {
  const { evses, updatedAt } = siteView(gw);
  const bays = evses.filter(({ removed }) => !removed);
  const all = { id: ANY_BAY, bays: bays.map(bayOf), single: false, updatedAt };
  const each = bays.map((evse) => ({ id: evse.uid, bays: [bayOf(evse)], single: true, updatedAt: evse.updatedAt }));
  return bays.length === 0 ? [] : [all, ...each];
}

function bayOf({ chargerId, evse, uid }: EvseView): BookingPlace['bays'][number] {
  return { chargerId, evse, evseUid: uid };
}

/** One of them; null where there is none of this id. */
export function findPlace(gw: Gateway, id: string): BookingPlace | null {
  return bookingPlaces(gw).find((place) => place.id.toUpperCase() === id.toUpperCase()) ?? null;
}

/** When a place is free, within a window. */
export function calendarOf(gw: Gateway, place: BookingPlace, from: Millis, to: Millis): { from: Millis; to: Millis }[] {
  const bays = place.bays.map(nameOf);
  const taken = listBusy(gw.db, from, to).map(({ chargerId, evse, startsAt, freeAt }) => ({
    bay: nameOf({ chargerId, evse }),
    from: startsAt,
    to: freeAt,
  }));
  return freeTimes(bays, taken, { from, to });
}

/** A bay as plans name it. */
export function nameOf({ chargerId, evse }: { chargerId: string; evse: number }): string {
  return `${chargerId}/${evse}`;
}

/** And back. */
export function bayNamed(name: string): { chargerId: string; evse: number } {
  const cut = name.lastIndexOf('/');
  return { chargerId: name.slice(0, cut), evse: Number(name.slice(cut + 1)) };
}
