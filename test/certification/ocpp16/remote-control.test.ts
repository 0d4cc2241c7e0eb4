import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const ACCEPTED = answered({ status: 'Accepted' });
const REJECTED = answered({ status: 'Rejected' });
const ORDER = { connectorId: 1, idTag: 'VALID' };

async function startRemotely(point: ChargePoint): Promise<void> {
  const start = { ...ORDER, meterStart: 0, timestamp: inSeconds(0) };
  const started = await point.send('StartTransaction', start);
  expect(started).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  await point.report(1, 'Charging');
  expect(await bench.transactions(point.id)).toMatchObject([
    { wireId: String(started['transactionId']), evse: 1, tokenUid: 'VALID', stoppedAt: null },
  ]);
  expect(await bench.sessions(point.id)).toMatchObject([{ status: 'ACTIVE' }]);
}

describe('remote start', () => {
  test('TC_010_CSMS Remote Start Charging Session - Cable Plugged in First', async () => {
    const point = await bench.booted();
    await point.report(1, 'Preparing');
    expect(await point.order('RemoteStartTransaction', ORDER, { status: 'Accepted' })).toEqual(ACCEPTED);
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual({ idTagInfo: { status: 'Accepted' } });
    await startRemotely(point);
  });

  test('TC_011_1_CSMS Remote Start Charging Session - Remote Start First', async () => {
    const point = await bench.booted();
    expect(await point.order('RemoteStartTransaction', ORDER, { status: 'Accepted' })).toEqual(ACCEPTED);
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual({ idTagInfo: { status: 'Accepted' } });
    await point.report(1, 'Preparing');
    await startRemotely(point);
  });

  test('TC_011_2_CSMS Remote Start Charging Session - Time Out', async () => {
    const point = await bench.booted();
    expect(await point.order('RemoteStartTransaction', ORDER, { status: 'Accepted' })).toEqual(ACCEPTED);
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual({ idTagInfo: { status: 'Accepted' } });
    await point.report(1, 'Preparing');
    await point.report(1, 'Available');
    expect(await bench.transactions(point.id)).toEqual([]);
    expect(await bench.sessions(point.id)).toEqual([]);
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Available' });
  });

  test('TC_026_CSMS Remote Start Charging Session - Rejected', async () => {
    const point = await bench.booted();
    expect(await point.order('RemoteStartTransaction', ORDER, { status: 'Rejected' })).toEqual(REJECTED);
    expect(await bench.transactions(point.id)).toEqual([]);
  });
});

describe('remote stop', () => {
  test('TC_012_CSMS Remote Stop Charging Session', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    expect(await point.order('RemoteStopTransaction', { transactionId }, { status: 'Accepted' })).toEqual(ACCEPTED);
    const stop = { transactionId, meterStop: 2000, timestamp: inSeconds(0), reason: 'Remote' };
    expect(await point.send('StopTransaction', stop)).toEqual({});
    await point.report(1, 'Finishing');
    await point.report(1, 'Available');
    expect(await bench.transactions(point.id)).toMatchObject([{ stopReason: 'Remote', meterStop: 2000 }]);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'COMPLETED', kwh: 2 }]);
  });

  test('TC_028_CSMS Remote Stop Transaction - Rejected', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    const unknown = { transactionId: transactionId + 1000 };
    expect(await point.order('RemoteStopTransaction', unknown, { status: 'Rejected' })).toEqual(REJECTED);
    expect(await bench.transactions(point.id)).toMatchObject([{ wireId: String(transactionId), stoppedAt: null }]);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'ACTIVE' }]);
  });
});
