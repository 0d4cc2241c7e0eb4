import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { OPEN_DOCUMENTS } from '../../adapters/ocpi/open/documents.ts';
import { isNotModified, takesGzip } from '../../adapters/ocpi/open/conditions.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { exchange } from '../ocpi/harness.ts';
import { ALL, CHARGERS, OPEN, SITE, startPublicSite, TARIFFS, type PublicSite } from './harness.ts';

/** A change is there within a second; a busy machine may take longer to look. */
const SOON = { interval: 20, timeout: 5000 };

const PATHS = OPEN_DOCUMENTS.map(({ path }) => path.slice('/open'.length));

describe('open data for everybody', () => {
  let site: PublicSite;
  beforeEach(async () => {
    site = await startPublicSite();
  });
  afterEach(() => site.cleanUp());

  it.each(PATHS)('%s: no login, no cookie, any web page may read it, caches may keep it', async (path) => {
    const { status, headers, text } = await site.read(path);
    expect([status, text.length > 50]).toEqual([200, true]);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
    expect(headers.get('etag')).toMatch(/^W\/"[\w-]+"$/);
    expect(headers.get('vary')).toBe('Accept-Encoding');
  });

  it.each(PATHS)('%s: who has it already gets 304 and no body, by tag or by time', async (path) => {
    const { headers } = await site.read(path);
    const [etag, modified] = [headers.get('etag')!, headers.get('last-modified')!];
    expect(Date.parse(modified)).toBeLessThanOrEqual(Date.parse(headers.get('date')!));
    const conditions: Record<string, string>[] = [
      { 'if-none-match': etag },
      { 'if-none-match': `"other", ${etag.slice(2)}` },
      { 'if-none-match': '*' },
      { 'if-modified-since': modified },
      { 'if-none-match': etag, 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    ];
    for (const condition of conditions) {
      const again = await site.read(path, condition);
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    for (const condition of [
      { 'if-none-match': '"other"' },
      { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
      { 'if-none-match': '"other"', 'if-modified-since': modified },
    ] as Record<string, string>[])
      expect((await site.read(path, condition)).status).toBe(200);
  });

  it('is packed for who takes it, and the same unpacked', async () => {
    const url = `${site.urls.openData}/locations.geojson`;
    const plain = await exchange(url, 'GET', undefined, {});
    expect(plain.headers['content-encoding']).toBeUndefined();
    const packed = await exchange(url, 'GET', undefined, { 'accept-encoding': 'br;q=1.0, gzip;q=0.5' });
    expect([packed.headers['content-encoding'], packed.headers['etag']]).toEqual(['gzip', plain.headers['etag']]);
    expect(Number(packed.headers['content-length'])).toBeLessThan(plain.text.length / 2);
    expect((await site.read('/locations.geojson')).text).toBe(plain.text);
  });

  it('HEAD tells the headers alone; a browser may ask before it asks', async () => {
    const head = await site.read('/ocpi/locations', {}, 'HEAD');
    expect([head.status, head.text, head.headers.get('etag')?.length]).toEqual([200, '', 26]);
    const asked = await site.read('/ocpi/locations', { origin: 'https://map.example' }, 'OPTIONS');
    expect([asked.status, asked.headers.get('access-control-allow-methods')]).toEqual([204, 'GET, HEAD']);
    expect(asked.headers.get('access-control-allow-headers')).toContain('If-None-Match');
  });

  it('lists what there is; everything else is 404, and nothing can be written', async () => {
    const { documents } = JSON.parse((await site.read('')).text) as { documents: { path: string }[] };
    expect(documents.map(({ path }) => path)).toEqual(OPEN_DOCUMENTS.map(({ path }) => path));
    for (const path of ['/nope', '/ocpi', '/ocpi/sessions', '/ocpi/cdrs', '/ocpi/tokens', '/../ocpi/versions'])
      expect([path, (await site.read(path)).status]).toEqual([path, 404]);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await site.read('/ocpi/locations', {}, method);
      expect([method, status]).toEqual([method, 404]);
      expect(headers.get('access-control-allow-origin')).toBe('*');
    }
    const big = await exchange(`${site.urls.openData}/ocpi/locations`, 'POST', 'x'.repeat(5000), {
      'content-type': 'text/plain',
    });
    expect(big.http).toBeGreaterThanOrEqual(400);
    expect(big.http).toBeLessThan(500);
  });

  it('a change of status is there at once, with another tag; what is no change is not', async () => {
    const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    const report = (status: string): Promise<unknown> =>
      charger.call('StatusNotification', { connectorId: 2, errorCode: 'NoError', status });
    const tags = new Set<string | null>();
    for (const [status, ocpi, datex] of [
      ['Available', 'AVAILABLE', 'available'],
      ['Charging', 'CHARGING', 'charging'],
      ['Faulted', 'OUTOFORDER', 'outOfOrder'],
      ['Available', 'AVAILABLE', 'available'],
    ] as const) {
      await report(status);
      const shown = async (path: string): Promise<string> => (await site.read(path)).text;
      await expect.poll(() => shown('/ocpi/locations'), SOON).toContain(`"status":"${ocpi}"`);
      expect(await shown('/locations.geojson')).toContain(`"status":"${ocpi}"`);
      expect(await shown('/datex2/status.xml')).toContain(`<aegi:status>${datex}</aegi:status>`);
      tags.add((await site.read('/ocpi/locations')).headers.get('etag'));
    }
    // Four states, none of them like another: each has its own last_updated.
    expect(tags.size).toBe(4);
    await charger.close();
  });

  it('says nothing of who charges: no card, transaction, session, meter or login', async () => {
    const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    await charger.call('StartTransaction', {
      connectorId: 1,
      idTag: 'CARD1',
      meterStart: 7_654_321,
      timestamp: new Date().toISOString(),
    });
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    const [transaction] = listTransactions(site.gateway, { offset: 0, limit: 1 }).items;
    const [session] = listSessions(site.gateway, { offset: 0, limit: 1 }).items;
    await expect.poll(async () => (await site.read('/ocpi/locations')).text, SOON).toContain('CHARGING');
    for (const path of PATHS) {
      const { text } = await site.read(path);
      const secrets = ['CARD1', transaction!.id, session!.id, '7654321', 'BAY-1', 'cloud', 'BLOCKED1'];
      expect([path, ...secrets.filter((secret) => text.includes(secret))]).toEqual([path]);
    }
    await charger.close();
  });
});

describe('DATEX II versions', () => {
  it('what is described keeps its version while people charge, and only the status changes', async () => {
    const site = await startPublicSite();
    const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    const version = (text: string): unknown => /energyInfrastructureTable id="[^"]*" version="(\w+)"/.exec(text)?.[1];
    const before = version((await site.read('/datex2/table.xml')).text);
    const timestamp = new Date().toISOString();
    await charger.call('StartTransaction', { connectorId: 1, idTag: 'CARD1', meterStart: 7, timestamp });
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    await expect.poll(async () => (await site.read('/datex2/status.xml')).text, SOON).toContain('>charging<');
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(version((await site.read('/datex2/table.xml')).text)).toBe(before);
    await charger.close();
    await site.cleanUp();
  });
});

describe('open data and its bounds', () => {
  it('is off unless it is asked for', async () => {
    const site = await startPublicSite(SITE + TARIFFS + CHARGERS);
    expect(site.urls.openData).toBeNull();
    await site.cleanUp();
  });

  it('a private site is 404, whatever is asked', async () => {
    const site = await startPublicSite(ALL.replace('  id: L1\n', '  id: L1\n  publish: false\n'));
    for (const path of PATHS) {
      const { status, text, headers } = await site.read(path);
      expect([path, status, headers.get('etag')]).toEqual([path, 404, null]);
      expect(text).not.toContain('Testgatan');
    }
    await site.cleanUp();
  });

  it('takes so many requests a minute from one address, and says when there will be more', async () => {
    const limited = OPEN.replace('port: 0', 'port: 0, requests-per-minute: 3');
    const site = await startPublicSite(SITE + limited + TARIFFS + CHARGERS);
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await site.read('/ocpi/tariffs')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const { headers } = await site.read('/ocpi/tariffs');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect([headers.get('cache-control'), headers.get('access-control-allow-origin')]).toEqual(['no-store', '*']);
    await site.cleanUp();
  });

  it('a port that is taken is told of, and nothing stays open', async () => {
    const site = await startPublicSite();
    const port = new URL(site.urls.openData!).port;
    await expect(startPublicSite(ALL.replace(OPEN, OPEN.replace('port: 0', `port: ${port}`)))).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('open-data.port'),
    });
    await site.cleanUp();
  });
});

describe('conditional requests (RFC 9110 §13)', () => {
  it('two states in one second: the time alone does not tell them apart, so it tells nothing', async () => {
    const site = await startPublicSite(ALL, () => Date.UTC(2026, 10, 21, 12, 0, 0, 500));
    const first = await site.read('/ocpi/locations');
    expect(first.headers.get('last-modified')).toBe('Sat, 21 Nov 2026 12:00:00 GMT');
    const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Reserved' });
    const since = { 'if-modified-since': 'Sat, 21 Nov 2026 12:00:00 GMT' };
    await expect.poll(async () => (await site.read('/ocpi/locations', since)).text, SOON).toContain('RESERVED');
    const second = await site.read('/ocpi/locations', since);
    expect([second.status, second.headers.get('last-modified')]).toEqual([200, null]);
    await charger.close();
    await site.cleanUp();
  });

  it('odd headers are no match and no fault', () => {
    for (const shown of ['', '""', 'W/', 'tag', '"tag', '"x", "y"'])
      expect(isNotModified({ 'if-none-match': shown }, 'W/"tag"', 1000)).toBe(false);
    for (const since of ['yesterday', '', 'Infinity'])
      expect(isNotModified({ 'if-modified-since': since }, 'W/"tag"', 1000)).toBe(false);
  });

  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['GZIP;Q=0.5', true],
    ['br, *', true],
    ['*;q=0', false],
    ['gzip;q=0, *', false],
    ['identity;q=1, gzip; q=0.0', false],
    ['deflate', false],
  ])('Accept-Encoding %j takes gzip: %s', (header, takes) => {
    expect(takesGzip(header)).toBe(takes);
  });
});
