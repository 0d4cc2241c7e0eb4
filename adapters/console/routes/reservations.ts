import Type from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { parseTime, type Millis } from '../../../gateway/domain/time.ts';
import { cancelReservation, listReservations } from '../../../gateway/reservations.ts';
import { getReservation, listLiveReservations, reserveBay } from '../../../gateway/site-reservations.ts';
import { presentReservation, ReservationBody } from '../reservation-schemas.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, listOf } from '../schemas.ts';
import { ListParams } from './history.ts';

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });

const ReservationQuery = Type.Object(
  {
    ...ListParams.properties,
    live: Type.Optional(Type.Boolean({ description: 'only those that keep a bay now, all of them' })),
  },
  { additionalProperties: false },
);

const NewReservation = Type.Object(
  {
    charger: Type.String({ minLength: 1, maxLength: 64 }),
    evse: Type.Integer({ minimum: 1, maximum: 1000 }),
    tokenUid: Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' }),
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080, description: 'or expiresAt' })),
    expiresAt: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339' })),
  },
  { additionalProperties: false },
);

const CancelQuery = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'told to whoever asked for it' })) },
  { additionalProperties: false },
);

/** Bays that are kept for somebody, from now on. */
export const reservationRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/reservations',
    summary: 'Reservations of the operator, of peers and of bookings, newest first',
    query: ReservationQuery,
    responses: { 200: listOf(ReservationBody) },
    handle(gw, { query }) {
      if (query.live === true) return ok({ items: listLiveReservations(gw).map(presentReservation), next: null });
      const limit = query.limit ?? 50;
      const found = listReservations(gw, limit + 1, query.cursor === undefined ? null : Number(query.cursor));
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return ok({
        items: items.map(presentReservation),
        next: found.length > limit && last ? String(last.wireId) : null,
      });
    },
  }),
  route({
    method: 'POST',
    url: '/api/reservations',
    summary: 'Keep a bay for a card from now on; its charger is told, or stood in for where it cannot',
    body: NewReservation,
    responses: { 201: ReservationBody, 404: ErrorBody, 409: ErrorBody, 422: ErrorBody },
    async handle(gw, { body }) {
      const { charger: chargerId, evse, tokenUid, minutes } = body;
      const expiresAt = until(gw.clock(), minutes, body.expiresAt);
      return {
        status: 201,
        body: presentReservation(await reserveBay(gw, { chargerId, evse, tokenUid, expiresAt })),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/reservations/:id',
    summary: 'One reservation',
    params: Id,
    responses: { 200: ReservationBody, 404: ErrorBody },
    handle: (gw, { params }) => ok(presentReservation(getReservation(gw, params.id))),
  }),
  route({
    method: 'DELETE',
    url: '/api/reservations/:id',
    summary: 'Call a reservation off; it stays listed as cancelled',
    params: Id,
    query: CancelQuery,
    responses: { 200: ReservationBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, query }) {
      await cancelReservation(gw, params.id, query.reason ?? 'the operator called it off');
      return ok(presentReservation(getReservation(gw, params.id)));
    },
  }),
];

function until(now: Millis, minutes: number | undefined, expiresAt: string | undefined): Millis {
  if ((minutes === undefined) === (expiresAt === undefined))
    throw new GatewayError('REQUEST_INVALID', 'body: say either minutes or expiresAt');
  if (expiresAt === undefined) return now + (minutes ?? 0) * 60_000;
  const parsed = parseTime(expiresAt);
  if (!parsed)
    throw new GatewayError('REQUEST_INVALID', `body/expiresAt: ${expiresAt} is no time; write 2027-01-31T00:00:00Z`);
  return parsed.at;
}
