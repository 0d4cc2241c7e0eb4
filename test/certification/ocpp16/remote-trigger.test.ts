import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, inSeconds, openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

describe('trigger', () => {
  test('TC_054_CSMS Trigger Message', async () => {
    const point = await bench.booted();
    const ask = async (requestedMessage: string, connectorId?: number): Promise<void> => {
      const wanted = { requestedMessage, ...(connectorId !== undefined && { connectorId }) };
      const reply = await point.order('TriggerMessage', wanted, { status: 'Accepted' });
      expect(reply).toEqual(answered({ status: 'Accepted' }));
    };
    await ask('MeterValues', 1);
    const meterValue = [{ timestamp: inSeconds(0), sampledValue: [{ value: '4321', context: 'Trigger' }] }];
    expect(await point.send('MeterValues', { connectorId: 1, meterValue })).toEqual({});
    await ask('Heartbeat');
    expect(await point.send('Heartbeat')).toEqual({ currentTime: expect.any(String) });
    await ask('StatusNotification', 1);
    await point.report(1, 'Preparing');
    await ask('DiagnosticsStatusNotification');
    expect(await point.send('DiagnosticsStatusNotification', { status: 'Idle' })).toEqual({});
    await ask('FirmwareStatusNotification');
    expect(await point.send('FirmwareStatusNotification', { status: 'Idle' })).toEqual({});
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Preparing', meterWh: 4321 });
  });

  test('TC_055_CSMS Trigger Message - Rejected', async () => {
    const point = await bench.booted();
    const wanted = { requestedMessage: 'MeterValues', connectorId: 1 };
    const reply = await point.order('TriggerMessage', wanted, { status: 'Rejected' });
    expect(reply).toEqual(answered({ status: 'Rejected' }));
  });
});
