import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';

export type Payload = Record<string, unknown>;

/** What it answers a call with: a payload, an error code, or null for no answer. */
export type Script = (action: string, payload: Payload) => Payload | string | null;

/** A 1.6 charger on a raw socket that answers the gateway's calls by a script. */
export interface ScriptedCharger {
  raw: RawCharger;
  id: string;
  /** The gateway's calls so far, oldest first. */
  calls: [action: string, payload: Payload][];
  /** From now on it answers so. */
  script(next: Script): void;
  /** Sends a call and gives the payload of the answer. */
  send(action: string, payload?: Payload): Promise<Payload>;
  boot(): Promise<Payload>;
  status(connectorId: number, status: string): Promise<Payload>;
  /** A transaction's start; gives its number. */
  start(connectorId: number, idTag?: string, secondsAgo?: number): Promise<number>;
  stop(transactionId: number, meterStop?: number): Promise<Payload>;
  /** The gateway's next call of this name that has not been waited for. */
  called(action: string): Promise<Payload>;
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

/** Dials in as this charger; every call is accepted until `script` says otherwise. */
export async function dialScripted(url: string, id: string, password?: string): Promise<ScriptedCharger> {
  let answer: Script = () => ({ status: 'Accepted' });
  const calls: [string, Payload][] = [];
  const seen = new Map<string, number>();
  let raw: RawCharger | null = null;
  const connected = await createRawCharger(url + encodeURIComponent(id), {
    protocols: ['ocpp1.6'],
    ...(password !== undefined && {
      headers: { authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}` },
    }),
    onText(text) {
      const [type, messageId, action, payload] = JSON.parse(text) as [number, string, string, Payload];
      if (type !== 2) return;
      calls.push([action, payload]);
      const said = answer(action, payload);
      if (said === null) return;
      raw?.send(JSON.stringify(typeof said === 'string' ? [4, messageId, said, '', {}] : [3, messageId, said]));
    },
  });
  raw = connected;

  async function send(action: string, payload: Payload = {}): Promise<Payload> {
    return (await connected.call(action, payload))[2] as Payload;
  }

  return {
    raw: connected,
    id,
    calls,
    script: (next) => void (answer = next),
    send,
    boot: () =>
      send('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M', chargePointSerialNumber: `S-${id}` }),
    status: (connectorId, status) => send('StatusNotification', { connectorId, errorCode: 'NoError', status }),
    async start(connectorId, idTag = 'CARD1', secondsAgo = 60) {
      const start = { connectorId, idTag, meterStart: 1000, timestamp: ago(secondsAgo) };
      return (await send('StartTransaction', start))['transactionId'] as number;
    },
    stop: (transactionId, meterStop = 2000) =>
      send('StopTransaction', { transactionId, meterStop, timestamp: ago(0), reason: 'Remote' }),
    async called(action) {
      const from = seen.get(action) ?? 0;
      const frame = await connected.waitFor(([type, , name]) => type === 2 && name === action, from);
      seen.set(action, connected.texts.findIndex((text) => (JSON.parse(text) as unknown[])[1] === frame[1]) + 1);
      return frame[3] as Payload;
    },
  };
}
