import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import type { Ticker } from './ticker.ts';

/**
 * How the peer behaves towards whoever calls it. `down` cuts the socket, as a dead host does; `mute` takes in what it is
 * told and then cuts the socket, so that the caller cannot know.
 */
export type PeerCondition = (
  | { kind: 'up' }
  | { kind: 'down' }
  | { kind: 'mute' }
  | { kind: 'slow'; ms: number }
  | { kind: 'answering'; http: number; status: number }
) & {
  /** Only where this is in the path. */
  only?: string;
};

/** One request that reached the peer. */
export interface PeerRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
  /** HTTP status of the answer; 0 where the socket was cut. */
  answered: number;
}

export interface PeerAnswer {
  http: number;
  status: number;
  message?: string;
  data?: unknown;
  headers?: Record<string, string>;
}

export interface PeerServerOptions {
  host: string;
  port: number;
  clock: Clock;
  ticker: Ticker;
  condition: () => PeerCondition;
  /** Is this who may call? The token is decoded already. */
  knows: (token: string) => boolean;
  handle: (method: string, url: URL, body: unknown) => PeerAnswer | Promise<PeerAnswer>;
  /** How many requests are remembered; default 2000. */
  requestsKept?: number;
}

export interface PeerServer {
  /** `http://host:port`. */
  base: string;
  requests: PeerRequest[];
  close(): Promise<void>;
}

const LARGEST_BODY = 1024 * 1024;
const REQUESTS_KEPT = 2_000;

/** Opens the peer's HTTP server: envelope, ids, authorization and the peer's mood; what it answers is `handle`'s. */
export async function startPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const requests: PeerRequest[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = request;
    const text = await readBody(request);
    const body = parseBody(text);
    const entry: PeerRequest = { method, path, headers, body, answered: 0 };
    requests.push(entry);
    if (requests.length > (options.requestsKept ?? REQUESTS_KEPT)) requests.shift();
    const wanted = options.condition();
    const condition: PeerCondition = path.includes(wanted.only ?? '') ? wanted : { kind: 'up' };
    if (condition.kind === 'down') {
      request.socket.destroy();
      return;
    }
    if (condition.kind === 'slow') {
      await new Promise<void>((resolve) => void options.ticker.after(condition.ms, resolve));
    }
    const answer = await choose(
      condition,
      method,
      new URL(path, base),
      headers.authorization,
      text === '' ? null : body,
    );
    if (condition.kind === 'mute') {
      request.socket.destroy();
      return;
    }
    entry.answered = answer.http;
    send(request, response, answer);
  }

  function choose(
    condition: PeerCondition,
    method: string,
    url: URL,
    authorization: string | undefined,
    body: unknown,
  ): PeerAnswer | Promise<PeerAnswer> {
    if (condition.kind === 'answering') return { http: condition.http, status: condition.status };
    if (!tokensOf(authorization).some(options.knows)) return { http: 401, status: 2000, message: 'unknown token' };
    if (body === undefined) return { http: 400, status: 2000, message: 'the body is not JSON' };
    return options.handle(method, url, body);
  }

  function send(request: IncomingMessage, response: ServerResponse, answer: PeerAnswer): void {
    const echoed = ['x-request-id', 'x-correlation-id'].flatMap((name): [string, string][] => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    response.writeHead(answer.http, {
      'content-type': 'application/json',
      ...Object.fromEntries(echoed),
      ...answer.headers,
    });
    const { data, status, message } = answer;
    const timestamp = toUtc(options.clock());
    response.end(JSON.stringify({ data, status_code: status, status_message: message, timestamp }));
  }

  const server = createServer((request, response) => {
    // whoever breaks off in mid-request has no answer to get
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const base = `http://${options.host}:${port}`;

  return {
    base,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the header may mean: base64 as OCPI 2.2 and later have it, or the token as it is. */
function tokensOf(authorization: string | undefined): string[] {
  const written = /^token\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (written === undefined) return [];
  return [Buffer.from(written, 'base64').toString('utf8').trim(), written];
}
