import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PUSH_MODULES } from '../../gateway/domain/outbox.ts';
import { collectChanges, findDelivery, listOutbox, settleTold } from '../../gateway/outbox.ts';
import { createPeer, findPeer, learnEndpoints, unregisterPeer } from '../../gateway/peers.ts';
import { storeHistory } from './fixtures.ts';
import { startSite, type Site } from './harness.ts';

let site: Site;

beforeEach(async () => {
  site = await startSite();
});

afterEach(() => site.stop());

async function collect(peer: string): Promise<void> {
  const known = findPeer(site.gw, peer)!;
  for (const module of PUSH_MODULES) while (await collectChanges(site.gw, known, module));
}

const waiting = (peer: string, module: string): string[] =>
  listOutbox(site.gw, null, 1000)
    .filter((row) => row.peer === peer && row.module === module)
    .map(({ object }) => object);

describe('what peers have not been told', () => {
  test('a change that shares its commit with the look for changes is not passed over', async () => {
    await collect('cloud');
    await storeHistory(site, 'p1', ['before']);
    // One turn of the event loop, so one commit and one stamp.
    await Promise.all([
      storeHistory(site, 'p1', ['ahead']),
      ...(['sessions', 'cdrs'] as const).map((module) => collectChanges(site.gw, findPeer(site.gw, 'cloud')!, module)),
      storeHistory(site, 'p1', ['behind']),
    ]);
    await collect('cloud');
    expect(waiting('cloud', 'sessions')).toEqual(['ahead', 'before', 'behind']);
    expect(waiting('cloud', 'cdrs')).toEqual(['cdr-ahead', 'cdr-before', 'cdr-behind']);
  });

  test('who unregisters while changes are looked through, or something is told, is owed nothing and has nothing', async () => {
    await storeHistory(site, 'p1', ['one']);
    await collect('cloud');
    const [row] = listOutbox(site.gw, null, 1000).filter(({ module }) => module === 'cdrs');
    if (!row) throw new Error('nothing is owed');
    const { object, changedAt } = row;
    await storeHistory(site, 'p1', ['two']);
    const cloud = findPeer(site.gw, 'cloud')!;
    // In one turn, so one after the other in one commit.
    await Promise.all([
      unregisterPeer(site.gw, 'cloud'),
      ...PUSH_MODULES.map((module) => collectChanges(site.gw, cloud, module)),
      settleTold(site.gw, row, [{ object, changedAt, mark: '', location: null }]),
    ]);
    expect(listOutbox(site.gw, null, 1000).filter(({ peer }) => peer === 'cloud')).toEqual([]);
    expect(findDelivery(site.gw, 'cloud', 'cdrs', object)).toBeNull();
  });

  test('what one large commit changed is not cut in two', async () => {
    await collect('cloud');
    const ids = Array.from({ length: 1200 }, (_, index) => `s${String(index).padStart(4, '0')}`);
    await storeHistory(site, 'p1', ids.slice(0, 3));
    await storeHistory(site, 'p1', ids.slice(3));
    await collect('cloud');
    const cdrs = listOutbox(site.gw, null, 5000).filter(({ module }) => module === 'cdrs');
    expect(cdrs.map(({ object }) => object)).toEqual(ids.map((id) => `cdr-${id}`));
  });

  test('a new connection is owed the bill lines from its first moment, also those from before it could be reached', async () => {
    const by = { name: 'new', visibility: 'all' as const, inboundToken: 'in', outboundToken: 'out' };
    await storeHistory(site, 'p1', ['past']);
    await createPeer(site.gw, { ...by, versionsUrl: 'http://127.0.0.1:9/versions' });
    await storeHistory(site, 'p1', ['since']);
    await learnEndpoints(site.gw, 'new', '2.3.0', []);
    await collect('new');
    expect(waiting('new', 'cdrs')).toEqual(['cdr-since']);
  });

  test('who unregisters while it is asked for its endpoints has none when it comes back', async () => {
    await unregisterPeer(site.gw, 'cloud');
    await learnEndpoints(site.gw, 'cloud', '2.3.0', [
      { identifier: 'cdrs', role: 'RECEIVER', url: 'http://old.example' },
    ]);
    expect(findPeer(site.gw, 'cloud')).toMatchObject({ state: 'unregistered', endpoints: [] });
  });

  test('a peer that sees its own alone is owed its own alone', async () => {
    await collect('p1');
    await storeHistory(site, 'p2', ['theirs']);
    await storeHistory(site, 'p1', ['own']);
    await collect('p1');
    expect([waiting('p1', 'sessions'), waiting('p1', 'cdrs')]).toEqual([['own'], ['cdr-own']]);
  });
});
