import { GatewayError } from '../domain/errors.ts';

/** The running daemon, seen through its operator API. */
export interface Client {
  get<Body>(path: string): Promise<Body>;
  /** Follows a list's cursor until there are `limit` items, or no more. */
  list<Item>(path: string, limit: number): Promise<Item[]>;
  /** `waitMs`: longer than usual, for what takes its time. */
  post<Body>(path: string, body: unknown, waitMs?: number): Promise<Body>;
  put<Body>(path: string, body: unknown): Promise<Body>;
  /** Null where there is nothing to say. */
  remove<Body = null>(path: string): Promise<Body>;
  /** Sends a file as it is. */
  putFile<Body>(path: string, file: Blob): Promise<Body>;
  /** Sends a file as it is, as this media type, to be worked on. */
  postFile<Body>(path: string, file: Blob, type: string): Promise<Body>;
  /** A file, to be read as it comes. */
  getFile(path: string): Promise<ReadableStream<Uint8Array>>;
}

export interface ClientOptions {
  /** Of the console. */
  url: string;
  token: string | null;
  /** Until an answer; a call to a charger takes as long as the charger may. */
  timeoutMs: number;
}

/** The daemon said no: its code and its words. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;
  /** The whole refusal as it came. */
  readonly body: object;

  constructor(code: string, status: number, message: string, body: object = {}) {
    super(message);
    this.name = 'Refused';
    this.code = code;
    this.status = status;
    this.body = body;
  }
}

/** Largest page that the operator API gives. */
const PAGE = 1000;

/** Files take longer than anything else. */
const FILE_MS = 3_600_000;

/** Makes a client; it connects when it is asked. Errors: DAEMON_UNREACHABLE, Refused. */
export function createClient({ url, token, timeoutMs }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '');

  function request(
    method: string,
    path: string,
    body?: { type: string; content: string | Blob },
    waitMs: number = timeoutMs,
  ) {
    return reach(base, `${base}${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': body.type }),
      },
      ...(body && { body: body.content }),
      signal: AbortSignal.timeout(waitMs),
    });
  }

  async function send(method: string, path: string, body?: unknown, waitMs?: number): Promise<unknown> {
    const json = body === undefined ? undefined : { type: 'application/json', content: JSON.stringify(body) };
    return answerOf(method, path, await request(method, path, json, waitMs));
  }

  async function answerOf(method: string, path: string, response: Response): Promise<unknown> {
    const text = await response.text();
    const answer = parse(text);
    if (response.ok) return answer;
    const { code, message } = isRecord(answer) ? answer : {};
    throw new Refused(
      typeof code === 'string' ? code : 'REQUEST_INVALID',
      response.status,
      typeof message === 'string'
        ? message
        : `${base} answered ${method} ${path} with ${response.status}: is it the URL of the console?`,
      isRecord(answer) ? answer : {},
    );
  }

  return {
    get: async <Body>(path: string) => (await send('GET', path)) as Body,
    async list<Item>(path: string, limit: number) {
      const items: Item[] = [];
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - items.length)) });
        if (cursor !== null) query.set('cursor', cursor);
        const page = (await send('GET', `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`)) as {
          items: Item[];
          next: string | null;
        };
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null && items.length < limit);
      return items;
    },
    post: async <Body>(path: string, body: unknown, waitMs?: number) =>
      (await send('POST', path, body, waitMs)) as Body,
    put: async <Body>(path: string, body: unknown) => (await send('PUT', path, body)) as Body,
    remove: async <Body>(path: string) => (await send('DELETE', path)) as Body,
    async putFile<Body>(path: string, file: Blob) {
      const body = { type: 'application/octet-stream', content: file };
      return (await answerOf('PUT', path, await request('PUT', path, body, FILE_MS))) as Body;
    },
    async postFile<Body>(path: string, file: Blob, type: string) {
      const body = { type, content: file };
      return (await answerOf('POST', path, await request('POST', path, body, FILE_MS))) as Body;
    },
    async getFile(path) {
      const response = await request('GET', path, undefined, FILE_MS);
      if (!response.ok) await answerOf('GET', path, response);
      return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
    },
  };
}

async function reach(base: string, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    const why = late ? 'it did not answer in time' : reason(error);
    throw new GatewayError(
      'DAEMON_UNREACHABLE',
      `no running chargegate reached at ${base} (${why}): start it with "chargegate run", or say where it is with --url or --config`,
      { cause: error },
    );
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.message : String(error);
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
