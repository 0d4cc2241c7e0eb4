import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RPCServer } from 'ocpp-rpc';

export interface Received {
  action: string;
  payload: Record<string, unknown>;
}

export type Respond = (payload: Record<string, unknown>) => Record<string, unknown> | Promise<Record<string, unknown>>;

interface ServerClient {
  handle(handler: (call: { method: string; params: Record<string, unknown> }) => Promise<unknown>): void;
  on(event: string, listener: (event: { error: Error }) => void): void;
  call(action: string, payload: unknown): Promise<Record<string, unknown>>;
  close(options: { force: boolean }): Promise<unknown>;
}

export interface Counterpart {
  url: string;
  port: number;
  received: Received[];
  violations: string[];
  /** Payloads of one action, in order. */
  of(action: string): Record<string, unknown>[];
  /** Resolves with the n-th (from 1) call of that action. */
  waitFor(action: string, count?: number): Promise<Record<string, unknown>>;
  respond(action: string, respond: Respond): void;
  call(action: string, payload: unknown): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

const NOW = '2026-03-01T00:00:00Z';

/** What a friendly central system says; each start has a number of its own. */
function answers16(): Record<string, Respond> {
  let transactionIds = 100;
  const accepted = { idTagInfo: { status: 'Accepted' } };
  return {
    BootNotification: () => ({ status: 'Accepted', interval: 300, currentTime: NOW }),
    Heartbeat: () => ({ currentTime: NOW }),
    Authorize: () => accepted,
    StartTransaction: () => ({ ...accepted, transactionId: (transactionIds += 1) }),
    StopTransaction: () => ({}),
  };
}

/** The same in 2.x: whether a card is good is told where one was shown. */
export function answers2x(): Record<string, Respond> {
  const accepted = { idTokenInfo: { status: 'Accepted' } };
  return {
    BootNotification: () => ({ status: 'Accepted', interval: 300, currentTime: NOW }),
    Heartbeat: () => ({ currentTime: NOW }),
    Authorize: () => accepted,
    TransactionEvent: (payload) => ('idToken' in payload ? accepted : {}),
  };
}

/** A central system of ocpp-rpc's own server, its strict validation on: an independent judge of what the charger sends. */
export async function startCounterpart(port = 0, protocol: 'ocpp1.6' | 'ocpp2.0.1' = 'ocpp1.6'): Promise<Counterpart> {
  const server = new RPCServer({
    protocols: [protocol],
    strictMode: true,
    wssOptions: { perMessageDeflate: false },
  });
  const received: Received[] = [];
  const violations: string[] = [];
  const watchers = new Set<() => void>();
  let client: ServerClient | null = null;
  const responders = protocol === 'ocpp1.6' ? answers16() : answers2x();

  server.on('client', (joined: ServerClient) => {
    client = joined;
    joined.on('strictValidationFailure', (event) => violations.push(event.error.message));
    joined.on('badMessage', (event) => violations.push(event.error.message));
    joined.handle(async ({ method, params }) => {
      received.push({ action: method, payload: params });
      for (const watcher of watchers) watcher();
      return (await responders[method]?.(params)) ?? {};
    });
  });
  const http = await server.listen(port, '127.0.0.1');
  if (!http.listening) await once(http, 'listening');
  const bound = (http.address() as AddressInfo).port;
  const of = (action: string) => received.filter((each) => each.action === action).map((each) => each.payload);

  return {
    url: `ws://127.0.0.1:${bound}`,
    port: bound,
    received,
    violations,
    of,
    waitFor: (action, count = 1) => awaited(watchers, () => of(action)[count - 1]),
    respond(action, respond) {
      responders[action] = respond;
    },
    async call(action, payload) {
      if (!client) throw new Error('no charger is connected');
      return client.call(action, payload);
    },
    stop: () => server.close({ force: true }),
  };
}

/** Resolves with what `find` finds, looking again whenever a watcher is called. */
export function awaited<T>(watchers: Set<() => void>, find: () => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const look = () => {
      const found = find();
      if (found === undefined) return;
      watchers.delete(look);
      resolve(found);
    };
    watchers.add(look);
    look();
  });
}
