import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WanDrillBody } from '../../adapters/console/routes/wan-drill.ts';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { createPeer, invitePeer } from '../../gateway/peers.ts';
import { countOutbox } from '../../gateway/outbox.ts';
import { startTestSite } from '../harness/gateway.ts';
import type { TestSite } from '../harness/gateway.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import { chargegate } from './harness.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function site(): Promise<{ at: TestSite; peer: SimulatedPeer }> {
  const at = await startTestSite();
  cleanups.push(() => at.cleanUp());
  const peer = await createSimulatedPeer();
  cleanups.push(() => peer.close());
  await peer.register(at.urls.ocpi, (await invitePeer(at.gateway, 'emsp', 'all')).token, '2.2.1');
  await quiet(at);
  return { at, peer };
}

const waiting = (at: TestSite): number => countOutbox(at.gateway).reduce((sum, each) => sum + each.waiting, 0);
const quiet = (at: TestSite): Promise<void> =>
  vi.waitFor(() => {
    const told = at.gateway.pushStates.get('emsp')?.kind;
    expect([told, waiting(at)]).toEqual(['up', 0]);
  }, 15_000);

async function drill(at: TestSite, ...args: string[]): Promise<{ code: number | null; drill: WanDrillBody | null }> {
  const done = await chargegate(['drill', 'wan-down', ...args, '--json', '--url', at.urls.console]);
  return { code: done.code, drill: (JSON.parse(done.out) as { drill: WanDrillBody | null }).drill };
}

describe('chargegate drill wan-down', () => {
  it('nothing goes out, the site charges on, and afterwards the peer is told all of it', async () => {
    const { at, peer } = await site();
    expect(await drill(at, '10m', '--detach')).toMatchObject({ code: 0, drill: { state: 'down', endedAt: null } });
    const before = peer.requests.length;
    const charger = await dialScripted(at.urls.ocpp, 'BAY-1');
    cleanups.push(() => charger.raw.close());
    await charger.boot();
    await charger.status(1, 'Available');
    expect(await charger.send('Authorize', { idTag: 'NOBODYS' })).toMatchObject({ idTagInfo: { status: 'Invalid' } });
    await charger.stop(await charger.start(1), 4000);
    await vi.waitFor(() => expect(waiting(at)).toBeGreaterThan(1), 15_000);
    await vi.waitFor(() => expect(at.gateway.wanDrill?.report().callsBlocked).toBeGreaterThan(0), 15_000);
    expect(peer.requests.length).toBe(before);
    const again = await chargegate(['drill', 'wan-down', '1m', '--url', at.urls.console]);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('[DRILL_RUNNING]')]);

    const status = await chargegate(['status', '--url', at.urls.console]);
    expect(status.out).toMatch(/^WARNING: An outage is rehearsed/m);

    const { code, drill: report } = await drill(at, '--abort');
    expect(code).toBe(0);
    expect(report).toMatchObject({ state: 'done', aborted: true, chargesBegun: 1, chargesEnded: 1, billsIssued: 1 });
    expect(report?.queued).toMatchObject([{ peer: 'emsp', before: 0, now: 0 }]);
    expect(report?.queued[0]?.most).toBeGreaterThan(1);
    expect(report?.decisions).toContainEqual({
      source: 'site-list',
      verdict: 'accepted',
      count: expect.any(Number) as number,
    });
    expect(report?.drainSeconds).toBeGreaterThan(0);
    expect(peer.requests.length).toBeGreaterThan(before);
    expect((await chargegate(['drill', 'wan-down', '--status', '--url', at.urls.console])).out).toMatch(
      /told within +\d/,
    );
  }, 60_000);

  it('ends by itself, and waits for that', async () => {
    const { at } = await site();
    const { code, drill: report } = await drill(at, '1');
    expect(code).toBe(0);
    expect(report).toMatchObject({ state: 'done', aborted: false, chargesBegun: 0 });
    expect(await drill(at, '--abort')).toMatchObject({ code: 0, drill: { aborted: false } });
  }, 60_000);

  it('says nothing of a peer that was away before too, and tries it again when it is over', async () => {
    const { at } = await site();
    const gw = at.gateway;
    const versionsUrl = 'http://127.0.0.1:1/ocpi/versions';
    await createPeer(gw, {
      name: 'dead',
      visibility: 'all',
      inboundToken: 'inbound-token-of-the-dead',
      outboundToken: 'outbound-token-of-the-dead',
      versionsUrl,
    });
    await vi.waitFor(() => expect(gw.pushStates.get('dead')?.kind).toBe('down'), 15_000);
    const { out, code } = await chargegate(['drill', 'wan-down', '1', '--url', at.urls.console]);
    expect(code).toBe(0);
    expect(out).toMatch(/^says nothing of +dead: it was away before the drill too$/m);
    expect(out).not.toContain('says nothing of  emsp');
    // Why it is away is found out anew: no drill keeps it so any more.
    await vi.waitFor(async () => {
      const { out: status } = await chargegate(['status', '--url', at.urls.console]);
      expect(status).toContain('dead cannot be told anything');
      expect(status).not.toContain('a drill keeps the WAN down');
    }, 10_000);
  }, 60_000);

  it.each([['x'], ['0'], ['25h'], ['-5m']])('%s is no duration: exit code 2', async (text) => {
    expect((await chargegate(['drill', 'wan-down', text])).code).toBe(2);
  });
});
