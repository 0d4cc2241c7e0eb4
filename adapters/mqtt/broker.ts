import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { BrokerFiles } from './tls.ts';
import type { Log } from '../../gateway/gateway.ts';

/** Something for the broker, QoS 1. */
export interface Publication {
  topic: string;
  payload: string;
  retain: boolean;
  /** Seconds after which the broker forgets it; absent: never. */
  expiresIn?: number;
  correlation?: Buffer;
}

/** What became of a publication: the broker has it, will not have it, or the connection ended before it said. */
export type Published = 'taken' | 'refused' | 'gone';

/** A message from the broker. */
export interface Incoming {
  topic: string;
  payload: Buffer;
  retained: boolean;
  responseTopic: string | null;
  correlation: Buffer | null;
  /** Seconds that were left when the broker sent it; null: it never expires. */
  expiresIn: number | null;
}

/** One connection to the broker, until it ends. Nothing outlives it: what is owed is found again by the next one. */
export interface BrokerLink {
  /** Resolves when another publication may be made; false: the connection has ended. */
  room(): Promise<boolean>;
  hasRoom(): boolean;
  /** Publishes now; the caller has waited for room. Never rejects. */
  publish(publication: Publication): Promise<Published>;
  /** Aborted when it ends. */
  ended: AbortSignal;
}

export interface BrokerOptions {
  url: string;
  clientId: string;
  username: string | null;
  password: string | null;
  /** Read anew for each connection. */
  files(): Promise<BrokerFiles>;
  /** Said by the broker when the gateway is gone. */
  will: Publication;
  /** Topic filters; none: nothing is listened to. */
  listen: string[];
  log: Log;
  onUp(link: BrokerLink): void;
  onMessage(link: BrokerLink, message: Incoming): void;
  /** First and longest wait before it is tried again, milliseconds. */
  waits?: { first: number; longest: number };
}

/** The connection to the broker, kept up as well as can be. */
export interface Broker {
  connected(): boolean;
  /** Ends in order: `last` is published if there is a connection. Settles within a second or so. */
  close(last: Publication[]): Promise<void>;
}

const WAITS = { first: 1000, longest: 60_000 };
/** A larger message is refused by the broker before it reaches us (MQTT 5 §3.1.2.11.4). */
const LARGEST = 256 * 1024;
/** Publications that the broker has not acknowledged, at a time, where it takes so many. */
const WINDOW = 64;
const CLOSING = 1200;

/**
 * Connects and connects again, with waits that grow and are spread. Each connection begins clean, so that the broker
 * keeps no request for a gateway that is away (MQTT 5 §3.1.2.4).
 */
export function keepConnected(options: BrokerOptions): Broker {
  const { first, longest } = options.waits ?? WAITS;
  let client: MqttClient | null = null;
  let link: BrokerLink | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closing = false;
  let failures = 0;

  function again(problem: string): void {
    if (closing) return;
    if (failures === 0) options.log.warn({ url: options.url, problem }, 'the MQTT broker is away: it is tried again');
    const wait = Math.min(longest, first * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
    failures += 1;
    timer = setTimeout(() => void dial(), wait);
  }

  async function dial(): Promise<void> {
    let settings: IClientOptions;
    try {
      settings = clientOptions(options, await options.files());
    } catch (error) {
      return again(String(error));
    }
    if (closing) return;
    const own = connect(options.url, settings);
    const over = new AbortController();
    let problem = 'it closed the connection';
    client = own;
    own.on('error', (error) => void (problem = error.message));
    own.on('disconnect', (packet) => void (problem = `it said goodbye (reason ${packet.reasonCode ?? 0})`));
    own.on('close', () => {
      if (over.signal.aborted) return;
      over.abort();
      link = null;
      own.end(true);
      again(problem);
    });
    own.on('connect', (packet) => {
      const mine = linkOf(own, over.signal, Math.min(WINDOW, packet.properties?.receiveMaximum ?? WINDOW));
      own.on('message', (topic, payload, { retain, properties }) =>
        options.onMessage(mine, {
          topic,
          payload,
          retained: retain,
          responseTopic: properties?.responseTopic ?? null,
          correlation: properties?.correlationData ?? null,
          expiresIn: properties?.messageExpiryInterval ?? null,
        }),
      );
      listen(own, options, () => {
        failures = 0;
        link = mine;
        options.log.info({ url: options.url }, 'the MQTT broker is connected');
        options.onUp(mine);
      });
    });
  }

  void dial();
  return {
    connected: () => link !== null,
    async close(last) {
      closing = true;
      if (timer) clearTimeout(timer);
      const [own, open] = [client, link];
      if (!own) return;
      const orderly = async (): Promise<void> => {
        if (open) await Promise.all(last.map((publication) => open.publish(publication)));
        await own.endAsync(false);
      };
      let stop: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => void (stop = setTimeout(resolve, CLOSING)));
      await Promise.race([open ? orderly() : Promise.resolve(), late]);
      clearTimeout(stop);
      own.end(true);
    },
  };
}

function clientOptions(options: BrokerOptions, files: BrokerFiles): IClientOptions {
  const { clientId, username, password, will } = options;
  return {
    protocolVersion: 5,
    clean: true,
    // We connect anew ourselves: the library would keep what it could not send, without bound.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: 10_000,
    keepalive: 30,
    clientId,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain },
    properties: { sessionExpiryInterval: 0, maximumPacketSize: LARGEST, receiveMaximum: 32 },
    rejectUnauthorized: true,
    ...files,
  };
}

/** Retained requests are not asked for, and a message keeps the sign that it was sent to be retained (rh 2, rap). */
function listen(client: MqttClient, { listen: filters, log }: BrokerOptions, then: () => void): void {
  if (filters.length === 0) return then();
  client.subscribe(filters, { qos: 1, nl: true, rap: true, rh: 2 }, (error) => {
    if (client.disconnecting || !client.connected) return;
    if (error) log.error({ err: error }, 'the MQTT broker does not let the gateway listen to requests');
    then();
  });
}

function linkOf(client: MqttClient, ended: AbortSignal, window: number): BrokerLink {
  /** Publications that the broker has not acknowledged, by what ends the wait for it. */
  const open = new Set<() => void>();
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  ended.addEventListener(
    'abort',
    () => {
      // The library forgets its callbacks when a connection is thrown away.
      for (const gone of open) gone();
      wake();
    },
    { once: true },
  );
  const hasRoom = (): boolean => open.size < window;
  return {
    ended,
    hasRoom,
    async room() {
      while (!hasRoom() && !ended.aborted) await new Promise<void>((resolve) => void waiting.push(resolve));
      return !ended.aborted;
    },
    publish({ topic, payload, retain, expiresIn, correlation }) {
      if (ended.aborted) return Promise.resolve<Published>('gone');
      const properties = {
        ...(expiresIn !== undefined && { messageExpiryInterval: expiresIn }),
        ...(correlation !== undefined && { correlationData: correlation }),
      };
      return new Promise<Published>((resolve) => {
        const settle = (outcome: Published): void => {
          if (open.delete(gone)) wake();
          resolve(outcome);
        };
        const gone = (): void => settle('gone');
        open.add(gone);
        client.publish(topic, payload, { qos: 1, retain, properties }, (error) => {
          if (!ended.aborted) settle(error ? 'refused' : 'taken');
        });
      });
    },
  };
}
