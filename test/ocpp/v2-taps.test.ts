/** OCPP 2.0.1 and 2.1: a card at a reader of the site's begins and ends charges there. */
import { afterEach, describe, expect, test } from 'vitest';
import { listSessions } from '../../gateway/sessions.ts';
import { tapCard } from '../../gateway/taps.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { at, card, dialV2, register, type V2Charger, type Version } from './v2-charger.ts';

const CARD = '04AABBCCDDEE80';
const OTHER = '0411223344556B';

let site: TestSite;
let charger: V2Charger;

afterEach(async () => {
  await charger.raw.close();
  await site.cleanUp();
});

async function setUp(version: Version): Promise<void> {
  // Its port is never there: cards are handed to the use-case itself.
  const reader = '{ id: gate, protocol: ascii, path: /dev/does-not-exist, places: [BAY-1] }';
  const ocpp = '{ host: 127.0.0.1, port: 0, unknown-chargers: accept, provisioning: false }';
  site = await startTestSite({ yaml: `authorization: {}\nocpp: ${ocpp}\nreaders: [${reader}]\n` });
  for (const uid of [CARD, OTHER]) await putSiteToken(site.gateway, uid, {});
  charger = await dialV2(site.urls.ocpp, 'BAY-1', version);
  await charger.boot();
  for (const evse of [1, 2]) await charger.status(evse, 'Available');
}

const tap = (uid: string): Promise<string> => tapCard(site.gateway, { readerId: 'gate', address: null, uid });
const reading = (kwh: number) => register(kwh, new Date().toISOString());

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('a card at a reader, the charger over %s', (version) => {
  test('begins where a cable waits, goes on under the transaction of that cable, and ends it by its number', async () => {
    await setUp(version);
    await charger.status(2, 'Occupied');
    await charger.event('T-2', 'Started', 'CablePluggedIn', { ...at(2), info: { chargingState: 'EVConnected' } });
    charger.script(() => ({ status: 'Accepted', transactionId: 'T-2' }));
    expect(await tap(CARD)).toBe('accepted');
    const { remoteStartId, ...start } = await charger.called('RequestStartTransaction');
    expect(start).toEqual({ evseId: 2, idToken: { idToken: CARD, type: 'ISO14443' } });
    const begun = { ...card(CARD, 'ISO14443'), ...reading(1), info: { remoteStartId, chargingState: 'Charging' } };
    await charger.event('T-2', 'Updated', 'RemoteStart', begun);
    const [session] = listSessions(site.gateway, { offset: 0, limit: 10 }).items;
    expect(session).toMatchObject({ status: 'ACTIVE', evse: 2, token: { uid: CARD } });
    // Written otherwise it is the same card.
    expect(await tap('04:aa:bb:cc:dd:ee:80')).toBe('accepted');
    expect(await charger.called('RequestStopTransaction')).toEqual({ transactionId: 'T-2' });
    await charger.event('T-2', 'Ended', 'RemoteStop', { ...reading(3), info: { stoppedReason: 'Remote' } });
    expect(listSessions(site.gateway, { offset: 0, limit: 10 }).items).toMatchObject([
      { id: session?.id, status: 'COMPLETED', energyWh: 2000 },
    ]);
  });

  test('arms the next cable, told by either message; a card of the group ends it', async () => {
    await setUp(version);
    for (const uid of [CARD, OTHER]) await putSiteToken(site.gateway, uid, { groupId: 'FLEET' });
    expect(await tap(CARD)).toBe('accepted');
    expect(charger.count('RequestStartTransaction')).toBe(0);
    if (version === 'ocpp2.1') await charger.notify(1, 'Occupied');
    else await charger.status(1, 'Occupied');
    const { remoteStartId } = await charger.called('RequestStartTransaction');
    const begun = { ...at(1), ...card(CARD, 'ISO14443'), ...reading(1), info: { remoteStartId } };
    // The answer names the group, so that the charger lets the other card end it by itself.
    expect(await charger.event('T-1', 'Started', 'RemoteStart', begun)).toMatchObject({
      idTokenInfo: { status: 'Accepted', groupIdToken: { idToken: 'FLEET', type: 'Central' } },
    });
    expect(await tap(OTHER)).toBe('accepted');
    expect(await charger.called('RequestStopTransaction')).toEqual({ transactionId: 'T-1' });
  });

  test('what the charger refuses is shown refused; blocked cards ask nothing of it', async () => {
    await setUp(version);
    await charger.status(1, 'Occupied');
    expect(await tap('BLOCKED1')).toBe('refused');
    expect(charger.count('RequestStartTransaction')).toBe(0);
    charger.script(() => ({ status: 'Rejected', statusInfo: { reasonCode: 'Busy' } }));
    expect(await tap(CARD)).toBe('refused');
    expect(charger.count('RequestStartTransaction')).toBe(1);
  });
});
