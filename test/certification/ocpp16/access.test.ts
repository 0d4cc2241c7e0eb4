import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { AuthorityBody } from '../../../adapters/console/routes/certificates.ts';
import type { ProfileBody, RotationBody } from '../../../adapters/console/routes/charger-access.ts';
import { createRawCharger, type RawCharger } from '../../../adapters/simulator/raw-charger.ts';
import { startTestSite, type TestSite } from '../../harness/gateway.ts';
import { ask } from '../../harness/operator.ts';

const YAML = `
ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  provisioning: false
  tls: { port: 0, certificate: OWN }
chargers:
  - { id: CP, password: as delivered by its maker }
`;

let site: TestSite;
let root: string;
const open: RawCharger[] = [];

beforeAll(async () => {
  site = await startTestSite({ yaml: YAML });
  root = (await ask<AuthorityBody>(site, 'authority')).body.certificate;
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
});
afterAll(() => site.cleanUp());

/** Connects under security profile 1, or 2 where `secure`. */
async function connect(password: string | Buffer, secure = false): Promise<RawCharger> {
  const credentials = Buffer.concat([Buffer.from('CP:'), Buffer.from(password)]).toString('base64');
  const charger = await createRawCharger(`${secure ? site.urls.ocpps : site.urls.ocpp}CP`, {
    protocols: ['ocpp1.6'],
    headers: { authorization: `Basic ${credentials}` },
    ...(secure && { tls: { ca: root } }),
  });
  open.push(charger);
  return charger;
}

async function boot(charger: RawCharger): Promise<void> {
  const answer = await charger.call('BootNotification', { chargePointVendor: 'OCA', chargePointModel: 'Reference' });
  expect(answer[2]).toMatchObject({ status: 'Accepted' });
}

/** The operator asks; the charge point answers the ChangeConfiguration that comes of it with Accepted. */
async function accepting<Body>(
  charger: RawCharger,
  asked: Promise<Body>,
): Promise<{ key: string; value: string; said: Body }> {
  const [, id, action, payload] = await charger.waitFor((frame) => frame[0] === 2);
  expect(action).toBe('ChangeConfiguration');
  charger.send(JSON.stringify([3, id, { status: 'Accepted' }]));
  return { ...(payload as { key: string; value: string }), said: await asked };
}

let password: Buffer;

test('TC_073_CSMS Update Charge Point Password for HTTP Basic Authentication', async () => {
  const charger = await connect('as delivered by its maker');
  await boot(charger);
  const asked = ask<RotationBody>(site, 'chargers/CP/password/rotation', {});
  const { key, value, said } = await accepting(charger, asked);
  expect({ key, value }).toEqual({ key: 'AuthorizationKey', value: expect.stringMatching(/^[0-9a-f]{40}$/) });
  expect(said).toMatchObject({ status: 200, body: { result: 'taken', answer: { status: 'Accepted' } } });
  password = Buffer.from(value, 'hex');
  await charger.close();
  await boot(await connect(password));
  await expect(connect('as delivered by its maker')).rejects.toMatchObject({ status: 401 });
});

test('TC_083_CSMS Upgrade Charge Point Security Profile - Accepted', async () => {
  const charger = await connect(password);
  await boot(charger);
  const asked = fetch(new URL('api/chargers/CP/security-profile', site.urls.console), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ profile: 2, apply: true }),
  }).then(async (response) => (await response.json()) as ProfileBody);
  const { key, value, said } = await accepting(charger, asked);
  expect({ key, value }).toEqual({ key: 'SecurityProfile', value: '2' });
  expect(said).toMatchObject({ answer: { status: 'Accepted' }, security: { wishedProfile: 2 } });
  await charger.close();
  await boot(await connect(password, true));
  await expect(connect(password)).rejects.toMatchObject({ status: 403 });
});
