import { randomUUID } from 'node:crypto';
import type { Agent } from 'undici';
import type { Trust } from './peer-trust.ts';
import { tlsProblem } from './tls-problems.ts';
import { checkUrl, guardedLookup } from './url-guard.ts';

/** What came of asking a peer: its `data`, or why there is none. */
export type Fetched = { kind: 'ok'; data: unknown } | { kind: 'failed'; reason: string };

/** What came of telling a peer something. */
export type Sent =
  /** `location`: where it keeps it; `next`: where a list goes on; as its answer's headers say. */
  | { kind: 'ok'; http: number; data: unknown; location: string | null; next: string | null }
  /** It heard us and said no. */
  | { kind: 'refused'; http: number; status: number | null; reason: string }
  /** It was not reached, or not in a state to answer; seconds after which it wants to be asked again, where it says so. */
  | { kind: 'away'; reason: string; retryAfter: number | null }
  /** It does not know our token. */
  | { kind: 'denied'; reason: string };

export interface Call {
  /** Name of the peer, whose TLS is used. */
  peer: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  token: string;
  body?: unknown;
  /** Routing headers. */
  headers?: Record<string, string>;
  /** The token as it is, not in base64 (OCPI 2.1.1); whoever answers 401 is asked the other way. */
  raw?: boolean;
  /** Ends the call before its time. */
  signal?: AbortSignal;
}

/** A peer's answer as it came. */
export type Probed =
  | { kind: 'answered'; http: number; headers: Record<string, string>; envelope: Record<string, unknown> | null }
  | { kind: 'away'; reason: string };

/** Calls peers, within bounds of time, size and address. */
export interface OcpiClient {
  /** GETs one document with the token that the peer gave us. Never rejects. */
  get(call: Pick<Call, 'peer' | 'url' | 'token' | 'raw'>): Promise<Fetched>;
  /** One call of a functional module. Never rejects. */
  send(call: Call): Promise<Sent>;
  /** The bare answer to one call, for who judges the peer itself. Never rejects. */
  probe(call: Call): Promise<Probed>;
  close(): Promise<void>;
}

interface RawAnswer {
  http: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  location: string | null;
  next: string | null;
  retryAfter: number | null;
}

const TIMEOUT = 10_000;
const LARGEST_ANSWER = 1024 * 1024;

/** Statuses of a server that is there but cannot serve just now. */
const AWAY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Loaded at the first call: it is a good part of a start, and where there is no peer nobody needs it. */
const loadUndici = () => import('undici');
type Undici = Awaited<ReturnType<typeof loadUndici>>;

/**
 * Makes the client; nothing connects before the first call. Redirects are not followed: they could lead anywhere.
 * `trustOf`: TLS with a peer where it is not as with anybody; may throw TLS_UNUSABLE.
 * `keptBack`: is this call to fail without being made, because an outage is rehearsed?
 */
export function createOcpiClient(
  allowPrivateUrls: boolean,
  trustOf: (peer: string) => Trust | null = () => null,
  keptBack: () => boolean = () => false,
): OcpiClient {
  const agents = new Set<Agent>();
  const own = new Map<string, { trust: Trust; agent: Agent }>();
  let common: Agent | null = null;
  let closed = false;

  function openAgent(undici: Undici, trust: Trust): Agent {
    const agent = new undici.Agent({
      connect: { ...trust, lookup: guardedLookup(allowPrivateUrls), timeout: TIMEOUT },
      headersTimeout: TIMEOUT,
      bodyTimeout: TIMEOUT,
      maxResponseSize: LARGEST_ANSWER,
      connections: 4,
    });
    agents.add(agent);
    return agent;
  }

  /** What is under way with the old files ends first; should we end meanwhile, that ends too. */
  function retire(agent: Agent): void {
    const forget = (): void => void agents.delete(agent);
    agent.close().then(forget, forget);
  }

  function agentFor(undici: Undici, peer: string): Agent {
    if (closed) throw new Error('the gateway stops');
    const trust = trustOf(peer);
    if (!trust) return (common ??= openAgent(undici, {}));
    const known = own.get(peer);
    if (known?.trust === trust) return known.agent;
    if (known) retire(known.agent);
    const agent = openAgent(undici, trust);
    own.set(peer, { trust, agent });
    return agent;
  }

  async function attempt(call: Call, url: URL, credentials: string): Promise<RawAnswer> {
    const undici = await loadUndici();
    const response = await undici.request(url, {
      method: call.method,
      dispatcher: agentFor(undici, call.peer),
      signal: call.signal ? AbortSignal.any([call.signal, AbortSignal.timeout(TIMEOUT)]) : AbortSignal.timeout(TIMEOUT),
      headers: {
        authorization: `Token ${credentials}`,
        accept: 'application/json',
        'content-type': 'application/json',
        'x-request-id': randomUUID(),
        'x-correlation-id': randomUUID(),
        ...call.headers,
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    });
    const seconds = Number(one(response.headers['retry-after']));
    return {
      http: response.statusCode,
      headers: response.headers,
      text: await response.body.text(),
      location: one(response.headers['location']),
      next: /<([^>]+)>\s*;[^,]*rel="?next"?/i.exec(one(response.headers['link']) ?? '')?.[1] ?? null,
      retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    };
  }

  async function reach(call: Call): Promise<RawAnswer> {
    if (keptBack()) throw new Error('a drill keeps the WAN down ("chargegate drill wan-down --abort" ends it)');
    const url = checkUrl(call.url, allowPrivateUrls);
    // Older peers expect the token as it is (OCPI 2.3.0 transport_and_format, Authorization header, note).
    const written = [Buffer.from(call.token, 'utf8').toString('base64'), call.token] as const;
    const [first, other] = call.raw ? [written[1], written[0]] : written;
    const answer = await attempt(call, url, first);
    return answer.http === 401 ? await attempt(call, url, other) : answer;
  }

  return {
    async get(call) {
      const { url } = call;
      try {
        const { http, text } = await reach({ ...call, method: 'GET' });
        if (http >= 300) return { kind: 'failed', reason: `${url} answered HTTP ${http}` };
        return unwrap(text, url);
      } catch (error) {
        return { kind: 'failed', reason: explain(url, error) };
      }
    },
    async send(call) {
      try {
        return judge(call, await reach(call));
      } catch (error) {
        return { kind: 'away', reason: explain(call.url, error), retryAfter: null };
      }
    },
    async probe(call) {
      try {
        const { http, headers, text } = await reach(call);
        const single = Object.entries(headers).map(([name, value]): [string, string] => [name, one(value) ?? '']);
        return { kind: 'answered', http, headers: Object.fromEntries(single), envelope: parseObject(text) };
      } catch (error) {
        return { kind: 'away', reason: explain(call.url, error) };
      }
    },
    async close() {
      closed = true;
      await Promise.all([...agents].map((agent) => agent.destroy()));
    },
  };
}

/** HTTP and OCPI each may say no, and peers do not agree on which (OCPI 2.3.0 status_codes). */
function judge(call: Call, { http, text, location, next, retryAfter }: RawAnswer): Sent {
  const where = `${call.method} ${call.url}`;
  if (http === 401 || http === 403) return { kind: 'denied', reason: `${where} was answered with HTTP ${http}` };
  if (AWAY.has(http)) return { kind: 'away', reason: `${where} was answered with HTTP ${http}`, retryAfter };
  const envelope = parseObject(text);
  const status = typeof envelope?.['status_code'] === 'number' ? envelope['status_code'] : null;
  if (http >= 300 || (status !== null && status >= 2000)) {
    const said =
      typeof envelope?.['status_message'] === 'string' ? `: ${envelope['status_message'].slice(0, 200)}` : '';
    return {
      kind: 'refused',
      http,
      status,
      reason: `${where} was answered with HTTP ${http}, OCPI ${status ?? '–'}${said}`,
    };
  }
  return { kind: 'ok', http, data: envelope && 'data' in envelope ? envelope['data'] : undefined, location, next };
}

function unwrap(text: string, where: string): Fetched {
  const body = parseObject(text);
  if (!body) return { kind: 'failed', reason: `${where} did not answer with a JSON object` };
  if (!('status_code' in body)) return { kind: 'ok', data: 'data' in body ? body['data'] : body };
  const status = Number(body['status_code']);
  if (status >= 1000 && status < 2000) return { kind: 'ok', data: body['data'] };
  return { kind: 'failed', reason: `${where} answered OCPI status ${status}` };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : null;
  } catch {
    // no JSON: the caller says so, or needs none
    return null;
  }
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

function explain(url: string, error: unknown): string {
  const text = tlsProblem(url, error) ?? (error instanceof Error ? error.message || error.name : String(error));
  return text.startsWith('will not call') ? text : `${url.slice(0, 255)} could not be reached: ${text}`;
}
