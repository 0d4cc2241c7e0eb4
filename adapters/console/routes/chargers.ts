import Type from 'typebox';
import { acceptCharger, findCharger, listChargers } from '../../../gateway/chargers.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import { listFrames } from '../../../gateway/frames.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { callCharger } from '../../../gateway/remote-control.ts';
import { refusal } from '../errors.ts';
import { presentCharger } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Answer, Route } from '../route.ts';
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

const RefusedCallBody = Type.Object({
  code: Type.String({ description: "the charger's CALLERROR code" }),
  description: Type.String(),
  details: Type.Unknown(),
  message: Type.String(),
});

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
    summary: 'One charger: EVSEs, status, protocol, last seen, deviations from the standard',
    params: Id,
    responses: { 200: ChargerBody, 404: ErrorBody },
    handle: (gw, { params }) => ok(presentCharger(knownCharger(gw, params.chargerId))),
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/accept',
    summary: 'Take in a charger that is pending',
    params: Id,
    responses: { 200: ChargerBody, 404: ErrorBody },
    async handle(gw, { params }) {
      await acceptCharger(gw, params.chargerId);
      return ok(presentCharger(knownCharger(gw, params.chargerId)));
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/calls',
    summary: "Make any OCPP call to a charger, schema-checked; answers with the charger's answer",
    params: Id,
    body: CallBody,
    responses: {
      200: Type.Unknown({ description: "the charger's answer, as it gave it" }),
      404: ErrorBody,
      409: ErrorBody,
      422: ErrorBody,
      502: RefusedCallBody,
      503: ErrorBody,
      504: ErrorBody,
    },
    handle: (gw, { params, body }) => call(gw, params.chargerId, body.action, body.payload ?? {}),
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
  if (!charger) throw new GatewayError('CHARGER_UNKNOWN', unknown(chargerId));
  return charger;
}

function unknown(chargerId: string): string {
  return `no charger ${chargerId} has ever been seen or configured here: check the id, case counts`;
}

async function call(gw: Gateway, chargerId: string, action: string, payload: unknown): Promise<Answer> {
  const outcome = await callCharger(gw, chargerId, action, payload);
  const who = `charger ${chargerId}`;
  switch (outcome.kind) {
    case 'result':
      return ok(outcome.payload);
    case 'error': {
      const { code, description, details } = outcome;
      const message = `${who} refused ${action} with ${code}${description === '' ? '' : `: ${description}`}`;
      return { status: 502, body: { code, description, details, message } };
    }
    case 'invalid': {
      const { status, body } = refusal('CALL_INVALID', `${action} was not sent: ${outcome.problems.join('; ')}`);
      return { status, body: { ...body, problems: outcome.problems } };
    }
    case 'timeout':
      return refusal('CALL_TIMEOUT', `${who} did not answer ${action} in time; whether it acted on it is not known`);
    case 'disconnected':
      return refusal(
        'CALL_TIMEOUT',
        `${who} went away before it answered ${action}; whether it acted on it is not known`,
      );
    case 'queue-full':
      return refusal('CALL_QUEUE_FULL', `too many calls wait for ${who} already: try again when they are answered`);
    case 'not-connected':
      return refusal('CHARGER_NOT_CONNECTED', `${who} is not connected: the call was not sent`);
    case 'unknown-charger':
      return refusal('CHARGER_UNKNOWN', unknown(chargerId));
  }
}
