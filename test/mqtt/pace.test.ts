import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectCharger } from '../../gateway/chargers.ts';
import { reportStatus } from '../../gateway/availability.ts';
import { hasMosquitto } from './broker.ts';
import { createRig, type Rig } from './rig.ts';

const CHARGERS = 200;
const CHANGES = 3000;

describe.skipIf(!hasMosquitto)('the pace of MQTT', () => {
  let rig: Rig;
  beforeEach(async () => void (rig = await createRig()));
  afterEach(() => rig.cleanUp());

  test('a thousand changes a second are told a few at a time: chargers have their turn between them', async () => {
    const gw = rig.site.gateway;
    const ids = Array.from({ length: CHARGERS }, (_, n) => `C${n}`);
    for (const chargerId of ids) {
      await connectCharger(gw, chargerId, 'ocpp1.6');
      const report = { chargerId, evse: 1, errorCode: null, reportedAt: null, receivedAt: Date.now() };
      await reportStatus(gw, { ...report, status: 'Available' });
    }
    const service = await rig.start({ homeAssistant: true });
    const has = (id: string) => (seen: { topic: string }) => seen.topic === `chargegate/charger/${id}/evse/1/state`;
    await rig.watcher.until(has('C199'));
    // The watcher shares this process: what it does is none of the gateway's turns.
    await rig.watcher.close();

    // How much was told in each turn of the event loop; what a turn takes is measured by the bench.
    const turns: number[] = [];
    const before = service.stats().published;
    const begin = performance.now();
    let from = before;
    for (let told = 0; told < CHANGES;) {
      for (; told < Math.min(CHANGES, performance.now() - begin); told += 1)
        gw.bus.publish({
          name: 'evse.changed',
          data: { chargerId: ids[told % CHARGERS]!, evse: 1, status: 'Available' },
        });
      await new Promise<void>((resolve) => void setImmediate(() => setTimeout(resolve, 0)));
      const { published } = service.stats();
      turns.push(published - from);
      from = published;
    }
    expect(Math.max(...turns)).toBeLessThan(CHARGERS);
    const seconds = (performance.now() - begin) / 1000;
    const told = service.stats().published - before;
    expect(told).toBeGreaterThan(CHARGERS);
    expect(told).toBeLessThanOrEqual(CHARGERS * (seconds * 5 + 1));
  });

  test('an hour without the broker takes no memory, however much changes', async () => {
    const gw = rig.site.gateway;
    const service = await rig.start();
    await rig.watcher.json('chargegate/gateway/info');
    await rig.broker.kill();
    await expect.poll(() => service.stats().connected).toBe(false);
    // 200 chargers that each change every five seconds.
    for (let n = 0; n < 144_000; n += 1)
      gw.bus.publish({ name: 'evse.changed', data: { chargerId: `C${n % 200}`, evse: 1, status: 'Charging' } });
    expect(service.stats()).toMatchObject({ connected: false, marked: 0, waiting: 0 });
  });
});
