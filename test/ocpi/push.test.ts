import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSimulatedPeer, type SimulatedPeer, type SimulatedPeerOptions } from '../../adapters/simulator/peer.ts';
import { listOutbox, retryOutbox } from '../../gateway/outbox.ts';
import { createPeer, invitePeer, unregisterPeer } from '../../gateway/peers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function site(yaml = ''): Promise<TestSite> {
  const started = await startTestSite({ yaml });
  cleanups.push(() => started.cleanUp());
  return started;
}

async function register(to: TestSite, name: string, options: SimulatedPeerOptions = {}): Promise<SimulatedPeer> {
  const peer = await createSimulatedPeer({ name, ...options });
  cleanups.push(() => peer.close());
  const { token } = await invitePeer(to.gateway, name, 'all');
  await peer.register(to.urls.ocpi, token);
  return peer;
}

async function charger(at: TestSite, id = 'BAY-1'): Promise<SimulatedCharger> {
  const made = createSimulatedCharger({ url: at.urls.ocpp, id, connectors: 2, power: () => () => 10_000 });
  cleanups.push(() => made.close());
  await made.connect();
  await made.idle();
  return made;
}

const evsesOf = (peer: SimulatedPeer): { uid: string; status: string }[] =>
  peer.told('locations').flatMap((location) => location['evses'] as { uid: string; status: string }[]);

const statusOf = (peer: SimulatedPeer, uid: string): string | undefined =>
  evsesOf(peer).find((evse) => evse.uid === uid)?.status;

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

/** The calls that were made for this module, as method and path below it. */
const calls = (peer: SimulatedPeer, module: string): string[] =>
  peer.requests
    .filter(({ path }) => path.includes(`/${module}`) && !path.includes('/credentials'))
    .map(({ method, path }) => `${method} ${path.split(`/${module}`)[1] ?? ''}`);

describe('push', () => {
  test('a peer that registers is told the location and the tariffs, and then what changes', async () => {
    const depot = await site();
    const peer = await register(depot, 'emsp');
    await until(() => evsesOf(peer).length === 3 && peer.told('tariffs').length === 1);
    expect(calls(peer, 'locations')).toEqual(['PUT /SE/DEP/L1']);
    const bay = await charger(depot);
    await until(() => statusOf(peer, 'BAY-1-1') === 'AVAILABLE' && statusOf(peer, 'BAY-1-2') === 'AVAILABLE');
    peer.requests.length = 0;
    await bay.plugIn(1);
    await until(() => statusOf(peer, 'BAY-1-1') === 'CHARGING');
    // conformance case 42: the status alone, with its last_updated
    expect(peer.requests.filter(({ path }) => path.includes('/locations'))).toMatchObject([
      { method: 'PATCH', body: { status: 'CHARGING', last_updated: expect.any(String) } },
    ]);
  });

  test('a session is told as it runs, and its CDR once, with the place where the peer keeps it', async () => {
    const depot = await site();
    const peer = await register(depot, 'emsp');
    const bay = await charger(depot);
    await bay.plugIn(1);
    await bay.tap('CARD1', 1);
    await until(() => peer.told('sessions')[0]?.['status'] === 'ACTIVE');
    await bay.advance(1, 3600);
    await bay.tap('CARD1', 1);
    await until(() => peer.told('cdrs').length === 1);
    await until(() => peer.told('sessions')[0]?.['status'] === 'COMPLETED');
    expect(peer.told('cdrs')[0]).toMatchObject({ total_energy: 10, session_id: peer.told('sessions')[0]?.['id'] });
    expect(calls(peer, 'cdrs')).toEqual(['POST ']);
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
  });

  test('conformance case 43: a status that the peer refuses is followed by the whole EVSE, or the whole location', async () => {
    const depot = await site();
    const peer = await register(depot, 'emsp');
    const bay = await charger(depot);
    await until(() => statusOf(peer, 'BAY-1-1') === 'AVAILABLE');
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    peer.forget();
    peer.requests.length = 0;
    await bay.plugIn(1);
    await until(() => statusOf(peer, 'BAY-1-1') === 'CHARGING');
    expect(calls(peer, 'locations')).toEqual([
      'PATCH /SE/DEP/L1/BAY-1-1',
      'GET /SE/DEP/L1/BAY-1-1',
      'PUT /SE/DEP/L1/BAY-1-1',
      'PUT /SE/DEP/L1',
    ]);
  });

  test('conformance case 44: after an outage each object is told once in its latest state; another peer never waits', async () => {
    const depot = await site();
    const [down, up] = [
      await register(depot, 'down'),
      await register(depot, 'up', { countryCode: 'DE', partyId: 'EMS' }),
    ];
    const bay = await charger(depot);
    await until(() => statusOf(down, 'BAY-1-1') === 'AVAILABLE' && statusOf(up, 'BAY-1-1') === 'AVAILABLE');
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    down.setCondition({ kind: 'down' });
    for (let session = 0; session < 3; session += 1) {
      await bay.plugIn(1);
      await bay.tap('CARD1', 1);
      await bay.advance(1, 600);
      await bay.unplug(1);
      await until(() => up.told('cdrs').length === session + 1 && statusOf(up, 'BAY-1-1') === 'AVAILABLE');
    }
    down.setCondition({ kind: 'up' });
    down.requests.length = 0;
    await retryOutbox(depot.gateway, 'down', null, null);
    await until(() => down.told('cdrs').length === 3 && down.told('sessions').length === 3);
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    expect(calls(down, 'cdrs')).toEqual(['POST ', 'POST ', 'POST ']);
    expect(calls(down, 'sessions')).toHaveLength(3);
    expect(new Set(down.told('cdrs').map((cdr) => cdr['id']))).toEqual(
      new Set(up.told('cdrs').map((cdr) => cdr['id'])),
    );
    expect(calls(down, 'locations').length).toBeLessThanOrEqual(1);
  });

  test('a peer that no longer knows our token is asked ever more rarely, and the operator sees why', async () => {
    const depot = await site();
    const peer = await register(depot, 'emsp');
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    peer.setCondition({ kind: 'answering', http: 401, status: 2000 });
    await charger(depot);
    await until(() => depot.gateway.pushStates.get('emsp')?.kind === 'refusing');
    expect(listOutbox(depot.gateway, null, 10)).not.toEqual([]);
  });

  test('what a peer refuses for good becomes a dead letter that an operator can send again', async () => {
    const depot = await site();
    const peer = await register(depot, 'emsp');
    await until(() => listOutbox(depot.gateway, null, 10).length === 0);
    peer.setCondition({ kind: 'answering', http: 200, status: 2001 });
    const bay = await charger(depot);
    await bay.plugIn(1);
    await bay.tap('CARD1', 1);
    await until(() => listOutbox(depot.gateway, null, 10).some((row) => row.module === 'sessions' && row.attempts > 0));
    const [refused] = listOutbox(depot.gateway, null, 10).filter((row) => row.module === 'sessions');
    expect(refused).toMatchObject({ peer: 'emsp', problem: expect.stringContaining('OCPI 2001') });
    peer.setCondition({ kind: 'up' });
    await retryOutbox(depot.gateway, 'emsp', null, null);
    await until(() => peer.told('sessions').length === 1);
  });

  test('a peer that was provisioned by hand is asked where it takes what, and then told', async () => {
    const depot = await site();
    const peer = await createSimulatedPeer();
    cleanups.push(() => peer.close());
    await createPeer(depot.gateway, {
      name: 'by-hand',
      visibility: 'all',
      inboundToken: 'inbound-token-by-hand',
      versionsUrl: peer.url,
      outboundToken: peer.inboundToken,
    });
    await until(() => evsesOf(peer).length === 3);
    expect(calls(peer, 'locations')).toEqual(['PUT /SE/DEP/L1']);
  });

  test('a peer that sees only its own is told of no other’s session', async () => {
    const depot = await site();
    const peer = await createSimulatedPeer();
    cleanups.push(() => peer.close());
    const { token } = await invitePeer(depot.gateway, 'own', 'own');
    await peer.register(depot.urls.ocpi, token);
    await peer.putToken({ uid: 'THEIRS' });
    const bay = await charger(depot);
    await bay.plugIn(1);
    await bay.tap('CARD1', 1);
    await bay.plugIn(2);
    await bay.tap('THEIRS', 2);
    await until(() => peer.told('sessions').length === 1);
    await bay.unplug(1);
    await bay.unplug(2);
    await until(() => peer.told('cdrs').length === 1);
    expect(peer.told('cdrs')).toMatchObject([{ cdr_token: { uid: 'THEIRS' } }]);
    expect(peer.told('sessions')).toHaveLength(1);
  });

  test('a peer that has unregistered is owed nothing', async () => {
    const depot = await site();
    const peer = await register(depot, 'emsp');
    peer.setCondition({ kind: 'down' });
    await charger(depot);
    await until(() => listOutbox(depot.gateway, null, 10).length > 0);
    await unregisterPeer(depot.gateway, 'emsp');
    expect(listOutbox(depot.gateway, null, 10)).toEqual([]);
  });
});
