import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let site: TestSite;
const open: RawCharger[] = [];

afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
  await site.cleanUp();
});

async function report(id: string, connectorId: number): Promise<void> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  await charger.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available' });
}

/** Starts the same site anew over the same data, with another config. */
async function restart(yaml: string): Promise<void> {
  for (const charger of open.splice(0)) await charger.close();
  await site.stop();
  site = await startTestSite({ yaml, directory: site.directory });
}

/** A cloud's view: each EVSE's uid with its eMI3 id, or with REMOVED. */
async function seen(): Promise<Record<string, string>> {
  const [location] = (await site.ocpiGet('/cpo/2.3.0/locations')).body.data as [
    { evses: { uid: string; evse_id: string; status: string }[] },
  ];
  return Object.fromEntries(
    location.evses.map(({ uid, evse_id: id, status }) => [uid, status === 'REMOVED' ? status : id]),
  );
}

const bay = (id: string, evseId?: string): string =>
  `{ id: ${id}, evses: [{ id: 1,${evseId ? ` evse-id: "${evseId}",` : ''} connectors: [{ id: 1 }] }] }`;

describe('names of EVSEs', () => {
  test('chargers whose ids differ in more than eMI3 has letters for get different ids, the same after each restart', async () => {
    const yaml = `chargers: [${bay('A-1')}, ${bay('A1')}]\n`;
    site = await startTestSite({ yaml });
    const first = await seen();
    expect(first).toEqual({ 'A-1-1': 'SE*DEP*EA1*1', 'A1-1': 'SE*DEP*EA1*2*1' });
    await report('a.1', 1);
    expect((await seen())['a.1-1']).toBe('SE*DEP*EA1*3*1');
    await restart(`chargers: [${bay('A1')}, ${bay('A-1')}]\n`);
    expect(await seen()).toMatchObject(first);
  });

  test('uids differ in more than upper and lower case', async () => {
    site = await startTestSite();
    await report('a_1', 1);
    await report('A:1', 1);
    expect(Object.keys(await seen())).toEqual(expect.arrayContaining(['a_1-1', 'A_1-1.2']));
  });

  test('an id that the file gives is taken from whoever had it from us', async () => {
    site = await startTestSite();
    await report('A-1', 1);
    expect((await seen())['A-1-1']).toBe('SE*DEP*EA1*1');
    await restart(`chargers: [${bay('NEW', 'SE*DEP*EA1*1')}]\n`);
    expect(await seen()).toMatchObject({ 'A-1-1': 'SE*DEP*EA1*2*1', 'NEW-1': 'SE*DEP*EA1*1' });
  });

  test('a bay keeps its id when its charger is replaced, and the old charger comes back with another', async () => {
    const id = 'SE*DEP*EBAY*1';
    site = await startTestSite({ yaml: `chargers: [${bay('OLD', id)}]\n` });
    await restart(`chargers: [${bay('NEW', id)}]\n`);
    expect(await seen()).toMatchObject({ 'OLD-1': 'REMOVED', 'NEW-1': id });
    await report('OLD', 1);
    expect(await seen()).toMatchObject({ 'OLD-1': 'SE*DEP*EOLD*1', 'NEW-1': id });
  });
});

describe('EVSEs that the file does not tell of', () => {
  test('stay over restarts once the charger reported them', async () => {
    site = await startTestSite();
    await report('BAY-1', 3);
    expect((await seen())['BAY-1-3']).toBe('SE*DEP*EBAY1*3');
    await restart('');
    expect((await seen())['BAY-1-3']).toBe('SE*DEP*EBAY1*3');
  });

  test('are REMOVED when the file tells of other ones than before', async () => {
    site = await startTestSite();
    await report('BAY-1', 3);
    await restart(`chargers: [${bay('BAY-1')}]\n`);
    expect(await seen()).toMatchObject({ 'BAY-1-1': 'SE*DEP*EBAY1*1', 'BAY-1-2': 'REMOVED', 'BAY-1-3': 'REMOVED' });
  });

  test('are REMOVED when a charger leaves the file, and again when it returns to it', async () => {
    site = await startTestSite({ yaml: `chargers: [${bay('A1')}]\n` });
    await restart(`chargers: [${bay('B1')}]\n`);
    await report('A1', 2);
    expect(await seen()).toMatchObject({ 'A1-1': 'REMOVED', 'A1-2': 'SE*DEP*EA1*2' });
    await restart(`chargers: [${bay('A1')}]\n`);
    expect(await seen()).toMatchObject({ 'A1-1': 'SE*DEP*EA1*1', 'A1-2': 'REMOVED' });
  });
});
