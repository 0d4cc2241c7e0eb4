import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, inSeconds, openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

describe('reset', () => {
  test.each([
    ['TC_013_CSMS Hard Reset', 'Hard'],
    ['TC_014_CSMS Soft Reset', 'Soft'],
  ])('%s', async (_case, type) => {
    const point = await bench.booted();
    expect(await point.order('Reset', { type }, { status: 'Accepted' })).toEqual(answered({ status: 'Accepted' }));
    await point.losePower();
    const again = await bench.connect(point.id);
    await again.boot();
    expect(await bench.charger(point.id)).toMatchObject({
      registration: 'accepted',
      connected: true,
      evses: [{ status: 'Available' }, { status: 'Available' }],
    });
  });
});

describe('unlock', () => {
  test.each([
    ['TC_017_1_CSMS Unlock Connector - No Charging Session (Not Fixed Cable)', 1, 'Unlocked'],
    ['TC_017_2_CSMS Unlock Connector - No Charging Session (Fixed Cable)', 1, 'NotSupported'],
    ['TC_030_CSMS Unlock Connector - Unlock Failure', 1, 'UnlockFailed'],
    ['TC_031_CSMS Unlock Connector - Unknown Connector', 9, 'NotSupported'],
  ])('%s', async (_case, connectorId, status) => {
    const point = await bench.booted();
    expect(await point.order('UnlockConnector', { connectorId }, { status })).toEqual(answered({ status }));
    expect((await bench.charger(point.id)).evses).toHaveLength(2);
  });

  test('TC_018_1_CSMS Unlock Connector - With Charging Session (Not Fixed Cable)', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    const reply = await point.order('UnlockConnector', { connectorId: 1 }, { status: 'Unlocked' });
    expect(reply).toEqual(answered({ status: 'Unlocked' }));
    await point.report(1, 'Finishing');
    const stop = { transactionId, meterStop: 700, timestamp: inSeconds(0), reason: 'UnlockCommand' };
    expect(await point.send('StopTransaction', stop)).toEqual({});
    await point.report(1, 'Available');
    expect(await bench.transactions(point.id)).toMatchObject([{ stopReason: 'UnlockCommand', meterStop: 700 }]);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'COMPLETED', kwh: 0.7 }]);
  });
});

describe('configuration', () => {
  const key = (name: string, value: string, readonly = false) => ({ key: name, value, readonly });

  test('TC_019_1_CSMS Retrieve All Configuration Keys', async () => {
    const point = await bench.booted();
    const configurationKey = [key('HeartbeatInterval', '300'), key('NumberOfConnectors', '2', true)];
    expect(await point.order('GetConfiguration', {}, { configurationKey })).toEqual(answered({ configurationKey }));
  });

  test('TC_019_2_CSMS Retrieve Specific Configuration Key', async () => {
    const point = await bench.booted();
    const wanted = { key: ['SupportedFeatureProfiles'] };
    const answer = { configurationKey: [key('SupportedFeatureProfiles', 'Core', true)], unknownKey: [] };
    expect(await point.order('GetConfiguration', wanted, answer)).toEqual(answered(answer));
  });

  test.each([
    ['TC_021_CSMS Change/Set Configuration', 'MeterValueSampleInterval', '60', 'Accepted'],
    ['TC_040_1_CSMS Configuration Keys - NotSupported', 'NoSuchKey', '1', 'NotSupported'],
    ['TC_040_2_CSMS Configuration Keys - Invalid Value', 'MeterValueSampleInterval', '-1', 'Rejected'],
  ])('%s', async (_case, name, value, status) => {
    const point = await bench.booted();
    const reply = await point.order('ChangeConfiguration', { key: name, value }, { status });
    expect(reply).toEqual(answered({ status }));
  });
});

describe('data transfer', () => {
  test('TC_064_CSMS Data Transfer to a Central System', async () => {
    const point = await bench.booted();
    const answer = await point.send('DataTransfer', { vendorId: 'org.example.unheard', messageId: 'm', data: 'd' });
    expect(answer).toEqual({ status: 'UnknownVendorId' });
  });
});
