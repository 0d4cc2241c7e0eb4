import { afterEach, expect, test, vi } from 'vitest';
import type { Pace } from '../../adapters/simulator/driver.ts';
import { DEMO_CONFIG, runDemo } from '../../adapters/simulator/demo.ts';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import { ocpiRequest, type OcpiCallFailed } from '../../adapters/simulator/peer-client.ts';
import { simulate } from '../../adapters/simulator/simulate.ts';
import { createSteppedTime } from '../../adapters/simulator/ticker.ts';
import { loadConfig } from '../../config/load.ts';
import { startGateway } from '../../gateway/main.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { startTestSite } from '../harness/gateway.ts';

const HASTE: Pace = { away: [0.01, 0.05], fumble: [0.01, 0.02], charge: [0.05, 0.1], linger: [0.01, 0.02] };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

test('simulate runs until the signal, tells each charge and sums up', async () => {
  const site = await startTestSite();
  cleanups.push(() => site.cleanUp());
  const ending = new AbortController();
  const lines: string[] = [];
  await simulate(
    {
      url: site.urls.ocpp,
      count: 2,
      ids: ['BAY-1'],
      protocol: 'ocpp1.6',
      tokens: ['CARD1'],
      speed: 3600,
      pace: HASTE,
    },
    (line) => {
      lines.push(line);
      const ended = lines.filter((each) => each.includes('charging ended'));
      if (['BAY-1', 'SIM-002'].every((id) => ended.some((each) => each.includes(id)))) ending.abort();
    },
    ending.signal,
  );
  expect(lines.some((line) => line.includes('BAY-1 connected and accepted'))).toBe(true);
  expect(lines.some((line) => line.includes('SIM-002/1 charging begins for CARD1'))).toBe(true);
  expect(lines.at(-1)).toMatch(
    /^2 chargers, \d+ charges, [\d.]+ kWh, 0 cards refused, 0 connections lost, 0 messages never/,
  );
  expect(listCdrs(site.gateway, { offset: 0, limit: 100 }).total).toBeGreaterThanOrEqual(2);
});

test('simulate says once why it cannot connect, and waits', async () => {
  const site = await startTestSite();
  cleanups.push(() => site.cleanUp());
  const ending = new AbortController();
  const lines: string[] = [];
  await simulate(
    { url: site.urls.ocpp, count: 1, ids: ['LOCKED'], protocol: 'ocpp1.6', speed: 1, password: 'wrong' },
    (line) => {
      lines.push(line);
      ending.abort();
    },
    ending.signal,
  );
  expect(lines[0]).toContain('LOCKED refused the upgrade with HTTP 401');
  expect(lines).toHaveLength(2);
});

test('the demo ends with 0 once a CDR is at the cloud, and leaves nothing running', async () => {
  const lines: string[] = [];
  const parts = { startGateway, config: loadConfig(DEMO_CONFIG), terminal: null, pace: HASTE };
  expect(await runDemo({ once: true, speed: 3600 }, parts, (line) => lines.push(line))).toBe(0);
  const order = ['connected and accepted', 'card CLOUD-ANNA: Accepted', 'charging begins', 'received a CDR'];
  const found = order.map((text) => lines.findIndex((line) => line.includes(text)));
  expect(found).not.toContain(-1);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(lines.at(-1)).toContain('the cloud received');
});

test('the demo draws on a terminal instead of printing, until the signal', async () => {
  const ending = new AbortController();
  const drawn: string[] = [];
  const lines: string[] = [];
  const terminal = {
    write(text: string) {
      drawn.push(text);
      if (text.includes('1 running') || text.includes('ended')) ending.abort();
    },
    size: () => ({ columns: 90, rows: 30 }),
  };
  const parts = { startGateway, config: loadConfig(DEMO_CONFIG), terminal, pace: HASTE, signal: ending.signal };
  expect(await runDemo({ once: false, speed: 60, chargers: 1 }, parts, (line) => lines.push(line))).toBe(0);
  expect(drawn.at(-1)).toContain('\u001B[?1049l');
  expect(lines).toHaveLength(1);
});

test('a peer can be down, slow or answer as told, and counts what reached it', async () => {
  const time = createSteppedTime(0);
  const peer = await createSimulatedPeer({ ticker: time.ticker });
  cleanups.push(() => peer.close());
  const ask = () => ocpiRequest(peer.inboundToken, 'GET', peer.url);
  const failure = (work: Promise<unknown>): Promise<{ http: number | null; status: number | null }> =>
    work.then(
      () => Promise.reject(new Error('it succeeded')),
      (error: OcpiCallFailed) => ({ http: error.http, status: error.status }),
    );

  expect((await ask()).data).toMatchObject([{ version: '2.2.1' }, { version: '2.3.0' }]);
  expect(await failure(ocpiRequest('wrong', 'GET', peer.url))).toEqual({ http: 401, status: 2000 });
  peer.setCondition({ kind: 'down' });
  expect(await failure(ask())).toEqual({ http: null, status: null });
  peer.setCondition({ kind: 'answering', http: 200, status: 3000 });
  expect(await failure(ask())).toEqual({ http: 200, status: 3000 });
  peer.setCondition({ kind: 'answering', http: 503, status: 3000 });
  expect(await failure(ask())).toMatchObject({ http: 503 });
  peer.setCondition({ kind: 'slow', ms: 5000 });
  const asking = ask();
  await vi.waitUntil(() => peer.requests.length === 6);
  time.step(5000);
  expect((await asking).status).toBe(1000);
  expect(peer.requests.map((request) => request.answered)).toEqual([200, 401, 0, 200, 503, 200]);
});
