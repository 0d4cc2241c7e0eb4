import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargegate, chargegateReading, type Done } from './harness.ts';

const HASH = { hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '0C0D' };

/** What the charger answers, by action. */
const ANSWERS: Record<string, object> = {
  InstallCertificate: { status: 'Accepted' },
  GetInstalledCertificateIds: { status: 'Accepted', certificateHashData: [HASH] },
  DeleteCertificate: { status: 'Failed' },
  ExtendedTriggerMessage: { status: 'Accepted' },
  CertificateSigned: { status: 'Accepted' },
};

describe('chargegate certificates', () => {
  let site: TestSite;
  let charger: RawCharger;
  const sent: [string, unknown][] = [];

  beforeAll(async () => {
    site = await startTestSite();
    charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, {
      protocols: ['ocpp1.6'],
      onText(text) {
        const [type, id, action, payload] = JSON.parse(text) as [number, string, string, unknown];
        if (type !== 2) return;
        sent.push([action, payload]);
        charger.send(JSON.stringify([3, id, ANSWERS[action] ?? {}]));
      },
    });
    await charger.call('BootNotification', { chargePointVendor: 'Voltan', chargePointModel: 'Twin' });
  });
  afterAll(async () => {
    await charger.close();
    await site.cleanUp();
  });

  const ask = (...args: string[]): Promise<Done> => chargegate([...args, '--url', site.urls.console]);

  it('prints the root of the authority, and has chargers trust it', async () => {
    const { code, out } = await ask('certificates', 'authority');
    expect(code).toBe(0);
    expect(new X509Certificate(out).ca).toBe(true);
    expect((await ask('certificates', 'install', 'BAY-1', '--own')).out).toContain('BAY-1 answers Accepted');
    const install = ['certificates', 'install', 'BAY-1', '-', '--use', 'manufacturer', '--url', site.urls.console];
    expect((await chargegateReading(out, install)).code).toBe(0);
    const certificate = new X509Certificate(out).toString();
    expect(sent.slice(-2)).toEqual([
      ['InstallCertificate', { certificateType: 'CentralSystemRootCertificate', certificate }],
      ['InstallCertificate', { certificateType: 'ManufacturerRootCertificate', certificate }],
    ]);
    expect(await ask('certificates', 'install', 'BAY-1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--own'),
    });
  });

  it('shows the roots that a charger trusts, and has it forget one by its serial number', async () => {
    expect((await ask('certificates', 'installed', 'BAY-1')).out).toContain('0C0D');
    const { code, out } = await ask('certificates', 'delete', 'BAY-1', '0c:0d');
    expect({ code, out: out.trim() }).toEqual({
      code: 1,
      out: 'BAY-1 answers Failed to forgetting the root certificate',
    });
    expect(sent.at(-1)).toEqual(['DeleteCertificate', { certificateHashData: HASH }]);
    expect(await ask('certificates', 'delete', 'BAY-1', 'ffff')).toMatchObject({ code: 1 });
  });

  it('lists what was issued, has a charger renew, and revokes', async () => {
    expect((await ask('certificates', 'renew', 'BAY-1')).out).toContain('Accepted');
    const installed = new Promise<string>((resolve) => {
      site.gateway.bus.on('certificate.changed', ({ state, serial }) => state === 'installed' && resolve(serial));
    });
    await charger.call('SignCertificate', { csr: (await chargerKeys('BAY-1')).csr });
    const serial = await installed;
    expect((await ask('certificates', 'list', 'BAY-1')).out).toMatch(new RegExp(`${serial} +BAY-1 +installed`));
    expect((await ask('certificates', 'revoke', serial)).out.trim()).toBe(`${serial} of BAY-1 is revoked`);
    expect((await ask('certificates')).out).toContain('revoked');
  });

  it('shows the security log', async () => {
    await charger.call('SecurityEventNotification', {
      type: 'TamperDetectionActivated',
      timestamp: '2027-03-01T00:00:00Z',
    });
    const { out } = await ask('security-events', '--charger', 'BAY-1');
    expect(out).toContain('TamperDetectionActivated');
    expect((await ask('security-events', '--charger', 'NOBODY')).out.trim()).toBe('nothing was reported or found');
  });
});
