import Type from 'typebox';
import type { TSchema } from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import type { ListQuery, Page } from '../../../gateway/domain/paging.ts';
import { listQuarantine } from '../../../gateway/quarantine.ts';
import { listRunning } from '../../../gateway/running.ts';
import { findSession, listSessions } from '../../../gateway/sessions.ts';
import { findTransaction, listTransactions } from '../../../gateway/transactions.ts';
import {
  listQuery,
  presentPage,
  presentQuarantine,
  presentRunning,
  presentSession,
  presentTransaction,
} from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, QuarantineBody, RunningBody, SessionBody, TransactionBody, listOf } from '../schemas.ts';

/** What every list takes. */
export const ListParams = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'default 50' })),
    cursor: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: '`next` of the page before' })),
  },
  { additionalProperties: false },
);

/** What happened here, newest first. */
export const historyRoutes: Route[] = [
  list('/api/transactions', 'What chargers measured', TransactionBody, listTransactions, presentTransaction),
  one('/api/transactions/:id', 'One transaction', TransactionBody, findTransaction, presentTransaction),
  list('/api/sessions', 'Charging sessions', SessionBody, listSessions, presentSession),
  route({
    method: 'GET',
    url: '/api/sessions/running',
    summary: 'The sessions under way, with what they draw',
    responses: { 200: listOf(RunningBody) },
    handle: (gw) => ok({ items: listRunning(gw).map(presentRunning), next: null }),
  }),
  one('/api/sessions/:id', 'One session', SessionBody, findSession, presentSession),
  list(
    '/api/quarantine',
    'Messages that could not be applied, and why',
    QuarantineBody,
    listQuarantine,
    presentQuarantine,
  ),
];

function list<T>(
  url: string,
  summary: string,
  body: TSchema,
  read: (gw: Gateway, query: ListQuery) => Page<T>,
  present: (item: T) => unknown,
): Route {
  return route({
    method: 'GET',
    url,
    summary: `${summary}, newest first`,
    query: ListParams,
    responses: { 200: listOf(body) },
    handle: (gw, { query }) => ok(presentPage(read(gw, listQuery(query)), present)),
  });
}

function one<T>(
  url: string,
  summary: string,
  body: TSchema,
  find: (gw: Gateway, id: string) => T | null,
  present: (item: T) => unknown,
): Route {
  return route({
    method: 'GET',
    url,
    summary,
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
    responses: { 200: body, 404: ErrorBody },
    handle(gw, { params }) {
      const found = find(gw, params.id);
      if (found === null) throw new GatewayError('NOT_FOUND', `there is nothing with the id ${params.id} here`);
      return ok(present(found));
    },
  });
}
