import { afterEach, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { invitePeer, listPeers } from '../../gateway/peers.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, testConfig } from '../harness/gateway.ts';
import { startGateway } from '../../gateway/main.ts';

const START = Date.UTC(2026, 2, 1, 8, 0, 0);
const ALL = { offset: 0, limit: 100 };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function setUp(options: { afterPowerLoss?: 'stop' | 'resume' } = {}) {
  let now = START;
  const clock = () => now;
  const site = await startTestSite({ clock });
  cleanups.push(() => site.cleanUp());
  const violations: string[] = [];
  const charger = createSimulatedCharger({
    url: site.urls.ocpp,
    id: 'BAY-1',
    connectors: 2,
    clock,
    strict: true,
    power: () => () => 10_000,
    reconnect: { minMs: 5, maxMs: 50 },
    onViolation: (problem) => violations.push(problem),
    ...options,
  });
  cleanups.push(() => charger.close());
  const pass = (seconds: number) => {
    now += seconds * 1000;
  };
  return { site, charger, pass, clock, violations };
}

async function peerOf(site: { urls: { ocpi: string } }, clock: () => number): Promise<SimulatedPeer> {
  const peer = await createSimulatedPeer({ clock });
  cleanups.push(() => peer.close());
  await peer.useToken(site.urls.ocpi, 'cloud-token-for-tests');
  return peer;
}

async function charging(charger: SimulatedCharger) {
  await charger.connect();
  await charger.plugIn(1);
  await charger.tap('CARD1', 1);
  await charger.idle();
}

test('a tap becomes a session, a price and a CDR at the peer', async () => {
  const { site, charger, pass, clock, violations } = await setUp();
  const peer = await peerOf(site, clock);
  await charging(charger);
  expect(charger.transactionId(1)).toBe(1);
  pass(1800);
  await charger.sampleNow(1);
  const running = await peer.poll();
  expect(running.sessions).toMatchObject([{ status: 'ACTIVE', kwh: 5, currency: 'SEK' }]);
  expect(running.cdrs).toEqual([]);
  pass(1800);
  await charger.tap('CARD1', 1);
  await charger.unplug(1);
  await charger.idle();
  const done = await peer.poll();
  expect(done.sessions).toMatchObject([{ status: 'COMPLETED', kwh: 10 }]);
  expect(done.cdrs).toMatchObject([{ total_energy: 10, total_time: 1 }]);
  expect(done.locations).toHaveLength(1);
  expect(done.tariffs).toMatchObject([{ id: 'standard' }]);
  expect(violations).toEqual([]);
});

test('the peer registers by the whole handshake in either version, renews and leaves', async () => {
  const { site, clock } = await setUp();
  for (const version of ['2.2.1', '2.3.0'] as const) {
    const peer = await createSimulatedPeer({ clock, partyId: version === '2.2.1' ? 'AAA' : 'BBB' });
    cleanups.push(() => peer.close());
    const { token } = await invitePeer(site.gateway, `peer-${version}`, 'all');
    await peer.register(site.urls.ocpi, token, version);
    expect(peer.version).toBe(version);
    expect(peer.outboundToken).not.toBe(token);
    expect(await peer.poll()).toMatchObject({ sessions: [], cdrs: [] });
    const before = peer.outboundToken;
    await peer.renew();
    expect(peer.outboundToken).not.toBe(before);
    await peer.putToken({ uid: `CARD${version.replaceAll('.', '')}` });
    await peer.unregister();
    await expect(peer.request('GET', site.urls.ocpi)).rejects.toMatchObject({ name: 'OcpiCallFailed', http: 401 });
  }
  expect(listPeers(site.gateway).map((peer) => peer.state)).toContain('unregistered');
});

test('a token that the peer puts can charge, and its session is the peer’s', async () => {
  const { site, charger, clock } = await setUp();
  const peer = await createSimulatedPeer({ clock });
  cleanups.push(() => peer.close());
  const { token } = await invitePeer(site.gateway, 'emsp', 'own');
  await peer.register(site.urls.ocpi, token);
  expect((await peer.putToken({ uid: 'ROAMING1' })).http).toBe(201);
  await charging(charger);
  await charger.plugIn(2);
  expect(await charger.tap('ROAMING1', 2)).toBe('started');
  await charger.idle();
  expect((await peer.poll()).sessions).toMatchObject([{ cdr_token: { uid: 'ROAMING1', party_id: 'EMS' } }]);
});

test('the peer follows Links page by page', async () => {
  const { site, charger, pass, clock } = await setUp();
  const peer = await peerOf(site, clock);
  await charger.connect();
  await charger.plugIn(1);
  for (let i = 0; i < 5; i += 1) {
    await charger.tap('CARD1', 1);
    pass(60);
    await charger.tap('CARD1', 1);
    pass(60);
  }
  await charger.idle();
  const listing = await peer.list('cdrs', { limit: 2 });
  expect(listing).toMatchObject({ pages: 3, total: 5 });
  expect(new Set(listing.items.map((item) => item['id'])).size).toBe(5);
});

test('a gateway that stops in mid-session goes on with it when the charger re-sends', async () => {
  const { site, charger, pass, clock } = await setUp();
  await charging(charger);
  await site.stop();
  pass(1800);
  await charger.sampleNow(1);
  pass(1800);
  await charger.tap('CARD1', 1);
  expect(charger.queueLength).toBe(2);

  const port = new URL(site.urls.ocpp).port;
  const again = await startGateway(testConfig(site.directory, `ocpp: { host: 127.0.0.1, port: ${port} }\n`), {
    clock,
    log: site.gateway.log,
  });
  cleanups.push(() => again.stop());
  await charger.idle();
  expect(listTransactions(again.gateway, ALL).items).toMatchObject([
    { wireId: '1', meterStart: 0, meterStop: 10_000, stopReason: 'Local' },
  ]);
});

test('a start whose answer was lost is one transaction', async () => {
  const { site, charger } = await setUp();
  await charger.connect();
  await charger.plugIn(1);
  await charger.idle();
  site.gateway.bus.on('transaction.started', () => charger.dropSocket());
  await charger.tap('CARD1', 1);
  await charger.whenOnline();
  await charger.idle();
  expect(listTransactions(site.gateway, ALL).total).toBe(1);
  expect(charger.transactionId(1)).toBe(1);
});

test('a raw charger sends what no library would', async () => {
  const { site } = await setUp();
  const raw = await createRawCharger(`${site.urls.ocpp}RAW-1`, { protocols: ['ocpp1.6'] });
  expect(raw.protocol).toBe('ocpp1.6');
  const boot = await raw.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
  expect(boot).toMatchObject([3, 'raw-1', { status: 'Accepted' }]);
  const from = raw.texts.length;
  raw.send('[2,17,"Heartbeat",{}]');
  expect(await raw.waitFor((frame) => frame[1] === 17, from)).toMatchObject([3, 17, {}]);
  await raw.close();
  await expect(createRawCharger(`${site.urls.ocpp}LOCKED`, { protocols: ['ocpp1.6'] })).rejects.toMatchObject({
    status: 401,
  });
});
