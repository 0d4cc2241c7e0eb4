import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { checkUrl, guardedLookup } from './url-guard.ts';

/** What came of asking a peer: its `data`, or why there is none. */
export type Fetched = { kind: 'ok'; data: unknown } | { kind: 'failed'; reason: string };

/** Calls peers' configuration modules, within bounds of time, size and address. */
export interface OcpiClient {
  /** GETs one document with the token that the peer gave us. Never rejects. */
  get(url: string, token: string): Promise<Fetched>;
  close(): Promise<void>;
}

const TIMEOUT = 10_000;
const LARGEST_ANSWER = 1024 * 1024;

/** Makes the client; nothing connects before the first `get`. Redirects are not followed: they could lead anywhere. */
export function createOcpiClient(allowPrivateUrls: boolean): OcpiClient {
  const agent = new Agent({
    connect: { lookup: guardedLookup(allowPrivateUrls), timeout: TIMEOUT },
    headersTimeout: TIMEOUT,
    bodyTimeout: TIMEOUT,
    maxResponseSize: LARGEST_ANSWER,
    connections: 4,
  });

  async function attempt(url: URL, credentials: string): Promise<Fetched & { http?: number }> {
    const response = await request(url, {
      dispatcher: agent,
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        authorization: `Token ${credentials}`,
        accept: 'application/json',
        'content-type': 'application/json',
        'x-request-id': randomUUID(),
        'x-correlation-id': randomUUID(),
      },
    });
    const text = await response.body.text();
    const http = response.statusCode;
    if (http >= 300) return { kind: 'failed', reason: `${url.href} answered HTTP ${http}`, http };
    return { ...unwrap(text, url.href), http };
  }

  return {
    async get(text, token) {
      try {
        const url = checkUrl(text, allowPrivateUrls);
        const encoded = await attempt(url, Buffer.from(token, 'utf8').toString('base64'));
        // Older peers expect the token as it is (OCPI 2.3.0 transport_and_format, Authorization header, note).
        return encoded.http === 401 ? await attempt(url, token) : encoded;
      } catch (error) {
        return { kind: 'failed', reason: explain(text, error) };
      }
    },
    close: () => agent.destroy(),
  };
}

function unwrap(text: string, where: string): Fetched {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: 'failed', reason: `${where} did not answer with JSON` };
  }
  if (typeof body !== 'object' || body === null)
    return { kind: 'failed', reason: `${where} did not answer with an object` };
  if (!('status_code' in body)) return { kind: 'ok', data: 'data' in body ? body.data : body };
  const status = Number(body.status_code);
  if (status >= 1000 && status < 2000) return { kind: 'ok', data: 'data' in body ? body.data : undefined };
  return { kind: 'failed', reason: `${where} answered OCPI status ${status}` };
}

function explain(url: string, error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.startsWith('will not call') ? text : `${url.slice(0, 255)} could not be fetched: ${text}`;
}
