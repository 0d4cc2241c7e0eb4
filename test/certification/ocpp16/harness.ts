import { expect } from 'vitest';
import type { ChargerBody, SessionBody, TransactionBody } from '../../../adapters/console/schemas.ts';
import { loadSchemas } from '../../../adapters/ocpp/schemas/load.ts';
import { createRawCharger, type RawCharger, type RawChargerOptions } from '../../../adapters/simulator/raw-charger.ts';
import { startTestSite } from '../../harness/gateway.ts';

const SCHEMAS = loadSchemas('ocpp1_6.json', 'strict');

/** Cards as the OCA's cases need them: valid, refused for each reason, and two of one group. */
const SITE = `
chargers:
  - id: LOCKED
    password: correct horse battery
tokens:
  - { uid: VALID }
  - { uid: EXPIRED, expires: 2020-01-01T00:00:00Z }
  - { uid: BLOCKED, valid: false }
  - { uid: FLEET-1, group: FLEET }
  - { uid: FLEET-2, group: FLEET }
`;

type Payload = Record<string, unknown>;

/** What the operator is told of a call to a charger. */
export interface Reply {
  status: number;
  body: unknown;
}

/** A charge point as the OCA's test tool plays it: every frame it sends or receives has to be one that the schema allows. */
export interface ChargePoint {
  id: string;
  /** Sends a CALL; gives the payload that answers it. A CALLERROR fails the case. */
  send(action: string, payload?: Payload): Promise<Payload>;
  /** Reports a status, which has to be acknowledged. */
  report(connectorId: number, status: string, errorCode?: string): Promise<void>;
  /** The tool's state «booted»: accepted, with both connectors available. */
  boot(): Promise<void>;
  /** The tool's state «charging»: connector 1, card VALID; gives the transaction's id. */
  charge(start?: Payload): Promise<number>;
  /** The operator makes a call, which has to reach the charge point as it was made; gives what the operator is answered. */
  order(action: string, payload: Payload, answer: Payload): Promise<Reply>;
  /** Answers the next call of this action that the gateway makes by itself; gives what it was asked. */
  answerNext(action: string, answer: Payload): Promise<Payload>;
  /** The power fails: the socket ends without a word. */
  losePower(): Promise<void>;
}

/** One gateway for a file of cases, a charge point of its own for each. */
export interface Bench {
  url: string;
  /** The operator API's address; what is not JSON goes there directly. */
  console: string;
  /** A charge point that has connected and said nothing yet; by default one the gateway has never seen. */
  connect(id?: string, options?: RawChargerOptions): Promise<ChargePoint>;
  /** A charge point in the state «booted». */
  booted(): Promise<ChargePoint>;
  /** What the operator sees of a charger. */
  charger(id: string): Promise<ChargerBody>;
  transactions(id: string): Promise<TransactionBody[]>;
  sessions(id: string): Promise<SessionBody[]>;
  /** Asks the operator API, or changes something there. */
  operator<Body = unknown>(path: string, change?: { method: 'POST' | 'PUT'; body: object }): Promise<Body>;
  /** Between cases: disconnects every charge point and fails where a frame was not as the schema has it. */
  unplug(): Promise<void>;
  close(): Promise<void>;
}

export const VENDOR = { chargePointVendor: 'OCA', chargePointModel: 'Reference', firmwareVersion: '1.0' };

/** An instant as a charge point writes it, seconds from now. */
export const inSeconds = (seconds: number): string =>
  `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;

/** What the operator gets when the charge point answers. */
export const answered = (body: Payload): Reply => ({ status: 200, body });

/** `yaml`: further sections of the configuration. */
export async function openBench(yaml = ''): Promise<Bench> {
  const site = await startTestSite({ yaml: SITE + yaml });
  const faults: string[] = [];
  const open: RawCharger[] = [];
  let count = 0;

  async function api(path: string, body?: object): Promise<Reply> {
    const response = await fetch(new URL(`api/${path}`, site.urls.console), {
      ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  async function listOf<Item extends { chargerId: string }>(path: string, id: string): Promise<Item[]> {
    const { body } = await api(path);
    return (body as { items: Item[] }).items.filter((item) => item.chargerId === id);
  }

  async function connect(id = `CP-${(count += 1)}`, options: RawChargerOptions = {}): Promise<ChargePoint> {
    const asked = new Map<string, string>();
    const url = options.tls ? (site.urls.ocpps ?? '') : site.urls.ocpp;
    const raw = await createRawCharger(url + id, {
      protocols: ['ocpp1.6'],
      ...options,
      onText: (text) => faults.push(...faultsOf(text, asked)),
    });
    expect(raw.protocol).toBe('ocpp1.6');
    open.push(raw);
    return pointOver(raw, id, asked, (action, payload) => api(`chargers/${id}/calls`, { action, payload }));
  }

  return {
    url: site.urls.ocpp,
    console: site.urls.console,
    connect,
    async booted() {
      const point = await connect();
      await point.boot();
      return point;
    },
    charger: async (id) => (await api(`chargers/${id}`)).body as ChargerBody,
    transactions: (id) => listOf<TransactionBody>('transactions', id),
    sessions: (id) => listOf<SessionBody>('sessions', id),
    async operator<Body>(path: string, change?: { method: 'POST' | 'PUT'; body: object }) {
      const response = await fetch(new URL(`api/${path}`, site.urls.console), {
        ...(change && {
          method: change.method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(change.body),
        }),
      });
      expect(response.status).toBe(200);
      return (await response.json()) as Body;
    },
    async unplug() {
      for (const raw of open.splice(0)) await raw.close();
      expect(faults.splice(0)).toEqual([]);
    },
    close: () => site.cleanUp(),
  };
}

/** What is wrong with a frame of the gateway's (OCPP-J 1.6 §4.2); `asked`: the action of each call that waits. */
function faultsOf(text: string, asked: Map<string, string>): string[] {
  const [type, id, ...rest] = JSON.parse(text) as unknown[];
  if (typeof id !== 'string' || id.length > 36) return [`no message id: ${text}`];
  if (type === 2 && rest.length === 2) return [...problems(`${String(rest[0])}.req`, rest[1])];
  const action = asked.get(id);
  asked.delete(id);
  if (type === 3 && rest.length === 1 && action !== undefined) return problems(`${action}.conf`, rest[0]);
  return [`not expected: ${text}`];
}

function problems(name: string, payload: unknown): string[] {
  return SCHEMAS.problems(name, payload).map(({ path, message }) => `${name}${path}: ${message}`);
}

function pointOver(
  raw: RawCharger,
  id: string,
  asked: Map<string, string>,
  operate: (action: string, payload: Payload) => Promise<Reply>,
): ChargePoint {
  let messageIds = 0;

  async function send(action: string, payload: Payload = {}): Promise<Payload> {
    expect(problems(`${action}.req`, payload)).toEqual([]);
    const messageId = `${id}-${(messageIds += 1)}`;
    asked.set(messageId, action);
    const answer = await raw.call(action, payload, messageId);
    expect(answer).toEqual([3, messageId, expect.any(Object)]);
    return answer[2] as Payload;
  }

  async function report(connectorId: number, status: string, errorCode = 'NoError'): Promise<void> {
    expect(await send('StatusNotification', { connectorId, errorCode, status })).toEqual({});
  }

  return {
    id,
    send,
    report,
    async boot() {
      expect(await send('BootNotification', VENDOR)).toMatchObject({ status: 'Accepted' });
      for (const connectorId of [0, 1, 2]) await report(connectorId, 'Available');
    },
    async charge(start = {}) {
      expect(await send('Authorize', { idTag: 'VALID' })).toEqual({ idTagInfo: { status: 'Accepted' } });
      await report(1, 'Preparing');
      const started = await send('StartTransaction', {
        connectorId: 1,
        idTag: 'VALID',
        meterStart: 0,
        timestamp: inSeconds(0),
        ...start,
      });
      expect(started).toEqual({ transactionId: expect.any(Number), idTagInfo: { status: 'Accepted' } });
      await report(1, 'Charging');
      return started['transactionId'] as number;
    },
    async order(action, payload, answer) {
      expect(problems(`${action}.conf`, answer)).toEqual([]);
      const from = raw.texts.length;
      const reply = operate(action, payload);
      const unsent = reply.then(({ status, body }) => {
        throw new Error(`${action} did not reach the charge point: ${status} ${JSON.stringify(body)}`);
      });
      const frame = await Promise.race([raw.waitFor((got) => got[0] === 2, from), unsent]);
      expect(frame).toEqual([2, expect.any(String), action, payload]);
      raw.send(JSON.stringify([3, frame[1], answer]));
      return reply;
    },
    async answerNext(action, answer) {
      expect(problems(`${action}.conf`, answer)).toEqual([]);
      const [, messageId, , payload] = await raw.waitFor((got) => got[0] === 2 && got[2] === action, raw.texts.length);
      raw.send(JSON.stringify([3, messageId, answer]));
      return payload as Payload;
    },
    async losePower() {
      raw.destroy();
      await raw.closed;
    },
  };
}
