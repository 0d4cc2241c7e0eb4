import Type from 'typebox';
import type { Static, TObject, TSchema } from 'typebox';
import { changeAvailability } from '../../../gateway/change-availability.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { checkEvse, orderCharger, stopRemotely } from '../../../gateway/remote-control.ts';
import { startRemotely } from '../../../gateway/remote-start.ts';
import { triggerCharger } from '../../../gateway/trigger.ts';
import { OUTCOME_RESPONSES, answerOutcome } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { TxProfile, readProfile, readTime } from './profile-body.ts';

/** The charger that a path names. */
export const ChargerId = Type.Object({ chargerId: Type.String({ minLength: 1, maxLength: 256 }) });

export const EvseNumber = Type.Integer({ minimum: 1, maximum: 1000, description: 'from 1' });

/** Length as OCPI gives it (CiString(36)); OCPP 1.6 takes 20. */
const Uid = Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' });

const Time = Type.String({ maxLength: 40, description: 'RFC 3339, 2027-01-31T12:00:00Z' });

const TRIGGERS = [
  'boot',
  'heartbeat',
  'status',
  'meter-values',
  'diagnostics-status',
  'log-status',
  'firmware-status',
  'sign-certificate',
] as const;

/** What people tell a charger day by day, each with a small body of its own. */
export const orderRoutes: Route[] = [
  order(
    'start',
    'Have a charger begin a transaction with a card; the EVSE may be left out where it is clear which',
    { tokenUid: Uid, evse: Type.Optional(EvseNumber), profile: Type.Optional(TxProfile) },
    (gw, chargerId, { tokenUid, evse, profile }) =>
      startRemotely(gw, chargerId, {
        tokenUid,
        evse: evse ?? null,
        profile: profile ? { ...readProfile(gw, { ...profile, purpose: 'tx' }), id: profile.id ?? null } : null,
      }),
  ),
  order(
    'stop',
    'Have a charger end a transaction: the one named, that of an EVSE, or the only one that runs',
    {
      transactionId: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: 'as /api/transactions has it' }),
      ),
      evse: Type.Optional(EvseNumber),
    },
    (gw, chargerId, { transactionId, evse }) =>
      stopRemotely(gw, chargerId, { transactionId: transactionId ?? null, evse: evse ?? null }),
  ),
  order(
    'unlock',
    'Have a charger let go of a cable',
    { evse: EvseNumber, connector: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })) },
    async (gw, chargerId, { evse, connector }) => {
      checkEvse(gw, chargerId, evse);
      return orderCharger(gw, chargerId, { kind: 'unlock', evse, connector: connector ?? 1 });
    },
  ),
  order(
    'reset',
    'Restart a charger; hard: at once, without ending transactions in order',
    { hard: Type.Optional(Type.Boolean()) },
    (gw, chargerId, { hard }) => orderCharger(gw, chargerId, { kind: 'reset', hard: hard ?? false }),
  ),
  order(
    'availability',
    'Take a charger or an EVSE out of service, or back into it',
    { operative: Type.Boolean(), evse: Type.Optional(EvseNumber) },
    (gw, chargerId, { operative, evse }) => changeAvailability(gw, chargerId, { operative, evse: evse ?? null }),
  ),
  order(
    'trigger',
    'Have a charger tell something again, out of turn',
    { message: Type.Enum([...TRIGGERS]), evse: Type.Optional(EvseNumber) },
    (gw, chargerId, { message, evse }) => triggerCharger(gw, chargerId, message, evse ?? null),
  ),
  order('clear-cache', 'Have a charger forget the cards it remembers', {}, (gw, chargerId) =>
    orderCharger(gw, chargerId, { kind: 'clear-cache' }),
  ),
  order(
    'reserve',
    "Tell a charger to keep an EVSE for a card, by a number of the caller's; nothing of it is kept here",
    {
      reservationId: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
      tokenUid: Uid,
      expiresAt: Time,
      evse: Type.Optional(EvseNumber),
      groupId: Type.Optional(Uid),
    },
    async (gw, chargerId, { reservationId, tokenUid, expiresAt, evse, groupId }) => {
      checkEvse(gw, chargerId, evse ?? null);
      const until = readTime('expiresAt', expiresAt);
      const rest = { reservationId, tokenUid, evse: evse ?? null, groupId: groupId ?? null };
      return orderCharger(gw, chargerId, { kind: 'reserve', ...rest, expiresAt: until });
    },
  ),
  order(
    'cancel-reservation',
    'Tell a charger to give a reservation up, by the number it was made with',
    { reservationId: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) },
    (gw, chargerId, { reservationId }) => orderCharger(gw, chargerId, { kind: 'cancel-reservation', reservationId }),
  ),
  order(
    'vendor-data',
    "Send a charger a message of its maker's own (DataTransfer)",
    {
      vendor: Type.String({ minLength: 1, maxLength: 255 }),
      message: Type.Optional(Type.String({ minLength: 1, maxLength: 50 })),
      data: Type.Optional(Type.String({ maxLength: 100_000 })),
    },
    (gw, chargerId, { vendor, message, data }) =>
      orderCharger(gw, chargerId, { kind: 'vendor-data', vendor, message: message ?? null, data: data ?? null }),
  ),
];

function order<B extends Record<string, TSchema>>(
  verb: string,
  summary: string,
  fields: B,
  send: (gw: Gateway, chargerId: string, body: Static<TObject<B>>) => Promise<Outcome>,
): Route {
  return route({
    method: 'POST',
    url: `/api/chargers/:chargerId/${verb}`,
    summary,
    params: ChargerId,
    body: Type.Object(fields, { additionalProperties: false }),
    responses: OUTCOME_RESPONSES,
    handle: async (gw, { params, body }) =>
      answerOutcome(await send(gw, params.chargerId, body), params.chargerId, verb),
  });
}
