import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSimulatedPeer, type SimulatedPeer, type SimulatedPeerOptions } from '../../adapters/simulator/peer.ts';
import type { PeerRequest } from '../../adapters/simulator/peer-server.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import { findHubClient } from '../../gateway/hub-clients.ts';
import { listOutbox } from '../../gateway/outbox.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask, type Ask } from './harness.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Depot {
  site: TestSite;
  hub: SimulatedPeer;
  bay: SimulatedCharger;
  /** A request of the hub, on behalf of a party behind it. */
  fromHub(module: string, path: string, how?: Ask & { from?: [string, string] | null }): ReturnType<typeof ask>;
}

const info = (party: string, status: string, at = '2026-06-01T12:00:00Z'): Record<string, unknown> => ({
  country_code: 'NL',
  party_id: party,
  role: 'EMSP',
  status,
  last_updated: at,
});

async function depot(options: SimulatedPeerOptions = {}, clients: Record<string, unknown>[] = []): Promise<Depot> {
  const site = await startTestSite();
  cleanups.push(() => site.cleanUp());
  const hub = await createSimulatedPeer({ name: 'hub', role: 'HUB', countryCode: 'EU', partyId: 'HUB', ...options });
  hub.setClients(clients);
  cleanups.push(() => hub.close());
  await hub.register(site.urls.ocpi, (await invitePeer(site.gateway, 'hub', 'all')).token, '2.2.1');
  const bay = createSimulatedCharger({ url: site.urls.ocpp, id: 'BAY-1', connectors: 2, power: () => () => 10_000 });
  cleanups.push(() => bay.close());
  await bay.connect();
  await bay.idle();
  await until(() => hub.told('locations').length === 1 && listOutbox(site.gateway, null, 10).length === 0);
  return {
    site,
    hub,
    bay,
    fromHub(module, path, { from = ['NL', 'MSP'], ...how } = {}) {
      const headers = {
        'ocpi-to-country-code': 'SE',
        'ocpi-to-party-id': 'DEP',
        ...(from && { 'ocpi-from-country-code': from[0], 'ocpi-from-party-id': from[1] }),
      };
      return ask(hub.endpoint(module) + path, { token: hub.outboundToken, headers, ...how });
    },
  };
}

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

const addressed = ({ headers }: PeerRequest): string =>
  ['from', 'to']
    .map((way) => `${way} ${String(headers[`ocpi-${way}-country-code`])}/${String(headers[`ocpi-${way}-party-id`])}`)
    .join(' ');

const pushes = (hub: SimulatedPeer, module: string): PeerRequest[] =>
  hub.requests.filter(({ method, path }) => method !== 'GET' && path.includes(`/${module}`));

const token = (party: string, uid: string): Record<string, unknown> => ({
  country_code: 'NL',
  party_id: party,
  uid,
  type: 'RFID',
  contract_id: `NL-${party}-${uid}`,
  issuer: 'A provider',
  valid: true,
  whitelist: 'ALWAYS',
  last_updated: '2026-06-01T12:00:00Z',
});

/** Puts a card of a party behind the hub on the list, and charges with it. */
async function charge(at: Depot, party: string, connector: number): Promise<void> {
  const uid = `CARD-${party}`;
  const how = { method: 'PUT', body: token(party, uid), from: ['NL', party] as [string, string] };
  expect((await at.fromHub('tokens', `/NL/${party}/${uid}`, how)).status).toBe(1000);
  await at.bay.plugIn(connector);
  await at.bay.tap(uid, connector);
  await at.bay.advance(connector, 600);
  await at.bay.unplug(connector);
}

const hubSays = (at: Depot, body: Record<string, unknown>): ReturnType<typeof ask> =>
  ask(`${at.hub.endpoint('hubclientinfo')}/NL/${String(body['party_id'])}`, {
    method: 'PUT',
    token: at.hub.outboundToken,
    body,
  });

describe('a hub', () => {
  test('Broadcast Push: locations and tariffs are addressed to the hub itself', async () => {
    const at = await depot();
    for (const module of ['locations', 'tariffs'])
      expect(new Set(pushes(at.hub, module).map(addressed))).toEqual(new Set(['from SE/DEP to EU/HUB']));
  });

  test('a session and its CDR are addressed to the party whose token it is; those of the site’s own cards to the hub', async () => {
    const at = await depot();
    await charge(at, 'MSP', 1);
    await charge(at, 'OTH', 2);
    await until(() => at.hub.told('cdrs').length === 2 && listOutbox(at.site.gateway, null, 10).length === 0);
    const partyOf = ({ body }: PeerRequest): unknown =>
      (body as { cdr_token: Record<string, unknown> }).cdr_token['party_id'];
    for (const module of ['sessions', 'cdrs'])
      for (const request of pushes(at.hub, module))
        expect(addressed(request)).toBe(`from SE/DEP to NL/${String(partyOf(request))}`);
    at.hub.requests.length = 0;
    await at.bay.plugIn(1);
    await at.bay.tap('CARD1', 1);
    await until(() => pushes(at.hub, 'sessions').length > 0);
    expect(addressed(pushes(at.hub, 'sessions')[0]!)).toBe('from SE/DEP to EU/HUB');
  });

  test('any party behind it may ask, and the answer is for that party; HubClientInfo has no routing headers', async () => {
    const at = await depot();
    for (const from of [
      ['NL', 'MSP'],
      ['DE', 'XYZ'],
    ] as [string, string][]) {
      const { headers } = await at.fromHub('locations', '', { from, is: 'location' });
      expect([headers['ocpi-to-country-code'], headers['ocpi-to-party-id']]).toEqual(from);
      expect([headers['ocpi-from-country-code'], headers['ocpi-from-party-id']]).toEqual(['SE', 'DEP']);
    }
    const told = await hubSays(at, info('MSP', 'CONNECTED'));
    expect(Object.keys(told.headers).filter((name) => name.startsWith('ocpi-'))).toEqual([]);
  });

  test('hub_party_id names the hub in 2.3.0, where roles have none', async () => {
    const at = await depot();
    const body = {
      token: at.hub.inboundToken,
      url: at.hub.url,
      hub_party_id: 'EUHUB',
      roles: [
        { role: 'EMSP', country_code: 'NL', party_id: 'MSP', business_details: { name: 'A provider' } },
        { role: 'EMSP', country_code: 'NL', party_id: 'OTH', business_details: { name: 'Another' } },
      ],
    };
    const where = at.hub.endpoint('credentials').replace('2.2.1', '2.3.0');
    const answer = await ask(where, { method: 'PUT', token: at.hub.outboundToken, body, is: 'credentials' });
    at.hub.requests.length = 0;
    await at.bay.plugIn(1);
    await until(() => pushes(at.hub, 'locations').length > 0);
    expect(answer.status).toBe(1000);
    expect(addressed(pushes(at.hub, 'locations')[0]!)).toBe('from SE/DEP to EU/HUB');
  });
});

describe('HubClientInfo', () => {
  test('is listed in version details, taken, given back, and refused where it does not fit', async () => {
    const at = await depot();
    const put = await hubSays(at, info('MSP', 'CONNECTED'));
    expect([put.http, put.status]).toEqual([201, 1000]);
    expect((await hubSays(at, info('MSP', 'OFFLINE', '2026-06-01T13:00:00Z'))).http).toBe(200);
    const url = `${at.hub.endpoint('hubclientinfo')}/nl/msp`;
    const got = await ask(url, { token: at.hub.outboundToken, is: 'clientInfo', version: '2.2.1' });
    expect(got.data).toEqual(info('MSP', 'OFFLINE', '2026-06-01T13:00:00Z'));
    // What it said before does not undo what it said later.
    await hubSays(at, info('MSP', 'CONNECTED', '2026-06-01T12:30:00Z'));
    expect(findHubClient(at.site.gateway, 'hub', 'NL', 'MSP')?.status).toBe('OFFLINE');
    const unknown = await ask(url.replace('msp', 'zzz'), { token: at.hub.outboundToken });
    expect(unknown.http).toBe(404);
    for (const body of [
      info('OTH', 'CONNECTED'),
      info('MSP', 'ASLEEP'),
      { ...info('MSP', 'OFFLINE'), last_updated: 'now' },
    ]) {
      const answer = await ask(url, { method: 'PUT', token: at.hub.outboundToken, body });
      expect([answer.http, answer.status]).toEqual([200, 2001]);
    }
  });

  test('conformance case 63: pushes to a party that is OFFLINE stop; CONNECTED brings what waited, and the location', async () => {
    const at = await depot();
    await hubSays(at, info('MSP', 'OFFLINE'));
    await charge(at, 'MSP', 1);
    await charge(at, 'OTH', 2);
    await until(() => at.hub.told('cdrs').length === 1 && at.hub.told('sessions').length === 1);
    await until(() => listOutbox(at.site.gateway, null, 10).length === 2);
    const waits = (): unknown[] =>
      listOutbox(at.site.gateway, null, 10).map(({ module, problem }) => [module, problem]);
    const reason = 'the hub says that it does not reach NL/MSP';
    await until(() => waits().every((each) => (each as unknown[])[1] === reason));
    expect(at.hub.told('cdrs')).toMatchObject([{ cdr_token: { party_id: 'OTH' } }]);
    at.hub.requests.length = 0;
    await hubSays(at, info('MSP', 'CONNECTED', '2026-06-01T14:00:00Z'));
    await until(() => at.hub.told('cdrs').length === 2 && at.hub.told('sessions').length === 2);
    await until(() => listOutbox(at.site.gateway, null, 10).length === 0);
    const made = ['locations', 'tariffs', 'sessions', 'cdrs'].map((module) => pushes(at.hub, module).length);
    expect(made).toEqual([1, 1, 1, 1]);
  });

  test('is fetched from the hub once connected, all its pages', async () => {
    const parties = Array.from({ length: 120 }, (_, index) => `P${String(index).padStart(2, '0')}`.slice(0, 3));
    const clients = [...new Set(parties)].map((party) => info(party, 'OFFLINE', toUtc(Date.UTC(2026, 5, 1))));
    const at = await depot({}, [...clients, { ...info('BAD', 'WHAT') }, info('MSP', 'PLANNED')]);
    await until(() => findHubClient(at.site.gateway, 'hub', 'NL', 'MSP') !== null);
    expect(findHubClient(at.site.gateway, 'hub', 'NL', 'P99')?.status).toBe('OFFLINE');
    expect(findHubClient(at.site.gateway, 'hub', 'NL', 'BAD')).toBeNull();
    const asked = at.hub.requests.filter(({ method, path }) => method === 'GET' && path.includes('/hubclientinfo'));
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.every(({ headers }) => headers['ocpi-to-party-id'] === undefined)).toBe(true);
  });
});
