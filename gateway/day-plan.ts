import { listBookings } from './bookings.ts';
import type { EvseView } from './chargers.ts';
import { bayOfBooking } from './depot-bookings.ts';
import type { Booking, BookingState } from './domain/bookings.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { siteDay, type Day, type SiteDay } from './local-times.ts';
import { siteView } from './site.ts';

/** One bay, and who is to be there when, in order. */
export interface BayPlan {
  bay: EvseView;
  bookings: Booking[];
}

export interface DayPlan extends SiteDay {
  timeZone: string;
  bays: BayPlan[];
  /** Those that have no bay that there is. */
  elsewhere: Booking[];
}

/** These were never there, or not any more. */
const GONE: ReadonlySet<BookingState> = new Set(['CANCELED', 'REJECTED', 'FAILED']);
const PAGE = 1000;

/** Who is to be at which bay on a day of the site, as things stand. */
export function dayPlan(gw: Gateway, day: Day): DayPlan {
  const { timeZone } = gw.settings.site;
  const { from, to, ...rest } = siteDay(day, timeZone);
  const placed = bookingsBetween(gw, from, to)
    .filter(({ state }) => !GONE.has(state))
    .map((booking) => ({ booking, bay: bayOfBooking(gw, booking) }));
  const bays = siteView(gw)
    .evses.filter(({ removed }) => !removed)
    .map((bay) => ({
      bay,
      bookings: placed
        .filter((each) => each.bay?.chargerId === bay.chargerId && each.bay.evse === bay.evse)
        .map(({ booking }) => booking),
    }));
  const shown = new Set(bays.flatMap(({ bookings }) => bookings.map(({ id }) => id)));
  const elsewhere = placed.map(({ booking }) => booking).filter(({ id }) => !shown.has(id));
  return { ...rest, from, to, timeZone, bays, elsewhere };
}

/** Every booking that lasts at some time from `from` until `to`, by its begin. */
export function bookingsBetween(gw: Gateway, from: Millis, to: Millis): Booking[] {
  const found: Booking[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const { items } = listBookings(gw, { from, to, limit: PAGE, offset });
    found.push(...items);
    if (items.length < PAGE) return found;
  }
}
