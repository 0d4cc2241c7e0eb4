import Type from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { parseTime, toUtc } from '../../../gateway/domain/time.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import { deleteSiteToken, findSiteToken, listTokens, putSiteToken } from '../../../gateway/tokens.ts';
import { listQuery, presentPage, presentToken } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, RefusalBody, TokenBody, listOf } from '../schemas.ts';
import { ListParams } from './history.ts';
import { tokenFileRoutes } from './token-files.ts';

/** Length as OCPI gives it (CiString(36)). */
const Uid = Type.Object({ uid: Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' }) });

const TokenChange = Type.Object(
  {
    type: Type.Optional(Type.Enum(['RFID', 'APP_USER', 'OTHER'])),
    valid: Type.Optional(Type.Boolean()),
    blocked: Type.Optional(Type.Boolean({ description: 'true: not valid' })),
    expiresAt: Type.Optional(Type.Union([Type.String({ maxLength: 40, description: 'RFC 3339' }), Type.Null()])),
    groupId: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 36 }), Type.Null()])),
    payment: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 36 }), Type.Null()])),
    visualNumber: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()])),
    language: Type.Optional(
      Type.Union([Type.String({ pattern: '^[a-z]{2}$', description: 'ISO 639-1' }), Type.Null()]),
    ),
    contractId: Type.Optional(Type.String({ minLength: 1, maxLength: 36 })),
  },
  { additionalProperties: false },
);

/** The site's own cards, and those that peers sent. */
export const tokenRoutes: Route[] = [
  ...tokenFileRoutes,
  route({
    method: 'GET',
    url: '/api/tokens',
    summary: 'Cards of the site and of its peers, newest first',
    query: ListParams,
    responses: { 200: listOf(TokenBody) },
    handle: (gw, { query }) => ok(presentPage(listTokens(gw, listQuery(query)), presentToken)),
  }),
  route({
    method: 'GET',
    url: '/api/refusals',
    summary: 'Cards lately refused, newest first; forgotten at a restart',
    responses: { 200: listOf(RefusalBody) },
    handle: (gw) => ok({ items: gw.refusals.map((refusal) => ({ ...refusal, at: toUtc(refusal.at) })), next: null }),
  }),
  route({
    method: 'GET',
    url: '/api/tokens/:uid',
    summary: "A card on the site's own list",
    params: Uid,
    responses: { 200: TokenBody, 404: ErrorBody },
    handle(gw, { params }) {
      const token = findSiteToken(gw, params.uid);
      if (!token) throw new GatewayError('TOKEN_UNKNOWN', `no card ${params.uid} is on the site's own list`);
      return ok(presentToken(token));
    },
  }),
  route({
    method: 'PUT',
    url: '/api/tokens/:uid',
    summary: "Put a card on the site's own list, or change it there; {} is enough",
    params: Uid,
    body: TokenChange,
    responses: { 200: TokenBody, 409: ErrorBody, 422: ErrorBody },
    async handle(gw, { params, body }) {
      const { expiresAt, ...rest } = body;
      const change = { ...rest, ...(expiresAt !== undefined && { expiresAt: instant(expiresAt) }) };
      return ok(presentToken(await putSiteToken(gw, params.uid, change)));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/tokens/:uid',
    summary: "Take a card off the site's own list",
    params: Uid,
    responses: { 204: Type.Null(), 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params }) {
      await deleteSiteToken(gw, params.uid);
      return { status: 204, body: null };
    },
  }),
];

function instant(text: string | null): Millis | null {
  if (text === null) return null;
  const parsed = parseTime(text);
  if (!parsed)
    throw new GatewayError('REQUEST_INVALID', `body/expiresAt: ${text} is no time; write 2027-01-31T00:00:00Z`);
  return parsed.at;
}
