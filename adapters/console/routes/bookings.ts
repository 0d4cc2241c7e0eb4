import { Readable } from 'node:stream';
import Type from 'typebox';
import { exportCalendar } from '../../../gateway/booking-calendar.ts';
import { bookingPlaces, calendarOf } from '../../../gateway/booking-places.ts';
import { cancelBooking, listBookings } from '../../../gateway/bookings.ts';
import { dayPlan } from '../../../gateway/day-plan.ts';
import { bookBay, getBooking, getPlace, moveDepotBooking } from '../../../gateway/depot-bookings.ts';
import { BOOKING_STATES, CANCEL_REASONS } from '../../../gateway/domain/bookings.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { toUtc, type Millis } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { dayAt, readDay, readSiteTime } from '../../../gateway/local-times.ts';
import {
  BookingBody,
  DayPlanBody,
  FreeBody,
  PlaceBody,
  presentBooking,
  presentDayPlan,
  presentPlace,
} from '../booking-schemas.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, listOf } from '../schemas.ts';
import { ListParams } from './history.ts';

const DAY = 86_400_000;
/** Longest window of a calendar, days. */
const LONGEST_WINDOW = 366;

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });
const Moment = Type.String({
  maxLength: 40,
  description: "RFC 3339; without a zone it is the site's clock: 2026-11-21 18:00",
});
const Bay = Type.String({
  minLength: 1,
  maxLength: 80,
  description: 'uid of the EVSE, its EVSE id, or charger/EVSE such as BAY-1/2; null or absent: any',
});
const Words = Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()]);

const BookingQuery = Type.Object(
  {
    ...ListParams.properties,
    from: Type.Optional({ ...Moment, description: 'those that end after it; RFC 3339, or by the clock of the site' }),
    to: Type.Optional({ ...Moment, description: 'those that begin before it' }),
    status: Type.Optional(Type.Enum([...BOOKING_STATES])),
  },
  { additionalProperties: false },
);

const NewBooking = Type.Object(
  {
    tokenUid: Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' }),
    startsAt: Moment,
    endsAt: Moment,
    bay: Type.Optional(Type.Union([Bay, Type.Null()])),
    vehicle: Type.Optional(Words),
    note: Type.Optional(Words),
  },
  { additionalProperties: false },
);

const BookingMove = Type.Object(
  {
    startsAt: Type.Optional({ ...Moment, description: 'alone: the booking keeps its length' }),
    endsAt: Type.Optional(Moment),
    bay: Type.Optional(Bay),
  },
  { additionalProperties: false, minProperties: 1 },
);

const CancelQuery = Type.Object(
  {
    reason: Type.Optional(Type.Enum([...CANCEL_REASONS], { description: 'as OCPI tells it; default UNKNOWN' })),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);

/** Bays that are wanted for a time to come. */
export const bookingRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/bookings',
    summary: 'Bookings of the operator and of peers, by their time',
    query: BookingQuery,
    responses: { 200: listOf(BookingBody) },
    handle(gw, { query }) {
      const { limit = 50, cursor = '0', from, to, status } = query;
      const offset = Number(cursor);
      const { items, total } = listBookings(gw, {
        limit,
        offset,
        ...(from !== undefined && { from: moment(gw, 'query/from', from) }),
        ...(to !== undefined && { to: moment(gw, 'query/to', to) }),
        ...(status !== undefined && { state: status }),
      });
      const reached = offset + items.length;
      return ok({ items: items.map(presentBooking), next: reached < total ? String(reached) : null });
    },
  }),
  route({
    method: 'POST',
    url: '/api/bookings',
    summary: 'Book a bay for a card',
    body: NewBooking,
    responses: { 201: BookingBody, 409: ErrorBody, 422: ErrorBody },
    async handle(gw, { body }) {
      const booking = await bookBay(gw, {
        tokenUid: body.tokenUid,
        startsAt: moment(gw, 'body/startsAt', body.startsAt),
        endsAt: moment(gw, 'body/endsAt', body.endsAt),
        bay: body.bay ?? null,
        vehicle: body.vehicle ?? null,
        note: body.note ?? null,
      });
      return { status: 201, body: presentBooking(booking) };
    },
  }),
  route({
    method: 'GET',
    url: '/api/bookings/plan',
    summary: 'Who is to be at which bay on a day of the site',
    query: Type.Object(
      { day: Type.Optional(Type.String({ maxLength: 10, description: '2026-11-21; default: today at the site' })) },
      { additionalProperties: false },
    ),
    responses: { 200: DayPlanBody },
    handle(gw, { query }) {
      const day = query.day === undefined ? dayAt(gw.clock(), gw.settings.site.timeZone) : readDay(query.day);
      if (!day)
        throw new GatewayError('REQUEST_INVALID', `query/day: ${String(query.day)} is no day; write 2026-11-21`);
      return ok(presentDayPlan(dayPlan(gw, day)));
    },
  }),
  route({
    method: 'GET',
    url: '/api/bookings/calendar.ics',
    summary: 'Bookings as an iCalendar (RFC 5545), a month back and all ahead; without whole card numbers',
    responses: { 200: Type.String({ description: 'text/calendar' }) },
    handle: (gw) => ({
      status: 200,
      headers: {
        'content-type': 'text/calendar; charset=utf-8',
        'content-disposition': 'attachment; filename="bookings.ics"',
      },
      body: Readable.from(exportCalendar(gw)),
    }),
  }),
  route({
    method: 'GET',
    url: '/api/bookings/:id',
    summary: 'One booking',
    params: Id,
    responses: { 200: BookingBody, 404: ErrorBody },
    handle: (gw, { params }) => ok(presentBooking(getBooking(gw, params.id))),
  }),
  route({
    method: 'PUT',
    url: '/api/bookings/:id',
    summary: "Move a booking to another time or bay, also against its terms; a peer's too, which is told",
    params: Id,
    body: BookingMove,
    responses: { 200: BookingBody, 404: ErrorBody, 409: ErrorBody, 422: ErrorBody },
    async handle(gw, { params, body: { startsAt, endsAt, bay } }) {
      const moved = await moveDepotBooking(gw, params.id, {
        ...(startsAt !== undefined && { startsAt: moment(gw, 'body/startsAt', startsAt) }),
        ...(endsAt !== undefined && { endsAt: moment(gw, 'body/endsAt', endsAt) }),
        ...(bay !== undefined && { bay }),
      });
      return ok(presentBooking(moved));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/bookings/:id',
    summary: 'Call a booking off for the site; it stays listed as CANCELED',
    params: Id,
    query: CancelQuery,
    responses: { 200: BookingBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, query: { reason = 'UNKNOWN', note = null } }) {
      return ok(presentBooking(await cancelBooking(gw, params.id, { reason, by: 'CPO' }, note)));
    },
  }),
  route({
    method: 'GET',
    url: '/api/booking-places',
    summary: 'Where one can book: any bay, and each of them',
    responses: { 200: listOf(PlaceBody) },
    handle: (gw) => ok({ items: bookingPlaces(gw).map(presentPlace), next: null }),
  }),
  route({
    method: 'GET',
    url: '/api/booking-places/:id/calendar',
    summary: 'When a place is free',
    params: Id,
    query: Type.Object(
      {
        from: Type.Optional({ ...Moment, description: 'default now' }),
        to: Type.Optional({ ...Moment, description: 'default 7 days later; at most 366 days later' }),
      },
      { additionalProperties: false },
    ),
    responses: { 200: FreeBody, 404: ErrorBody },
    handle(gw, { params, query }) {
      const place = getPlace(gw, params.id);
      const from = query.from === undefined ? gw.clock() : moment(gw, 'query/from', query.from);
      const to = query.to === undefined ? from + 7 * DAY : moment(gw, 'query/to', query.to);
      if (to <= from || to - from > LONGEST_WINDOW * DAY)
        throw new GatewayError('REQUEST_INVALID', `query/to: name a time up to ${LONGEST_WINDOW} days after from`);
      const free = calendarOf(gw, place, from, to);
      return ok({ place: place.id, free: free.map((each) => ({ from: toUtc(each.from), to: toUtc(each.to) })) });
    },
  }),
];

function moment(gw: Gateway, where: string, text: string): Millis {
  const at = readSiteTime(text, gw.settings.site.timeZone);
  if (at === null)
    throw new GatewayError(
      'REQUEST_INVALID',
      `${where}: ${text} is no time; write 2026-11-21T18:00:00+01:00, or 2026-11-21 18:00 by the site's clock`,
    );
  return at;
}
