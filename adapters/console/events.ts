import Type from 'typebox';
import type { ServerResponse } from 'node:http';
import type { GatewayEvent } from '../../gateway/domain/events.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Operation } from './route.ts';
import { ErrorBody } from './schemas.ts';

/** What a client has not read yet may be this much; then it is let go and has to come back. */
const CLIENT_BYTES = 256 * 1024;
/** Proxies and phones drop a connection on which nothing moves. */
const HEARTBEAT_MS = 15_000;

export const EVENTS_URL = '/api/events';

/** How the event stream stands in the OpenAPI document. */
export const EVENTS_OPERATION: Operation = {
  method: 'GET',
  url: EVENTS_URL,
  summary:
    'What happens, as server-sent events: ids to read again, not copies of state; each has event, id and JSON data',
  params: Type.Object({}),
  query: Type.Object({}),
  body: null,
  responses: { 200: Type.String({ description: 'text/event-stream' }), 503: ErrorBody },
};

/** The clients of the event stream. */
export interface EventStream {
  /** Takes over a response; false when there are as many clients as may be. */
  serve(response: ServerResponse, headers: Record<string, string>): boolean;
  count(): number;
  close(): void;
}

/** Tells every client what the bus tells, each with a bound on what it has not read. Runs until closed. */
export function createEventStream(gw: Gateway, maxClients: number): EventStream {
  const clients = new Set<ServerResponse>();
  let sent = 0;

  function broadcast(text: string): void {
    for (const client of clients) {
      if (client.writableLength > CLIENT_BYTES) {
        gw.log.warn({ waiting: client.writableLength }, 'event stream: a client does not read, it is let go');
        drop(client);
      } else client.write(text);
    }
  }

  function drop(client: ServerResponse): void {
    clients.delete(client);
    client.destroy();
  }

  const unsubscribe = gw.bus.onAny((event) => {
    if (clients.size === 0) return;
    sent += 1;
    broadcast(format(event, sent));
  });
  const heartbeat = setInterval(() => broadcast(': still here\n\n'), HEARTBEAT_MS);
  heartbeat.unref();

  return {
    serve(response, headers) {
      if (clients.size >= maxClients) return false;
      clients.add(response);
      response.on('close', () => clients.delete(response));
      response.on('error', () => clients.delete(response));
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
      response.write('retry: 2000\n\n: connected\n\n');
      return true;
    },
    count: () => clients.size,
    close() {
      clearInterval(heartbeat);
      unsubscribe();
      for (const client of clients) drop(client);
    },
  };
}

function format(event: GatewayEvent, id: number): string {
  return `id: ${id}\nevent: ${event.name}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
