/** Chargers that show passwords, and the operator who looks after them. */
import { request } from 'node:http';
import type { SecurityBody } from '../../adapters/console/routes/charger-access.ts';
import type { ChargerBody } from '../../adapters/console/schemas.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import type { TestSite } from '../harness/gateway.ts';

export interface Knock {
  status: number;
  retryAfter: number | null;
}

export interface Door {
  /** A handshake that is broken off once it is answered; 101: it would have been let in. */
  knock(id: string, password?: string | Buffer, options?: KnockOptions): Promise<Knock>;
  /** The status alone. */
  status(id: string, password?: string | Buffer): Promise<number>;
  /** A charger that stays, and answers each call with what `answer` gives for it; null: not at all. */
  plugIn(id: string, password: string | Buffer | null, answer?: Answerer): Promise<RawCharger>;
  api<Body>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
  security(id: string): Promise<SecurityBody>;
  /** Kinds of deviations of a charger, with their counts. */
  deviations(id: string): Promise<Record<string, number>>;
}

export interface KnockOptions {
  /** Where it comes from; any of 127.0.0.0/8. */
  from?: string;
  user?: string;
}

type Answerer = (action: string, payload: Record<string, unknown>) => object | null;

export const basic = (user: string, password: string | Buffer): Record<string, string> => ({
  authorization: `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]).toString('base64')}`,
});

/** The door of a site as chargers and its operator see it. */
export function doorOf(site: TestSite): Door {
  function knock(id: string, password?: string | Buffer, { from, user }: KnockOptions = {}): Promise<Knock> {
    return new Promise((resolve, reject) => {
      const asked = request(site.urls.ocpp.replace('ws:', 'http:') + encodeURIComponent(id), {
        ...(from !== undefined && { localAddress: from }),
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'sec-websocket-protocol': 'ocpp1.6',
          ...(password !== undefined && basic(user ?? id, password)),
        },
      });
      asked.on('error', reject);
      asked.on('upgrade', (_response, socket) => {
        // Let go at once, also by the gateway, before anybody else uses this id.
        socket.on('error', () => undefined);
        socket.once('close', () => resolve({ status: 101, retryAfter: null }));
        socket.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
        socket.resume();
      });
      asked.on('response', (response) => {
        const after = response.headers['retry-after'];
        response.resume();
        resolve({ status: response.statusCode ?? 0, retryAfter: after === undefined ? null : Number(after) });
      });
      asked.end();
    });
  }

  async function api<Body>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
    const response = await fetch(new URL(`api/${path}`, site.urls.console), {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  return {
    knock,
    api,
    status: async (id, password) => (await knock(id, password)).status,
    async plugIn(id, password, answer = () => null) {
      const charger = await createRawCharger(site.urls.ocpp + encodeURIComponent(id), {
        protocols: ['ocpp1.6'],
        headers: password === null ? {} : basic(id, password),
        onText(text) {
          const [type, messageId, action, payload] = JSON.parse(text) as [number, string, string, object];
          const reply = type === 2 ? answer(action, payload as Record<string, unknown>) : null;
          if (reply) charger.send(JSON.stringify([3, messageId, reply]));
        },
      });
      await charger.call('Heartbeat', {});
      return charger;
    },
    security: async (id) => (await api<SecurityBody>('GET', `chargers/${id}/security`)).body,
    async deviations(id) {
      await api('GET', `frames?charger=${id}`);
      const { body } = await api<ChargerBody>('GET', `chargers/${id}`);
      return Object.fromEntries(body.deviations.map(({ code, count }) => [code, count]));
    },
  };
}
