import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VENDOR, answered, inSeconds, openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const ACCEPTED = { idTagInfo: { status: 'Accepted' } };

async function expectCharging(id: string): Promise<void> {
  const [transaction] = await bench.transactions(id);
  expect(transaction).toMatchObject({ evse: 1, tokenUid: 'VALID', meterStart: 0, stoppedAt: null });
  expect(await bench.sessions(id)).toMatchObject([{ status: 'ACTIVE', transactionId: transaction?.id, endedAt: null }]);
  expect((await bench.charger(id)).evses).toMatchObject([
    { evse: 1, status: 'Charging', transactionId: transaction?.id },
    { evse: 2, status: 'Available', transactionId: null },
  ]);
}

describe('boot', () => {
  test('TC_001_CSMS Cold Boot Charge Point', async () => {
    const point = await bench.connect();
    const asked = Date.parse(inSeconds(0));
    const boot = await point.send('BootNotification', VENDOR);
    expect(boot).toMatchObject({ status: 'Accepted', interval: 300 });
    const told = Date.parse(String(boot['currentTime']));
    expect(told >= asked && told <= Date.parse(inSeconds(0))).toBe(true);
    for (const connectorId of [0, 1, 2]) await point.report(connectorId, 'Available');
    const heartbeat = await point.send('Heartbeat');
    expect(heartbeat['currentTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(await bench.charger(point.id)).toMatchObject({
      registration: 'accepted',
      connected: true,
      protocol: 'ocpp1.6',
      vendor: 'OCA',
      model: 'Reference',
      firmware: '1.0',
      status: 'Available',
      evses: [
        { evse: 1, status: 'Available' },
        { evse: 2, status: 'Available' },
      ],
    });
  });
});

describe('charging sessions', () => {
  test('TC_003_CSMS Regular Charging Session - Plugin First', async () => {
    const point = await bench.booted();
    await point.report(1, 'Preparing');
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual(ACCEPTED);
    const start = { connectorId: 1, idTag: 'VALID', meterStart: 0, timestamp: inSeconds(0) };
    expect(await point.send('StartTransaction', start)).toMatchObject(ACCEPTED);
    await point.report(1, 'Charging');
    await expectCharging(point.id);
  });

  test('TC_004_1_CSMS Regular Charging Session - Identification First', async () => {
    const point = await bench.booted();
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual(ACCEPTED);
    await point.report(1, 'Preparing');
    const start = { connectorId: 1, idTag: 'VALID', meterStart: 0, timestamp: inSeconds(0) };
    expect(await point.send('StartTransaction', start)).toMatchObject(ACCEPTED);
    await point.report(1, 'Charging');
    await expectCharging(point.id);
  });

  test('TC_004_2_CSMS Regular Charging Session - Identification First - ConnectionTimeOut', async () => {
    const point = await bench.booted();
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual(ACCEPTED);
    await point.report(1, 'Preparing');
    await point.report(1, 'Available');
    expect(await bench.transactions(point.id)).toEqual([]);
    expect(await bench.sessions(point.id)).toEqual([]);
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Available' });
  });

  test('TC_005_1_CSMS EV Side Disconnected - StopTransactionOnEVSideDisconnect', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    await point.report(1, 'SuspendedEV');
    const stop = { transactionId, idTag: 'VALID', meterStop: 1500, timestamp: inSeconds(0), reason: 'EVDisconnected' };
    expect(await point.send('StopTransaction', stop)).toEqual(ACCEPTED);
    await point.report(1, 'Finishing');
    await point.report(1, 'Available');
    expect(await bench.transactions(point.id)).toMatchObject([
      { wireId: String(transactionId), stopReason: 'EVDisconnected', meterStop: 1500, stopEstimated: false },
    ]);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'COMPLETED', kwh: 1.5 }]);
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Available', transactionId: null });
  });
});

describe('authorisation cache', () => {
  test('TC_007_CSMS Regular Start Charging Session - Cached Id', async () => {
    const point = await bench.booted();
    await point.report(1, 'Preparing');
    const start = { connectorId: 1, idTag: 'VALID', meterStart: 0, timestamp: inSeconds(0) };
    expect(await point.send('StartTransaction', start)).toMatchObject(ACCEPTED);
    await point.report(1, 'Charging');
    await expectCharging(point.id);
  });

  test('TC_061_CSMS Clear Authorization Data in Authorization Cache', async () => {
    const point = await bench.booted();
    const reply = await point.order('ClearCache', {}, { status: 'Accepted' });
    expect(reply).toEqual(answered({ status: 'Accepted' }));
  });
});
