import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { drillPeer, type DrillReport } from '../../gateway/drill.ts';
import { createPeer, invitePeer, learnEndpoints } from '../../gateway/peers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function site(): Promise<TestSite> {
  const started = await startTestSite();
  cleanups.push(() => started.cleanUp());
  return started;
}

async function registered(at: TestSite, version: '2.1.1' | '2.2.1' | '2.3.0'): Promise<SimulatedPeer> {
  const peer = await createSimulatedPeer({ versions: ['2.1.1', '2.2.1', '2.3.0'] });
  cleanups.push(() => peer.close());
  peer.setTokens(Array.from({ length: 12 }, (_, index) => ({ uid: `T${index}` })));
  await peer.register(at.urls.ocpi, (await invitePeer(at.gateway, 'emsp')).token, version);
  return peer;
}

const deviating = ({ checks }: DrillReport): string[] =>
  checks.filter(({ outcome }) => outcome === 'deviates').map(({ rule, detail }) => `${rule}: ${detail}`);

type Answer = { http?: number; headers?: Record<string, string>; data?: unknown; body?: object };

/** A platform that answers as it likes; `base` is its own URL. */
async function platform(answer: (path: string, base: string, request: IncomingMessage) => Answer): Promise<string> {
  const server = createServer((request, response) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { http = 200, headers = {}, data, body } = answer(request.url ?? '/', base, request);
    response.writeHead(http, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body ?? { data, status_code: 1000, timestamp: new Date().toISOString() }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the OCPI drill', () => {
  test.each(['2.1.1', '2.2.1', '2.3.0'] as const)(
    'a platform of %s that keeps the rules passes, and is only read',
    async (version) => {
      const at = await site();
      const peer = await registered(at, version);
      peer.requests.length = 0;
      const report = await drillPeer(at.gateway, 'emsp');
      expect(deviating(report)).toEqual([]);
      expect(report).toMatchObject({ peer: 'emsp', version, deviations: 0 });
      expect(report.checks.filter(({ outcome }) => outcome === 'good').length).toBeGreaterThan(20);
      const drilled = peer.requests.filter(({ path }) => !/\/(locations|tariffs)\/SE\/DEP\/(L1|standard)/.test(path));
      expect(new Set(drilled.map(({ method }) => method))).toEqual(new Set(['GET']));
    },
  );

  test('a platform that lets anybody in, tells local time and whose pages go in circles is told so', async () => {
    const at = await site();
    const base = await platform((path, url) => {
      if (path === '/versions') return { data: [{ version: '2.2.1', url: `${url}/2.2.1` }] };
      if (path.startsWith('/2.2.1/tokens'))
        return { headers: { link: `<${url}/2.2.1/tokens?offset=5>; rel="next"` }, data: [{ uid: 'X' }] };
      if (path.startsWith('/2.2.1/credentials'))
        return { body: { data: { roles: [] }, status_code: 1000, timestamp: '2026-01-01T12:00:00+02:00' } };
      const endpoints = [
        { identifier: 'credentials', role: 'SENDER', url: `${url}/2.2.1/credentials` },
        { identifier: 'tokens', role: 'SENDER', url: `${url}/2.2.1/tokens` },
        { identifier: 'sessions', url: '/sessions' },
      ];
      return { data: { version: '2.2.1', endpoints } };
    });
    await createPeer(at.gateway, {
      name: 'odd',
      visibility: 'own',
      inboundToken: 'inbound-token-of-odd',
      versionsUrl: `${base}/versions`,
      outboundToken: 'outbound',
    });
    await learnEndpoints(at.gateway, 'odd', '2.2.1', []);
    const report = await drillPeer(at.gateway, 'odd');
    expect(deviating(report)).toEqual([
      'X-Request-ID and X-Correlation-ID come back: not x-request-id, x-correlation-id',
      'an unknown token is HTTP 401: HTTP 200',
      'each endpoint has a role, SENDER or RECEIVER: not sessions',
      'each endpoint URL is absolute: not that of sessions',
      'an unknown path is HTTP 404: HTTP 200',
      'credentials has a timestamp in UTC, within five minutes of ours: "2026-01-01T12:00:00+02:00"',
      'credentials name a party with country_code and party_id: []',
      'credentials have the versions URL: nothing',
      'X-Total-Count is a number: nothing',
      'X-Limit is a number: nothing',
      'each token is whole: 1 of 1 are not',
      'Link leads on: to ' + base + '/2.2.1/tokens?offset=5 again',
      'date_from leaves out what changed before: [{"uid":"X"}]',
    ]);
  });

  test('a platform that is away is a deviation, not a fault; one that gave us nothing cannot be tried', async () => {
    const at = await site();
    const peer = await registered(at, '2.2.1');
    peer.setCondition({ kind: 'down' });
    expect(deviating(await drillPeer(at.gateway, 'emsp'))).toMatchObject([
      expect.stringContaining('versions can be reached'),
    ]);
    await expect(drillPeer(at.gateway, 'cloud')).rejects.toMatchObject({ code: 'PEER_UNUSABLE' });
    await expect(drillPeer(at.gateway, 'nobody')).rejects.toMatchObject({ code: 'PEER_UNKNOWN' });
  });

  test('an operator asks for it', async () => {
    const at = await site();
    await registered(at, '2.3.0');
    const answer = await fetch(`${at.urls.console}api/peers/emsp/drill`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { peer: 'emsp', deviations: 0 }]);
  });
});
