import { afterEach, describe, expect, test } from 'vitest';
import { deviations } from '../../adapters/ocpi/push/compare.ts';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { DriftReport } from '../../gateway/domain/drift.ts';
import { checkDrift, isCheckDue } from '../../gateway/drift.ts';
import { listOutbox, resync } from '../../gateway/outbox.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Depot {
  site: TestSite;
  peer: SimulatedPeer;
  bay: SimulatedCharger;
  /** Everything has been told. */
  settled(): Promise<void>;
}

const time = { now: Date.UTC(2026, 5, 1, 12) };

/** A peer that was told of a location, a session that ended with its CDR, and one under way. */
async function depot(): Promise<Depot> {
  const site = await startTestSite({ clock: () => time.now });
  cleanups.push(() => site.cleanUp());
  const peer = await createSimulatedPeer({ name: 'emsp' });
  cleanups.push(() => peer.close());
  await peer.register(site.urls.ocpi, (await invitePeer(site.gateway, 'emsp', 'all')).token);
  const bay = createSimulatedCharger({ url: site.urls.ocpp, id: 'BAY-1', connectors: 2, power: () => () => 10_000 });
  cleanups.push(() => bay.close());
  await bay.connect();
  await bay.idle();
  await bay.plugIn(1);
  await bay.tap('CARD1', 1);
  await until(() => peer.told('sessions').length === 1);
  await bay.tap('CARD1', 1);
  await until(() => peer.told('cdrs').length === 1);
  await bay.plugIn(2);
  await bay.tap('CARD1', 2);
  await until(() => peer.told('sessions').length === 2);
  const settled = (): Promise<void> =>
    until(() => {
      // Statuses are told a moment after they came, sessions at their pace.
      time.now += 1000;
      return listOutbox(site.gateway, null, 10).length === 0;
    });
  await settled();
  peer.requests.length = 0;
  return { site, peer, bay, settled };
}

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

const check = ({ site }: Depot): Promise<DriftReport> => checkDrift(site.gateway, 'emsp');

/** Changes what the peer holds of its first object of a module. */
function spoil(peer: SimulatedPeer, module: 'locations' | 'sessions' | 'cdrs' | 'tariffs', change: object): void {
  const [held] = peer.told(module);
  if (!held) throw new Error(`the peer holds nothing of ${module}`);
  Object.assign(held, change);
}

describe('the drift check', () => {
  test('finds nothing where the peer has what we have, though it adds fields, sorts and writes otherwise', async () => {
    const at = await depot();
    spoil(at.peer, 'locations', { last_updated: '2020-01-01T00:00:00Z', their_own: 7, name: 'TEST DEPOT' });
    spoil(at.peer, 'sessions', { kwh: String(at.peer.told('sessions')[0]?.['kwh']), their_own: null });
    const [location] = at.peer.told('locations');
    (location!['evses'] as unknown[]).reverse();
    const report = await check(at);
    expect(report).toMatchObject({ deviations: [], unreadable: [], waiting: 0 });
    // The location, a tariff, two sessions and a CDR.
    expect(report.compared).toBe(5);
    expect(at.peer.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('what deviates is named and told anew: an EVSE by itself, a tariff, a session', async () => {
    const at = await depot();
    const [location] = at.peer.told('locations');
    const evses = location!['evses'] as { uid: string; status: string; physical_reference?: string }[];
    const evse = evses.find(({ uid }) => uid === 'BAY-1-1')!;
    const status = evse.status;
    evse.status = 'RESERVED';
    spoil(at.peer, 'tariffs', { currency: 'EUR' });
    spoil(at.peer, 'sessions', { kwh: 999 });
    const [session] = at.peer.told('sessions');
    const report = await check(at);
    expect(report.deviations).toEqual([
      { module: 'locations', object: 'BAY-1-1', kind: 'differs', fields: ['evses[BAY-1-1].status'], repaired: true },
      { module: 'tariffs', object: 'standard', kind: 'differs', fields: ['currency'], repaired: true },
      { module: 'sessions', object: session?.['id'], kind: 'differs', fields: ['kwh'], repaired: true },
    ]);
    await at.settled();
    await until(() => at.peer.told('tariffs')[0]?.['currency'] === 'SEK');
    expect((await check(at)).deviations).toEqual([]);
    const mended = at.peer.told('locations')[0]?.['evses'] as { uid: string; status: string }[];
    expect(mended.find(({ uid }) => uid === 'BAY-1-1')?.status).toBe(status);
    const told = at.peer.requests
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`);
    expect(told.map((each) => each.replace(/\/ocpi\/2.3.0/, '')).toSorted()).toEqual([
      'PUT /locations/SE/DEP/L1/BAY-1-1',
      `PUT /sessions/SE/DEP/${String(session?.['id'])}`,
      'PUT /tariffs/SE/DEP/standard',
    ]);
  });

  test('a CDR that differs is shown and not sent again: it never changes', async () => {
    const at = await depot();
    spoil(at.peer, 'cdrs', { total_energy: 1 });
    const report = await check(at);
    expect(report.deviations).toMatchObject([
      { module: 'cdrs', kind: 'differs', fields: ['total_energy'], repaired: false },
    ]);
    expect(listOutbox(at.site.gateway, null, 10)).toEqual([]);
  });

  test('a peer that once let us read and now knows nothing has lost it all, and is told it all', async () => {
    const at = await depot();
    await check(at);
    at.peer.forget();
    const report = await check(at);
    expect(report.deviations.map(({ module, kind }) => `${module} ${kind}`)).toEqual([
      'locations absent',
      'tariffs absent',
      'sessions absent',
      'sessions absent',
      'cdrs absent',
    ]);
    await at.settled();
    await until(() => at.peer.told('cdrs').length === 1 && at.peer.told('sessions').length === 2);
    expect((await check(at)).deviations).toEqual([]);
  });

  test('a peer whose receivers cannot be read is left alone, and the operator is told once', async () => {
    const at = await depot();
    at.peer.setCondition({ kind: 'answering', http: 405, status: 2000 });
    const report = await check(at);
    expect(report).toMatchObject({ deviations: [], unreadable: ['locations', 'tariffs', 'sessions', 'cdrs'] });
    await check(at);
    expect(listOutbox(at.site.gateway, null, 10)).toEqual([]);
    const notes = at.site.logged.filter(({ message }) => message.includes('does not let us read'));
    expect(notes).toHaveLength(1);
  });

  test('a peer that is away is no deviation', async () => {
    const at = await depot();
    at.peer.setCondition({ kind: 'down' });
    await expect(check(at)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    expect(listOutbox(at.site.gateway, null, 10)).toEqual([]);
  });

  test('a peer that is told everything anew is told each object once, and then no more', async () => {
    const at = await depot();
    await resync(at.site.gateway, 'emsp');
    await at.settled();
    const told = at.peer.requests.map(({ method, path }) => `${method} ${path.split('/')[3]}`);
    expect(told.toSorted()).toEqual(['PUT locations', 'PUT sessions', 'PUT sessions', 'PUT tariffs']);
  });

  test('is due a day after the last one', async () => {
    const at = await depot();
    await check(at);
    time.now += 23 * 3_600_000;
    expect(isCheckDue(at.site.gateway, 'emsp')).toBe(false);
    time.now += 2 * 3_600_000;
    expect(isCheckDue(at.site.gateway, 'emsp')).toBe(true);
  });

  test('an operator asks for it', async () => {
    const at = await depot();
    spoil(at.peer, 'tariffs', { currency: 'EUR' });
    const url = `${at.site.urls.console}api/peers/emsp/outbox/check`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect([answer.status, await answer.json()]).toMatchObject([200, { deviations: [{ object: 'standard' }] }]);
  });
});

describe('comparing', () => {
  test.each([
    [{ a: 1 }, { a: '1.0', b: 2 }, []],
    [{ a: [] }, {}, []],
    [{ a: '2026-01-01T00:00:00Z' }, { a: '2026-01-01T01:00:00.000+01:00' }, []],
    [{ a: '2026-01-01T00:00:00Z' }, { a: '2026-01-01T00:00:00' }, []],
    [{ a: ['X', 'Y'] }, { a: ['y', 'x'] }, []],
    [{ a: '007' }, { a: '7' }, ['a']],
    [{ a: 12.3456 }, { a: 12.3457 }, ['a']],
    [{ a: { b: true } }, { a: { b: false } }, ['a.b']],
    [{ a: ['X'] }, { a: ['X', 'Y'] }, ['a (1 more)']],
    [
      {
        a: [
          { id: '1', n: 1 },
          { id: '2', n: 2 },
        ],
      },
      {
        a: [
          { id: '2', n: 3 },
          { id: '1', n: 1 },
        ],
      },
      ['a[2].n'],
    ],
    [{ a: 1 }, [], ['(all of it)']],
  ])('%j beside %j', (ours, theirs, fields) => {
    expect(deviations(ours, theirs)).toEqual(fields);
  });
});
