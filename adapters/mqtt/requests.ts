import Type from 'typebox';
import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { changeAvailability } from '../../gateway/change-availability.ts';
import type { CallOutcome, OrderOutcome } from '../../gateway/connections.ts';
import { GatewayError, type ErrorCode } from '../../gateway/domain/errors.ts';
import type { OrderKind } from '../../gateway/domain/orders.ts';
import { parseTime, toUtc, type Millis } from '../../gateway/domain/time.ts';
import type { Reservation } from '../../gateway/domain/reservations.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { callCharger, checkEvse, orderCharger, stopRemotely, type Unreached } from '../../gateway/remote-control.ts';
import { startRemotely } from '../../gateway/remote-start.ts';
import { cancelReservation } from '../../gateway/reservations.ts';
import { reserveBay } from '../../gateway/site-reservations.ts';
import { clearProfiles, setProfile } from '../../gateway/smart-charging.ts';

type Outcome = CallOutcome | OrderOutcome<OrderKind> | Unreached;

/** A request whose body is what its schema says. `run` gives what the response's `answer` is. */
export interface Request {
  /** Why a body is none of this request; null where it is one. */
  problem(body: unknown): string | null;
  run(gw: Gateway, body: unknown): Promise<unknown>;
  /** What it takes, for the documentation. */
  keys: string[];
}

const Charger = Type.String({ minLength: 1, maxLength: 256 });
const Evse = Type.Integer({ minimum: 1, maximum: 1000 });
const Uid = Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' });
const Id = Type.String({ minLength: 1, maxLength: 64 });
/** When it was said, so that what was under way for long is not done. */
const at = Type.Optional(Type.String({ maxLength: 40 }));

/** Everything that can be asked for over MQTT: as the operator's API has it, with the charger in the body. */
export const REQUESTS: ReadonlyMap<string, Request> = new Map([
  request('start', { charger: Charger, evse: Type.Optional(Evse), tokenUid: Uid }, async (gw, body) =>
    answerOf(
      await startRemotely(gw, body.charger, { tokenUid: body.tokenUid, evse: body.evse ?? null, profile: null }),
    ),
  ),
  request(
    'stop',
    { charger: Charger, evse: Type.Optional(Evse), transactionId: Type.Optional(Id) },
    async (gw, { charger, evse = null, transactionId = null }) =>
      answerOf(await stopRemotely(gw, charger, { transactionId, evse })),
  ),
  request(
    'reserve',
    {
      charger: Charger,
      evse: Evse,
      tokenUid: Uid,
      minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080 })),
      expiresAt: Type.Optional(Type.String({ maxLength: 40 })),
    },
    async (gw, { charger: chargerId, evse, tokenUid, minutes, expiresAt }) =>
      reservationPayload(
        await reserveBay(gw, { chargerId, evse, tokenUid, expiresAt: until(gw.clock(), minutes, expiresAt) }),
      ),
  ),
  request('cancel-reservation', { id: Id }, async (gw, { id }) =>
    reservationPayload(await cancelReservation(gw, id, 'called off over MQTT')),
  ),
  request(
    'availability',
    { charger: Charger, evse: Type.Optional(Evse), operative: Type.Boolean() },
    async (gw, { charger, evse = null, operative }) =>
      answerOf(await changeAvailability(gw, charger, { evse, operative })),
  ),
  request(
    'limit',
    {
      charger: Charger,
      evse: Type.Optional(Evse),
      unit: Type.Optional(Type.Enum(['A', 'W'])),
      limit: Type.Union([Type.Number({ minimum: 0, maximum: 10_000_000 }), Type.Null()]),
      seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    },
    async (gw, { charger, evse = null, unit = 'A', limit, seconds = null }) => {
      const purpose = evse === null ? 'charge-point-max' : 'tx-default';
      if (limit === null)
        return answerOf(await clearProfiles(gw, charger, { id: null, evse, purpose, stackLevel: null }));
      const { outcome } = await setProfile(gw, charger, {
        evse,
        transactionId: null,
        profile: {
          id: null,
          purpose,
          stackLevel: 0,
          kind: 'absolute',
          recurrency: null,
          // A charger whose clock is a little behind would take now for later (Q60).
          startsAt: gw.clock() - 60_000,
          validFrom: null,
          validTo: seconds === null ? null : gw.clock() + seconds * 1000,
          duration: null,
          unit,
          minRate: null,
          periods: [{ start: 0, limit, phases: null }],
        },
      });
      return answerOf(outcome);
    },
  ),
  request(
    'unlock',
    { charger: Charger, evse: Evse, connector: Type.Optional(Evse) },
    async (gw, { charger, evse, connector = 1 }) => {
      checkEvse(gw, charger, evse);
      return answerOf(await orderCharger(gw, charger, { kind: 'unlock', evse, connector }));
    },
  ),
  request('reset', { charger: Charger, hard: Type.Optional(Type.Boolean()) }, async (gw, { charger, hard = false }) =>
    answerOf(await orderCharger(gw, charger, { kind: 'reset', hard })),
  ),
  request(
    'call',
    {
      charger: Charger,
      action: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z]+$' }),
      payload: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    },
    async (gw, { charger, action, payload = {} }) => answerOf(await callCharger(gw, charger, action, payload)),
  ),
]);

function request<B extends Record<string, TSchema>>(
  name: string,
  fields: B,
  run: (gw: Gateway, body: Static<TObject<B>>) => Promise<unknown>,
): [string, Request] {
  const check = Compile(Type.Object({ ...fields, at }, { additionalProperties: false }));
  const own = Compile(Type.Object(fields));
  return [
    name,
    {
      keys: Object.keys(fields),
      problem(body) {
        const [first] = check.Errors(body);
        return first
          ? `${first.instancePath === '' ? 'the body' : first.instancePath.slice(1)} ${first.message}`
          : null;
      },
      run(gw, body) {
        if (!own.Check(body)) throw new GatewayError('REQUEST_INVALID', `this is no ${name}`);
        return run(gw, body);
      },
    },
  ];
}

/** The charger's answer to the letter. Errors: why there is none. */
function answerOf(outcome: Outcome): unknown {
  if (outcome.kind === 'result' || outcome.kind === 'answered') return outcome.payload;
  const [code, message] = refusalOf(outcome);
  throw new GatewayError(code, message);
}

function refusalOf(outcome: Exclude<Outcome, { kind: 'result' | 'answered' }>): [ErrorCode, string] {
  switch (outcome.kind) {
    case 'error':
      return ['CALL_FAILED', `the charger refused it with ${outcome.code}: ${outcome.description}`];
    case 'invalid':
      return ['CALL_INVALID', `nothing was sent: ${outcome.problems.join('; ')}`];
    case 'timeout':
      return ['CALL_TIMEOUT', 'the charger did not answer in time; whether it acted is not known'];
    case 'disconnected':
      return ['CALL_TIMEOUT', 'the charger went away before it answered; whether it acted is not known'];
    case 'queue-full':
      return ['CALL_QUEUE_FULL', 'too many calls wait for the charger already'];
    case 'not-connected':
      return ['CHARGER_NOT_CONNECTED', 'the charger is not connected: nothing was sent'];
    case 'unknown-charger':
      return ['CHARGER_UNKNOWN', 'no such charger has ever been seen or configured here: check the id, case counts'];
  }
}

function until(now: Millis, minutes: number | undefined, expiresAt: string | undefined): Millis {
  if ((minutes === undefined) === (expiresAt === undefined))
    throw new GatewayError('REQUEST_INVALID', 'say either minutes or expiresAt');
  if (expiresAt === undefined) return now + (minutes ?? 0) * 60_000;
  const parsed = parseTime(expiresAt);
  if (!parsed) throw new GatewayError('REQUEST_INVALID', 'expiresAt is no time; write 2027-01-31T00:00:00Z');
  return parsed.at;
}

function reservationPayload({ id, state, chargerId, evse, expiresAt }: Reservation): object {
  return { id, status: state, charger: chargerId, evse, expiresAt: toUtc(expiresAt) };
}
