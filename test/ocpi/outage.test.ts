import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { callsByObject, createOutageSite, depotOf, type OutageSite } from '../bench/outage-site.ts';
import { SETTINGS } from './fixtures.ts';

const SESSIONS = 300;
const EVSES = 20;
const ALL = { offset: 0, limit: 1000 };

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function depot(): Promise<{ site: OutageSite; peer: SimulatedPeer }> {
  const peer = await createSimulatedPeer({ requestsKept: 100_000 });
  cleanups.push(() => peer.close());
  const directory = mkdtempSync(join(tmpdir(), 'outage-'));
  const site = await createOutageSite({
    settings: depotOf(SETTINGS, EVSES),
    directory,
    peer: { versionsUrl: peer.url, token: peer.inboundToken },
  });
  cleanups.push(async () => {
    await site.close();
    rmSync(directory, { recursive: true });
  });
  await until(() => peer.told('locations').length === 1 && peer.told('tariffs').length === 1 && site.told());
  return { site, peer };
}

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 30_000, interval: 20 }).toBe(true);
}

async function comeBack(site: OutageSite): Promise<void> {
  site.resume();
  await until(() => {
    site.nudge();
    return site.told();
  });
}

const idsOf = (items: { id: string }[] | Record<string, unknown>[]): string[] =>
  items.map((item) => String(item['id' as keyof typeof item])).toSorted();

describe('an outage', () => {
  test('24 h away, 300 sessions, 20 flapping EVSEs: one call for each dirty object, every CDR exactly once', async () => {
    const { site, peer } = await depot();
    peer.setCondition({ kind: 'down' });
    const before = peer.requests.length;
    await site.live(24, SESSIONS);
    await until(() => site.waiting() === 2 * SESSIONS + EVSES);
    // At most one every five minutes in each of the four lanes.
    expect(peer.requests.length - before).toBeLessThan(24 * 12 * 4 * 2);
    peer.requests.length = 0;
    peer.setCondition({ kind: 'up' });
    await comeBack(site);

    const calls = callsByObject(peer.requests);
    const twice = [...calls].filter(([, times]) => times !== 1).map(([key]) => key.split('/').at(-1) ?? key);
    const about = peer.requests.filter(({ path }) => twice.some((object) => path.endsWith(object)));
    expect(about.map(({ method, path, body, answered }) => [method, path, body, answered])).toEqual([]);
    const of = (module: string): number => [...calls.keys()].filter((key) => key.startsWith(`${module} `)).length;
    expect([of('sessions'), of('cdrs'), of('locations'), of('tariffs')]).toEqual([SESSIONS, SESSIONS, EVSES, 0]);
    const cdrs = listCdrs(site.gw, ALL).items;
    expect(cdrs).toHaveLength(SESSIONS);
    expect(idsOf(peer.told('cdrs'))).toEqual(idsOf(cdrs));
    expect(idsOf(peer.told('sessions'))).toEqual(idsOf(listSessions(site.gw, ALL).items));
    expect(new Set(peer.told('sessions').map((session) => session['status']))).toEqual(new Set(['COMPLETED']));
    expect(peer.told('locations')[0]?.['evses']).toHaveLength(EVSES);
  });

  test('a peer that took everything in and answered nothing has every CDR once all the same', async () => {
    const { site, peer } = await depot();
    peer.setCondition({ kind: 'mute' });
    await site.live(1, EVSES);
    // Its clock stands still: without that, a CDR would wait for the next attempt.
    await until(() => {
      site.nudge();
      return peer.told('cdrs').length > 0;
    });
    peer.setCondition({ kind: 'up' });
    await comeBack(site);
    expect(idsOf(peer.told('cdrs'))).toEqual(idsOf(listCdrs(site.gw, ALL).items));
    expect(peer.told('cdrs')).toHaveLength(EVSES);
    const posted = peer.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => (body as { id: string }).id);
    expect(posted.length).toBeGreaterThan(new Set(posted).size);
  });
});
