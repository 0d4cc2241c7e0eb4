import Type from 'typebox';
import type { Static } from 'typebox';
import { clearPassword, rotatePassword, setPassword } from '../../../gateway/charger-passwords.ts';
import type { SecurityProfile } from '../../../gateway/domain/settings.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { chargerSecurity, setProfileFloor, upgradeProfile } from '../../../gateway/security-profile.ts';
import { OUTCOME_RESPONSES, refuseOutcome } from '../outcome.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

/** As the config file has ids: what is set here may be a charger that was never seen. */
const Id = Type.Object({ chargerId: Type.String({ pattern: '^[^/\\x00-\\x1f\\x7f]{1,48}$' }) });

const Profile = Type.Integer({
  minimum: 0,
  maximum: 3,
  description: '0 nothing, 1 password, 2 TLS and password, 3 TLS and a certificate of its own',
});
const MaybeProfile = Type.Union([Profile, Type.Null()]);

export const SecurityBody = Type.Object({
  chargerId: Type.String(),
  profile: Type.Union([Profile, Type.Null()], { description: 'of its connection; null: not connected' }),
  floor: Type.Integer({ description: 'nothing below is let in: the highest of the two below, and 1 with a password' }),
  configFloor: Type.Integer({ description: 'as the configuration file has it' }),
  keptFloor: Type.Integer({ description: 'set by the operator, or raised when it came at profile 2 or 3' }),
  wishedProfile: MaybeProfile,
  password: Type.Enum(['none', 'config', 'own'], {
    description: 'where the one that is asked for comes from; own: given by the gateway or set by the operator',
  }),
  passwordForm: Type.Union([Type.Enum(['text', 'hex', 'bytes']), Type.Null()], {
    description:
      'how it sent its password: as it was given, as the text of hex digits, or as the bytes these stand for',
  }),
  rotation: Type.Enum(['none', 'open', 'grace'], {
    description: 'open: a new one was sent, and it has not shown that it took it; grace: an old one is still good',
  }),
  graceUntil: Type.Union([Type.String({ description: 'RFC 3339, UTC' }), Type.Null()]),
});
export type SecurityBody = Static<typeof SecurityBody>;

const { 200: _, ...REFUSALS } = OUTCOME_RESPONSES;
const Answer = Type.Unknown({ description: "the charger's answer, as it gave it" });

export const RotationBody = Type.Object({
  result: Type.Enum(['taken', 'refused', 'open'], {
    description: 'taken: it counts; refused: the old one stays; open: the answer says neither, and both are good',
  }),
  answer: Answer,
  security: SecurityBody,
});
export type RotationBody = Static<typeof RotationBody>;

export const ProfileBody = Type.Object({ answer: Answer, security: SecurityBody });
export type ProfileBody = Static<typeof ProfileBody>;

/** Passwords and security profiles of chargers. No password is ever told. */
export const chargerAccessRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/chargers/:chargerId/security',
    summary: 'How a charger proves who it is, and what is asked of it',
    params: Id,
    responses: { 200: SecurityBody, 404: ErrorBody },
    handle: (gw, { params }) => ok(presentSecurity(gw, params.chargerId)),
  }),
  route({
    method: 'PUT',
    url: '/api/chargers/:chargerId/password',
    summary: 'Say which password a charger has, as put into it by hand; one never seen is taken in with it',
    params: Id,
    body: Type.Object(
      { password: Type.String({ minLength: 16, maxLength: 64, description: 'text, or hex digits as OCPP has them' }) },
      { additionalProperties: false },
    ),
    responses: { 200: SecurityBody, 400: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, body }) {
      await setPassword(gw, params.chargerId, body.password);
      return ok(presentSecurity(gw, params.chargerId));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/chargers/:chargerId/password',
    summary: "Forget the passwords that a charger was given here; the config file's counts again, or none",
    params: Id,
    responses: { 200: SecurityBody, 404: ErrorBody },
    async handle(gw, { params }) {
      await clearPassword(gw, params.chargerId);
      return ok(presentSecurity(gw, params.chargerId));
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/password/rotation',
    summary: 'Make a new password and give it to the charger; the old one is good for a while',
    params: Id,
    responses: { 200: RotationBody, ...REFUSALS },
    async handle(gw, { params: { chargerId } }) {
      const { result, outcome } = await rotatePassword(gw, chargerId);
      if (outcome.kind !== 'answered') return refuseOutcome(outcome, chargerId, 'the new password');
      return ok({ result, answer: outcome.payload, security: presentSecurity(gw, chargerId) });
    },
  }),
  route({
    method: 'PUT',
    url: '/api/chargers/:chargerId/security-profile',
    summary: 'Set the lowest security profile of a charger; with apply, tell the charger itself to move up to it',
    params: Id,
    body: Type.Object({ profile: Profile, apply: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    responses: { 200: ProfileBody, ...REFUSALS },
    async handle(gw, { params: { chargerId }, body }) {
      const profile = body.profile as SecurityProfile;
      if (body.apply !== true) {
        await setProfileFloor(gw, chargerId, profile);
        return ok({ answer: null, security: presentSecurity(gw, chargerId) });
      }
      const outcome = await upgradeProfile(gw, chargerId, profile);
      if (outcome.kind !== 'answered') return refuseOutcome(outcome, chargerId, `security profile ${profile}`);
      return ok({ answer: outcome.payload, security: presentSecurity(gw, chargerId) });
    },
  }),
];

function presentSecurity(gw: Gateway, chargerId: string): SecurityBody {
  const { form, graceUntil, ...security } = chargerSecurity(gw, chargerId);
  return { ...security, passwordForm: form, graceUntil: graceUntil === null ? null : toUtc(graceUntil) };
}
