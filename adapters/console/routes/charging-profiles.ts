import Type from 'typebox';
import { checkEvse, orderCharger } from '../../../gateway/remote-control.ts';
import { clearProfiles, setProfile } from '../../../gateway/smart-charging.ts';
import { OUTCOME_RESPONSES, answerOutcome, refuseOutcome } from '../outcome.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ChargerId, EvseNumber } from './orders.ts';
import { ProfileFields, ProfileNumber, Purpose, StackLevel, readProfile } from './profile-body.ts';

const URL = '/api/chargers/:chargerId/charging-profile';

const Taken = Type.Object({
  answer: Type.Unknown({ description: "the charger's last answer, as it gave it" }),
  way: Type.String({ description: 'how the limit was said that it answers to: "as asked", "stack level 0"' }),
  tried: Type.Array(Type.String(), { description: 'every way that was tried' }),
});

/** Limits on what a charger, an EVSE or a transaction may draw. */
export const chargingProfileRoutes: Route[] = [
  route({
    method: 'PUT',
    url: URL,
    summary:
      'Set a limit; one that the charger rejects is said in the other ways that chargers take, never a higher one',
    params: ChargerId,
    body: Type.Object(
      {
        ...ProfileFields,
        evse: Type.Optional(EvseNumber),
        transactionId: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 64,
            description: 'for tx, where several run; as /api/transactions has it',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    responses: { ...OUTCOME_RESPONSES, 200: Taken },
    async handle(gw, { params, body }) {
      const { outcome, tried } = await setProfile(gw, params.chargerId, {
        evse: body.evse ?? null,
        transactionId: body.transactionId ?? null,
        profile: { ...readProfile(gw, body), id: body.id ?? null },
      });
      return outcome.kind === 'answered'
        ? ok({ answer: outcome.payload, way: tried.at(-1), tried })
        : refuseOutcome(outcome, params.chargerId, 'charging-profile');
    },
  }),
  route({
    method: 'DELETE',
    url: URL,
    summary: 'Clear the limits that agree with everything given; nothing given: all',
    params: ChargerId,
    query: Type.Object(
      {
        id: Type.Optional(ProfileNumber),
        evse: Type.Optional(EvseNumber),
        purpose: Type.Optional(Purpose),
        stackLevel: Type.Optional(StackLevel),
      },
      { additionalProperties: false },
    ),
    responses: OUTCOME_RESPONSES,
    async handle(gw, { params, query }) {
      const { id = null, evse = null, purpose = null, stackLevel = null } = query;
      const outcome = await clearProfiles(gw, params.chargerId, { id, evse, purpose, stackLevel });
      return answerOutcome(outcome, params.chargerId, 'clear-profiles');
    },
  }),
  route({
    method: 'GET',
    url: URL,
    summary: 'What a charger makes of all its limits together, from now on',
    params: ChargerId,
    query: Type.Object(
      {
        evse: Type.Optional(EvseNumber),
        seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800, description: 'default one day' })),
        unit: Type.Optional(Type.Enum(['A', 'W'])),
      },
      { additionalProperties: false },
    ),
    responses: OUTCOME_RESPONSES,
    async handle(gw, { params, query }) {
      const { evse = null, seconds = 86_400, unit = null } = query;
      checkEvse(gw, params.chargerId, evse);
      const outcome = await orderCharger(gw, params.chargerId, { kind: 'composite-schedule', evse, seconds, unit });
      return answerOutcome(outcome, params.chargerId, 'composite-schedule');
    },
  }),
];
