import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import { connectCharger } from '../../gateway/chargers.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import { hasMosquitto, watchBroker, type Watcher, type Json } from './broker.ts';
import { createRig, type Rig } from './rig.ts';
import { startWire, type Wire } from './wire.ts';

const CHARGERS = 200;
const idOf = (n: number): string => `C${String(n).padStart(3, '0')}`;

describe.skipIf(!hasMosquitto)('a broker that is away', () => {
  let rig: Rig;
  let late: Watcher | null = null;

  let wire: Wire;

  beforeEach(async () => {
    rig = await createRig();
    wire = await startWire(rig.broker.port);
  });
  afterEach(async () => {
    await late?.close();
    late = null;
    await wire.close();
    await rig.cleanUp();
  });

  /** The broker is there again, somebody watches it, and only then the gateway comes. */
  async function comeBack(): Promise<Watcher> {
    wire.hold();
    await rig.broker.start();
    late = await watchBroker(rig.broker.url);
    return late;
  }

  const report = (chargerId: string, n: number) => ({
    chargerId,
    evse: 1,
    status: n % 2 === 0 ? ('Available' as const) : ('Preparing' as const),
    errorCode: `change ${n}`,
    reportedAt: null,
    receivedAt: Date.now(),
  });

  test('200 chargers change meanwhile: nothing is queued, then the state is right and no request is replayed', async () => {
    const { broker, site, watcher } = rig;
    const gw = site.gateway;
    for (let n = 0; n < CHARGERS; n += 1) {
      await connectCharger(gw, idOf(n), 'ocpp1.6');
      await reportStatus(gw, report(idOf(n), 0));
    }
    const charger = await dialScripted(site.urls.ocpp, 'BAY-1');
    await charger.boot();
    const service = await rig.start({ url: wire.url });
    await watcher.until(({ topic }) => topic === `chargegate/charger/${idOf(CHARGERS - 1)}/evse/1/state`);
    charger.calls.splice(0);

    await watcher.publish('chargegate/request/reset', { charger: 'BAY-1' });
    await charger.called('Reset');
    await broker.kill();
    await expect.poll(() => service.stats().connected).toBe(false);
    const published = service.stats().published;
    for (let change = 1; change <= 20; change += 1)
      await Promise.all(Array.from({ length: CHARGERS }, (_, n) => reportStatus(gw, report(idOf(n), change))));
    const wireId = await charger.start(1);
    await charger.stop(wireId, 5000);
    expect(service.stats()).toMatchObject({ connected: false, marked: 0, published });
    const { warnings, broker: view } = (await (await fetch(`${site.urls.console}api/status`)).json()) as Json;
    expect(view).toMatchObject({ connected: false });
    expect(warnings).toContainEqual(expect.stringContaining('The MQTT broker'));

    const back = await comeBack();
    // Sent while the gateway is away, or kept for it: neither may ever be done.
    await back.publish('chargegate/request/reset', { charger: 'BAY-1', hard: true }, { retain: true });
    wire.mend();
    for (let n = 0; n < CHARGERS; n += 1)
      expect(
        await back.json(`chargegate/charger/${idOf(n)}/evse/1/state`, ({ errorCode }) => errorCode === 'change 20'),
      ).toMatchObject({ status: 'Available' });
    expect(await back.json('chargegate/event/cdr')).toMatchObject({ kwh: 4 });
    expect(await back.json('chargegate/event/session')).toMatchObject({ status: 'COMPLETED' });
    await back.publish('chargegate/request/unlock', { charger: 'BAY-1', evse: 1 });
    await back.until(({ topic }) => topic === 'chargegate/response/unlock');
    expect(charger.calls.map(([action]) => action)).toEqual(['Reset', 'UnlockConnector']);
    expect(back.seen.filter(({ topic }) => topic === 'chargegate/event/cdr')).toHaveLength(1);
    expect(service.stats()).toMatchObject({ connected: true, waiting: 0, skipped: 0 });
  });

  test('of what waits, the newest that are to be kept are told, and how many were left out', async () => {
    const { broker, site, watcher } = rig;
    const charger = await dialScripted(site.urls.ocpp, 'BAY-1');
    await charger.boot();
    const service = await rig.start({ url: wire.url, keepEvents: 2 });
    await watcher.json('chargegate/gateway/info');
    await broker.kill();
    for (let n = 1; n <= 5; n += 1) await charger.stop(await charger.start(1), 1000 + n * 1000);
    const told = await comeBack();
    wire.mend();
    await told.json('chargegate/event/cdr', ({ kwh }) => kwh === 5);
    const kwhOf = (topic: string): unknown[] =>
      told.seen.filter((seen) => seen.topic === topic).map(({ text }) => (JSON.parse(text) as { kwh: number }).kwh);
    expect([kwhOf('chargegate/event/session'), kwhOf('chargegate/event/cdr')]).toEqual([
      [4, 5],
      [4, 5],
    ]);
    expect(service.stats().skipped).toBe(6);
  });

  test('what was told is told no more by the next run of the gateway, what was not is', async () => {
    const { site, watcher } = rig;
    const charger = await dialScripted(site.urls.ocpp, 'BAY-1');
    await charger.boot();
    const first = await rig.start();
    await watcher.json('chargegate/gateway/info');
    await charger.stop(await charger.start(1), 2000);
    await watcher.json('chargegate/event/cdr', ({ kwh }) => kwh === 1);
    await first.close();
    await charger.stop(await charger.start(1), 3000);

    await rig.start();
    await watcher.json('chargegate/event/cdr', ({ kwh }) => kwh === 2);
    const kwhs = watcher.seen
      .filter(({ topic }) => topic === 'chargegate/event/cdr')
      .map(({ text }) => (JSON.parse(text) as { kwh: number }).kwh);
    expect(kwhs).toEqual([1, 2]);
  });
});
