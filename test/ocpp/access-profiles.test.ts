import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorityBody, SecurityEventBody } from '../../adapters/console/routes/certificates.ts';
import type { ProfileBody } from '../../adapters/console/routes/charger-access.ts';
import { createRawCharger, type RawChargerOptions } from '../../adapters/simulator/raw-charger.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';
import { basic, doorOf, type Door } from './access-harness.ts';

const PASSWORD = 'correct horse battery';
const BOOT = { chargePointVendor: 'Voltan', chargePointModel: 'Twin' };

const ocpp = (rest: string): string =>
  `ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, provisioning: false, call-timeout: 2${rest} }\n`;

let site: TestSite;
let door: Door;
let root: string;

/** The status of a handshake over TLS; 101: let in. */
async function secureStatus(id: string, password: string | null, tls: RawChargerOptions['tls'] = {}): Promise<number> {
  try {
    const headers = password === null ? {} : basic(id, password);
    const url = `${site.urls.ocpps}${id}`;
    const charger = await createRawCharger(url, { protocols: ['ocpp1.6'], headers, tls: { ca: root, ...tls } });
    await charger.call('BootNotification', BOOT);
    await charger.close();
    return 101;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

const setFloor = (id: string, profile: number) =>
  door.api<ProfileBody & { code: string; message: string }>('PUT', `chargers/${id}/security-profile`, { profile });
const upgrade = (id: string, profile: number) =>
  door.api<ProfileBody & { code: string; message: string }>('PUT', `chargers/${id}/security-profile`, {
    profile,
    apply: true,
  });

async function givePassword(id: string): Promise<void> {
  expect((await door.api('PUT', `chargers/${id}/password`, { password: PASSWORD })).status).toBe(200);
}

/** A charger that asked for a certificate and took it. */
async function certify(id: string): Promise<{ cert: string; key: string }> {
  const { csr, key } = await chargerKeys(id);
  let cert = '';
  const taken = new Promise<void>((resolve) => {
    const off = site.gateway.bus.on('certificate.changed', ({ chargerId, state }) => {
      if (chargerId !== id || state !== 'installed') return;
      off();
      resolve();
    });
  });
  const charger = await door.plugIn(id, PASSWORD, (_action, payload) => {
    cert = String(payload['certificateChain']);
    return { status: 'Accepted' };
  });
  await charger.call('BootNotification', BOOT);
  await charger.call('SignCertificate', { csr });
  await taken;
  await charger.close();
  return { cert, key };
}

describe('a site with TLS', () => {
  beforeAll(async () => {
    site = await startTestSite({
      yaml: `${ocpp(', tls: { port: 0, certificate: OWN }')}chargers:\n  - { id: STRICT, password: ${PASSWORD}, security-profile: 2 }\n  - { id: FREE }\n`,
    });
    door = doorOf(site);
    root = (await ask<AuthorityBody>(site, 'authority')).body.certificate;
  });
  afterAll(() => site.cleanUp());

  test('profile 0: nothing asked, nothing shown, by TLS or without', async () => {
    expect(await door.status('FREE')).toBe(101);
    expect(await secureStatus('FREE', null)).toBe(101);
    expect(await door.status('FREE')).toBe(101);
    expect(await door.security('FREE')).toMatchObject({ floor: 0, keptFloor: 0, password: 'none' });
  });

  test('profile 2: by TLS with the password; from then on not without TLS', async () => {
    await givePassword('UP');
    expect(await door.status('UP', PASSWORD)).toBe(101);
    expect(await secureStatus('UP', 'wrong')).toBe(401);
    expect(await door.security('UP')).toMatchObject({ floor: 1, keptFloor: 0 });
    expect(await secureStatus('UP', PASSWORD)).toBe(101);
    expect(await door.security('UP')).toMatchObject({ floor: 2, keptFloor: 2 });
    expect(await door.status('UP', PASSWORD)).toBe(403);
    expect(await door.deviations('UP')).toMatchObject({ PROFILE_BELOW_FLOOR: 1 });
    const { items } = (await ask<{ items: SecurityEventBody[] }>(site, 'security-events?charger=UP')).body;
    expect(items).toContainEqual(expect.objectContaining({ type: 'AttemptedDowngrade', origin: 'gateway' }));
    expect(site.logged).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'charger refused: UP came at security profile 1, and 2 is its lowest',
      }),
    );
  });

  test('the operator lets a charger go back to a lower profile', async () => {
    await givePassword('BACK');
    expect(await secureStatus('BACK', PASSWORD)).toBe(101);
    expect(await door.status('BACK', PASSWORD)).toBe(403);
    expect(await setFloor('BACK', 1)).toMatchObject({ status: 200, body: { answer: null, security: { floor: 1 } } });
    expect(await door.status('BACK', PASSWORD)).toBe(101);
    expect(await secureStatus('BACK', PASSWORD)).toBe(101);
    expect(await door.status('BACK', PASSWORD)).toBe(403);
  });

  test("never below the file's", async () => {
    expect(await door.status('STRICT', PASSWORD)).toBe(403);
    expect(await secureStatus('STRICT', PASSWORD)).toBe(101);
    expect(await setFloor('STRICT', 1)).toMatchObject({ status: 409, body: { code: 'SECURITY_PROFILE_REFUSED' } });
    expect(await door.status('STRICT', PASSWORD)).toBe(403);
  });

  test('a downgrade is refused before its password is looked at', async () => {
    for (const _ of Array(8)) expect(await door.status('STRICT', 'a guess')).toBe(403);
    expect(await door.deviations('STRICT')).not.toHaveProperty('PASSWORD_FAILURES');
    expect(await door.status('STRICT', PASSWORD)).toBe(403);
  });

  test('profile 3: by its own certificate and without a password; from then on not without the certificate', async () => {
    await givePassword('CERT');
    const own = await certify('CERT');
    expect(await secureStatus('CERT', PASSWORD)).toBe(101);
    expect(await secureStatus('CERT', null, own)).toBe(101);
    expect(await door.security('CERT')).toMatchObject({ floor: 3, keptFloor: 3 });
    expect(await secureStatus('CERT', PASSWORD)).toBe(403);
    expect(await door.status('CERT', PASSWORD)).toBe(403);
    await givePassword('THIEF');
    expect(await secureStatus('THIEF', null, own)).toBe(401);
  });

  test.each([
    [1, 'no password'],
    [2, 'no password'],
    [3, 'no certificate'],
  ])('a charger is not put to profile %i where that would lock it out', async (profile, why) => {
    expect(await setFloor('FREE', profile)).toMatchObject({
      status: 409,
      body: { code: 'SECURITY_PROFILE_REFUSED', message: expect.stringContaining(why) },
    });
    expect(await upgrade('FREE', profile)).toMatchObject({ status: 409 });
    expect(await door.security('FREE')).toMatchObject({ keptFloor: 0, wishedProfile: null });
  });

  test('a charger is told to go up once it can; its floor follows when it has', async () => {
    await givePassword('MOVE');
    expect(await upgrade('MOVE', 2)).toMatchObject({ status: 409, body: { code: 'CHARGER_NOT_CONNECTED' } });
    const told: unknown[] = [];
    const charger = await door.plugIn('MOVE', PASSWORD, (action, payload) => {
      told.push([action, payload]);
      return { status: 'Accepted' };
    });
    expect(await upgrade('MOVE', 2)).toMatchObject({
      status: 200,
      body: { answer: { status: 'Accepted' }, security: { profile: 1, floor: 1, wishedProfile: 2 } },
    });
    expect(told).toEqual([['ChangeConfiguration', { key: 'SecurityProfile', value: '2' }]]);
    await charger.close();
    expect(await door.status('MOVE', PASSWORD)).toBe(101);
    expect(await secureStatus('MOVE', PASSWORD)).toBe(101);
    expect(await door.security('MOVE')).toMatchObject({ floor: 2, wishedProfile: null });
    expect(await door.status('MOVE', PASSWORD)).toBe(403);
  });

  test('a charger that declines to go up stays where it is', async () => {
    await givePassword('NO');
    const charger = await door.plugIn('NO', PASSWORD, () => ({ status: 'Rejected' }));
    expect(await upgrade('NO', 2)).toMatchObject({
      status: 200,
      body: { answer: { status: 'Rejected' }, security: { floor: 1, wishedProfile: null } },
    });
    expect(await upgrade('NO', 1)).toMatchObject({ status: 409, body: { code: 'SECURITY_PROFILE_REFUSED' } });
    expect(await upgrade('NO', 0)).toMatchObject({ status: 409, body: { code: 'SECURITY_PROFILE_REFUSED' } });
    await charger.close();
  });

  test('what was reached is remembered over a restart', async () => {
    await givePassword('KEPT');
    expect(await secureStatus('KEPT', PASSWORD)).toBe(101);
    const { gateway } = await restarted();
    expect(gateway.tlsPort).toBeNull();
    expect(await door.status('KEPT', PASSWORD)).toBe(403);
  });

  async function restarted(): Promise<TestSite> {
    await site.stop();
    site = await startTestSite({ yaml: `${ocpp('')}chargers: []\n`, directory: site.directory });
    door = doorOf(site);
    return site;
  }
});

describe('a site without TLS', () => {
  test('profile 1 as the lowest of the site: nobody comes in without a password', async () => {
    site = await startTestSite({ yaml: `${ocpp(', security-profile: 1')}chargers:\n  - { id: KNOWN }\n` });
    door = doorOf(site);
    expect(await door.status('KNOWN')).toBe(403);
    expect(await door.status('STRANGER', 'whatever it says')).toBe(403);
    await givePassword('STRANGER');
    expect(await door.status('STRANGER', PASSWORD)).toBe(101);
    expect(await setFloor('STRANGER', 2)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('serves no TLS') },
    });
    expect(await setFloor('STRANGER', 0)).toMatchObject({ status: 409 });
    await site.cleanUp();
  });
});
