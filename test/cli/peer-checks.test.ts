import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { listOutbox } from '../../gateway/outbox.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargegate, type Done } from './harness.ts';

let site: TestSite;
let peer: SimulatedPeer;

beforeAll(async () => {
  site = await startTestSite();
  peer = await createSimulatedPeer();
  await peer.register(site.urls.ocpi, (await invitePeer(site.gateway, 'emsp', 'all')).token);
  await vi.waitUntil(() => peer.told('tariffs').length === 1 && listOutbox(site.gateway, null, 10).length === 0, {
    timeout: 8000,
    interval: 10,
  });
});
afterAll(async () => {
  await peer.close();
  await site.cleanUp();
});

const run = (...args: string[]): Promise<Done> => chargegate([...args, '--url', site.urls.console]);

describe('peers at the command line', () => {
  it('outbox check says what deviates, and that it is told anew', async () => {
    expect(await run('outbox', 'check', 'emsp')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^nothing deviates\n2 objects compared/),
    });
    Object.assign(peer.told('tariffs')[0]!, { currency: 'EUR' });
    expect(await run('outbox', 'check', 'emsp')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/tariffs +standard +differs +currency +told anew/),
    });
    expect(await run('outbox', 'check', 'nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('PEER_UNKNOWN'),
    });
  });

  it('drill ocpi ends with 1 where the platform deviates, with 0 where it does not', async () => {
    const good = await run('drill', 'ocpi', '--peer', 'emsp');
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('emsp, OCPI 2.3.0: nothing deviates') });
    peer.setCondition({ kind: 'answering', http: 200, status: 2000 });
    const bad = await run('drill', 'ocpi', '--peer', 'emsp', '--json');
    peer.setCondition({ kind: 'up' });
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ peer: 'emsp', deviations: expect.any(Number) });
  });
});
