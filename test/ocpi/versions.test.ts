import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invitePeer } from '../../gateway/peers.ts';
import type { Site } from './harness.ts';
import { ask, base64, exchange, startSite } from './harness.ts';

describe('versions, tokens and headers', () => {
  let site: Site;
  let invitation: string;
  beforeAll(async () => {
    site = await startSite();
    invitation = (await invitePeer(site.gw, 'new')).token;
  });
  afterAll(() => site.stop());

  it('case 1: without or with an unknown token, everything is HTTP 401', async () => {
    for (const path of ['/ocpi/versions', '/ocpi/cpo/2.3.0/cdrs', '/ocpi/nothing', '/'])
      expect((await ask(`${site.url}${path}`)).http).toBe(401);
    expect((await ask(`${site.url}/ocpi/versions`, { token: 'wrong' })).http).toBe(401);
    expect((await ask(`${site.url}/ocpi/versions`, { header: 'Bearer c1' })).http).toBe(401);
    expect((await ask(`${site.url}/ocpi/versions`, { header: `Token ${'x'.repeat(5000)}` })).http).toBe(401);
  });

  it.each([
    ['base64', `Token ${base64('c1')}`],
    ['base64 of a token with a line break', `Token ${base64('c1\n')}`],
    ['base64 without padding', `Token ${base64('c1').replace(/=+$/, '')}`],
    ['raw', 'Token c1'],
    ['lower-case scheme', `token ${base64('c1')}`],
  ])('case 2: a token sent as %s is known', async (_name, header) => {
    const answer = await ask(`${site.url}/ocpi/versions`, { header, is: 'versions' });
    expect(answer.http).toBe(200);
    expect(answer.status).toBe(1000);
    expect(answer.data).toEqual([
      { version: '2.1.1', url: `${site.url}/ocpi/cpo/2.1.1` },
      { version: '2.2.1', url: `${site.url}/ocpi/cpo/2.2.1` },
      { version: '2.3.0', url: `${site.url}/ocpi/cpo/2.3.0` },
    ]);
  });

  it.each(['2.2.1', '2.3.0'] as const)('case 3: details of %s answer to a registration token', async (version) => {
    const answer = await ask(`${site.url}/ocpi/cpo/${version}`, { token: invitation, is: 'details' });
    const modules = answer.data.endpoints.map((e) => [e.identifier, e.role]);
    expect(Object.fromEntries(modules)).toEqual({
      credentials: 'SENDER',
      locations: 'SENDER',
      sessions: 'SENDER',
      cdrs: 'SENDER',
      tariffs: 'SENDER',
      tokens: 'RECEIVER',
      hubclientinfo: 'RECEIVER',
      commands: 'RECEIVER',
      chargingprofiles: 'RECEIVER',
    });
    for (const endpoint of answer.data.endpoints)
      expect(endpoint.url).toBe(`${site.url}/ocpi/cpo/${version}/${endpoint.identifier}`);
  });

  it('case 4: a registration token opens no functional module', async () => {
    for (const module of ['locations', 'sessions', 'cdrs', 'tariffs', 'tokens/NL/MSP/A'])
      expect((await ask(`${site.url}/ocpi/cpo/2.3.0/${module}`, { token: invitation })).http).toBe(401);
  });

  it('URLs are those by which the peer called us', async () => {
    const answer = await ask(`${site.url}/ocpi/versions`, { token: 'c1', headers: { host: 'depot.example:8080' } });
    expect(answer.data[0]!.url).toBe('http://depot.example:8080/ocpi/cpo/2.1.1');
    const odd = await ask(`${site.url}/ocpi/versions`, { token: 'c1', headers: { host: 'a"b/<c>' } });
    expect(odd.data[0]!.url).toBe(`${site.url}/ocpi/cpo/2.1.1`);
  });

  it('a trailing or doubled slash is the same address', async () => {
    for (const path of ['/ocpi/versions/', '/ocpi//versions', '/ocpi/cpo/2.2.1/'])
      expect((await ask(`${site.url}${path}`, { token: 'c1' })).http).toBe(200);
  });

  it('case 57: every answer echoes the message ids, and makes them where they are absent', async () => {
    // `ask` holds every answer of every test to it; here those that carry none.
    const answers = [
      await exchange(`${site.url}/ocpi/versions`, 'GET', undefined, {}),
      await exchange(`${site.url}/ocpi/versions`, 'GET', undefined, { authorization: 'Token c1' }),
      await exchange(`${site.url}/ocpi/%E0%A4%A`, 'GET', undefined, { authorization: 'Token c1' }),
      await exchange(`${site.url}/ocpi/cpo/2.3.0/cdrs`, 'DELETE', undefined, { authorization: 'Token c1' }),
    ];
    expect(answers.map((answer) => answer.http)).toEqual([401, 200, 404, 405]);
    for (const { headers, text } of answers) {
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(JSON.parse(text).status_code).toBeGreaterThanOrEqual(1000);
    }
  });

  it('unknown addresses are 404, wrong methods 405 with what is allowed', async () => {
    expect((await ask(`${site.url}/ocpi/cpo/2.3.0/commands`, { token: 'c1' })).http).toBe(404);
    expect((await ask(`${site.url}/ocpi/cpo/2.0`, { token: 'c1' })).http).toBe(404);
    const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/locations`, { token: 'c1', method: 'POST', body: {} });
    expect([answer.http, answer.headers['allow']]).toEqual([405, 'GET']);
    const token = await ask(`${site.url}/ocpi/cpo/2.2.1/tokens/NL/MSP/A`, { token: 'c1', method: 'DELETE' });
    expect([token.http, token.headers['allow']]).toEqual([405, 'GET, PUT, PATCH']);
  });

  it('case 19: a body that is no JSON is HTTP 400, whatever its Content-Type; one too large is refused', async () => {
    const put = (body: string, type: string) =>
      ask(`${site.url}/ocpi/cpo/2.3.0/tokens/NL/MSP/A`, {
        token: 'c1',
        method: 'PUT',
        body,
        headers: { 'content-type': type },
      });
    expect((await put('{', 'application/json')).http).toBe(400);
    expect((await put('', 'application/json')).http).toBe(400);
    expect((await put('<a/>', 'text/xml')).http).toBe(400);
    expect((await put(`"${'x'.repeat(300_000)}"`, 'application/json')).http).toBe(413);
    expect((await put('[]', 'application/json; charset=UTF-8')).http).toBe(200);
  });

  it('HEAD answers where GET does, without a body', async () => {
    const answer = await exchange(`${site.url}/ocpi/versions`, 'HEAD', undefined, { authorization: 'Token c1' });
    expect([answer.http, answer.text]).toEqual([200, '']);
  });

  it('JSON of absurd depth is 2001, not a fault of ours', async () => {
    const body = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    for (const [path, method] of [
      ['tokens/NL/MSP/A', 'PUT'],
      ['credentials', 'PUT'],
    ] as const) {
      const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/${path}`, { token: 'c1', method, body });
      expect([answer.http, answer.status]).toEqual([200, 2001]);
    }
  });

  it('case 58: routing headers are swapped on functional modules and absent elsewhere', async () => {
    const headers = {
      'ocpi-from-country-code': 'NL',
      'ocpi-from-party-id': 'MSP',
      'ocpi-to-country-code': 'se',
      'ocpi-to-party-id': 'dep',
    };
    for (const path of ['locations', 'locations/NOPE', 'sessions']) {
      const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/${path}`, { token: 'c1', headers });
      expect(routing(answer.headers)).toEqual(['SE', 'DEP', 'NL', 'MSP']);
    }
    for (const path of ['versions', 'cpo/2.3.0', 'cpo/2.3.0/credentials']) {
      const answer = await ask(`${site.url}/ocpi/${path}`, { token: 'c1', headers });
      expect(routing(answer.headers)).toEqual([undefined, undefined, undefined, undefined]);
    }
    const silent = await ask(`${site.url}/ocpi/cpo/2.3.0/locations`, { token: 'c1' });
    expect(silent.status).toBe(1000);
    expect(routing(silent.headers)).toEqual(['SE', 'DEP', undefined, undefined]);
  });

  it('case 59: a message to another party is 2001, not a hub error', async () => {
    const headers = { 'ocpi-to-country-code': 'SE', 'ocpi-to-party-id': 'ZZZ' };
    const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/locations`, { token: 'c1', headers });
    expect([answer.http, answer.status]).toEqual([200, 2001]);
  });

  it('a fault of ours is HTTP 200 with 3000, logged, and says nothing of the inside', async () => {
    const broken = { ...site.gw.db };
    const good = site.gw.db;
    broken.all = () => {
      throw new TypeError('secret detail');
    };
    site.gw.db = broken;
    const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/cdrs`, { token: 'c1' });
    site.gw.db = good;
    expect([answer.http, answer.status]).toEqual([200, 3000]);
    expect(answer.text).not.toContain('secret');
    expect(site.errors.at(-1)?.message).toBe('OCPI request failed');
  });

  const routing = (headers: Record<string, string | undefined>): (string | undefined)[] => [
    headers['ocpi-from-country-code'],
    headers['ocpi-from-party-id'],
    headers['ocpi-to-country-code'],
    headers['ocpi-to-party-id'],
  ];
});

describe('limits and public address', () => {
  it('more requests than allowed are 429 with Retry-After; other peers and addresses are not held back', async () => {
    const site = await startSite({}, { requestsPerMinute: 3 });
    const versions = `${site.url}/ocpi/versions`;
    for (let i = 0; i < 3; i += 1) expect((await ask(versions, { token: 'c1' })).http).toBe(200);
    const answer = await ask(versions, { token: 'c1' });
    expect([answer.http, answer.status]).toEqual([429, 2000]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask(versions, { token: 'c2' })).http).toBe(200);
    for (let i = 0; i < 3; i += 1) expect((await ask(versions, { token: 'guess' })).http).toBe(401);
    expect((await ask(versions, { token: 'guess' })).http).toBe(429);
    expect((await ask(versions, { token: 'c2' })).http).toBe(200);
    await site.stop();
  });

  it.each([
    'https://cpo.example',
    'https://cpo.example/',
    'https://cpo.example/ocpi',
    'https://cpo.example/ocpi/versions',
  ])('peers are told the public URL %s', async (publicUrl) => {
    const site = await startSite({}, { publicUrl });
    const versions = await ask(`${site.url}/ocpi/versions`, { token: 'c1', is: 'versions' });
    expect(versions.data[2]!.url).toBe('https://cpo.example/ocpi/cpo/2.3.0');
    const details = await ask(`${site.url}/ocpi/cpo/2.3.0`, { token: 'c1', is: 'details' });
    expect(details.data.endpoints[1]!.url).toBe('https://cpo.example/ocpi/cpo/2.3.0/locations');
    await site.stop();
  });
});
