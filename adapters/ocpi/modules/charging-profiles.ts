import { Type, type Static } from 'typebox';
import type { CommandOrigin } from '../../../gateway/commands.ts';
import type { CommandAnswer } from '../../../gateway/domain/commands.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import type { Session } from '../../../gateway/domain/types.ts';
import {
  limitSession,
  readSessionLimit,
  unlimitSession,
  type SessionLimit,
} from '../../../gateway/session-profiles.ts';
import { invalid, notFound, STATUS, success, type Answer } from '../envelope.ts';
import { read } from '../inbound.ts';
import type { Handler, OcpiContext, OcpiRequest } from '../request.ts';
import { originOf, visibleSession } from './commands.ts';

/** Nobody looks further ahead than a week, seconds. */
const FURTHEST = 604_800;

/** OCPI 2.3.0 mod_charging_profiles SetChargingProfile. */
const SetChargingProfile = Type.Object({
  response_url: Type.String({ minLength: 1, maxLength: 255 }),
  charging_profile: Type.Object({
    start_date_time: Type.Optional(Type.String({ maxLength: 40 })),
    duration: Type.Optional(Type.Integer({ minimum: 0 })),
    charging_rate_unit: Type.Enum(['W', 'A']),
    min_charging_rate: Type.Optional(Type.Number({ minimum: 0 })),
    charging_profile_period: Type.Array(
      Type.Object({
        start_period: Type.Integer({ minimum: 0 }),
        limit: Type.Number({ minimum: 0, maximum: 10_000_000 }),
      }),
      { minItems: 1, maxItems: 1000 },
    ),
  }),
});

type Doing = (session: Session, origin: CommandOrigin) => Promise<CommandAnswer>;

/** Sets the limit of a session (OCPI 2.3.0 mod_charging_profiles Receiver PUT). */
export const putProfile: Handler = (context, request) => {
  const body = read(SetChargingProfile, request.body, 'SetChargingProfile');
  const limit = toLimit(body.charging_profile);
  return steer(context, request, body.response_url, (session, origin) =>
    limitSession(context.gw, origin, session, limit),
  );
};

/** Asks for the limit in force (Receiver GET, ActiveChargingProfile). */
export const getProfile: Handler = (context, request) => {
  const duration = Number(request.query['duration'] ?? '');
  if (!Number.isInteger(duration) || duration < 1) throw invalid('duration: expected seconds, a whole number from 1');
  return steer(context, request, request.query['response_url'], (session, origin) =>
    readSessionLimit(context.gw, origin, session, Math.min(duration, FURTHEST)),
  );
};

/** Takes away the limit of a session (Receiver DELETE). */
export const deleteProfile: Handler = (context, request) =>
  steer(context, request, request.query['response_url'], (session, origin) =>
    unlimitSession(context.gw, origin, session),
  );

/** No EVSE here follows a driver's wishes: then it is 404 with 2001 (OCPI 2.3.0 mod_sessions, set charging preferences). */
export const putPreferences: Handler = (context, request) => {
  const session = sessionNamed(context, request);
  const message = session ? `EVSE ${session.place.evseUid} takes no charging preferences` : 'there is no such session';
  throw notFound(message, STATUS.invalidParameters);
};

async function steer(context: OcpiContext, request: OcpiRequest, responseUrl: unknown, work: Doing): Promise<Answer> {
  if (typeof responseUrl !== 'string' || responseUrl === '') throw invalid('response_url: required');
  const origin = originOf(context, request, responseUrl);
  const session = sessionNamed(context, request);
  if (!session) return success({ result: 'UNKNOWN_SESSION', timeout: 0 });
  return profileAnswer(await work(session, origin));
}

function sessionNamed(context: OcpiContext, request: OcpiRequest): Session | null {
  return visibleSession(context, request, request.params['session'] ?? '');
}

function toLimit(profile: Static<typeof SetChargingProfile>['charging_profile']): SessionLimit {
  const { start_date_time: written, duration, min_charging_rate: minRate } = profile;
  const startsAt = written === undefined ? null : (parseTime(written)?.at ?? Number.NaN);
  if (Number.isNaN(startsAt)) throw invalid('charging_profile.start_date_time: expected a DateTime');
  const periods = profile.charging_profile_period
    .map(({ start_period: start, limit }) => ({ start, limit }))
    .toSorted((one, other) => one.start - other.start);
  if (periods[0]?.start !== 0) throw invalid('charging_profile.charging_profile_period: the first one starts at 0');
  return { startsAt, duration: duration ?? null, unit: profile.charging_rate_unit, minRate: minRate ?? null, periods };
}

const RESULT: Record<CommandAnswer['kind'], string> = {
  accepted: 'ACCEPTED',
  rejected: 'REJECTED',
  'not-supported': 'NOT_SUPPORTED',
  'too-often': 'TOO_OFTEN',
  'unknown-session': 'UNKNOWN_SESSION',
};

/** OCPI 2.3.0 mod_charging_profiles ChargingProfileResponse. */
function profileAnswer(answer: CommandAnswer): Answer {
  const result = RESULT[answer.kind];
  if (answer.kind === 'accepted') return success({ result, timeout: answer.timeout });
  return { ...success({ result, timeout: 0 }), message: answer.message };
}
