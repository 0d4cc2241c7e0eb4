import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSimulatedPeer, type SimulatedPeer, type SimulatedPeerOptions } from '../../adapters/simulator/peer.ts';
import type { PeerRequest } from '../../adapters/simulator/peer-server.ts';
import { listOutbox } from '../../gateway/outbox.ts';
import { findPeer, invitePeer } from '../../gateway/peers.ts';
import { registrarOf } from '../../gateway/registrar.ts';
import { findPeerToken } from '../../gateway/tokens.ts';
import { expectContract, type ObjectName } from '../contract/ocpi/check.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { storeHistory } from './fixtures.ts';
import { ask, startSite, type Ask, type Asked, type Site } from './harness.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function quietSite(): Promise<Site> {
  const site = await startSite();
  cleanups.push(() => site.stop());
  return site;
}

async function wholeSite(): Promise<TestSite> {
  const site = await startTestSite();
  cleanups.push(() => site.cleanUp());
  return site;
}

async function platform(options: SimulatedPeerOptions = {}): Promise<SimulatedPeer> {
  const peer = await createSimulatedPeer({ name: 'Old cloud', versions: ['2.1.1'], ...options });
  cleanups.push(() => peer.close());
  return peer;
}

/** A peer of 2.1.1 that registered itself. */
async function registered(depot: TestSite): Promise<SimulatedPeer> {
  const peer = await platform();
  await peer.register(depot.urls.ocpi, (await invitePeer(depot.gateway, 'old', 'all')).token);
  return peer;
}

/** With the raw token, as a peer of 2.1.1 asks. */
const get = (site: Site, path: string, is: ObjectName, token = 'c0'): Promise<Asked> =>
  ask(`${site.url}/ocpi/cpo/2.1.1${path}`, { header: `Token ${token}`, is });

const ROUTING = ['ocpi-from-country-code', 'ocpi-from-party-id', 'ocpi-to-country-code', 'ocpi-to-party-id'];

describe('OCPI 2.1.1, served', () => {
  test('the list of versions has it, its details have no roles', async () => {
    const site = await quietSite();
    const versions = await ask(`${site.url}/ocpi/versions`, { header: 'Token c0', is: 'versions' });
    expect(versions.data.map(({ version }) => version)).toEqual(['2.1.1', '2.2.1', '2.3.0']);
    const details = await get(site, '', 'details');
    const modules = details.data.endpoints.map(({ identifier }) => identifier);
    const served = ['cdrs', 'commands', 'credentials', 'locations', 'sessions', 'tariffs', 'tokens'];
    expect(modules.toSorted()).toEqual(served);
    for (const { identifier, url } of details.data.endpoints)
      expect(url).toBe(`${site.url}/ocpi/cpo/2.1.1/${identifier}`);
  });

  test('locations, tariffs, sessions and CDRs are exact to it, paged as ever, without routing headers', async () => {
    const site = await quietSite();
    await storeHistory(site, 'p1', ['s1', 's2', 's3']);
    const lists: [string, ObjectName, number][] = [
      ['/locations', 'location', 1],
      ['/tariffs', 'tariff', 1],
      ['/sessions?date_from=2020-01-01T00:00:00Z&limit=2', 'session', 2],
      ['/cdrs?limit=2', 'cdr', 2],
    ];
    for (const [path, object, items] of lists) {
      const answer = await get(site, path, object);
      expect([path, answer.status, answer.data.length]).toEqual([path, 1000, items]);
      expect(answer.headers['x-limit']).toBe('100');
      expect(answer.headers['link'] !== undefined).toBe(path.includes('limit=2'));
      for (const name of ROUTING) expect(answer.headers[name]).toBeUndefined();
    }
    expect((await get(site, '/sessions', 'session')).status).toBe(2001);
    // what is of another peer's tokens is not there for this one
    expect((await get(site, '/cdrs', 'cdr', 'c2')).data).toEqual([]);
  });

  test('one location, one EVSE, one connector', async () => {
    const site = await quietSite();
    expect((await get(site, '/locations/L1', 'location')).data).toMatchObject({ type: 'UNKNOWN', city: 'Goteborg' });
    expect((await get(site, '/locations/L1/E1', 'evse')).data.uid).toBe('E1');
    const connector = await get(site, '/locations/L1/E1/1', 'connector');
    expect(connector.data).toMatchObject({ voltage: 400, amperage: 32, tariff_id: 'T1' });
    expect((await get(site, '/locations/L1/none', 'evse')).http).toBe(404);
  });

  test('prices are numbers without VAT, the contract is auth_id, times have the older names', async () => {
    const site = await quietSite();
    await storeHistory(site, 'p1', ['s1']);
    const [session] = (await get(site, '/sessions?date_from=2020-01-01T00:00:00Z', 'session')).data;
    expect(session).toMatchObject({
      auth_id: 'NL-MSP-C1',
      start_datetime: '2026-06-01T10:00:00Z',
      end_datetime: '2026-06-01T11:30:00Z',
      total_cost: 5,
      location: { id: 'L1', evses: [{ uid: 'E1', connectors: [{ id: '1' }] }] },
    });
    const [cdr] = (await get(site, '/cdrs', 'cdr')).data;
    expect(cdr).toMatchObject({
      auth_id: 'NL-MSP-C1',
      start_date_time: '2026-06-01T10:00:00Z',
      stop_date_time: '2026-06-01T11:30:00Z',
      total_cost: 5,
      tariffs: [{ id: 'T1', elements: [{ price_components: [{ type: 'ENERGY', price: 0.25, step_size: 1 }] }] }],
    });
    expect(cdr).not.toHaveProperty('session_id');
  });

  test('tokens come with auth_id and without their owner, whom the URL names', async () => {
    const site = await quietSite();
    const url = `${site.url}/ocpi/cpo/2.1.1/tokens/NL/MSP/04A1`;
    const token = {
      uid: '04A1',
      type: 'RFID',
      auth_id: 'NL-MSP-C7',
      visual_number: 'No. 7',
      issuer: 'A provider',
      valid: true,
      whitelist: 'ALLOWED',
      last_updated: '2026-06-01T12:00:00Z',
    };
    const send = (method: string, body?: unknown): Promise<Asked> => {
      const how: Ask = { method, header: 'Token c1', ...(body === undefined ? { is: 'token' } : { body }) };
      return ask(url, how);
    };
    expect((await send('GET')).http).toBe(404);
    expect((await send('PUT', token)).http).toBe(201);
    expect((await send('GET')).data).toEqual(token);
    const change = { valid: false, last_updated: '2026-06-01T13:00:00Z' };
    expect((await send('PATCH', change)).http).toBe(200);
    expect((await send('GET')).data).toEqual({ ...token, ...change });
    const held = findPeerToken(site.gw, { countryCode: 'NL', partyId: 'MSP', uid: '04A1', type: 'RFID' });
    expect(held).toMatchObject({ contractId: 'NL-MSP-C7', valid: false, countryCode: 'NL', partyId: 'MSP' });
    const without = { ...token, auth_id: undefined };
    expect((await send('PUT', without)).status).toBe(2001);
    // the same token, as a peer of 2.2.1 sees it
    const later = await ask(url.replace('2.1.1', '2.2.1'), { header: 'Token c1', is: 'token' });
    expect(later.data.contract_id).toBe('NL-MSP-C7');
  });
});

describe('a peer of OCPI 2.1.1', () => {
  test('registers with flat credentials, and gets such', async () => {
    const depot = await wholeSite();
    const peer = await registered(depot);
    expect(findPeer(depot.gateway, 'old')).toMatchObject({
      state: 'registered',
      version: '2.1.1',
      parties: [{ countryCode: 'NL', partyId: 'EMS', role: 'EMSP' }],
    });
    // its details tell no roles, and yet it is known what it takes and what it gives
    const roles = findPeer(depot.gateway, 'old')?.endpoints.map(({ identifier, role }) => [identifier, role]);
    expect(Object.fromEntries(roles ?? [])).toMatchObject({
      locations: 'RECEIVER',
      cdrs: 'RECEIVER',
      tokens: 'SENDER',
    });
    const shown = await ask(peer.endpoint('credentials'), {
      header: `Token ${peer.outboundToken}`,
      version: '2.1.1',
      is: 'credentials',
    });
    expect(shown.data).toMatchObject({ token: peer.outboundToken, country_code: 'SE', party_id: 'DEP' });
    await peer.renew();
    expect((await peer.poll()).locations).toHaveLength(1);
    await peer.unregister();
    expect(findPeer(depot.gateway, 'old')?.state).toBe('unregistered');
  });

  test('is told locations, tariffs, sessions and CDRs in its version, with a raw token and without routing headers', async () => {
    const depot = await wholeSite();
    const peer = await registered(depot);
    const bay = createSimulatedCharger({ url: depot.urls.ocpp, id: 'BAY-1', connectors: 2, power: () => () => 10_000 });
    cleanups.push(() => bay.close());
    await bay.connect();
    await bay.idle();
    await bay.plugIn(1);
    await bay.tap('CARD1', 1);
    await until(() => peer.told('sessions')[0]?.['status'] === 'ACTIVE');
    await bay.advance(1, 3600);
    await bay.tap('CARD1', 1);
    await until(() => peer.told('cdrs').length === 1 && peer.told('sessions')[0]?.['status'] === 'COMPLETED');
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);

    const functional = peer.requests.filter(({ path }) => /\/(locations|sessions|cdrs|tariffs|tokens)/.test(path));
    expect(new Set(functional.map(moduleOf))).toEqual(new Set(['locations', 'sessions', 'cdrs', 'tariffs', 'tokens']));
    for (const { headers, answered } of functional) {
      expect(headers.authorization).toBe(`Token ${peer.inboundToken}`);
      expect(Object.keys(headers).filter((name) => name.startsWith('ocpi-'))).toEqual([]);
      expect(answered).toBeLessThan(300);
    }
    for (const { method, path, body } of functional) {
      const object = objectOf({ method, path });
      if (object) expectContract('2.1.1', object, body);
    }
    expect(
      functional.some(({ method, path }) => method === 'PATCH' && path.endsWith('/locations/SE/DEP/L1/BAY-1-1')),
    ).toBe(true);
    // the place is a whole location, with the plug as it is configured
    expect(peer.told('cdrs')[0]).toMatchObject({
      total_energy: 10,
      location: { id: 'L1', evses: [{ uid: 'BAY-1-1', connectors: [{ voltage: 230, amperage: 32 }] }] },
    });
  });

  test('gives its tokens without their owner: they are those of its one party', async () => {
    const depot = await wholeSite();
    const peer = await platform();
    peer.setTokens([{ uid: '04B1' }, { uid: '04B2', valid: false }]);
    await peer.register(depot.urls.ocpi, (await invitePeer(depot.gateway, 'old', 'own')).token);
    const held = (uid: string): ReturnType<typeof findPeerToken> =>
      findPeerToken(depot.gateway, { countryCode: 'NL', partyId: 'EMS', uid, type: 'RFID' });
    await until(() => held('04B2') !== null && held('04B1') !== null);
    expect(held('04B1')).toMatchObject({ peer: 'old', contractId: 'NL-EMS-04B1', valid: true });
    expect(held('04B2')).toMatchObject({ valid: false });
    await peer.putToken({ uid: '04B3' });
    expect(held('04B3')).toMatchObject({ contractId: 'NL-EMS-04B3' });
  });

  test('is registered with by us in its own form', async () => {
    const depot = await wholeSite();
    const peer = await platform();
    await registrarOf(depot.gateway).register('old', { versionsUrl: peer.url, token: peer.inviteGateway() });
    expect(findPeer(depot.gateway, 'old')).toMatchObject({ version: '2.1.1', state: 'registered' });
    const posted = peer.requests.find(({ method }) => method === 'POST');
    expectContract('2.1.1', 'credentials', posted?.body);
    await registrarOf(depot.gateway).rotate('old');
    expect((await peer.poll()).tariffs).toHaveLength(1);
    await registrarOf(depot.gateway).unregister('old', false);
    expect(findPeer(depot.gateway, 'old')?.state).toBe('unregistered');
  });
});

test('one site, three peers, three versions at once', async () => {
  const depot = await wholeSite();
  const peers: SimulatedPeer[] = [];
  for (const [index, version] of (['2.1.1', '2.2.1', '2.3.0'] as const).entries()) {
    const peer = await platform({ versions: [version], partyId: `P${index}` });
    await peer.register(depot.urls.ocpi, (await invitePeer(depot.gateway, `peer-${index}`, 'all')).token);
    peers.push(peer);
  }
  await until(() => peers.every((peer) => peer.told('locations').length === 1));
  const [older, old, current] = peers.map((peer) => peer.told('locations')[0]);
  expectContract('2.1.1', 'location', older);
  expectContract('2.2.1', 'location', old);
  expectContract('2.3.0', 'location', current);
  expect([older?.['id'], old?.['id'], current?.['id']]).toEqual(['L1', 'L1', 'L1']);
});

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

function moduleOf({ path }: Pick<PeerRequest, 'path'>): string {
  return /^\/ocpi\/2\.1\.1\/([a-z]+)/.exec(path)?.[1] ?? path;
}

/** What a call of ours carries whole; null where it carries a part or nothing. */
function objectOf({ method, path }: Pick<PeerRequest, 'method' | 'path'>): ObjectName | null {
  const depth = path.split('/').length;
  if (method === 'POST') return 'cdr';
  if (method !== 'PUT') return null;
  const whole: Record<string, ObjectName> = { locations: 'location', sessions: 'session', tariffs: 'tariff' };
  return depth > 7 ? 'evse' : (whole[moduleOf({ path })] ?? null);
}
