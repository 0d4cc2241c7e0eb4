import { afterEach, expect, test } from 'vitest';
import type { OutboxBody } from '../../adapters/console/routes/outbox.ts';
import type { PeerBody } from '../../adapters/console/schemas.ts';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A peer that refuses whatever it is told. */
async function refusing(): Promise<{ site: TestSite; peer: SimulatedPeer }> {
  const site = await startTestSite();
  cleanups.push(() => site.cleanUp());
  const peer = await createSimulatedPeer();
  cleanups.push(() => peer.close());
  const { token } = await invitePeer(site.gateway, 'emsp', 'all');
  await peer.register(site.urls.ocpi, token);
  await expect.poll(async () => (await outbox(site)).length).toBe(0);
  await ask(site, 'peers/emsp/outbox/resync', {});
  peer.setCondition({ kind: 'answering', http: 200, status: 2001 });
  await ask(site, 'peers/emsp/outbox/resync', {});
  await expect
    .poll(async () => (await outbox(site)).filter(({ problem }) => problem !== null).length)
    .toBeGreaterThan(0);
  return { site, peer };
}

const outbox = async (site: TestSite, query = ''): Promise<OutboxBody[]> =>
  (await ask<{ items: OutboxBody[] }>(site, `outbox${query}`)).body.items;

test('the operator sees what a peer refuses, since when and why, and lets it go again', async () => {
  const { site, peer } = await refusing();
  const [refused] = (await outbox(site)).filter(({ problem }) => problem !== null);
  expect(refused).toMatchObject({ peer: 'emsp', state: 'dirty', problem: expect.stringContaining('OCPI 2001') });
  const shown = (await ask<{ items: PeerBody[] }>(site, 'peers')).body.items.find(({ name }) => name === 'emsp');
  expect(shown?.outbox.waiting).toBeGreaterThan(0);
  peer.setCondition({ kind: 'up' });
  expect((await ask<{ count: number }>(site, 'peers/emsp/outbox/retry', {})).body.count).toBeGreaterThan(0);
  await expect.poll(async () => (await outbox(site)).length).toBe(0);
  expect(peer.told('locations')).toHaveLength(1);
});

test('the list is paged by a cursor; one that was never given is refused', async () => {
  const { site } = await refusing();
  const all = await outbox(site);
  const first = (await ask<{ items: OutboxBody[]; next: string }>(site, 'outbox?limit=1')).body;
  const rest = await outbox(site, `?cursor=${first.next}`);
  expect([...first.items, ...rest].map(({ object }) => object)).toEqual(all.map(({ object }) => object));
  expect((await ask(site, 'outbox?cursor=nonsense')).status).toBe(400);
  expect((await ask(site, 'peers/nobody/outbox/retry', {})).status).toBe(404);
});
