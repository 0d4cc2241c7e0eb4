import type { Gateway } from '../../gateway/gateway.ts';
import { keepConnected, type Publication } from './broker.ts';
import { createEventTeller } from './events.ts';
import { birthTopic, discoveryTopic, gatewayDevice, type Discovery } from './homeassistant.ts';
import { createIntake } from './intake.ts';
import { createOverview } from './overview.ts';
import { createStatePublisher } from './publisher.ts';
import { readBrokerFiles, type BrokerTls } from './tls.ts';
import { topicOf } from './topics.ts';

/** The `mqtt` section of the configuration. */
export interface MqttSettings {
  /** Null: there is no broker. */
  url: string | null;
  baseTopic: string;
  clientId: string | null;
  username: string | null;
  password: string | null;
  requests: boolean;
  keepEvents: number;
  homeAssistant: boolean;
  homeAssistantPrefix: string;
  tls: BrokerTls | null;
}

export interface MqttOptions {
  version: string;
  /** First and longest wait before the broker is tried again, milliseconds. */
  waits?: { first: number; longest: number };
}

/** How it stands with the broker. */
export interface MqttStats {
  connected: boolean;
  /** Chargers whose state is to be told in the next round. */
  marked: number;
  /** State messages handed to the broker so far. */
  published: number;
  /** Sessions and bill lines still to be told, and left out. */
  waiting: number;
  skipped: number;
}

/** The building's broker, told of everything and listened to. */
export interface MqttService {
  stats(): MqttStats;
  /** Answers what was asked, says goodbye, settles within two seconds. */
  close(): Promise<void>;
}

/** What was asked for may take this long to be answered when the gateway stops, milliseconds. */
const LAST_ANSWERS = 700;

/** Connects to the broker that the configuration names, now and again as long as it runs. Errors: TLS_UNUSABLE. */
export async function startMqtt(
  gw: Gateway,
  settings: MqttSettings & { url: string },
  { version, waits }: MqttOptions,
): Promise<MqttService> {
  const { baseTopic: base, tls } = settings;
  await readBrokerFiles(tls);
  const { id, name } = gw.settings.site;
  const discovery: Discovery | null = settings.homeAssistant
    ? { prefix: settings.homeAssistantPrefix, base, siteId: id, siteName: name ?? id, version }
    : null;
  const states = createStatePublisher(gw, base, discovery);
  const events = createEventTeller(gw, base, settings.keepEvents);
  const overview = createOverview(gw, base, version, events);
  const intake = createIntake(gw, base);
  const state = (payload: string): Publication => ({ topic: topicOf(base, 'gatewayState'), payload, retain: true });
  const device: Publication[] = discovery
    ? [{ topic: discoveryTopic(discovery, null), payload: JSON.stringify(gatewayDevice(discovery)), retain: true }]
    : [];

  const broker = keepConnected({
    url: settings.url,
    clientId: settings.clientId ?? `chargegate-${id}`,
    username: settings.username,
    password: settings.password,
    files: () => readBrokerFiles(tls),
    will: state('offline'),
    listen: [
      ...(settings.requests ? [topicOf(base, 'request', '').concat('+')] : []),
      ...(discovery ? [birthTopic(discovery)] : []),
    ],
    log: gw.log,
    ...(waits && { waits }),
    onUp(link) {
      for (const publication of [state('online'), ...device]) void link.publish(publication);
      states.up(link);
      overview.up(link);
      events.up(link);
    },
    onMessage(link, message) {
      if (!discovery || message.topic !== birthTopic(discovery)) return intake.take(link, message);
      if (message.payload.toString() !== 'online') return;
      for (const publication of device) void link.publish(publication);
      states.all();
      overview.all();
    },
  });

  gw.broker = () => ({
    url: settings.url,
    connected: broker.connected(),
    waiting: events.waiting(),
    skipped: events.skipped(),
  });
  return {
    stats: () => ({
      connected: broker.connected(),
      marked: states.marked(),
      published: states.published(),
      waiting: events.waiting(),
      skipped: events.skipped(),
    }),
    async close() {
      gw.broker = null;
      states.close();
      overview.close();
      let stop: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => void (stop = setTimeout(resolve, LAST_ANSWERS)));
      await Promise.race([intake.idle(), late]);
      clearTimeout(stop);
      await broker.close([state('offline')]);
      await events.close();
    },
  };
}
