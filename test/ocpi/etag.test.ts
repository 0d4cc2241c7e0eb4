import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let site: TestSite;

beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site.cleanUp());

const AUTHORIZATION = `Token ${Buffer.from('cloud-token-for-tests').toString('base64')}`;

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const base = site.urls.ocpi.replace(/\/versions$/, '');
  return fetch(base + path, { headers: { authorization: AUTHORIZATION, ...headers } });
}

test('what a poller has already is not sent again; what changed is', async () => {
  const first = await get('/cpo/2.3.0/locations');
  const tag = first.headers.get('etag') ?? '';
  expect(tag).toMatch(/^W\/".+"$/);
  const again = await get('/cpo/2.3.0/locations', { 'if-none-match': tag, 'x-request-id': 'r-1' });
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
  expect(again.headers.get('x-request-id')).toBe('r-1');

  const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
  await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  const changed = await get('/cpo/2.3.0/locations', { 'if-none-match': tag });
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(tag);
  await charger.close();
});

test('credentials, which hold a secret, and refusals have no tag', async () => {
  expect((await get('/cpo/2.3.0/credentials')).headers.get('etag')).toBeNull();
  expect((await get('/cpo/2.3.0/sessions')).headers.get('etag')).toBeNull();
});
