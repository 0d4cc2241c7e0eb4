import Type from 'typebox';
import type { Static } from 'typebox';
import type { DayPlan } from '../../gateway/day-plan.ts';
import { BOOKING_STATES, CANCEL_REASONS, type Booking, type BookingPlace } from '../../gateway/domain/bookings.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import { ErrorBody } from './schemas.ts';

const Text = Type.String();
const Maybe = Type.Union([Text, Type.Null()]);
const Time = Type.String({ description: 'RFC 3339, UTC' });

export const BookingBody = Type.Object({
  id: Text,
  requestId: Type.String({ description: 'of whoever booked; the same for all changes' }),
  peer: Type.Union([Text, Type.Null()], { description: 'who booked; null: the operator' }),
  status: Type.Enum([...BOOKING_STATES]),
  startsAt: Time,
  endsAt: Time,
  place: Type.String({ description: 'id of the place that was asked for' }),
  chargerId: Type.Union([Text, Type.Null()], {
    description: 'where it is to be as things stand; null once it is over',
  }),
  evse: Type.Union([Type.Integer(), Type.Null()]),
  pinned: Type.Boolean({ description: 'that bay was asked for; else it may change until its time' }),
  tokenUids: Type.Array(Text, { description: 'any of these cards may use it' }),
  vehicle: Maybe,
  note: Maybe,
  sessionId: Maybe,
  canceled: Type.Union([
    Type.Object({ reason: Type.Enum([...CANCEL_REASONS]), by: Type.Enum(['CPO', 'EMSP']) }),
    Type.Null(),
  ]),
  reason: Type.Union([Text, Type.Null()], { description: 'how it ended, or why a change was declined' }),
  updatedAt: Time,
});
export type BookingBody = Static<typeof BookingBody>;

export function presentBooking(booking: Booking): BookingBody {
  return {
    id: booking.id,
    requestId: booking.requestId,
    peer: booking.peer,
    status: booking.state,
    startsAt: toUtc(booking.startsAt),
    endsAt: toUtc(booking.endsAt),
    place: booking.place,
    chargerId: booking.chargerId,
    evse: booking.evse,
    pinned: booking.pinned,
    tokenUids: booking.tokens.map(({ uid }) => uid),
    vehicle: booking.vehicle,
    note: booking.note,
    sessionId: booking.sessionId,
    canceled: booking.canceled && { reason: booking.canceled.reason, by: booking.canceled.by },
    reason: booking.reason,
    updatedAt: toUtc(booking.updatedAt),
  };
}

export const DayPlanBody = Type.Object({
  day: Type.String({ description: 'at the site' }),
  timeZone: Text,
  from: Type.String({ description: 'RFC 3339, UTC: its begin; a day has 23, 24 or 25 hours' }),
  to: Time,
  bays: Type.Array(
    Type.Object({
      chargerId: Text,
      evse: Type.Integer(),
      uid: Text,
      status: Text,
      bookings: Type.Array(BookingBody, { description: 'by their begin' }),
    }),
  ),
  elsewhere: Type.Array(BookingBody, { description: 'bookings of the day without a bay that there is' }),
});
export type DayPlanBody = Static<typeof DayPlanBody>;

export function presentDayPlan({ day, timeZone, from, to, bays, elsewhere }: DayPlan): DayPlanBody {
  return {
    day,
    timeZone,
    from: toUtc(from),
    to: toUtc(to),
    bays: bays.map(({ bay, bookings }) => ({
      chargerId: bay.chargerId,
      evse: bay.evse,
      uid: bay.uid,
      status: bay.visible,
      bookings: bookings.map(presentBooking),
    })),
    elsewhere: elsewhere.map(presentBooking),
  };
}

export const PlaceBody = Type.Object({
  id: Text,
  single: Type.Boolean({ description: 'one bay; false: any of several' }),
  bays: Type.Array(Type.Object({ chargerId: Text, evse: Type.Integer(), evseUid: Text })),
});
export type PlaceBody = Static<typeof PlaceBody>;

export function presentPlace({ id, single, bays }: BookingPlace): PlaceBody {
  return { id, single, bays: bays.map(({ chargerId, evse, evseUid }) => ({ chargerId, evse, evseUid })) };
}

export const FreeBody = Type.Object({
  place: Text,
  free: Type.Array(Type.Object({ from: Time, to: Time }), { description: 'when at least one bay is free' }),
});
export type FreeBody = Static<typeof FreeBody>;

/** What became of a list of bookings, or what would. */
export const BookingImportBody = Type.Object({
  applied: Type.Boolean({ description: 'false: nothing was changed, and the counts tell what would be' }),
  added: Type.Integer(),
  same: Type.Integer({ description: 'of the same list before, whatever became of them since' }),
  past: Type.Integer({ description: 'times of weekly patterns that are over' }),
  skipped: Type.Integer({ description: 'times of weekly patterns of which clocks leave nothing' }),
  refused: Type.Integer(),
  refusedLines: Type.Array(Type.Object({ line: Type.Integer(), column: Maybe, reason: Text }), {
    description: 'the first hundred; column null: the line as a whole',
  }),
});
export type BookingImportBody = Static<typeof BookingImportBody>;

export const RefusedBookingsBody = Type.Object({ ...ErrorBody.properties, ...BookingImportBody.properties });
export type RefusedBookingsBody = Static<typeof RefusedBookingsBody>;
