import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { provisioningOf } from '../../gateway/capabilities.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { followAvailability } from '../../gateway/change-availability.ts';
import type { GatewayEvents } from '../../gateway/domain/events.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { expireStarts } from '../../gateway/remote-start.ts';
import { putProvisioning } from '../../gateway/store/configuration.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialScripted, type Payload, type ScriptedCharger } from '../harness/scripted-charger.ts';

const SITE = `
chargers:
  - id: BAY-1
    evses: [{ id: 1, connectors: [{ id: 1 }] }, { id: 2, connectors: [{ id: 1 }] }]
  - id: SINGLE
    evses: [{ id: 1, connectors: [{ id: 1 }] }]
`;

let now: number;
let site: TestSite;

beforeEach(async () => {
  now = Date.now();
  site = await startTestSite({ clock: () => now, yaml: SITE });
});
afterEach(() => site.cleanUp());

async function dial(id = 'BAY-1'): Promise<ScriptedCharger> {
  const charger = await dialScripted(site.urls.ocpp, id);
  await charger.boot();
  return charger;
}

async function api(method: string, path: string, body?: unknown): Promise<[number, Payload]> {
  const response = await fetch(`${site.urls.console}api/chargers/${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return [response.status, (await response.json()) as Payload];
}

async function deviations(id: string): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, id)?.deviations ?? []).map(({ code }) => code);
}

const START = { tokenUid: 'CARD1' };

describe('Q45: a start names its EVSE where that can be told', () => {
  const sent = (charger: ScriptedCharger): unknown => charger.calls.at(-1)?.[1]['connectorId'];

  test('Q45: the only one there is', async () => {
    const charger = await dial('SINGLE');
    await api('POST', 'SINGLE/start', START);
    expect(sent(charger)).toBe(1);
  });

  test.each([
    [['Available', 'Preparing'], 2],
    [['Finishing', 'Available'], 1],
    [['Preparing', 'Finishing'], undefined],
    [['Available', 'Available'], undefined],
    [['Faulted', 'Available'], 2],
    [['Available', 'Unavailable'], 1],
  ])('Q45: of EVSEs that are %j it is %s', async (statuses, expected) => {
    const charger = await dial();
    for (const [index, status] of statuses.entries()) await charger.status(index + 1, status);
    await api('POST', 'BAY-1/start', START);
    expect(sent(charger)).toBe(expected);
  });

  test('Q45: the one without a transaction where the other has one', async () => {
    const charger = await dial();
    await charger.start(1);
    await charger.status(1, 'Charging');
    await charger.status(2, 'Preparing');
    await api('POST', 'BAY-1/start', START);
    expect(sent(charger)).toBe(2);
  });
});

describe('Q44: a start that is accepted and then not made', () => {
  let told: GatewayEvents['start.unfulfilled'][];
  beforeEach(() => {
    told = [];
    site.gateway.bus.on('start.unfulfilled', (data) => told.push(data));
  });

  function pass(seconds: number): void {
    now += seconds * 1000;
    expireStarts(site.gateway);
  }

  test('Q44: is told after the time for plugging in, once, and noted as a deviation', async () => {
    await dial();
    await api('POST', 'BAY-1/start', { ...START, evse: 2 });
    pass(89);
    expect(told).toEqual([]);
    pass(1);
    pass(1);
    expect(told).toEqual([{ chargerId: 'BAY-1', evse: 2, tokenUid: 'CARD1' }]);
    expect(await deviations('BAY-1')).toContain('START_WITHOUT_TRANSACTION');
  });

  test('Q44: a charger that waits longer for the cable is waited for longer', async () => {
    await dial();
    await site.gateway.db.write((tx) => {
      const row = provisioningOf(site.gateway, 'BAY-1');
      const capabilities = { ...row.capabilities, connectionTimeout: 900 };
      putProvisioning(site.gateway.db, 'BAY-1', { ...row, capabilities }, tx.now);
    });
    await api('POST', 'BAY-1/start', { ...START, evse: 2 });
    pass(929);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toHaveLength(1);
  });

  test.each([
    ['there or elsewhere with its card', 1, 'card1'],
    ['there with a card of its own', 2, 'VID:00112233'],
  ])('Q44: is not told of one that is made %s', async (_name, evse, idTag) => {
    const charger = await dial();
    await api('POST', 'BAY-1/start', { ...START, evse: 2 });
    await charger.start(evse, idTag);
    pass(1000);
    expect(told).toEqual([]);
  });

  test('Q44: nor of one that was made before it was answered, or that was rejected', async () => {
    const charger = await dial();
    charger.script(() => null);
    const asked = api('POST', 'BAY-1/start', { ...START, evse: 1 });
    await charger.called('RemoteStartTransaction');
    await charger.start(1);
    const [, id] = JSON.parse(charger.raw.texts.find((text) => text.includes('RemoteStart')) ?? '[]') as string[];
    charger.raw.send(JSON.stringify([3, id, { status: 'Accepted' }]));
    expect(await asked).toEqual([200, { status: 'Accepted' }]);
    charger.script(() => ({ status: 'Rejected' }));
    await api('POST', 'BAY-1/start', { ...START, evse: 2 });
    pass(1000);
    expect(told).toEqual([]);
  });

  test('Q27: an answer without a status is waited on like a yes', async () => {
    const charger = await dial();
    charger.script(() => ({}));
    await api('POST', 'BAY-1/start', { ...START, evse: 2 });
    pass(90);
    expect(told).toHaveLength(1);
  });
});

describe('Q47: a charger that tells its whole status only', () => {
  test('Q47: each EVSE is asked after the whole', async () => {
    const charger = await dial();
    expect(await api('POST', 'BAY-1/trigger', { message: 'status' })).toEqual([200, { status: 'Accepted' }]);
    await charger.called('TriggerMessage');
    await charger.called('TriggerMessage');
    await charger.called('TriggerMessage');
    expect(charger.calls.map(([, { connectorId }]) => connectorId)).toEqual([undefined, 1, 2]);
  });

  test('Q47: not where it refuses, nor for one EVSE', async () => {
    const charger = await dial();
    await api('POST', 'BAY-1/trigger', { message: 'status', evse: 2 });
    charger.script(() => ({ status: 'Rejected' }));
    await api('POST', 'BAY-1/trigger', { message: 'status' });
    await api('POST', 'BAY-1/reset', {});
    expect(charger.calls.map(([action]) => action)).toEqual(['TriggerMessage', 'TriggerMessage', 'Reset']);
  });
});

describe('Q63: a change of availability that a charger schedules and forgets', () => {
  async function scheduled(charger: ScriptedCharger): Promise<void> {
    charger.script(() => ({ status: 'Scheduled' }));
    expect(await api('POST', 'BAY-1/availability', { operative: false, evse: 1 })).toEqual([
      200,
      { status: 'Scheduled' },
    ]);
    charger.script(() => ({ status: 'Accepted' }));
  }

  async function pass(seconds: number): Promise<void> {
    now += seconds * 1000;
    await followAvailability(site.gateway);
  }

  test('Q63: is asked for once more after the transaction, and noted', async () => {
    const charger = await dial();
    const transactionId = await charger.start(1);
    await scheduled(charger);
    await pass(100);
    await charger.stop(transactionId);
    await charger.status(1, 'Available');
    await pass(1);
    await pass(29);
    expect(charger.calls).toHaveLength(1);
    await pass(1);
    await pass(100);
    expect(charger.calls.slice(1)).toEqual([['ChangeAvailability', { connectorId: 1, type: 'Inoperative' }]]);
    expect(await deviations('BAY-1')).toContain('SCHEDULED_NOT_FOLLOWED');
  });

  test('Q63: is left alone where the charger follows', async () => {
    const charger = await dial();
    const transactionId = await charger.start(1);
    await scheduled(charger);
    await charger.stop(transactionId);
    await charger.status(1, 'Unavailable');
    await pass(1);
    await charger.status(1, 'Available');
    await pass(100);
    await pass(100);
    expect(charger.calls).toHaveLength(1);
  });

  test('Q63: outlives a restart of the gateway, and waits for the charger', async () => {
    const first = await dial();
    await scheduled(first);
    await site.stop();
    site = await startTestSite({ clock: () => now, yaml: SITE, directory: site.directory });
    await pass(1);
    await pass(1000);
    const again = await dial();
    await pass(1);
    expect(again.calls).toEqual([['ChangeAvailability', { connectorId: 1, type: 'Inoperative' }]]);
  });

  test('Q63: a later order takes its place', async () => {
    const charger = await dial();
    await scheduled(charger);
    await api('POST', 'BAY-1/availability', { operative: true });
    await pass(1);
    await pass(100);
    expect(charger.calls).toHaveLength(2);
  });
});
