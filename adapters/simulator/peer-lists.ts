import type { PeerAnswer } from './peer-server.ts';
import { asText } from './wire.ts';

type Item = Record<string, unknown>;

/** Few, so that lists have several pages. */
const A_PAGE = 50;

/** A page of what a platform lists: those changed since `date_from`, with a Link to the next ones. */
export function pageOf(items: Item[], where: URL, shown: (item: Item) => Item): PeerAnswer {
  const from = Date.parse(where.searchParams.get('date_from') ?? '') || 0;
  const matching = items.filter((item) => Date.parse(asText(item['last_updated']) ?? '') >= from);
  const offset = Number(where.searchParams.get('offset') ?? 0);
  const limit = Math.min(A_PAGE, Number(where.searchParams.get('limit') ?? A_PAGE));
  const next = new URL(where);
  next.searchParams.set('offset', String(offset + limit));
  return {
    http: 200,
    status: 1000,
    data: matching.slice(offset, offset + limit).map(shown),
    headers: {
      'x-total-count': String(matching.length),
      'x-limit': String(A_PAGE),
      ...(offset + limit < matching.length && { link: `<${next.href}>; rel="next"` }),
    },
  };
}
