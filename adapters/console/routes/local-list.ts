import Type from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { LocalListEntry } from '../../../gateway/domain/orders.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import { localListView, sendLocalList, siteEntries } from '../../../gateway/local-list.ts';
import { OUTCOME_RESPONSES, answerOutcome } from '../outcome.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';
import { ChargerId } from './orders.ts';
import { readTime } from './profile-body.ts';

const URL = '/api/chargers/:chargerId/local-list';

const Uid = Type.String({ minLength: 1, maxLength: 36, pattern: '^[\\x21-\\x7e]+$' });

const Entry = Type.Object(
  {
    tokenUid: Uid,
    verdict: Type.Optional(
      Type.Union([Type.Enum(['accepted', 'blocked', 'expired', 'invalid']), Type.Null()], {
        description: 'accepted when left out; null: takes the card off (full: false only)',
      }),
    ),
    groupId: Type.Optional(Uid),
    expiresAt: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339' })),
  },
  { additionalProperties: false },
);

const Update = Type.Object(
  {
    site: Type.Optional(Type.Boolean({ description: "true: the site's own cards, and nothing else" })),
    entries: Type.Optional(Type.Array(Entry, { maxItems: 2000 })),
    full: Type.Optional(Type.Boolean({ description: 'true, the default: the entries replace the list' })),
    version: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'one more than the charger has, when left out' }),
    ),
  },
  { additionalProperties: false },
);

export const LocalListBody = Type.Object({
  listVersion: Type.Union([Type.Integer(), Type.Null()], {
    description: 'as the charger tells it now; -1: it keeps none; null: it is away, or does not say',
  }),
  state: Type.Enum(['left', 'waiting', 'kept', 'cut', 'off', 'unsupported', 'failed'], {
    description: 'left: the gateway does not keep it; cut: some cards have no place on it',
  }),
  version: Type.Union([Type.Integer(), Type.Null()], { description: 'as the gateway last sent it' }),
  count: Type.Integer({ description: 'cards that the charger has taken from the gateway' }),
  problem: Type.Union([Type.String(), Type.Null()]),
  syncedAt: Type.Union([Type.String(), Type.Null()], { description: 'when it last was as it should be' }),
});
export type LocalListBody = Type.Static<typeof LocalListBody>;

/** The list of cards that a charger asks while it is disconnected. */
export const localListRoutes: Route[] = [
  route({
    method: 'GET',
    url: URL,
    summary: "How a charger's own list of cards stands, and its version as the charger tells it now",
    params: ChargerId,
    responses: { 200: LocalListBody, 404: ErrorBody },
    async handle(gw, { params }) {
      const { syncedAt, ...view } = await localListView(gw, params.chargerId);
      return ok({ ...view, syncedAt: syncedAt === null ? null : toUtc(syncedAt) } satisfies LocalListBody);
    },
  }),
  route({
    method: 'PUT',
    url: URL,
    summary: 'Send a charger cards for its own list',
    params: ChargerId,
    body: Update,
    responses: OUTCOME_RESPONSES,
    async handle(gw, { params, body }) {
      const { site = false, entries, full = true, version = null } = body;
      if (site === (entries !== undefined) || (site && !full))
        throw new GatewayError('REQUEST_INVALID', 'body: give either entries, or site: true, which replaces the list');
      const cards = entries?.map((entry) => readEntry(entry, full)) ?? siteEntries(gw);
      const outcome = await sendLocalList(gw, params.chargerId, { version, full, entries: cards });
      return answerOutcome(outcome, params.chargerId, 'send-local-list');
    },
  }),
];

function readEntry(
  { tokenUid, verdict, groupId, expiresAt }: Type.Static<typeof Entry>,
  full: boolean,
): LocalListEntry {
  if (full && verdict === null)
    throw new GatewayError('REQUEST_INVALID', `body/entries: ${tokenUid} has no verdict, which only full: false takes`);
  return {
    tokenUid,
    verdict: verdict === undefined ? 'accepted' : verdict,
    groupId: groupId ?? null,
    expiresAt: expiresAt === undefined ? null : readTime('entries/expiresAt', expiresAt),
  };
}
