import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { loadSchemas, type SchemaSet } from '../../adapters/ocpp/schemas/load.ts';
import { answers2x, awaited, type Counterpart, type Received } from './counterpart.ts';

interface Pending {
  action: string;
  resolve: (payload: Record<string, unknown>) => void;
  reject: (error: Error) => void;
}

/** What 2.1's schemas have against a payload; its messages are listed as `XRequest` and `XResponse`. */
function judge(schemas: SchemaSet, action: string, kind: 'req' | 'conf', payload: unknown): string[] {
  const own = `${action}${kind === 'req' ? 'Request' : 'Response'}`;
  const name = schemas.schema(own) ? own : `${action}.${kind}`;
  return schemas.problems(name, payload).map(({ path, message }) => `${name} ${path}: ${message}`);
}

/** A central system for OCPP 2.1 on a bare socket, which judges both directions: ocpp-rpc's server cannot. */
export async function startCounterpart21(port = 0): Promise<Counterpart> {
  const server = new WebSocketServer({ port, host: '127.0.0.1', handleProtocols: () => 'ocpp2.1' });
  await once(server, 'listening');
  const schemas = loadSchemas('ocpp2_1.json', 'strict');
  const received: Received[] = [];
  const violations: string[] = [];
  const watchers = new Set<() => void>();
  const pending = new Map<string, Pending>();
  const responders = answers2x();
  let socket: WebSocket | null = null;
  let calls = 0;

  async function answer(to: WebSocket, id: string, action: string, payload: Record<string, unknown>): Promise<void> {
    violations.push(...judge(schemas, action, 'req', payload));
    received.push({ action, payload });
    for (const watcher of watchers) watcher();
    const said = (await responders[action]?.(payload)) ?? {};
    violations.push(...judge(schemas, action, 'conf', said));
    to.send(JSON.stringify([3, id, said]));
  }

  function settle(id: string, type: number, rest: unknown[]): void {
    const waiting = pending.get(id);
    if (!waiting) violations.push(`nobody asked ${id}`);
    else if (type === 3) {
      violations.push(...judge(schemas, waiting.action, 'conf', rest[0]));
      waiting.resolve(rest[0] as Record<string, unknown>);
    } else waiting.reject(Object.assign(new Error(String(rest[1])), { rpcErrorCode: rest[0] }));
  }

  server.on('connection', (joined) => {
    socket = joined;
    joined.on('message', (data: Buffer) => {
      const [type, id, ...rest] = JSON.parse(data.toString('utf8')) as [number, string, ...unknown[]];
      if (type === 2) void answer(joined, id, String(rest[0]), rest[1] as Record<string, unknown>);
      else settle(id, type, rest);
    });
  });
  const bound = (server.address() as AddressInfo).port;
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
    call(action, payload) {
      violations.push(...judge(schemas, action, 'req', payload));
      const id = `c${(calls += 1)}`;
      return new Promise((resolve, reject) => {
        pending.set(id, { action, resolve, reject });
        socket?.send(JSON.stringify([2, id, action, payload]));
      });
    },
    async stop() {
      for (const each of server.clients) each.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
