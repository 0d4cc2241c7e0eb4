import { randomUUID } from 'node:crypto';
import type { OcpiAnswer } from './peer-client.ts';
import type { PeerAnswer } from './peer-server.ts';
import { asRecord } from './wire.ts';

type Item = Record<string, unknown>;

/** A command that was sent: what the gateway said at once, and what it tells later. */
export interface SentCommand {
  answer: OcpiAnswer;
  /** What `answer` holds. */
  response: Item;
  /** Comes when the gateway tells it; never where it does not. */
  result: Promise<Item>;
}

/** An eMSP's side of commands and charging profiles. */
export interface Commander {
  /** START_SESSION and the others; `response_url` is filled in. Throws OcpiCallFailed. */
  send(name: string, body: Item): Promise<SentCommand>;
  /** Sets the limit of a session. */
  setProfile(sessionId: string, profile: Item): Promise<SentCommand>;
  /** Asks for the limit that is in force, so many seconds ahead. */
  readProfile(sessionId: string, seconds: number): Promise<SentCommand>;
  clearProfile(sessionId: string): Promise<SentCommand>;
  /** Takes what reaches a response URL, or a session's active profile; null: neither. */
  handle(module: string, method: string, path: string[], body: unknown): PeerAnswer | null;
  /** The active profiles that it was told, oldest first, each with its session. */
  activeProfiles: { sessionId: string; profile: Item }[];
}

export interface CommanderOptions {
  /** The peer's own URL up to the version, which is asked for when it is known. */
  base: () => string;
  /** URL of the gateway's endpoint. */
  endpoint: (module: string) => string;
  request: (method: string, url: string, body?: unknown) => Promise<OcpiAnswer>;
}

/** Makes it, with nothing sent. */
export function createCommander({ base, endpoint, request }: CommanderOptions): Commander {
  const waiting = new Map<string, (result: Item) => void>();
  const activeProfiles: Commander['activeProfiles'] = [];

  async function ask(what: string, call: (responseUrl: string) => Promise<OcpiAnswer>): Promise<SentCommand> {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<Item>();
    waiting.set(id, resolve);
    const answer = await call(`${base()}/${what}/${id}`);
    return { answer, response: asRecord(answer.data), result: promise };
  }

  const profileUrl = (sessionId: string): string => `${endpoint('chargingprofiles')}/${encodeURIComponent(sessionId)}`;

  return {
    send: (name, body) =>
      ask(`commands/${name}`, (response_url) =>
        request('POST', `${endpoint('commands')}/${name}`, { response_url, ...body }),
      ),
    setProfile: (sessionId, profile) =>
      ask('chargingprofiles/result', (response_url) =>
        request('PUT', profileUrl(sessionId), { charging_profile: profile, response_url }),
      ),
    readProfile: (sessionId, seconds) =>
      ask('chargingprofiles/result', (url) => {
        const query = new URLSearchParams({ duration: String(seconds), response_url: url });
        return request('GET', `${profileUrl(sessionId)}?${query.toString()}`);
      }),
    clearProfile: (sessionId) =>
      ask('chargingprofiles/result', (url) =>
        request('DELETE', `${profileUrl(sessionId)}?${new URLSearchParams({ response_url: url }).toString()}`),
      ),
    handle(module, method, path, body) {
      if (module === 'chargingprofiles' && method === 'PUT' && path.length === 1) {
        activeProfiles.push({ sessionId: path[0] ?? '', profile: asRecord(body) });
        return { http: 200, status: 1000 };
      }
      if ((module !== 'commands' && module !== 'chargingprofiles') || method !== 'POST') return null;
      const id = path.at(-1) ?? '';
      const tell = waiting.get(id);
      waiting.delete(id);
      tell?.(asRecord(body));
      return { http: 200, status: 1000 };
    },
    activeProfiles,
  };
}
