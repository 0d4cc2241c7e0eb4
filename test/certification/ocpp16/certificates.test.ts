import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorityBody, SecurityEventBody } from '../../../adapters/console/routes/certificates.ts';
import { chargerKeys } from '../../harness/charger-keys.ts';
import { answered, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

const TLS = `
ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  call-timeout: 2
  provisioning: false
  tls: { port: 0, certificate: OWN }
`;

let bench: Bench;
let root: string;

beforeAll(async () => {
  bench = await openBench(TLS);
  root = (await bench.operator<AuthorityBody>('authority')).certificate;
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const basic = { authorization: `Basic ${Buffer.from('LOCKED:correct horse battery').toString('base64')}` };

/** A charge point under security profile 2, booted. */
async function secured(): Promise<ChargePoint> {
  const point = await bench.connect('LOCKED', { headers: basic, tls: { ca: root } });
  await point.boot();
  return point;
}

/** The operator lets it come at profile 2 again, for the cases that follow. */
const letDown = () =>
  bench.operator('chargers/LOCKED/security-profile', { method: 'PUT', body: { profile: 2, apply: false } });

/** A charge point that is asked to renew its certificate does so, and answers the new one with `status`. */
async function renew(point: ChargePoint, status: 'Accepted' | 'Rejected'): Promise<{ chain: string; key: string }> {
  const { csr, key } = await chargerKeys(point.id);
  const trigger = { requestedMessage: 'SignChargePointCertificate' };
  expect(await point.order('ExtendedTriggerMessage', trigger, { status: 'Accepted' })).toEqual(
    answered({ status: 'Accepted' }),
  );
  const signed = point.answerNext('CertificateSigned', { status });
  expect(await point.send('SignCertificate', { csr })).toEqual({ status: 'Accepted' });
  return { chain: String((await signed)['certificateChain']), key };
}

async function reported(point: ChargePoint, type: string): Promise<SecurityEventBody[]> {
  const { items } = await bench.operator<{ items: SecurityEventBody[] }>(`security-events?charger=${point.id}`);
  return items.filter((event) => event.type === type && event.origin === 'charger');
}

describe('certificates', () => {
  test('TC_074_CSMS Update Charge Point Certificate by request of Central System', async () => {
    const point = await secured();
    const { chain, key } = await renew(point, 'Accepted');
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    // OCPP has it reconnect with the new certificate.
    await point.losePower();
    const again = await bench.connect(point.id, { tls: { ca: root, cert: chain, key } });
    await again.boot();
    expect(await bench.charger(point.id)).toMatchObject({ connected: true });
    await letDown();
  });

  test.each([
    ['TC_075_1_CSMS', 'ManufacturerRootCertificate'],
    ['TC_075_2_CSMS', 'CentralSystemRootCertificate'],
  ])('%s Install a certificate on the Charge Point - %s', async (_, certificateType) => {
    const point = await secured();
    const installed = { status: 'Accepted' };
    expect(await point.order('InstallCertificate', { certificateType, certificate: root }, installed)).toEqual(
      answered(installed),
    );
    const hash = { hashAlgorithm: 'SHA256', issuerNameHash: '0a', issuerKeyHash: '0b', serialNumber: '0c' };
    const ids = { status: 'Accepted', certificateHashData: [hash] };
    expect(await point.order('GetInstalledCertificateIds', { certificateType }, ids)).toEqual(answered(ids));
  });

  test('TC_076_CSMS Delete a specific certificate from the Charge Point', async () => {
    const point = await secured();
    const hash = { hashAlgorithm: 'SHA256', issuerNameHash: '0a', issuerKeyHash: '0b', serialNumber: '0c' };
    const certificateType = 'CentralSystemRootCertificate';
    const before = { status: 'Accepted', certificateHashData: [hash] };
    expect(await point.order('GetInstalledCertificateIds', { certificateType }, before)).toEqual(answered(before));
    const deleted = { status: 'Accepted' };
    expect(await point.order('DeleteCertificate', { certificateHashData: hash }, deleted)).toEqual(answered(deleted));
    const after = { status: 'NotFound' };
    expect(await point.order('GetInstalledCertificateIds', { certificateType }, after)).toEqual(answered(after));
  });

  test('TC_077_CSMS Invalid ChargePointCertificate Security Event', async () => {
    const point = await secured();
    await renew(point, 'Rejected');
    const type = 'InvalidChargePointCertificate';
    expect(await point.send('SecurityEventNotification', { type, timestamp: inSeconds(0) })).toEqual({});
    expect(await reported(point, type)).toHaveLength(1);
    // It is offered once more when the charge point boots.
    const offered = point.answerNext('CertificateSigned', { status: 'Accepted' });
    await point.boot();
    await offered;
  });

  test('TC_078_CSMS Invalid CentralSystemCertificate Security Event', async () => {
    const point = await secured();
    const install = { certificateType: 'CentralSystemRootCertificate', certificate: root };
    const rejected = { status: 'Rejected' };
    expect(await point.order('InstallCertificate', install, rejected)).toEqual(answered(rejected));
    const type = 'InvalidCentralSystemCertificate';
    expect(
      await point.send('SecurityEventNotification', { type, timestamp: inSeconds(0), techInfo: 'no root' }),
    ).toEqual({});
    expect(await reported(point, type)).toEqual([expect.objectContaining({ detail: 'no root' })]);
  });
});

describe('connecting', () => {
  test('TC_086_CSMS TLS - server-side certificate - Valid certificate', async () => {
    const point = await secured();
    expect(await bench.charger(point.id)).toMatchObject({ connected: true });
    // Who does not know the authority finds the same certificate invalid.
    await expect(bench.connect('STRANGER', { tls: {} })).rejects.toThrow('self-signed certificate');
  });

  test('TC_087_CSMS TLS - client-side certificate - Valid certificate', async () => {
    const point = await secured();
    const { chain, key } = await renew(point, 'Accepted');
    await point.losePower();
    const again = await bench.connect(point.id, { tls: { ca: root, cert: chain, key } });
    await again.boot();
    // From now on nothing less.
    await again.losePower();
    await expect(bench.connect(point.id, { headers: basic, tls: { ca: root } })).rejects.toMatchObject({ status: 403 });
    await letDown();
  });
});
