import Type from 'typebox';
import type { Static } from 'typebox';
import { listDecisions } from '../../../gateway/decisions.ts';
import { maskUid } from '../../../gateway/domain/token.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import { balanceOf, listLedger, refill } from '../../../gateway/prepaid.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, listOf } from '../schemas.ts';

const Uid = Type.Object({ uid: Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' }) });
const Text = Type.String();
const Maybe = Type.Union([Text, Type.Null()]);
const Limit = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'default 50' })) },
  { additionalProperties: false },
);

export const BalanceBody = Type.Object({
  uid: Text,
  currency: Text,
  balance: Text,
  reserved: Type.String({ description: 'what sessions under way may still come to' }),
  available: Text,
});
export type BalanceBody = Static<typeof BalanceBody>;

export const LedgerBody = Type.Object({
  at: Text,
  kind: Type.Enum(['refill', 'draw', 'credit', 'adjustment']),
  amount: Type.String({ description: 'below 0 where it was drawn or taken back' }),
  currency: Text,
  sessionId: Maybe,
  cdrId: Maybe,
  note: Maybe,
});
export type LedgerBody = Static<typeof LedgerBody>;

export const DecisionBody = Type.Object({
  at: Text,
  card: Type.String({ description: 'masked' }),
  chargerId: Maybe,
  evse: Type.Union([Type.Integer(), Type.Null()]),
  reader: Maybe,
  verdict: Text,
  source: Type.String({ description: 'site-list, peer-list, real-time, offline, policy or command' }),
  reason: Maybe,
  peer: Maybe,
  reference: Maybe,
});

/** Money of prepaid cards, and what was decided on cards. */
export const prepaidRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/tokens/:uid/balance',
    summary: 'What a prepaid card has',
    params: Uid,
    responses: { 200: BalanceBody, 404: ErrorBody, 409: ErrorBody },
    handle: (gw, { params }) => ok(balanceOf(gw, params.uid)),
  }),
  route({
    method: 'POST',
    url: '/api/tokens/:uid/refill',
    summary: 'Bring money to a prepaid card; a negative amount takes it back',
    params: Uid,
    body: Type.Object(
      {
        amount: Type.String({ pattern: '^-?[0-9]{1,7}([.][0-9]{1,4})?$' }),
        note: Type.Optional(Type.String({ maxLength: 200 })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: BalanceBody, 404: ErrorBody, 409: ErrorBody, 422: ErrorBody },
    handle: async (gw, { params, body }) => ok(await refill(gw, params.uid, body.amount, body.note ?? null)),
  }),
  route({
    method: 'GET',
    url: '/api/tokens/:uid/ledger',
    summary: "A prepaid card's movements, newest first",
    params: Uid,
    query: Limit,
    responses: { 200: listOf(LedgerBody), 404: ErrorBody, 409: ErrorBody },
    handle: (gw, { params, query }) =>
      ok({
        items: listLedger(gw, params.uid, query.limit ?? 50).map(({ seq: _seq, at, ...entry }) => ({
          at: toUtc(at),
          ...entry,
        })),
        next: null,
      }),
  }),
  route({
    method: 'GET',
    url: '/api/decisions',
    summary: 'What was decided on cards, by whom and why, newest first',
    query: Limit,
    responses: { 200: listOf(DecisionBody) },
    handle: (gw, { query }) =>
      ok({
        items: listDecisions(gw, query.limit ?? 50).map(({ seq: _seq, at, uid, authorization, ...decision }) => ({
          at: toUtc(at),
          card: maskUid(uid),
          ...decision,
          reference: authorization.reference ?? null,
        })),
        next: null,
      }),
  }),
];
