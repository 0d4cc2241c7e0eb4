import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizeLocally } from '../../gateway/authorization.ts';
import { createPeer, findPeer, invitePeer } from '../../gateway/peers.ts';
import { findSiteToken, putSiteToken } from '../../gateway/tokens.ts';
import type { Ask, Asked, Json, RoleBody, Site } from './harness.ts';
import { ask, credentials, startPeer, startSite } from './harness.ts';

const TOKEN = {
  country_code: 'NL',
  party_id: 'MSP',
  uid: 'ABC123',
  type: 'RFID',
  contract_id: 'NL-MSP-C12345',
  visual_number: 'DF000-1',
  issuer: 'A provider',
  group_id: 'FLEET-1',
  valid: true,
  whitelist: 'ALLOWED',
  language: 'nl',
  default_profile_type: 'GREEN',
  energy_contract: { supplier_name: 'Wind', contract_id: 'W1' },
  last_updated: '2026-05-29T22:39:09Z',
};

describe('tokens', () => {
  let site: Site;
  let token: string;
  let hub: string;
  beforeAll(async () => {
    site = await startSite({ unknownTokens: 'deny' });
    token = await register('msp', [{ role: 'EMSP', country_code: 'NL', party_id: 'MSP' }]);
    hub = await register('hub', [{ role: 'HUB', country_code: 'DE', party_id: 'HUB' }]);
  });
  afterAll(() => site.stop());

  async function register(name: string, roles: Omit<RoleBody, 'business_details'>[]): Promise<string> {
    const peer = await startPeer();
    const { token: invitation } = await invitePeer(site.gw, name);
    const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/credentials`, {
      method: 'POST',
      token: invitation,
      body: credentials(peer, { roles: roles.map((role) => ({ ...role, business_details: { name } })) }),
    });
    await peer.stop();
    expect(findPeer(site.gw, name)?.state).toBe('registered');
    return answer.data.token;
  }

  const send = (method: string, path: string, body?: unknown, how: Ask = {}): Promise<Asked> =>
    ask(`${site.url}/ocpi/cpo/2.3.0/tokens/${path}`, {
      method,
      token,
      ...(method === 'GET' ? { is: 'token' } : {}),
      ...(body === undefined ? {} : { body }),
      ...how,
    });

  it.each(['2.2.1', '2.3.0'])(
    'case 33: PUT creates (201), then updates (200); GET gives it back whatever its case, %s',
    async (version) => {
      const uid = `ABC${version.replaceAll('.', '')}`;
      const url = `${site.url}/ocpi/cpo/${version}/tokens/NL/MSP`;
      const body = { ...TOKEN, uid, future_field: { a: [1, null] } };
      expect((await ask(`${url}/${uid}`, { method: 'PUT', token, body })).http).toBe(201);
      expect((await ask(`${url}/${uid}`, { method: 'PUT', token, body })).http).toBe(200);
      const answer = await ask(`${url.replace('NL/MSP', 'nl/msp')}/${uid.toLowerCase()}`, { token, is: 'token' });
      expect(answer.http).toBe(200);
      expect(answer.data).toEqual(body);
    },
  );

  it('case 58: a peer of one party is answered as that party where it names no sender; of several, as none', async () => {
    const two = await register('two', [
      { role: 'EMSP', country_code: 'BE', party_id: 'ONE' },
      { role: 'EMSP', country_code: 'BE', party_id: 'TWO' },
    ]);
    const to = async (by: string): Promise<unknown> => {
      const { headers } = await ask(`${site.url}/ocpi/cpo/2.3.0/locations`, { token: by });
      return [headers['ocpi-to-country-code'], headers['ocpi-to-party-id']];
    };
    expect(await to(token)).toEqual(['NL', 'MSP']);
    expect(await to(two)).toEqual([undefined, undefined]);
  });

  it('PUT replaces: what is left out is gone', async () => {
    await send('PUT', 'NL/MSP/REPLACED', { ...TOKEN, uid: 'REPLACED' });
    const {
      visual_number: _1,
      group_id: _2,
      language: _3,
      default_profile_type: _4,
      energy_contract: _5,
      ...bare
    } = TOKEN;
    await send('PUT', 'NL/MSP/REPLACED', { ...bare, uid: 'REPLACED' });
    expect((await send('GET', 'NL/MSP/REPLACED')).data).toEqual({ ...bare, uid: 'REPLACED' });
  });

  it.each<[string, Json]>([
    ['uid', { uid: 'OTHER' }],
    ['country_code', { country_code: 'DE' }],
    ['party_id', { party_id: 'XXX' }],
  ])('case 34: a %s that is not the one of the URL is 2001', async (_name, change) => {
    const answer = await send('PUT', 'NL/MSP/ABC123', { ...TOKEN, ...change });
    expect([answer.http, answer.status]).toEqual([200, 2001]);
  });

  it('a type that is not the one of the URL is 2001; a URL without one takes the body’s', async () => {
    const app = { ...TOKEN, uid: 'APP1', type: 'APP_USER' };
    expect((await send('PUT', 'NL/MSP/APP1?type=RFID', app)).status).toBe(2001);
    expect((await send('PUT', 'NL/MSP/APP1', app)).http).toBe(201);
    expect((await send('GET', 'NL/MSP/APP1')).http).toBe(404);
    expect((await send('GET', 'NL/MSP/APP1?type=APP_USER')).data).toEqual(app);
  });

  it('the same uid with another type is another token', async () => {
    await send('PUT', 'NL/MSP/BOTH?type=RFID', { ...TOKEN, uid: 'BOTH', contract_id: 'C-RFID' });
    await send('PUT', 'NL/MSP/BOTH?type=OTHER', { ...TOKEN, uid: 'BOTH', type: 'OTHER', contract_id: 'C-OTHER' });
    expect((await send('GET', 'NL/MSP/BOTH')).data.contract_id).toBe('C-RFID');
    expect((await send('GET', 'NL/MSP/BOTH?type=OTHER')).data.contract_id).toBe('C-OTHER');
  });

  it('a type that no specification knows is kept and given back (OpenEnum)', async () => {
    const odd = { ...TOKEN, uid: 'ODD1', type: 'LICENSE_PLATE' };
    expect((await send('PUT', 'NL/MSP/ODD1?type=LICENSE_PLATE', odd)).http).toBe(201);
    expect((await send('GET', 'NL/MSP/ODD1?type=LICENSE_PLATE')).data).toEqual(odd);
    expect((await send('GET', 'NL/MSP/ODD1?type=OTHER')).http).toBe(404);
    const patch = { valid: false, last_updated: '2026-06-01T00:00:00Z' };
    expect((await send('PATCH', 'NL/MSP/ODD1?type=LICENSE_PLATE', patch)).status).toBe(1000);
    expect((await send('GET', 'NL/MSP/ODD1?type=LICENSE_PLATE')).data).toEqual({ ...odd, ...patch });
  });

  it('case 35: another party’s tokens are 404, and the site’s own too', async () => {
    for (const party of ['DE/XXX', 'SE/DEP', 'DE/HUB', 'N/MSP', 'NL/MSPX'])
      for (const method of ['GET', 'PUT', 'PATCH']) {
        const [country_code, party_id] = party.split('/');
        const body = method === 'GET' ? undefined : { ...TOKEN, country_code, party_id };
        expect((await send(method, `${party}/ABC123`, body)).http).toBe(404);
      }
  });

  it('a hub brings the tokens of parties that are nobody else’s', async () => {
    const body = { ...TOKEN, country_code: 'FR', party_id: 'AAA' };
    expect((await send('PUT', 'FR/AAA/ABC123', body, { token: hub })).http).toBe(201);
    expect((await send('PUT', 'NL/MSP/ABC123', TOKEN, { token: hub })).http).toBe(404);
    expect(
      (await send('PUT', 'SE/DEP/ABC123', { ...TOKEN, country_code: 'SE', party_id: 'DEP' }, { token: hub })).http,
    ).toBe(404);
  });

  it('so does a provisioned peer, whose parties nobody told us; not over another’s token', async () => {
    await createPeer(site.gw, { name: 'natted', visibility: 'own', inboundToken: 'cn' });
    const body = { ...TOKEN, country_code: 'IT', party_id: 'EMP' };
    expect((await send('PUT', 'IT/EMP/ABC123', body, { token: 'cn' })).http).toBe(201);
    expect((await send('GET', 'IT/EMP/ABC123', undefined, { token: 'cn' })).data.contract_id).toBe(TOKEN.contract_id);
    expect(
      (await send('PUT', 'FR/AAA/ABC123', { ...TOKEN, country_code: 'FR', party_id: 'AAA' }, { token: 'cn' })).http,
    ).toBe(404);
    expect((await send('GET', 'FR/AAA/ABC123', undefined, { token: 'cn' })).http).toBe(404);
  });

  it('case 36: PATCH changes what it names, and the card is refused from then on', async () => {
    await send('PUT', 'NL/MSP/CARD36', { ...TOKEN, uid: 'CARD36' });
    expect(authorizeLocally(site.gw, 'CP1', 'CARD36', site.time.now).verdict).toBe('accepted');
    const patch = { valid: false, last_updated: '2026-06-01T00:00:00Z' };
    const answer = await send('PATCH', 'NL/MSP/card36', patch);
    expect([answer.http, answer.status]).toEqual([200, 1000]);
    expect((await send('GET', 'NL/MSP/CARD36')).data).toEqual({ ...TOKEN, uid: 'CARD36', ...patch });
    expect(authorizeLocally(site.gw, 'CP1', 'CARD36', site.time.now).verdict).not.toBe('accepted');
  });

  it('PATCH can take an optional field away with null', async () => {
    await send('PUT', 'NL/MSP/CARD37', { ...TOKEN, uid: 'CARD37' });
    const patch = { visual_number: null, energy_contract: null, last_updated: '2026-06-01T00:00:00Z' };
    expect((await send('PATCH', 'NL/MSP/CARD37', patch)).status).toBe(1000);
    const { data } = await send('GET', 'NL/MSP/CARD37');
    expect(data).not.toHaveProperty('visual_number');
    expect(data).not.toHaveProperty('energy_contract');
    expect(data.group_id).toBe('FLEET-1');
  });

  it('case 37: PATCH of an unknown token is 404, so that the peer PUTs it', async () => {
    const answer = await send('PATCH', 'NL/MSP/NEVERSEEN', { valid: false, last_updated: '2026-06-01T00:00:00Z' });
    expect([answer.http, answer.status]).toEqual([404, 2004]);
    expect((await send('GET', 'NL/MSP/NEVERSEEN')).http).toBe(404);
  });

  it.each<[string, unknown]>([
    ['without last_updated', { valid: false }],
    ['of another uid', { uid: 'X', last_updated: '2026-06-01T00:00:00Z' }],
    ['with a time that is none', { last_updated: 'now' }],
    ['with a whitelist that is none', { whitelist: 'MAYBE', last_updated: '2026-06-01T00:00:00Z' }],
    ['that is a list', []],
    ['that is null', null],
  ])('a PATCH %s is 2001', async (_name, body) => {
    await send('PUT', 'NL/MSP/PATCHED', { ...TOKEN, uid: 'PATCHED' });
    const answer = await send('PATCH', 'NL/MSP/PATCHED', body === null ? 'null' : body);
    expect([answer.http, answer.status]).toEqual([200, 2001]);
  });

  it.each(['uid', 'type', 'contract_id', 'issuer', 'valid', 'whitelist', 'last_updated', 'country_code', 'party_id'])(
    'a PUT without %s is 2001 and says so',
    async (field) => {
      const body: Json = { ...TOKEN };
      delete body[field];
      const answer = await send('PUT', 'NL/MSP/ABC123', body);
      expect([answer.http, answer.status]).toEqual([200, 2001]);
      expect(answer.body['status_message']).toContain(field);
    },
  );

  it('what peers really send is taken: text for booleans, null for absent, a time without zone', async () => {
    const body = {
      ...TOKEN,
      uid: 'LAX',
      valid: 'true',
      language: null,
      group_id: null,
      last_updated: '2026-05-29T22:39:09',
    };
    expect((await send('PUT', 'NL/MSP/LAX', body)).http).toBe(201);
    const { data } = await send('GET', 'NL/MSP/LAX');
    expect(data).toMatchObject({ valid: true, last_updated: '2026-05-29T22:39:09Z' });
    expect(data).not.toHaveProperty('language');
  });

  it('a uid of more than 36 characters is 2001', async () => {
    const uid = 'x'.repeat(37);
    expect((await send('PUT', `NL/MSP/${uid}`, { ...TOKEN, uid })).status).toBe(2001);
  });

  it('a peer’s token leaves the site’s own card of the same number alone', async () => {
    await putSiteToken(site.gw, 'SHARED', { blocked: true });
    await send('PUT', 'NL/MSP/SHARED', { ...TOKEN, uid: 'SHARED' });
    expect(findSiteToken(site.gw, 'SHARED')?.valid).toBe(false);
  });
});
