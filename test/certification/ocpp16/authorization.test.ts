import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

describe('authorisation that does not lead to charging', () => {
  test.each([
    ['TC_023_1_CSMS Start Charging Session - Authorize Invalid', 'NOBODY', 'Invalid'],
    ['TC_023_2_CSMS Start Charging Session - Authorize Expired', 'EXPIRED', 'Expired'],
    ['TC_023_3_CSMS Start Charging Session - Authorize Blocked', 'BLOCKED', 'Blocked'],
  ])('%s', async (_case, idTag, status) => {
    const point = await bench.booted();
    await point.report(1, 'Preparing');
    expect(await point.send('Authorize', { idTag })).toEqual({ idTagInfo: { status } });
    expect(await bench.transactions(point.id)).toEqual([]);
    expect(await bench.sessions(point.id)).toEqual([]);
  });

  test('TC_024_CSMS Start Charging Session Lock Failure', async () => {
    const point = await bench.booted();
    expect(await point.send('Authorize', { idTag: 'VALID' })).toEqual({ idTagInfo: { status: 'Accepted' } });
    await point.report(1, 'Preparing');
    await point.report(1, 'Faulted', 'ConnectorLockFailure');
    expect((await bench.charger(point.id)).evses).toMatchObject([
      { evse: 1, status: 'Faulted', errorCode: 'ConnectorLockFailure' },
      { evse: 2, status: 'Available', errorCode: null },
    ]);
    expect(await bench.transactions(point.id)).toEqual([]);
  });
});
