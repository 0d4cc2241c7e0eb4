import Type from 'typebox';
import type { Static } from 'typebox';
import { refreshConfiguration } from '../../../gateway/configuration-reports.ts';
import { configurationOf, writeKey } from '../../../gateway/configuration.ts';
import { KEY_STATES, PROVISIONING_STATES } from '../../../gateway/domain/configuration.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { askProvisioning } from '../../../gateway/provisioning.ts';
import { answerOutcome, OUTCOME_RESPONSES, refuseOutcome } from '../outcome.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

const Id = Type.Object({ chargerId: Type.String({ minLength: 1, maxLength: 256 }) });
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const MaybeTime = Type.Union([Type.String({ description: 'RFC 3339, UTC' }), Type.Null()]);

export const ConfigurationBody = Type.Object({
  state: Type.Enum([...PROVISIONING_STATES], { description: 'how far reading and setting it is' }),
  problem: MaybeText,
  skipped: Type.Array(Type.Object({ step: Type.String(), since: Type.String() }), {
    description: 'steps left out because the charger went away in them; POST …/provisioning tries them again',
  }),
  updatedAt: MaybeTime,
  keys: Type.Array(
    Type.Object({
      key: Type.String(),
      value: MaybeText,
      known: Type.Boolean({ description: 'has the charger this key, as far as it has told?' }),
      readonly: Type.Boolean(),
      secret: Type.Boolean({ description: 'its value is neither kept nor shown' }),
      desired: Type.Union([
        Type.Object({
          value: MaybeText,
          by: Type.Enum(['charger', 'model', 'site', 'gateway']),
          state: Type.Enum([...KEY_STATES]),
        }),
        Type.Null(),
      ]),
      readAt: MaybeTime,
    }),
  ),
});
export type ConfigurationBody = Static<typeof ConfigurationBody>;

/** A charger's configuration keys: what they hold, what they should hold, writing one, going through all. */
export const configurationRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/chargers/:chargerId/configuration',
    summary: 'Configuration keys as the charger last told them, with what each should hold; refresh=true asks it first',
    params: Id,
    query: Type.Object({ refresh: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    responses: { ...OUTCOME_RESPONSES, 200: ConfigurationBody },
    async handle(gw, { params: { chargerId }, query }) {
      if (query.refresh === true) {
        const outcome = await refreshConfiguration(gw, chargerId);
        if (outcome.kind !== 'answered') return refuseOutcome(outcome, chargerId, 'read-configuration');
      }
      return ok(present(gw, chargerId));
    },
  }),
  route({
    method: 'PUT',
    url: '/api/chargers/:chargerId/configuration/:key',
    summary:
      "Write one key now, once; answers with the charger's answer. What it is to hold for good belongs into the settings",
    params: Type.Object({ ...Id.properties, key: Type.String({ minLength: 1, maxLength: 220 }) }),
    body: Type.Object({ value: Type.String({ maxLength: 1000 }) }, { additionalProperties: false }),
    responses: OUTCOME_RESPONSES,
    async handle(gw, { params: { chargerId, key }, body }) {
      return answerOutcome(await writeKey(gw, chargerId, key, body.value), chargerId, 'write-configuration');
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/provisioning',
    summary: 'Read and set the whole configuration again, with the steps that were left out; answers at once',
    params: Id,
    responses: { 202: ConfigurationBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params: { chargerId } }) {
      await askProvisioning(gw, chargerId);
      return { status: 202, body: present(gw, chargerId) };
    },
  }),
];

function present(gw: Gateway, chargerId: string): ConfigurationBody {
  const { state, problem, skipped, updatedAt, keys } = configurationOf(gw, chargerId);
  return {
    state,
    problem,
    skipped: skipped.map(({ step, since }) => ({ step, since: toUtc(since) })),
    updatedAt: maybeTime(updatedAt),
    keys: keys.map(({ key, value, known, readonly, secret, desired, readAt }) => ({
      key,
      value,
      known,
      readonly,
      secret,
      desired,
      readAt: maybeTime(readAt),
    })),
  };
}

function maybeTime(at: number | null): string | null {
  return at === null ? null : toUtc(at);
}
