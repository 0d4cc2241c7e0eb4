import Type from 'typebox';
import type { Static } from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { ChargingProfile } from '../../../gateway/domain/orders.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';

const Limit = limitOf('amperes a phase, or watts in all');
const Time = timeOf('RFC 3339, 2027-01-31T12:00:00Z');

function limitOf(description: string) {
  return Type.Number({ minimum: 0, maximum: 10_000_000, description });
}

function timeOf(description: string) {
  return Type.String({ maxLength: 40, description });
}

function secondsOf(description: string) {
  return Type.Integer({ minimum: 0, maximum: 31_536_000, description });
}

/** A number of the charger's for a profile: the same again replaces it. */
export const ProfileNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const StackLevel = Type.Integer({ minimum: 0, maximum: 1000 });
export const Purpose = Type.Enum(['charge-point-max', 'tx-default', 'tx']);

const fields = {
  id: Type.Optional(ProfileNumber),
  unit: Type.Enum(['A', 'W']),
  limit: Type.Optional(limitOf('one limit at all times; or else periods')),
  periods: Type.Optional(
    Type.Array(
      Type.Object(
        {
          start: secondsOf("seconds from the schedule's start"),
          limit: Limit,
          phases: Type.Optional(Type.Integer({ minimum: 1, maximum: 3 })),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 1000 },
    ),
  ),
  stackLevel: Type.Optional(StackLevel),
  kind: Type.Optional(
    Type.Enum(['absolute', 'recurring', 'relative'], { description: 'left out: absolute, from a minute ago' }),
  ),
  recurrency: Type.Optional(Type.Enum(['daily', 'weekly'])),
  startsAt: Type.Optional(Time),
  validFrom: Type.Optional(Time),
  validTo: Type.Optional(timeOf('it ends by itself then, also when the gateway is gone')),
  duration: Type.Optional(secondsOf('seconds; it ends by itself then')),
  minRate: Type.Optional(Limit),
};

/** A limit that goes with a start. */
export const TxProfile = Type.Object(fields, { additionalProperties: false });

/** A limit, and what for. */
export const ProfileFields = { ...fields, purpose: Purpose };

export type ProfileBody = Static<typeof TxProfile> & { purpose: ChargingProfile['purpose'] };

/** A charger whose clock is a little behind would take now for later (Q60). */
const MINUTE = 60_000;

/** The limit that a body describes. Errors: REQUEST_INVALID. */
export function readProfile(gw: Gateway, body: ProfileBody): Omit<ChargingProfile, 'wireId' | 'id'> {
  const { limit, periods } = body;
  if ((limit === undefined) === (periods === undefined))
    throw new GatewayError('REQUEST_INVALID', 'body: give either limit, for one at all times, or periods');
  const startsAt = instant('startsAt', body.startsAt);
  const unsaid = body.kind === undefined && startsAt === null;
  return {
    purpose: body.purpose,
    stackLevel: body.stackLevel ?? 0,
    kind: body.kind ?? 'absolute',
    recurrency: body.recurrency ?? null,
    startsAt: unsaid ? gw.clock() - MINUTE : startsAt,
    validFrom: instant('validFrom', body.validFrom),
    validTo: instant('validTo', body.validTo),
    duration: body.duration ?? null,
    unit: body.unit,
    minRate: body.minRate ?? null,
    periods: periods?.map((period) => ({ ...period, phases: period.phases ?? null })) ?? [
      { start: 0, limit: limit ?? 0, phases: null },
    ],
  };
}

function instant(field: string, text: string | undefined): Millis | null {
  return text === undefined ? null : readTime(field, text);
}

/** A time as an API body has it. Errors: REQUEST_INVALID. */
export function readTime(field: string, text: string): Millis {
  const parsed = parseTime(text);
  if (!parsed)
    throw new GatewayError('REQUEST_INVALID', `body/${field}: ${text} is no time; write 2027-01-31T00:00:00Z`);
  return parsed.at;
}
