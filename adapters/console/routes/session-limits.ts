import Type from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { limitSession } from '../../../gateway/session-limits.ts';
import { explainPrice } from '../../../gateway/session-progress.ts';
import { LimitBody, readLimit } from '../limit-body.ts';
import { presentPriced, PriceBody } from '../price-body.ts';
import { presentSession } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, SessionBody } from '../schemas.ts';

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });

/** What a session may come to, and how its price came about. */
export const sessionLimitRoutes: Route[] = [
  route({
    method: 'PUT',
    url: '/api/sessions/:id/limit',
    summary: 'Have a session under way stopped at an amount of money or energy',
    params: Id,
    body: LimitBody,
    responses: { 200: SessionBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, body }) {
      return ok(presentSession(await limitSession(gw, params.id, readLimit(body))));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/sessions/:id/limit',
    summary: 'Let a session run on',
    params: Id,
    responses: { 200: SessionBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params }) {
      return ok(presentSession(await limitSession(gw, params.id, null)));
    },
  }),
  route({
    method: 'GET',
    url: '/api/sessions/:id/price',
    summary: "How a session's price came about: lines, and what applied from when to when",
    params: Id,
    responses: { 200: PriceBody, 404: ErrorBody },
    handle(gw, { params }) {
      const explained = explainPrice(gw, params.id);
      if (!explained) throw new GatewayError('NOT_FOUND', `there is no session ${params.id} here that has a price`);
      return ok(presentPriced(explained.priced, explained.tariff));
    },
  }),
];
