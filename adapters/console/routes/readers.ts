import Type from 'typebox';
import type { Static } from 'typebox';
import type { Socket } from 'node:net';
import { viewCard } from '../../../gateway/card-view.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { ReaderView, TapSeen } from '../../../gateway/domain/readers.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { awaitTap, listReaders } from '../../../gateway/readers.ts';
import { presentToken } from '../present.ts';
import { ReaderBody, SeenCardBody } from '../reader-schemas.ts';
import { ok, reader, route } from '../route.ts';
import type { Operation, RawRequest, Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

const Patience = Type.Object(
  { seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, description: 'default 60' })) },
  { additionalProperties: false },
);
const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });

const WAIT: Omit<Operation, 'url' | 'summary' | 'params'> = {
  method: 'POST',
  query: Type.Object({}),
  body: Patience,
  responses: {
    200: Type.Object({ tap: Type.Union([SeenCardBody, Type.Null()], { description: 'null: no card came' }) }),
    404: ErrorBody,
    503: ErrorBody,
  },
};

/** Who waits for a card at a time. */
const MOST_WAITERS = 16;

/** The card readers of the site's own. */
export const readerRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/readers',
    summary: "The site's own card readers and how they are",
    responses: { 200: Type.Object({ items: Type.Array(ReaderBody) }) },
    handle: (gw) => ok({ items: listReaders(gw).map(presentReader) }),
  }),
  waitRoute({
    ...WAIT,
    url: '/api/readers/await-tap',
    summary: 'Wait for the next card at any reader: it is shown here, and begins and ends nothing',
    params: Type.Object({}),
  }),
  waitRoute({
    ...WAIT,
    url: '/api/readers/:id/await-tap',
    summary: 'Wait for the next card at this reader: it is shown here, and begins and ends nothing',
    params: Id,
  }),
];

/** Ends when who asked goes away: the next card must not be taken for theirs. */
function waitRoute(operation: Operation): Route {
  const paramsOf = reader(operation.params, 'path');
  const bodyOf = reader(Patience, 'body');
  return {
    ...operation,
    async handle(gw, _info, request) {
      const { id = null } = paramsOf(request.params) as Partial<Static<typeof Id>>;
      const { seconds = 60 } = bodyOf(request.body ?? {}) as Static<typeof Patience>;
      if (gw.tapWaiters.size >= MOST_WAITERS)
        throw new GatewayError('LIMIT_REACHED', 'as many wait for a card as may: let one of them end');
      const tap = await nextTap(gw, id, seconds, request);
      return ok({ tap: tap && presentTap(gw, tap) });
    },
  };
}

/** Null when none came in time, or nobody waits any more. */
async function nextTap(gw: Gateway, id: string | null, seconds: number, request: RawRequest): Promise<TapSeen | null> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const socket: Socket = request.raw.socket;
  const timer = setTimeout(end, seconds * 1000);
  socket.once('close', end);
  try {
    if (socket.destroyed) return null;
    return await awaitTap(gw, id, ending.signal);
  } catch (error) {
    if (ending.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off('close', end);
  }
}

function presentReader(view: ReaderView): ReaderBody {
  const { lastCard } = view;
  return {
    ...view,
    since: toUtc(view.since),
    lastCard: lastCard && { card: lastCard.card, at: toUtc(lastCard.at) },
  };
}

function presentTap(gw: Gateway, { readerId, address, uid, at }: TapSeen): SeenCardBody {
  const { tokens, ...card } = viewCard(gw, uid);
  return { readerId, address, at: toUtc(at), ...card, tokens: tokens.map(presentToken) };
}
