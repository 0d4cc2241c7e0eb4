import { randomUUID } from 'node:crypto';
import { asList, asRecord, asText, asWhole } from './wire.ts';

/** An OCPI call that did not succeed; `http` or `status` null where there was none. */
export class OcpiCallFailed extends Error {
  readonly http: number | null;
  readonly status: number | null;

  constructor(http: number | null, status: number | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OcpiCallFailed';
    this.http = http;
    this.status = status;
  }
}

/** An answer in OCPI's envelope. */
export interface OcpiAnswer {
  http: number;
  status: number;
  data: unknown;
  headers: Headers;
}

export interface Listing {
  items: Record<string, unknown>[];
  /** Requests that it took. */
  pages: number;
  /** X-Total-Count of the first page. */
  total: number | null;
}

const TIMEOUT_MS = 10_000;
const MOST_PAGES = 10_000;

/** One OCPI request with the token in base64. Throws OcpiCallFailed where HTTP or OCPI says no, or nobody answers. */
export async function ocpiRequest(
  token: string,
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<OcpiAnswer> {
  const response = await reach(url, {
    method,
    headers: {
      authorization: `Token ${Buffer.from(token, 'utf8').toString('base64')}`,
      accept: 'application/json',
      'x-request-id': randomUUID(),
      'x-correlation-id': randomUUID(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const envelope = parse(await response.text());
  const status = asWhole(envelope['status_code']);
  if (!response.ok || status === null || status >= 2000) {
    const message = asText(envelope['status_message']) ?? '';
    const why = `${method} ${url} answered HTTP ${response.status}, OCPI ${status ?? 'nothing'} ${message}`;
    throw new OcpiCallFailed(response.status, status, why.trim());
  }
  return { http: response.status, status, data: envelope['data'], headers: response.headers };
}

/** Everything a list has, following its Link headers as they are. */
export async function ocpiList(token: string, url: string, headers: Record<string, string> = {}): Promise<Listing> {
  const items: Record<string, unknown>[] = [];
  let next: string | null = url;
  let pages = 0;
  let total: number | null = null;
  while (next !== null && pages < MOST_PAGES) {
    const answer: OcpiAnswer = await ocpiRequest(token, 'GET', next, undefined, headers);
    items.push(...asList(answer.data).map(asRecord));
    if (pages === 0) total = asWhole(Number(answer.headers.get('x-total-count') ?? Number.NaN));
    pages += 1;
    next = nextLink(answer.headers.get('link'));
  }
  return { items, pages, total };
}

function nextLink(header: string | null): string | null {
  for (const part of (header ?? '').split(',')) {
    const match = /<([^>]+)>\s*;\s*rel="?next"?/.exec(part);
    if (match?.[1]) return match[1];
  }
  return null;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OcpiCallFailed(null, null, `${init.method ?? 'GET'} ${url} was not answered: ${why}`, { cause: error });
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    // not JSON: the caller reports the HTTP status and that there is no OCPI one
    return {};
  }
}
