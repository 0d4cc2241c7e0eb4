import { afterEach, describe, expect, test } from 'vitest';
import type { PeerBody } from '../../adapters/console/schemas.ts';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { listOutbox } from '../../gateway/outbox.ts';
import { findPeer, invitePeer } from '../../gateway/peers.ts';
import { registrarOf } from '../../gateway/registrar.ts';
import { chargegate } from '../cli/harness.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask, credentials, startPeer, startSite } from './harness.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function site(yaml = ''): Promise<TestSite> {
  const started = await startTestSite({ yaml });
  cleanups.push(() => started.cleanUp());
  return started;
}

/** A peer that we registered with under this name, and that has been told all there is. */
async function registered(depot: TestSite, name = 'odd'): Promise<SimulatedPeer> {
  const peer = await createSimulatedPeer({ name });
  cleanups.push(() => peer.close());
  const wish = { versionsUrl: peer.url, token: peer.inviteGateway(), visibility: 'all' as const };
  await registrarOf(depot.gateway).register(name, wish);
  await settled(depot, peer);
  return peer;
}

async function settled(depot: TestSite, peer: SimulatedPeer): Promise<void> {
  await until(() => peer.told('locations').length === 1 && listOutbox(depot.gateway, null, 10).length === 0);
}

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

async function setQuirks(depot: TestSite, quirks: string[], name = 'odd'): Promise<{ status: number; body: PeerBody }> {
  const response = await fetch(new URL(`/api/peers/${name}/quirks`, depot.urls.console), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ quirks }),
  });
  return { status: response.status, body: (await response.json()) as PeerBody };
}

/** What the peer is told when a vehicle is plugged in, after these quirks were set. */
async function toldOf(depot: TestSite, peer: SimulatedPeer): Promise<SimulatedPeer['requests']> {
  const bay = createSimulatedCharger({ url: depot.urls.ocpp, id: 'BAY-1', connectors: 2 });
  cleanups.push(() => bay.close());
  await bay.connect();
  await bay.idle();
  const evses = (): { uid: string; status: string }[] =>
    peer.told('locations').flatMap((location) => location['evses'] as { uid: string; status: string }[]);
  const statusOf = (uid: string): string | undefined => evses().find((evse) => evse.uid === uid)?.status;
  await until(() => statusOf('BAY-1-1') === 'AVAILABLE' && statusOf('BAY-1-2') === 'AVAILABLE');
  peer.requests.length = 0;
  await bay.plugIn(1);
  await until(() => statusOf('BAY-1-1') === 'CHARGING');
  return peer.requests.filter(({ path }) => path.includes('/locations'));
}

describe('a peer without quirks', () => {
  test('is called with base64 tokens, routing headers and PATCH', async () => {
    const depot = await site();
    const peer = await registered(depot);
    const [told] = await toldOf(depot, peer);
    expect(told).toMatchObject({
      method: 'PATCH',
      headers: {
        authorization: `Token ${Buffer.from(peer.inboundToken).toString('base64')}`,
        'ocpi-from-party-id': 'DEP',
        'ocpi-to-party-id': 'EMS',
      },
    });
  });
});

describe("a peer's quirks", () => {
  test('raw-token: every call has the token as it is, the first time', async () => {
    const depot = await site();
    const peer = await registered(depot);
    expect(await setQuirks(depot, ['raw-token'])).toMatchObject({ status: 200, body: { quirks: ['raw-token'] } });
    const told = await toldOf(depot, peer);
    expect(told.map(({ headers }) => headers.authorization)).toEqual([`Token ${peer.inboundToken}`]);
    peer.requests.length = 0;
    const before = peer.inboundToken;
    await registrarOf(depot.gateway).rotate('odd');
    const handshake = peer.requests.filter(({ path }) => !/locations|tokens|tariffs/.test(path));
    expect(handshake.map(({ headers }) => headers.authorization)).toEqual(handshake.map(() => `Token ${before}`));
    expect(handshake).toHaveLength(3);
  });

  test('no-routing-headers: none on any call', async () => {
    const depot = await site();
    const peer = await registered(depot);
    await setQuirks(depot, ['no-routing-headers']);
    const [told] = await toldOf(depot, peer);
    expect(told?.method).toBe('PATCH');
    expect(Object.keys(told?.headers ?? {}).filter((name) => name.startsWith('ocpi-'))).toEqual([]);
  });

  test('no-patch: a status is told as the whole EVSE', async () => {
    const depot = await site();
    const peer = await registered(depot);
    await setQuirks(depot, ['no-patch']);
    const told = await toldOf(depot, peer);
    expect(told).toMatchObject([{ method: 'PUT', body: { uid: 'BAY-1-1', status: 'CHARGING' } }]);
    expect(told[0]?.body).toHaveProperty('connectors');
  });

  test('outlive registering anew, and end with an empty list', async () => {
    const depot = await site();
    const peer = await registered(depot);
    await setQuirks(depot, ['no-patch', 'raw-token', 'no-patch']);
    expect(findPeer(depot.gateway, 'odd')?.quirks).toEqual(['no-patch', 'raw-token']);
    await registrarOf(depot.gateway).unregister('odd', false);
    await registrarOf(depot.gateway).register('odd', { versionsUrl: peer.url, token: peer.inviteGateway() });
    expect(findPeer(depot.gateway, 'odd')?.quirks).toEqual(['no-patch', 'raw-token']);
    const env = { CHARGEGATE_DATA_DIR: depot.directory };
    const cli = (...quirks: string[]): string[] => ['--url', depot.urls.console, 'peers', 'quirks', 'odd', ...quirks];
    expect(await chargegate(cli('no-patch'), env)).toMatchObject({ code: 0, out: 'odd: no-patch\n' });
    expect(await chargegate(cli(), env)).toMatchObject({ code: 0, out: 'odd: no quirks\n' });
    expect(findPeer(depot.gateway, 'odd')?.quirks).toEqual([]);
  }, 30_000);

  test('come from the configuration for peers of the file, and only from there', async () => {
    const yaml = 'peers: [{ name: cloud, inbound-token: cloud-token-for-tests, quirks: [raw-token, no-patch] }]\n';
    const depot = await site(yaml);
    expect(findPeer(depot.gateway, 'cloud')?.quirks).toEqual(['raw-token', 'no-patch']);
    expect((await setQuirks(depot, [], 'cloud')).status).toBe(409);
    expect((await setQuirks(depot, [], 'nobody')).status).toBe(404);
    expect((await setQuirks(depot, ['moody'], 'cloud')).status).toBe(400);
  });
});

test('module ids, roles and header names count in whatever case a peer writes them', async () => {
  const depot = await startSite();
  cleanups.push(() => depot.stop());
  const peer = await startPeer({ modules: ['CREDENTIALS', 'Locations', ' cdrs '] });
  cleanups.push(() => peer.stop());
  const { token } = await invitePeer(depot.gw, 'loud');
  const answer = await ask(`${depot.url}/ocpi/cpo/2.2.1/credentials`, {
    method: 'POST',
    token,
    body: credentials(peer),
    is: 'credentials',
  });
  expect(answer.status).toBe(1000);
  const identifiers = findPeer(depot.gw, 'loud')?.endpoints.map(({ identifier }) => identifier);
  expect(identifiers).toEqual(['credentials', 'locations', 'cdrs']);
  const shouted = await ask(`${depot.url}/ocpi/cpo/2.2.1/locations`, {
    headers: {
      AUTHORIZATION: `TOKEN ${Buffer.from(answer.data.token).toString('base64')}`,
      'OCPI-From-Country-Code': 'nl',
      'OCPI-FROM-PARTY-ID': 'msp',
      'Ocpi-To-Country-Code': 'se',
      'OCPI-to-party-id': 'dep',
    },
    is: 'location',
  });
  expect([shouted.http, shouted.status]).toEqual([200, 1000]);
  expect(shouted.headers['ocpi-to-party-id']).toBe('msp');
});
