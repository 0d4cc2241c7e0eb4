import { afterEach, expect, test } from 'vitest';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { listTokens } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function setUp(): Promise<{ site: TestSite; peer: SimulatedPeer }> {
  const site = await startTestSite();
  cleanups.push(() => site.cleanUp());
  const peer = await createSimulatedPeer();
  cleanups.push(() => peer.close());
  return { site, peer };
}

async function register({ site, peer }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  const { token } = await invitePeer(site.gateway, 'emsp');
  await peer.register(site.urls.ocpi, token);
}

const uids = (site: TestSite): string[] =>
  listTokens(site.gateway, { offset: 0, limit: 1000 })
    .items.filter(({ peer }) => peer === 'emsp')
    .map(({ uid }) => uid)
    .toSorted();

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

test('all tokens of a peer are fetched when it registers, over every page; one that does not fit is left out', async () => {
  const setting = await setUp();
  const many = Array.from({ length: 120 }, (_, index) => ({ uid: `CARD-${String(index).padStart(3, '0')}` }));
  setting.peer.setTokens([
    ...many,
    { uid: 'BAD', whitelist: 'SOMETIMES' },
    { uid: 'FOREIGN', country_code: 'SE', party_id: 'DEP' },
  ]);
  await register(setting);
  await until(() => uids(setting.site).length === 120);
  expect(uids(setting.site)).toEqual(many.map(({ uid }) => uid));
  expect(setting.peer.requests.filter(({ path }) => path.includes('/tokens'))).toHaveLength(3);
});

test('after an outage the tokens that changed meanwhile are fetched', async () => {
  const setting = await setUp();
  setting.peer.setTokens([{ uid: 'OLD' }]);
  await register(setting);
  await until(() => uids(setting.site).includes('OLD'));
  setting.peer.requests.length = 0;
  setting.peer.setTokens([{ uid: 'OLD', last_updated: '2020-01-01T00:00:00Z' }, { uid: 'NEW' }]);
  await until(() => {
    setting.site.gateway.bus.publish({ name: 'peer.back', data: { name: 'emsp' } });
    return uids(setting.site).includes('NEW');
  });
  const [asked] = setting.peer.requests.filter(({ path }) => path.includes('/tokens'));
  expect(asked?.path).toContain('date_from=');
});
