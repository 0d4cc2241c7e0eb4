import { bookingsBetween } from './day-plan.ts';
import { bayOfBooking } from './depot-bookings.ts';
import { takesBay, type Booking, type BookingState } from './domain/bookings.ts';
import { maskUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { calendarLines, type CalendarEvent } from './icalendar.ts';
import { siteView } from './site.ts';

const DAY = 86_400_000;
/** What a calendar goes back and ahead. */
const BACK = 31 * DAY;
const AHEAD = 400 * DAY;

const STATUS: Readonly<Record<BookingState, CalendarEvent['status']>> = {
  PENDING: 'TENTATIVE',
  RESERVED: 'CONFIRMED',
  FULFILLED: 'CONFIRMED',
  NO_SHOW: 'CONFIRMED',
  CANCELED: 'CANCELLED',
  FAILED: 'CANCELLED',
  REJECTED: 'CANCELLED',
};

/**
 * The site's bookings as an iCalendar (RFC 5545), a month back and all ahead, a piece of text at a time. It holds no access codes and
 * no whole card numbers: it may be read by whoever plans.
 */
export function* exportCalendar(gw: Gateway): Generator<string> {
  const now = gw.clock();
  const { name, id } = gw.settings.site;
  const signs = new Map(siteView(gw).evses.map(({ chargerId, evse, evseId }) => [`${chargerId}/${evse}`, evseId]));
  const bookings = bookingsBetween(gw, now - BACK, now + AHEAD).filter(({ state }) => state !== 'REJECTED');
  yield* calendarLines(
    `${name ?? id}: bookings`,
    bookings.map((booking) => eventOf(gw, booking, signs)),
  );
}

/** `signs`: what stands on the bays. */
function eventOf(gw: Gateway, booking: Booking, signs: ReadonlyMap<string, string>): CalendarEvent {
  const { id, state, startsAt, endsAt, updatedAt, vehicle, tokens, peer, note, reason } = booking;
  const bay = bayOfBooking(gw, booking);
  const where = bay === null ? null : `${bay.chargerId}/${bay.evse}`;
  const who = vehicle ?? (tokens[0] ? `card ${maskUid(tokens[0].uid)}` : 'a driver');
  const site = gw.settings.site;
  return {
    uid: `${id}@chargegate`,
    changedAt: updatedAt,
    startsAt,
    endsAt,
    status: STATUS[state],
    summary: where === null ? who : `${who} at ${where}`,
    location: [site.name ?? site.id, where === null ? undefined : signs.get(where)]
      .filter((part) => part !== undefined)
      .join(', '),
    // Of one that goes on, the reason is why a change was declined, and may name a card.
    description: [
      STATE_WORDS[state],
      peer === null ? null : `booked by ${peer}`,
      note,
      takesBay(booking) ? null : reason,
    ]
      .filter((part) => part !== null)
      .join('\n'),
  };
}

const STATE_WORDS: Readonly<Record<BookingState, string>> = {
  PENDING: 'not confirmed yet',
  RESERVED: 'booked',
  FULFILLED: 'its driver came',
  NO_SHOW: 'nobody came',
  CANCELED: 'cancelled',
  FAILED: 'failed',
  REJECTED: 'refused',
};
