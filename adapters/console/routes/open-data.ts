import Type from 'typebox';
import type { Static } from 'typebox';
import { checkOpenData, type OpenDataItem } from '../../../gateway/open-data-check.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';

const Item = Type.Object({
  what: Type.String(),
  rule: Type.String({ description: 'Article of Regulation (EU) 2023/1804' }),
  state: Type.Enum(['told', 'assumed', 'missing'], { description: 'assumed: taken from default-connector' }),
  key: Type.String({ description: 'Where the configuration says it, or would' }),
  advice: Type.Union([Type.String(), Type.Null()]),
  places: Type.Array(Type.String(), { description: 'EVSEs by uid or tariffs by id that lack it, 50 at most' }),
  count: Type.Integer({ description: 'How many places lack it; 0: it is one of the whole site' }),
});

export const OpenDataCheckBody = Type.Object({ missing: Type.Integer(), items: Type.Array(Item) });
export type OpenDataCheckBody = Static<typeof OpenDataCheckBody>;

/** Places named of one item. */
const MOST_PLACES = 50;

/** What the public is told of the site. */
export const openDataRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/open-data/check',
    summary: 'What has to be told to the public of publicly accessible chargers (AFIR), and what of it is not',
    responses: { 200: OpenDataCheckBody },
    handle(gw) {
      const items = checkOpenData(gw);
      return ok({ missing: items.filter(({ state }) => state === 'missing').length, items: items.map(present) });
    },
  }),
];

function present(item: OpenDataItem): OpenDataCheckBody['items'][number] {
  return { ...item, places: item.places.slice(0, MOST_PLACES), count: item.places.length };
}
