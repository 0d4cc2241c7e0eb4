import Type from 'typebox';
import { findCharger, listChargers } from '../../../gateway/chargers.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import { listFrames } from '../../../gateway/frames.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { acceptCharger, forgetCharger, rejectCharger } from '../../../gateway/onboarding.ts';
import { callCharger } from '../../../gateway/remote-control.ts';
import { OUTCOME_RESPONSES, answerOutcome, unknownCharger } from '../outcome.ts';
import { ChargerDetailBody, presentCapabilities } from '../capabilities.ts';
import { presentCharger } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ChargerBody, ErrorBody, FrameBody, listOf } from '../schemas.ts';
import type { ListBody } from '../schemas.ts';

const Id = Type.Object({ chargerId: Type.String({ minLength: 1, maxLength: 256 }) });

const CallBody = Type.Object(
  {
    action: Type.String({ minLength: 1, maxLength: 64, description: 'as OCPP names it, e.g. RemoteStartTransaction' }),
    payload: Type.Optional(Type.Unknown({ description: "the call's payload as OCPP has it; {} when left out" })),
  },
  { additionalProperties: false },
);

/** Chargers: what they are, taking them in, calling them, what crossed the wire. */
export const chargerRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/chargers',
    summary: 'Every charger with its EVSEs, by id',
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        cursor: Type.Optional(Type.String({ maxLength: 256 })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: listOf(ChargerBody) },
    handle: (gw, { query }) => ok(chargersPage(gw, query.limit ?? 1000, query.cursor)),
  }),
  route({
    method: 'GET',
    url: '/api/chargers/:chargerId',
    summary: 'One charger: EVSEs, status, protocol, last seen, what it can do, deviations from the standard',
    params: Id,
    responses: { 200: ChargerDetailBody, 404: ErrorBody },
    handle(gw, { params }) {
      const charger = presentCharger(knownCharger(gw, params.chargerId));
      return ok({ ...charger, capabilities: presentCapabilities(gw, charger.id) });
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/accept',
    summary: 'Take in a charger that is pending or was rejected; it is asked to boot at once',
    params: Id,
    responses: { 200: ChargerBody, 404: ErrorBody },
    async handle(gw, { params }) {
      await acceptCharger(gw, params.chargerId);
      return ok(presentCharger(knownCharger(gw, params.chargerId)));
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/reject',
    summary: 'Keep a charger from working here',
    params: Id,
    responses: { 200: ChargerBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params }) {
      await rejectCharger(gw, params.chargerId);
      return ok(presentCharger(knownCharger(gw, params.chargerId)));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/chargers/:chargerId',
    summary: 'Forget a charger of the site that made no transactions',
    params: Id,
    responses: { 204: Type.Null(), 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params }) {
      await forgetCharger(gw, params.chargerId);
      return { status: 204, body: null };
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/calls',
    summary: "Make any OCPP call to a charger, schema-checked; answers with the charger's answer",
    params: Id,
    body: CallBody,
    responses: OUTCOME_RESPONSES,
    async handle(gw, { params, body }) {
      const outcome = await callCharger(gw, params.chargerId, body.action, body.payload ?? {});
      return answerOutcome(outcome, params.chargerId, body.action);
    },
  }),
  route({
    method: 'GET',
    url: '/api/frames',
    summary: 'The newest raw frames of a charger, oldest first, secrets masked',
    query: Type.Object(
      {
        charger: Type.String({ minLength: 1, maxLength: 256 }),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: listOf(FrameBody), 404: ErrorBody },
    async handle(gw, { query }) {
      const { id } = knownCharger(gw, query.charger);
      const frames = await listFrames(gw, id, query.limit ?? 50);
      return ok({ items: frames.map(({ at, direction, text }) => ({ at: toUtc(at), direction, text })), next: null });
    },
  }),
];

/** Chargers are configuration as much as history: their list goes by id, which is its cursor too. */
function chargersPage(gw: Gateway, limit: number, cursor: string | undefined): ListBody<ChargerBody> {
  const rest = listChargers(gw).filter((charger) => cursor === undefined || charger.id > cursor);
  const items = rest.slice(0, limit).map(presentCharger);
  return { items, next: rest.length > limit ? (items.at(-1)?.id ?? null) : null };
}

function knownCharger(gw: Gateway, chargerId: string) {
  const charger = findCharger(gw, chargerId);
  if (!charger) throw new GatewayError('CHARGER_UNKNOWN', unknownCharger(chargerId));
  return charger;
}
