import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findPeer, invitePeer, outboundToken } from '../../gateway/peers.ts';
import type { Asked, CredentialsBody, MockPeer, MockPeerOptions, RoleBody, Site, Version } from './harness.ts';
import { ask, base64, credentials, startPeer, startSite } from './harness.ts';

interface Registered {
  name: string;
  invitation: string;
  party: RoleBody;
  body: CredentialsBody;
  answer: Asked;
  token: string;
}

describe('the registration handshake', () => {
  let site: Site;
  let peer: MockPeer | null = null;
  let number = 0;
  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(() => site.stop());
  afterEach(async () => {
    await peer?.stop();
    peer = null;
  });

  const endpoint = (version: Version = '2.3.0'): string => `${site.url}/ocpi/cpo/${version}/credentials`;

  /** Each test has a party of its own: one cannot be registered twice. */
  async function invite(): Promise<{ name: string; token: string; party: RoleBody }> {
    number += 1;
    const name = `peer-${number}`;
    const { token } = await invitePeer(site.gw, name);
    const party_id = `P${String(number).padStart(2, '0')}`;
    const business_details = { name: 'A provider' };
    return { name, token, party: { role: 'EMSP', country_code: 'NL', party_id, business_details } };
  }

  async function register(options: MockPeerOptions = {}, version: Version = '2.3.0'): Promise<Registered> {
    peer = await startPeer(options);
    const { name, token, party } = await invite();
    const body = credentials(peer, { roles: [party] });
    const answer = await ask(endpoint(version), { method: 'POST', token, body, is: 'credentials' });
    return { name, invitation: token, party, body, answer, token: answer.data?.token };
  }

  it.each(['2.2.1', '2.3.0'] as const)('case 5: POST with the registration token registers, %s', async (version) => {
    const { name, invitation, answer, token, party } = await register({}, version);
    expect([answer.http, answer.status]).toEqual([200, 1000]);
    expect(answer.data.url).toBe(`${site.url}/ocpi/versions`);
    expect(answer.data.roles).toEqual([
      {
        role: 'CPO',
        country_code: 'SE',
        party_id: 'DEP',
        business_details: { name: 'Depot Operator', website: 'https://depot.example' },
      },
    ]);
    expect(token).not.toBe(invitation);
    expect(peer?.asked.map(({ path }) => path)).toEqual(['/versions', `/${version}`]);
    expect(peer?.asked.every(({ authorization }) => authorization === `Token ${base64('token-b')}`)).toBe(true);
    const known = findPeer(site.gw, name);
    expect(known).toMatchObject({
      state: 'registered',
      version,
      versionsUrl: peer?.versionsUrl,
      parties: [{ countryCode: 'NL', partyId: party.party_id, role: 'EMSP' }],
    });
    expect(known?.endpoints.map((e) => e.identifier)).toEqual(['credentials', 'tokens', 'cdrs']);
    expect(outboundToken(site.gw, name)).toBe('token-b');
    expect((await ask(`${site.url}/ocpi/versions`, { token: invitation })).http).toBe(401);
    expect((await ask(`${site.url}/ocpi/cpo/${version}/locations`, { token })).status).toBe(1000);
  });

  it('the version of the endpoint wins where both speak it, else the best mutual one', async () => {
    const both = await register({}, '2.2.1');
    expect(findPeer(site.gw, both.name)?.version).toBe('2.2.1');
    const newer = await register({ versions: ['2.1.1', '2.3.0'] }, '2.2.1');
    expect(findPeer(site.gw, newer.name)?.version).toBe('2.3.0');
  });

  it('a peer that knows its token only raw is asked so after its 401', async () => {
    const { answer } = await register({ raw: true });
    expect(answer.status).toBe(1000);
    expect(peer?.asked[1]?.authorization).toBe('Token token-b');
  });

  it('case 6: POST again is HTTP 405', async () => {
    const { token, body } = await register();
    const answer = await ask(endpoint(), { method: 'POST', token, body });
    expect([answer.http, answer.headers['allow']]).toEqual([405, 'GET, PUT, DELETE']);
  });

  it('case 7: PUT and DELETE before registration are HTTP 405, PATCH always', async () => {
    peer = await startPeer();
    const { token } = await invite();
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await ask(endpoint(), { method, token, body: credentials(peer) })).http).toBe(405);
    expect(peer.asked).toEqual([]);
  });

  it.each<[string, number, MockPeerOptions]>([
    ['answers HTTP 500', 3001, { reply: { http: 500, text: '{}' } }],
    ['answers no JSON', 3001, { reply: { http: 200, text: '<html>' } }],
    ['answers an OCPI error', 3001, { reply: { http: 200, text: '{"status_code":2001}' } }],
    ['answers no list of versions', 3001, { reply: { http: 200, text: '{"status_code":1000,"data":{}}' } }],
    ['does not know its token', 3001, { token: 'another' }],
    ['redirects', 3001, { reply: { http: 302, headers: { location: '/versions' }, text: '' } }],
    ['answers without end', 3001, { reply: { http: 200, text: ' '.repeat(2_000_000) } }],
    ['speaks only 1.9', 3002, { versions: ['1.9'] }],
    ['lists no versions', 3002, { versions: [] }],
    ['has no credentials endpoint', 3003, { modules: ['locations'] }],
    ['has no endpoints', 3003, { modules: [] }],
  ])('case 8: a peer that %s gets %i, and its registration token stays good', async (_name, status, options) => {
    const { answer, invitation, name } = await register(options);
    expect([answer.http, answer.status]).toEqual([200, status]);
    expect(findPeer(site.gw, name)?.state).toBe('invited');
    expect((await ask(`${site.url}/ocpi/versions`, { token: invitation })).http).toBe(200);
  });

  it('case 8: a peer that cannot be reached gets 3001', async () => {
    const gone = await startPeer();
    await gone.stop();
    const { token, party } = await invite();
    const answer = await ask(endpoint(), { method: 'POST', token, body: credentials(gone, { roles: [party] }) });
    expect(answer.status).toBe(3001);
  });

  it('case 9: PUT gives a new token; the old one works until the new one is used', async () => {
    const { token, party } = await register();
    const next = await startPeer({ token: 'token-b2' });
    const body = credentials(next, { token: 'token-b2', roles: [party] });
    const answer = await ask(endpoint('2.2.1'), { method: 'PUT', token, body, is: 'credentials' });
    expect(answer.status).toBe(1000);
    expect(answer.data.token).not.toBe(token);
    expect(next.asked.map(({ path }) => path)).toEqual(['/versions', '/2.2.1']);
    const versions = `${site.url}/ocpi/versions`;
    expect((await ask(versions, { token })).http).toBe(200);
    expect((await ask(versions, { token: answer.data.token })).http).toBe(200);
    await site.gw.db.write(() => undefined);
    expect((await ask(versions, { token })).http).toBe(401);
    await next.stop();
  });

  it('a PUT that fails leaves the connection as it was', async () => {
    const { token, party, name } = await register();
    const broken = await startPeer({ versions: ['1.9'] });
    const answer = await ask(endpoint(), {
      method: 'PUT',
      token,
      body: credentials(broken, { roles: [party] }),
    });
    expect(answer.status).toBe(3002);
    expect(findPeer(site.gw, name)?.versionsUrl).toBe(peer?.versionsUrl);
    expect((await ask(endpoint(), { token })).status).toBe(1000);
    await broken.stop();
  });

  it('case 10: DELETE ends it: the token is void at once', async () => {
    const { token, name } = await register();
    expect((await ask(endpoint(), { method: 'DELETE', token })).status).toBe(1000);
    expect((await ask(`${site.url}/ocpi/versions`, { token })).http).toBe(401);
    expect(outboundToken(site.gw, name)).toBeNull();
  });

  it('GET tells our credentials with the token that the peer uses', async () => {
    const { token } = await register();
    const answer = await ask(endpoint(), { token, is: 'credentials' });
    expect(answer.data.token).toBe(token);
  });

  it('a party of another connection cannot be taken over', async () => {
    const first = await register();
    await peer?.stop();
    peer = await startPeer();
    const { token, name } = await invite();
    const answer = await ask(endpoint(), {
      method: 'POST',
      token,
      body: credentials(peer, { roles: [first.party] }),
    });
    expect([answer.http, answer.status]).toEqual([200, 2001]);
    expect(findPeer(site.gw, name)?.state).toBe('invited');
  });

  it('two POSTs at once register once', async () => {
    peer = await startPeer();
    const { token, party } = await invite();
    const body = credentials(peer, { roles: [party] });
    const answers = await Promise.all([1, 2].map(() => ask(endpoint(), { method: 'POST', token, body })));
    expect(new Set(answers.map((answer) => answer.http))).toEqual(new Set([200, 405]));
    const minted = answers.find((answer) => answer.http === 200)!.data.token;
    expect((await ask(`${site.url}/ocpi/versions`, { token: minted })).http).toBe(200);
  });

  it('the hub party and lower-case, unknown and null fields are taken', async () => {
    peer = await startPeer();
    const { token, name, party } = await invite();
    const body = credentials(peer, {
      hub_party_id: 'nlhub',
      future_field: [1],
      roles: [
        { ...party, role: 'emsp', country_code: 'nl', business_details: { name: 'P', logo: null, website: null } },
      ],
    });
    expect((await ask(endpoint(), { method: 'POST', token, body })).status).toBe(1000);
    expect(findPeer(site.gw, name)?.parties).toEqual([
      { countryCode: 'NL', partyId: party.party_id, role: 'EMSP' },
      { countryCode: 'NL', partyId: 'HUB', role: 'HUB' },
    ]);
  });

  it.each<[string, (body: CredentialsBody) => unknown]>([
    ['no token', (body) => delete body.token],
    ['a token with a blank', (body) => (body.token = 'a b')],
    ['a token of 65 characters', (body) => (body.token = 'x'.repeat(65))],
    ['no url', (body) => delete body.url],
    ['no roles', (body) => (body.roles = [])],
    ['an unknown role', (body) => (body.roles[0]!.role = 'KING')],
    ['a party id of four characters', (body) => (body.roles[0]!.party_id = 'LONG')],
    ['the same role twice', (body) => body.roles.push(body.roles[0]!)],
    [
      'our own party',
      (body) => body.roles.push({ ...body.roles[0]!, role: 'CPO', country_code: 'SE', party_id: 'DEP' }),
    ],
  ])('credentials with %s are 2001 and nobody is called', async (_name, spoil) => {
    peer = await startPeer();
    const { token, party } = await invite();
    const body = credentials(peer, { roles: [party] });
    spoil(body);
    const answer = await ask(endpoint(), { method: 'POST', token, body });
    expect([answer.http, answer.status]).toEqual([200, 2001]);
    expect(peer.asked).toEqual([]);
  });
});

describe('URLs of peers', () => {
  it.each([
    'http://169.254.169.254/',
    'http://127.0.0.1:1/versions',
    'http://2130706433/versions',
    'http://localhost:1/versions',
    'http://[::1]:1/versions',
    'http://[::ffff:10.0.0.1]/versions',
    'http://192.168.1.1/versions',
    'http://100.64.0.1/versions',
    'http://[fd00::1]/versions',
    'file:///etc/passwd',
    'http://user:secret@example.com/',
    'nonsense',
  ])('case 11: %s is 3001 and no request leaves', async (url) => {
    const site = await startSite({}, { allowPrivateUrls: false });
    const { token } = await invitePeer(site.gw, 'new');
    const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/credentials`, {
      method: 'POST',
      token,
      body: credentials({ versionsUrl: url }),
    });
    expect([answer.http, answer.status]).toEqual([200, 3001]);
    expect(answer.body['status_message']).toContain('will not call');
    await site.stop();
  });

  it('case 11: a loopback peer is not called', async () => {
    const site = await startSite({}, { allowPrivateUrls: false });
    const peer = await startPeer();
    const { token } = await invitePeer(site.gw, 'new');
    for (const host of ['127.0.0.1', 'localhost']) {
      const body = credentials({ versionsUrl: peer.versionsUrl.replace('127.0.0.1', host) });
      const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/credentials`, { method: 'POST', token, body });
      expect(answer.status).toBe(3001);
    }
    expect(peer.asked).toEqual([]);
    await peer.stop();
    await site.stop();
  });
});
