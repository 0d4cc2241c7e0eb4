import Type from 'typebox';
import type { Static } from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import {
  assignTariffs,
  listTariffAssignments,
  unassignTariffs,
  type TariffAssignment,
} from '../../../gateway/tariff-assignments.ts';
import { findingsOf, tariffFindings } from '../../../gateway/tariff-findings.ts';
import { deleteTariff, listOwnedTariffs, ownedTariff, putTariffs } from '../../../gateway/tariffs.ts';
import { refusal } from '../errors.ts';
import { listQuery, presentPage } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Answer, Route } from '../route.ts';
import { ErrorBody, listOf } from '../schemas.ts';
import {
  CheckedTariffBody,
  NamedTerms,
  TariffBody,
  TariffFindingBody,
  TariffId,
  TariffTerms,
  presentTariff,
  readTerms,
} from '../tariff-body.ts';
import { ListParams } from './history.ts';

const ById = Type.Object({ id: TariffId });

export const BroughtBody = Type.Object({
  items: Type.Array(
    Type.Object({ id: Type.String(), outcome: Type.Enum(['created', 'changed', 'unchanged']), tariff: TariffBody }),
  ),
});
export type BroughtBody = Static<typeof BroughtBody>;

const place = {
  charger: Type.Optional(Type.String({ minLength: 1, maxLength: 48, description: 'left out: every charger' })),
  evse: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, description: 'left out: every EVSE of it' })),
  connector: Type.Optional(Type.Integer({ minimum: 1, maximum: 99, description: 'left out: every connector of it' })),
};

const Place = Type.Object(place, { additionalProperties: false });

const Assignment = Type.Object(
  { ...place, tariffIds: Type.Array(TariffId, { minItems: 1, maxItems: 20 }) },
  { additionalProperties: false },
);

/** What the operator assigned to a place. */
export const AssignmentBody = Type.Object({
  charger: Type.Union([Type.String(), Type.Null()], { description: 'null: every charger' }),
  evse: Type.Union([Type.Integer(), Type.Null()]),
  connector: Type.Union([Type.Integer(), Type.Null()]),
  tariffIds: Type.Array(Type.String()),
  connectors: Type.Integer({
    description: 'that have their tariffs from it: where neither the file nor a narrower place says any',
  }),
  updatedAt: Type.String({ description: 'RFC 3339, UTC' }),
});
export type AssignmentBody = Static<typeof AssignmentBody>;

/** What charging costs, and where. */
export const tariffRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/tariffs',
    summary: 'Tariffs of the config file and of the operator, newest first',
    query: ListParams,
    responses: { 200: listOf(TariffBody) },
    handle: (gw, { query }) => ok(presentPage(listOwnedTariffs(gw, listQuery(query)), presentTariff)),
  }),
  route({
    method: 'POST',
    url: '/api/tariffs',
    summary: 'Bring several tariffs, each in place of the one with its id: all of them or none',
    body: Type.Object(
      { items: Type.Array(NamedTerms, { minItems: 1, maxItems: 1000 }) },
      { additionalProperties: false },
    ),
    responses: { 200: BroughtBody, 409: ErrorBody, 422: ErrorBody, 503: ErrorBody },
    async handle(gw, { body }) {
      const result = await putTariffs(
        gw,
        body.items.map(({ id, ...terms }) => readTerms(id, terms)),
      );
      if (result.kind === 'refused') return unpriceable(result.problems);
      const items = result.items.map(({ tariff, outcome }) => ({
        id: tariff.id,
        outcome,
        tariff: presentTariff({ tariff, origin: 'site' }),
      }));
      return ok({ items });
    },
  }),
  route({
    method: 'GET',
    url: '/api/tariffs/:id',
    summary: 'One tariff, and what is odd about it',
    params: ById,
    responses: { 200: CheckedTariffBody, 404: ErrorBody },
    handle(gw, { params }) {
      const owned = ownedTariff(gw, params.id);
      return ok({ ...presentTariff(owned), findings: findingsOf(gw, owned.tariff) });
    },
  }),
  route({
    method: 'PUT',
    url: '/api/tariffs/:id',
    summary: 'Bring a tariff, or change one; sessions under way keep the tariff that they began with',
    params: ById,
    body: TariffTerms,
    responses: { 200: TariffBody, 201: TariffBody, 409: ErrorBody, 422: ErrorBody, 503: ErrorBody },
    async handle(gw, { params, body }) {
      const result = await putTariffs(gw, [readTerms(params.id, body)]);
      if (result.kind === 'refused') return unpriceable(result.problems);
      const [brought] = result.items;
      if (!brought) throw new GatewayError('INTERNAL_FAULT', `tariff ${params.id} was stored and is not there`);
      const status = brought.outcome === 'created' ? 201 : 200;
      return { status, body: presentTariff({ tariff: brought.tariff, origin: 'site' }) };
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/tariffs/:id',
    summary: 'Take a tariff of the operator away; refused while it is assigned',
    params: ById,
    responses: { 204: Type.Null(), 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params }) {
      await deleteTariff(gw, params.id);
      return { status: 204, body: null };
    },
  }),
  route({
    method: 'GET',
    url: '/api/tariff-findings',
    summary: 'What the tariffs will never do or probably do not mean, and what does not fit together at a connector',
    responses: { 200: listOf(TariffFindingBody) },
    handle: (gw) => ok({ items: tariffFindings(gw), next: null }),
  }),
  route({
    method: 'GET',
    url: '/api/tariff-assignments',
    summary: 'Tariffs that the operator gave to places, from the widest place to the narrowest',
    responses: { 200: listOf(AssignmentBody) },
    handle: (gw) => ok({ items: listTariffAssignments(gw).map(presentAssignment), next: null }),
  }),
  route({
    method: 'PUT',
    url: '/api/tariff-assignments',
    summary: 'Give a place its tariffs; they count where the config file names none, the narrowest place first',
    body: Assignment,
    responses: { 200: AssignmentBody, 404: ErrorBody, 422: ErrorBody, 503: ErrorBody },
    async handle(gw, { body: { tariffIds, ...at } }) {
      return ok(presentAssignment(await assignTariffs(gw, placeOf(at), tariffIds)));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/tariff-assignments',
    summary: "Take a place's own tariffs away; the wider place's count there again",
    query: Place,
    responses: { 204: Type.Null(), 404: ErrorBody },
    async handle(gw, { query }) {
      await unassignTariffs(gw, placeOf(query));
      return { status: 204, body: null };
    },
  }),
];

function unpriceable(problems: string[]): Answer {
  const { status, body } = refusal('TARIFF_UNPRICEABLE', `nothing was changed: ${problems.join('; ')}`);
  return { status, body: { ...body, problems } };
}

function placeOf({ charger, evse, connector }: { charger?: string; evse?: number; connector?: number }) {
  return { chargerId: charger ?? null, evse: evse ?? null, connector: connector ?? null };
}

function presentAssignment({ chargerId, updatedAt, ...rest }: TariffAssignment): AssignmentBody {
  return { charger: chargerId, ...rest, updatedAt: toUtc(updatedAt) };
}
