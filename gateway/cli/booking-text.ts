import type { BookingBody, DayPlanBody } from '../../adapters/console/booking-schemas.ts';
import { localTime, table } from './output.ts';

/** `bus 12 at BAY-1/2, 2026-11-21 18:00 to 2026-11-22 06:00` */
export function bookingText(booking: BookingBody): string {
  return `${holder(booking)} at ${bay(booking)}, ${minute(booking.startsAt)} to ${minute(booking.endsAt)}`;
}

export function bookingsText(items: BookingBody[]): string {
  return table(
    ['FROM', 'TO', 'BAY', 'VEHICLE', 'CARD', 'STATUS', 'BY', 'ID'],
    items.map((each) => [
      minute(each.startsAt),
      minute(each.endsAt),
      bay(each),
      each.vehicle ?? '–',
      each.tokenUids.join(' ') || '–',
      each.status,
      each.peer ?? 'site',
      each.id,
    ]),
    'nothing is booked',
  );
}

/** A line for each booking of each bay, in the site's time. */
export function planText({ day, timeZone, bays, elsewhere }: DayPlanBody): string {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, hour: '2-digit', minute: '2-digit' });
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  const at = (text: string): string => {
    const time = new Date(text);
    return date.format(time) === day ? clock.format(time) : `${date.format(time)} ${clock.format(time)}`;
  };
  const row = (where: string, each: BookingBody): string[] => [
    where,
    at(each.startsAt),
    at(each.endsAt),
    holder(each),
    each.status,
    each.id,
  ];
  const rows = bays.flatMap(({ chargerId, evse, bookings }) =>
    bookings.length === 0
      ? [[`${chargerId}/${evse}`, '–', '–', 'free all day', '', '']]
      : bookings.map((each, index) => row(index === 0 ? `${chargerId}/${evse}` : '', each)),
  );
  const others = elsewhere.map((each) => row('no bay', each));
  return `${day} (${timeZone})\n${table(['BAY', 'FROM', 'TO', 'WHO', 'STATUS', 'ID'], [...rows, ...others], 'no bays yet')}`;
}

function holder({ vehicle, tokenUids }: BookingBody): string {
  return vehicle ?? tokenUids[0] ?? '–';
}

function bay({ chargerId, evse }: BookingBody): string {
  return chargerId === null || evse === null ? '–' : `${chargerId}/${evse}`;
}

function minute(text: string): string {
  return localTime(text).slice(0, 16);
}
