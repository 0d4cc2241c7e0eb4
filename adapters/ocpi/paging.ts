import type { ListQuery, Page } from '../../gateway/domain/paging.ts';
import { parseTime } from '../../gateway/domain/time.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Answer } from './envelope.ts';
import { invalid, success } from './envelope.ts';
import type { OcpiRequest } from './request.ts';

/** The `offset`, `limit`, `date_from` and `date_to` of a request, and the cursor that our own Link carries. */
export interface PageRequest {
  offset: number;
  /** What will be served: the asked number, capped at the server's. */
  limit: number;
  dateFrom: Millis | null;
  dateTo: Millis | null;
  after: number | null;
}

/** Reads the paging parameters; 2001 for what is no number or time (OCPI 2.3.0 transport_and_format, pagination). */
export function parsePaging(query: Record<string, unknown>, pageLimit: number): PageRequest {
  return {
    offset: integer(query, 'offset') ?? 0,
    limit: Math.min(integer(query, 'limit') ?? pageLimit, pageLimit),
    dateFrom: instant(query, 'date_from'),
    dateTo: instant(query, 'date_to'),
    after: cursor(query),
  };
}

/** The use-cases' query of a page, as this peer may see it: its own objects only, unless it is the CPO's own cloud. */
export function toListQuery(page: PageRequest, request: OcpiRequest): ListQuery {
  return {
    offset: page.offset,
    limit: page.limit,
    ...(page.dateFrom === null ? {} : { dateFrom: page.dateFrom }),
    ...(page.dateTo === null ? {} : { dateTo: page.dateTo }),
    ...(page.after === null ? {} : { after: page.after }),
    ...(request.peer.visibility === 'own' ? { peer: request.peer.name } : {}),
  };
}

/**
 * A page as the answer: `X-Total-Count`, `X-Limit` (what the server would serve at most, whatever is on the page), and a
 * `Link` to the next page unless this is the last. The link keeps the filters and carries the offset for clients that
 * count, and a keyset cursor, so that whoever follows it misses nothing that changes meanwhile.
 */
export function pageAnswer(
  found: Page<unknown>,
  page: PageRequest,
  url: string,
  query: Record<string, unknown>,
  pageLimit: number,
): Answer {
  const headers: Record<string, string> = {
    'x-total-count': String(found.total),
    'x-limit': String(pageLimit),
  };
  if (found.next !== null && found.items.length > 0) headers['link'] = nextLink(url, query, page, found, found.next);
  return success(found.items, headers);
}

function nextLink(
  url: string,
  query: Record<string, unknown>,
  page: PageRequest,
  found: Page<unknown>,
  next: number,
): string {
  const params = new URLSearchParams();
  params.set('offset', String(page.offset + found.items.length));
  params.set('limit', String(page.limit));
  for (const filter of ['date_from', 'date_to', 'timeslot_from', 'timeslot_to']) {
    const value = query[filter];
    if (typeof value === 'string') params.set(filter, value);
  }
  params.set('cursor', `s${next.toString(36)}`);
  return `<${url}?${params.toString()}>; rel="next"`;
}

function cursor(query: Record<string, unknown>): number | null {
  const text = single(query, 'cursor');
  if (text === undefined) return null;
  const seq = /^s[0-9a-z]{1,11}$/.test(text) ? Number.parseInt(text.slice(1), 36) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw invalid('cursor: not one that this server gave out; start again without it');
  return seq;
}

function integer(query: Record<string, unknown>, name: string): number | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalid(`${name}: expected a whole number from 0, got "${text.slice(0, 40)}"`);
  return Number(text);
}

/** A DateTime of a query; null where it is not there, 2001 where it is none. */
export function instant(query: Record<string, unknown>, name: string): Millis | null {
  const text = single(query, name);
  if (text === undefined) return null;
  const at = parseTime(restoreTime(text))?.at;
  if (at === undefined || Number.isNaN(at))
    throw invalid(`${name}: expected a DateTime such as 2026-01-31T12:00:00Z, got "${text.slice(0, 40)}"`);
  return at;
}

/** A `+` that the client did not encode arrives as a blank; a bare date means its midnight. */
function restoreTime(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `${text}T00:00:00Z`;
  return text.replace(/^(.*T.*) (\d{2}:?\d{2})$/, '$1+$2');
}

function single(query: Record<string, unknown>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(`${name}: given more than once`);
  return value;
}
