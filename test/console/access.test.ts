import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGatekeeper, isLoopback } from '../../adapters/console/access.ts';
import type { ErrorBody } from '../../adapters/console/schemas.ts';
import { createConsoleServer } from '../../adapters/console/server.ts';
import { openSite } from './harness.ts';
import type { Site } from './harness.ts';

/** As a browser or script would not let us: any Host header, any method. */
function raw(url: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('without a token, on loopback', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site.close());

  it.each([
    'evil.example',
    'evil.example:8889',
    '192.168.1.20:8889',
    '127.0.0.1.evil.example',
    'localhost.evil.example:1',
  ])('a request that came by the name %s is refused: a web page may have let its name point here', async (host) => {
    expect(await raw(`${site.url}api/status`, 'GET', { host })).toBe(403);
    expect(await raw(site.url, 'GET', { host })).toBe(403);
  });

  it.each(['localhost:8889', '127.0.0.1', '[::1]:8889', 'LOCALHOST'])('by the name %s it is served', async (host) => {
    expect(await raw(`${site.url}api/status`, 'GET', { host })).toBe(200);
  });

  it('another web site changes nothing', async () => {
    const path = '/api/tokens/04AABB';
    expect((await site.api('PUT', path, {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await site.api('PUT', path, {}, { origin: 'null' })).status).toBe(403);
    expect((await site.api('GET', path)).status).toBe(404);
    expect((await site.api('PUT', path, {}, { origin: site.url.slice(0, -1) })).status).toBe(200);
  });

  it('what a web page could send without asking first is not read', async () => {
    const response = await fetch(`${site.url}api/tokens/04AA`, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(response.status).toBe(415);
  });

  it('refuses a body that is too large', async () => {
    const response = await site.api<ErrorBody>('PUT', '/api/tokens/04AA', { payment: 'x'.repeat(300_000) });
    expect([response.status, response.body.code]).toEqual([413, 'REQUEST_INVALID']);
  });

  it('answers 404 in the same shape for what is not there', async () => {
    const response = await site.api<ErrorBody>('GET', '/api/nothing');
    expect([response.status, response.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('does not open beyond loopback', async () => {
    const server = createConsoleServer(site.gw, { host: '0.0.0.0', port: 0, token: null });
    await expect(server.listen()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await server.close();
  });

  it('says who holds the port when it is taken', async () => {
    const port = Number(new URL(site.url).port);
    const server = createConsoleServer(site.gw, { host: '127.0.0.1', port, token: null });
    await expect(server.listen()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await server.close();
  });
});

describe('with a token', () => {
  const TOKEN = 'a-token-of-the-site';
  let site: Site;
  beforeAll(async () => {
    site = await openSite({ token: TOKEN });
  });
  afterAll(() => site.close());

  it.each(['/api/status', '/api/tokens', '/api/events', '/api/openapi.json', '/metrics'])(
    '%s asks for it',
    async (path) => {
      const without = await site.api<ErrorBody>('GET', path);
      expect([without.status, without.body.code]).toEqual([401, 'NOT_AUTHORIZED']);
      expect(without.headers.get('www-authenticate')).toBe('Bearer');
      expect((await site.api('GET', path, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
      expect((await site.api('GET', path, undefined, { authorization: `Basic ${TOKEN}` })).status).toBe(401);
    },
  );

  it('whoever has it is served, by whatever name', async () => {
    const authorization = `Bearer ${TOKEN}`;
    expect((await site.api('GET', '/api/status', undefined, { authorization })).status).toBe(200);
    expect(await raw(`${site.url}api/status`, 'GET', { host: 'depot.example', authorization })).toBe(200);
  });

  it.each(['/', '/app.js', '/base.css', '/favicon.svg', '/healthz', '/readyz'])('%s is open', async (path) => {
    expect((await site.api('GET', path)).status).toBe(200);
  });
});

describe('with a token that somebody tries to guess', () => {
  it('an address that was wrong too often has to wait, even when it is right at last; the probes stay open', async () => {
    const site = await openSite({ token: 'not-to-be-guessed' });
    const visit = (token: string) =>
      site.api<ErrorBody>('GET', '/api/status', undefined, { authorization: `Bearer ${token}` });
    expect((await visit('not-to-be-guessed')).status).toBe(200);
    for (let n = 0; n < 300; n += 1) expect((await visit(`guess-${n}`)).status).toBe(401);
    // The one that goes over the bound is the last that is looked at.
    await visit('guess-300');
    const late = await visit('not-to-be-guessed');
    expect([late.status, late.body.code]).toEqual([429, 'LIMIT_REACHED']);
    expect((await site.api('GET', '/healthz')).status).toBe(200);
    await site.close();
  });
});

describe('the gatekeeper', () => {
  it('takes the scheme in any case, and a token of another length without a fault', () => {
    const gate = createGatekeeper('secret-token');
    const visit = (authorization: string) => gate({ method: 'GET', headers: { authorization } });
    expect(visit('bearer secret-token')).toBe(null);
    expect(visit('Bearer s')?.status).toBe(401);
    expect(visit('')?.status).toBe(401);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['[::1]', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.evil.example', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
