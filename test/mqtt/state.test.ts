import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectCharger } from '../../gateway/chargers.ts';
import { forgetCharger } from '../../gateway/onboarding.ts';
import { reportStatus } from '../../gateway/availability.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import { hasMosquitto, watchBroker } from './broker.ts';
import { createRig, type Rig } from './rig.ts';
import { startWire } from './wire.ts';

describe.skipIf(!hasMosquitto)('state over MQTT', () => {
  let rig: Rig;

  beforeEach(async () => void (rig = await createRig()));
  afterEach(() => rig.cleanUp());

  test('a charger, its EVSEs and its session are told as they change, the card masked, and all of it is retained', async () => {
    const { broker, site, watcher, start } = rig;
    await start();
    expect(await watcher.json('chargegate/charger/BAY-1/state')).toMatchObject({ connected: false, evses: [1, 2] });
    await watcher.until(({ topic, text }) => topic === 'chargegate/charger/BAY-1/availability' && text === 'offline');
    const charger = await dialScripted(site.urls.ocpp, 'BAY-1');
    await charger.boot();
    await watcher.until(({ topic, text }) => topic === 'chargegate/charger/BAY-1/availability' && text === 'online');
    // Told with the connection, not at the next look ten seconds later.
    await watcher.json('chargegate/gateway/info', ({ connectedChargers }) => connectedChargers === 1);
    await charger.status(1, 'Charging');
    const wireId = await charger.start(1, 'CARD1', 1800);
    await charger.send('MeterValues', {
      connectorId: 1,
      transactionId: wireId,
      meterValue: [
        {
          timestamp: new Date().toISOString(),
          sampledValue: [
            { value: '4200', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
            { value: '7360', measurand: 'Power.Active.Import', unit: 'W' },
            { value: '32', measurand: 'Current.Import', unit: 'A', phase: 'L1' },
          ],
        },
      ],
    });
    const topic = 'chargegate/charger/BAY-1/evse/1/state';
    const drawn = await watcher.json(topic, ({ powerW, energyWh }) => powerW === 7360 && energyWh === 4200);
    expect(drawn).toMatchObject({ status: 'Charging', operative: true, currentA: 32 });
    expect(drawn['session']).toMatchObject({ status: 'ACTIVE', token: 'CA…D1', charger: 'BAY-1', evse: 1 });
    expect(await watcher.json('chargegate/event/session', ({ kwh }) => kwh === 3.2)).toMatchObject({ token: 'CA…D1' });

    await charger.stop(wireId, 11_000);
    const over = await watcher.json(topic, ({ session }) => session === null, watcher.seen.length);
    expect(over).toMatchObject({ powerW: 0, currentA: 0, energyWh: 11_000 });
    const cdr = await watcher.json('chargegate/event/cdr');
    expect(cdr).toMatchObject({ kwh: 10, token: 'CA…D1', cost: { currency: 'SEK', beforeTaxes: '37.00' } });
    const ended = await watcher.json('chargegate/event/session', ({ status }) => status === 'COMPLETED');
    expect(ended['id']).toBe(cdr['sessionId']);
    expect(watcher.seen.filter(({ text }) => text.includes('CARD1'))).toEqual([]);

    const late = await watchBroker(broker.url);
    expect(await late.json(topic)).toEqual(over);
    await late.until(({ topic: at, text }) => at === 'chargegate/gateway/state' && text === 'online');
    expect(late.seen.filter(({ packet }) => !packet.retain)).toEqual([]);
    expect(late.seen.filter(({ topic: at }) => at.includes('/event/'))).toEqual([]);
    await late.close();
  });

  test('the broker says offline for a gateway that is gone without a word, and after its goodbye', async () => {
    const { broker, watcher, start } = rig;
    const wire = await startWire(broker.port);
    const service = await start({ url: wire.url });
    const is = (text: string) => (seen: { topic: string; text: string }) =>
      seen.topic === 'chargegate/gateway/state' && seen.text === text;
    await watcher.until(is('online'));
    await watcher.json('chargegate/charger/BAY-1/state');
    wire.cut();
    await watcher.until(is('offline'));
    const from = watcher.seen.length;
    await watcher.until(is('online'), from);
    await watcher.json('chargegate/charger/BAY-1/state', () => true, from);
    const before = watcher.seen.length;
    await service.close();
    await watcher.until(is('offline'), before);
    expect(service.stats().connected).toBe(false);
    await wire.close();
  });

  test('a charger that is forgotten leaves nothing at the broker, whether it was there meanwhile or not', async () => {
    const { broker, site, watcher, start } = rig;
    const odd = 'B/1 +#';
    await connectCharger(site.gateway, odd, 'ocpp1.6');
    const report = { chargerId: odd, evse: 1, errorCode: null, reportedAt: null, receivedAt: Date.now() };
    await reportStatus(site.gateway, { ...report, status: 'Available' });
    const service = await start({ homeAssistant: true });
    const topics = ['state', 'availability', 'evse/1/state'].map((end) => `chargegate/charger/B%2F1%20%2B%23/${end}`);
    for (const topic of topics) await watcher.until((seen) => seen.topic === topic && seen.text !== '');
    const config = (await watcher.until(({ text }) => text.includes('"B/1 +#"') && text.includes('unique_id'))).topic;
    expect(config).toMatch(/^homeassistant\/device\/[A-Za-z0-9_-]+\/config$/);
    await service.close();
    await forgetCharger(site.gateway, odd);
    await start({ homeAssistant: true });
    for (const topic of [...topics, config]) await watcher.until((seen) => seen.topic === topic && seen.text === '');
    const late = await watchBroker(broker.url);
    await late.until(({ topic }) => topic === 'chargegate/charger/BAY-1/state');
    await late.until(({ topic }) => topic === 'chargegate/gateway/info');
    expect(late.seen.filter(({ topic }) => topic.includes('B%2F1') || topic === config)).toEqual([]);
    await late.close();
  });

  test('readers, uplinks and the gateway itself are told', async () => {
    const { watcher, start } = rig;
    await start();
    expect(await watcher.json('chargegate/gateway/info')).toMatchObject({
      version: '1.2.3',
      site: { id: 'L1' },
      ready: true,
      uplink: 'none',
      events: { waiting: 0, skipped: 0 },
    });
    expect(await watcher.json('chargegate/uplink/cloud/state')).toMatchObject({ state: 'idle', waiting: 0 });
  });

  test('a thousand changes a second come as at most five a second of each EVSE, the last one is the truth', async () => {
    const { site, watcher, start } = rig;
    const service = await start();
    await watcher.json('chargegate/charger/BAY-1/evse/1/state');
    const gw = site.gateway;
    const from = watcher.seen.length;
    const began = performance.now();
    for (let n = 0; n < 1000; n += 1) {
      const status = n % 2 === 0 ? 'Preparing' : 'Available';
      await reportStatus(gw, {
        chargerId: 'BAY-1',
        evse: 1,
        status,
        errorCode: n === 999 ? 'last' : null,
        reportedAt: null,
        receivedAt: Date.now(),
      });
    }
    const topic = 'chargegate/charger/BAY-1/evse/1/state';
    expect(await watcher.json(topic, ({ errorCode }) => errorCode === 'last')).toMatchObject({
      status: expect.any(String),
    });
    const seconds = (performance.now() - began) / 1000;
    const told = watcher.seen.slice(from).filter((seen) => seen.topic === topic).length;
    expect(told).toBeLessThanOrEqual(seconds * 5 + 1);
    expect(service.stats()).toMatchObject({ marked: 0, waiting: 0 });
  });
});
