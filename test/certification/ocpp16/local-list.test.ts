/** The wire side of these cases: lists are the operator's own here. Those that the gateway keeps: test/ocpp/local-lists.test.ts. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

/* The list is what the operator's call carries: this bench does not provision, so that none is kept. */
const LIST = [
  { idTag: 'VALID', idTagInfo: { status: 'Accepted' } },
  { idTag: 'FLEET-1', idTagInfo: { status: 'Accepted', parentIdTag: 'FLEET', expiryDate: '2099-01-01T00:00:00Z' } },
];

describe('version of the local list', () => {
  test.each([
    ['TC_042_1_CSMS Get Local List Version - Not Supported', -1],
    ['TC_042_2_CSMS Get Local List Version - Empty', 0],
  ])('%s', async (_case, listVersion) => {
    const point = await bench.booted();
    expect(await point.order('GetLocalListVersion', {}, { listVersion })).toEqual(answered({ listVersion }));
  });
});

describe('the list as the operator gives it', () => {
  test.each([
    ['TC_043_1_CSMS Send Local Authorization List - NotSupported', 'NotSupported'],
    ['TC_043_3_CSMS Send Local Authorization List - Failed', 'Failed'],
    ['TC_043_4_CSMS Send Local Authorization List - Full', 'Accepted'],
  ])('%s', async (_case, status) => {
    const point = await bench.booted();
    const full = { listVersion: 1, updateType: 'Full', localAuthorizationList: LIST };
    expect(await point.order('SendLocalList', full, { status })).toEqual(answered({ status }));
  });

  test('TC_043_5_CSMS Send Local Authorization List - Differential', async () => {
    const point = await bench.booted();
    const status = 'Accepted';
    const full = { listVersion: 1, updateType: 'Full', localAuthorizationList: LIST.slice(0, 1) };
    expect(await point.order('SendLocalList', full, { status })).toEqual(answered({ status }));
    expect(await point.order('GetLocalListVersion', {}, { listVersion: 1 })).toEqual(answered({ listVersion: 1 }));
    const change = { listVersion: 2, updateType: 'Differential', localAuthorizationList: LIST.slice(1) };
    expect(await point.order('SendLocalList', change, { status })).toEqual(answered({ status }));
  });
});
