import { Temporal } from 'temporal-polyfill';
import type { BookingPlace, BookingRequest } from './domain/bookings.ts';
import type { Millis } from './domain/time.ts';
import { canonicalUid, maskUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { listOverlapping } from './store/bookings.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A booking may be asked for so long after its begin, ms: clocks differ. */
const SLACK = 60_000;

/** Why the terms do not allow a booking at all; null where they do. What the operator books has but to make sense. */
export function checkRequest(
  gw: Gateway,
  place: BookingPlace,
  request: BookingRequest,
  id: string,
  now: Millis,
): string | null {
  const { terms, horizonDays } = gw.settings.bookings;
  const { startsAt, endsAt, evseUid } = request;
  const length = (endsAt - startsAt) / MINUTE;
  if (!(length > 0)) return 'a booking ends after it begins';
  if (startsAt < now - SLACK) return 'that time has begun already';
  if (evseUid !== null && !place.bays.some((bay) => bay.evseUid.toUpperCase() === evseUid.toUpperCase()))
    return `EVSE ${evseUid} is not at this place`;
  if (!terms.overlapping) {
    const twice = overlapping(gw, request, id);
    if (twice !== null) return `card ${maskUid(twice)} has another booking at that time`;
  }
  if (request.peer === null) return null;
  if (length < terms.minDuration) return `a booking is ${terms.minDuration} minutes long at least`;
  if (length > terms.maxDuration) return `a booking is ${terms.maxDuration} minutes long at most`;
  if (startsAt > now + horizonDays * DAY) return `bookings are taken ${horizonDays} days ahead at most`;
  const zone = gw.settings.site.timeZone;
  if (![startsAt, endsAt].every((at) => isOnGrid(at, zone, terms.increment)))
    return `bookings begin and end at every ${terms.increment} minutes of the day`;
  return null;
}

function overlapping(gw: Gateway, { tokens, startsAt, endsAt }: BookingRequest, id: string): string | null {
  const wanted = new Set(tokens.map(({ uid }) => canonicalUid(uid)));
  if (wanted.size === 0) return null;
  const others = listOverlapping(gw.db, startsAt, endsAt, id).flatMap((booking) => booking.tokens);
  return others.find(({ uid }) => wanted.has(canonicalUid(uid)))?.uid ?? null;
}

/** Does it lie on the site's clock at a step of so many minutes? */
function isOnGrid(at: Millis, zone: string, increment: number): boolean {
  if (at % MINUTE !== 0) return false;
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  return (hour * 60 + minute) % increment === 0;
}
