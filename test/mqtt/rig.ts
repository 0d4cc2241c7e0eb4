/** A gateway beside a real broker, and somebody who watches both. */
import { startMqtt, type MqttService, type MqttSettings } from '../../adapters/mqtt/service.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { startBroker, watchBroker, type TestBroker, type Watcher } from './broker.ts';

/** Tests do not wait for a second. */
export const SOON = { first: 50, longest: 200 };

export interface Rig {
  broker: TestBroker;
  site: TestSite;
  watcher: Watcher;
  /** Connects the gateway, besides what it is connected to already. */
  start(more?: Partial<MqttSettings>): Promise<MqttService>;
  cleanUp(): Promise<void>;
}

export async function createRig(yaml = ''): Promise<Rig> {
  const broker = await startBroker();
  const site = await startTestSite({ yaml });
  const watcher = await watchBroker(broker.url);
  const services: MqttService[] = [];
  return {
    broker,
    site,
    watcher,
    async start(more = {}) {
      const settings = {
        baseTopic: 'chargegate',
        clientId: null,
        username: null,
        password: null,
        requests: true,
        keepEvents: 100,
        homeAssistant: false,
        homeAssistantPrefix: 'homeassistant',
        tls: null,
        ...more,
        url: more.url ?? broker.url,
      };
      const service = await startMqtt(site.gateway, settings, { version: '1.2.3', waits: SOON });
      services.push(service);
      return service;
    },
    async cleanUp() {
      await Promise.all(services.map((service) => service.close()));
      await watcher.close();
      await site.cleanUp();
      await broker.cleanUp();
    },
  };
}
