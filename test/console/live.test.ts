import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { ErrorBody } from '../../adapters/console/schemas.ts';
import { reportStatus } from '../../gateway/availability.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { charge, openSite, plugIn } from './harness.ts';
import type { Site, SiteOptions } from './harness.ts';

let open: Site[] = [];
afterEach(async () => {
  for (const site of open) await site.close();
  open = [];
});

async function site(options: SiteOptions = {}): Promise<Site> {
  const opened = await openSite(options);
  open.push(opened);
  return opened;
}

/** As much of a stream as is kept: more than one event. */
const TAIL = 130_000;

/** The stream's text, as far as a pattern. */
async function listen(url: string): Promise<{ until(pattern: RegExp): Promise<string>; end(): Promise<void> }> {
  const ending = new AbortController();
  const response = await fetch(`${url}api/events`, { signal: ending.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async until(pattern) {
      while (!pattern.test(text)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`the stream ended after ${text}`);
        text = (text + value).slice(-TAIL);
      }
      return text;
    },
    async end() {
      ending.abort();
    },
  };
}

describe('the event stream', () => {
  it('tells what happened, with ids that rise', async () => {
    const { gw, url } = await site();
    const stream = await listen(url);
    await stream.until(/connected/);
    await plugIn(gw, 'BAY-01');
    await putSiteToken(gw, '04AABB', {});
    const text = await stream.until(/token\.changed\ndata: .*\n\n/);
    expect(text).toContain('event: charger.connected\ndata: {"chargerId":"BAY-01","protocol":"ocpp1.6"}\n\n');
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    await stream.end();
  });

  it('has a bound on its clients', async () => {
    const { api, url } = await site({ maxStreams: 2 });
    const first = await listen(url);
    await first.until(/connected/);
    const second = await listen(url);
    await second.until(/connected/);
    const third = await api<ErrorBody>('GET', '/api/events');
    expect([third.status, third.body.code]).toEqual([503, 'LIMIT_REACHED']);
    expect((await api<string>('GET', '/metrics')).body).toContain('chargegate_event_stream_clients 2');
    await first.end();
    await second.end();
  });

  it('lets a client go that does not read, and goes on telling the others', async () => {
    const { gw, url } = await site();
    const { port } = new URL(url);
    const deaf = connect(Number(port), '127.0.0.1');
    await once(deaf, 'connect');
    deaf.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(deaf, 'readable');
    const stream = await listen(url);
    await stream.until(/connected/);
    let closed = false;
    const gone = once(deaf, 'close').then(() => (closed = true));
    const reason = 'x'.repeat(60_000);
    // More than the kernel holds for a socket: what is left waits in the daemon, up to its bound.
    for (let sent = 0; sent < 400; sent += 1) {
      gw.bus.publish({ name: 'quarantine.added', data: { id: sent, chargerId: 'BAY-01', reason } });
      if (sent % 4 === 3) await stream.until(new RegExp(`"id":${sent},`));
    }
    deaf.resume();
    deaf.on('error', () => undefined);
    await gone;
    expect(closed).toBe(true);
    await stream.end();
  });

  it('ends when the console closes', async () => {
    const opened = await openSite();
    const stream = await listen(opened.url);
    await stream.until(/connected/);
    await opened.close();
    await expect(stream.until(/never/)).rejects.toThrow(/terminated|ended/);
  });
});

describe('health and metrics', () => {
  it('is alive and ready', async () => {
    const { api } = await site();
    expect((await api('GET', '/healthz')).body).toEqual({ status: 'ok' });
    const ready = await api('GET', '/readyz');
    expect([ready.status, ready.body]).toEqual([200, { reasons: [] }]);
  });

  it('is not ready while nothing can be stored, and says why', async () => {
    const { api, gw } = await site({ maxMegabytes: 1 });
    const cards = Array.from({ length: 6000 }, (_, n) => putSiteToken(gw, `CARD-${n}`, { payment: 'x'.repeat(36) }));
    const refused = (await Promise.allSettled(cards)).filter((card) => card.status === 'rejected');
    expect(refused[0]?.reason).toMatchObject({ code: 'STORAGE_FULL' });
    const ready = await api<{ reasons: string[] }>('GET', '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.reasons[0]).toContain('no room left');
    expect((await api('GET', '/healthz')).status).toBe(200);
    expect((await api<string>('GET', '/metrics')).body).toContain('chargegate_store_fault 1');
  });

  it('tells numbers in base units, without a card, a transaction or a charger among the labels', async () => {
    const { api, gw } = await site();
    await plugIn(gw, 'BAY-01');
    await putSiteToken(gw, '04AABBCC', {});
    await charge(gw, {
      chargerId: 'BAY-01',
      tokenUid: '04AABBCC',
      startedAt: gw.clock() - 60_000,
      readings: [[1200, 7000]],
    });
    const report = { chargerId: 'BAY-01', evse: 1, errorCode: null, reportedAt: null, receivedAt: gw.clock() };
    await reportStatus(gw, { ...report, status: 'Charging' });
    const { body, headers } = await api<string>('GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'chargegate_chargers_connected 1',
      'chargegate_evses{status="Charging"} 1',
      'chargegate_evses{status="Faulted"} 0',
      'chargegate_transactions_running 1',
      'chargegate_events_total{event="transaction.started"} 1',
      'chargegate_ready 1',
    ])
      expect(body).toContain(line);
    expect(body).toMatch(/^chargegate_store_commits_total [1-9]/m);
    expect(body).toMatch(/^nodejs_eventloop_lag_seconds /m);
    expect(body).toMatch(/^process_resident_memory_bytes /m);
    expect(body).not.toMatch(/04AABBCC|BAY-01/);
  });
});

describe('the page files', () => {
  it('come with a policy that runs nothing inline, and from cache by their etag', async () => {
    const { api } = await site();
    const page = await api<string>('GET', '/');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.body).not.toMatch(/<script(?![^>]* src=)|\son\w+=|style=/);
    const again = await api('GET', '/', undefined, { 'if-none-match': page.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });

  it.each(['/tsconfig.json', '/../server.ts', '/%2e%2e/server.ts', '/page/app.js'])(
    '%s is none of them',
    async (path) => {
      expect((await (await site()).api('GET', path)).status).toBe(404);
    },
  );
});
