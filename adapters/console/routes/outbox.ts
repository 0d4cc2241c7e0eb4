import Type from 'typebox';
import type { Static } from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { PUSH_MODULES, type OutboxRow } from '../../../gateway/domain/outbox.ts';
import { checkDrift } from '../../../gateway/drift.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import { listOutbox, resync, retryOutbox } from '../../../gateway/outbox.ts';
import { findPeer } from '../../../gateway/peers.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, listOf } from '../schemas.ts';

const Module = Type.Enum([...PUSH_MODULES]);

export const OutboxBody = Type.Object({
  peer: Type.String(),
  module: Module,
  object: Type.String({ description: "EVSE uid, or '' for the whole location; id of a tariff, session or CDR" }),
  state: Type.Enum(['dirty', 'dead'], { description: 'dead: the peer refuses it; retry it, or mend what is wrong' }),
  since: Type.String({ format: 'date-time' }),
  attempts: Type.Integer(),
  nextAttemptAt: Type.String({ format: 'date-time' }),
  problem: Type.Union([Type.String(), Type.Null()]),
});
export type OutboxBody = Static<typeof OutboxBody>;

export const DriftBody = Type.Object({
  peer: Type.String(),
  checkedAt: Type.String({ format: 'date-time' }),
  compared: Type.Integer({ description: 'objects that were looked at' }),
  waiting: Type.Integer({ description: 'objects left out because they wait to be told anyway' }),
  deviations: Type.Array(
    Type.Object({
      module: Module,
      object: Type.String({ description: "EVSE uid, or '' for the whole location; id of a tariff, session or CDR" }),
      kind: Type.Enum(['absent', 'differs']),
      fields: Type.Array(Type.String(), { description: 'paths of the fields that differ' }),
      repaired: Type.Boolean({ description: 'false: a CDR never changes, so people have to look' }),
    }),
  ),
  unreadable: Type.Array(Module, { description: 'what the peer does not let us read' }),
});
export type DriftBody = Static<typeof DriftBody>;

const Name = Type.String({ minLength: 1, maxLength: 64 });

/** What peers have not been told yet. */
export const outboxRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/outbox',
    summary: 'What peers have not been told yet, or refuse, by peer, module and object',
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'default 50' })),
        cursor: Type.Optional(Type.String({ maxLength: 1024, description: '`next` of the page before' })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: listOf(OutboxBody) },
    handle(gw, { query }) {
      const limit = query.limit ?? 50;
      const rows = listOutbox(gw, query.cursor === undefined ? null : readCursor(query.cursor), limit + 1);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return ok({ items: items.map(present), next: rows.length > limit && last ? cursorOf(last) : null });
    },
  }),
  route({
    method: 'POST',
    url: '/api/peers/:name/outbox/retry',
    summary: 'Tell a peer at once what waits or was given up: all of it, a module, or one object',
    params: Type.Object({ name: Name }),
    body: Type.Object(
      { module: Type.Optional(Module), object: Type.Optional(Type.String({ maxLength: 64 })) },
      { additionalProperties: false },
    ),
    responses: { 200: Type.Object({ count: Type.Integer() }), 404: ErrorBody },
    async handle(gw, { params, body }) {
      known(gw, params.name);
      return ok({ count: await retryOutbox(gw, params.name, body.module ?? null, body.object ?? null) });
    },
  }),
  route({
    method: 'POST',
    url: '/api/peers/:name/outbox/resync',
    summary: 'Tell a peer the location, tariffs and sessions anew, as when it lost them',
    params: Type.Object({ name: Name }),
    responses: { 200: Type.Object({ peer: Name }), 404: ErrorBody },
    async handle(gw, { params }) {
      known(gw, params.name);
      await resync(gw, params.name);
      return ok({ peer: params.name });
    },
  }),
  route({
    method: 'POST',
    url: '/api/peers/:name/outbox/check',
    summary:
      "Compare a peer's copy of the location, tariffs, sessions and newest CDRs with ours, and tell it anew what deviates",
    params: Type.Object({ name: Name }),
    responses: { 200: DriftBody, 404: ErrorBody, 409: ErrorBody, 502: ErrorBody, 504: ErrorBody },
    async handle(gw, { params }) {
      const report = await checkDrift(gw, params.name);
      return ok({ ...report, checkedAt: toUtc(report.checkedAt) });
    },
  }),
];

function known(gw: Gateway, name: string): void {
  if (!findPeer(gw, name)) throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}: see "chargegate peers"`);
}

function present(row: OutboxRow): OutboxBody {
  return {
    peer: row.peer,
    module: row.module,
    object: row.object,
    state: row.state,
    since: toUtc(row.since),
    attempts: row.attempts,
    nextAttemptAt: toUtc(row.nextAt),
    problem: row.problem,
  };
}

function cursorOf({ peer, module, object }: OutboxRow): string {
  return Buffer.from(JSON.stringify([peer, module, object])).toString('base64url');
}

function readCursor(text: string): Pick<OutboxRow, 'peer' | 'module' | 'object'> {
  try {
    const [peer, module, object] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    const known = PUSH_MODULES.find((name) => name === module);
    if (typeof peer === 'string' && known && typeof object === 'string') return { peer, module: known, object };
  } catch {
    // falls through: a cursor that we never gave
  }
  throw new GatewayError('REQUEST_INVALID', 'query/cursor is not one that this list gave');
}
