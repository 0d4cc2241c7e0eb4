import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CertificateBody, SecurityEventBody } from '../../adapters/console/routes/certificates.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { authorityKeys, DAY } from '../../gateway/authority.ts';
import { renewEnding } from '../../gateway/certificates.ts';
import { noteSecurity } from '../../gateway/security-events.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';

const BOOT = { chargePointVendor: 'Voltan', chargePointModel: 'Twin', chargePointSerialNumber: 'SN-7' };
/** A charger with a password: one without has its requests refused unless an operator asked for them. */
const CHARGERS = `
chargers:
  - id: BAY-1
    password: correct horse battery
    evses: [{ id: 1, connectors: [{ id: 1 }] }]
  - id: OTHER
`;
const BASIC = `Basic ${Buffer.from('BAY-1:correct horse battery').toString('base64')}`;

const STARTED = Date.UTC(2027, 2, 1);

let site: TestSite;
let now: number;
let open: RawCharger[];

beforeEach(async () => {
  now = STARTED;
  open = [];
  site = await startTestSite({ clock: () => now, yaml: CHARGERS });
});
afterEach(async () => {
  for (const charger of open) await charger.close();
  await site.cleanUp();
});

async function booted(id = 'BAY-1', boot: object = BOOT): Promise<RawCharger> {
  const headers = id === 'BAY-1' ? { authorization: BASIC } : {};
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'], headers });
  open.push(charger);
  await charger.call('BootNotification', boot);
  return charger;
}

const isOffer = (frame: unknown[]): boolean => frame[2] === 'CertificateSigned';

/** Waits for the state that a certificate of this charger comes into next; the caller makes it happen. */
function becomes(chargerId: string, wanted: (state: string) => boolean = () => true): Promise<string> {
  return new Promise((resolve) => {
    const off = site.gateway.bus.on('certificate.changed', (change) => {
      if (change.chargerId !== chargerId || !wanted(change.state)) return;
      off();
      resolve(change.state);
    });
  });
}

/** Answers the offer; resolves when the gateway has stored what came of it. */
async function answer(charger: RawCharger, status: string, from = 0): Promise<string> {
  const [, messageId] = await charger.waitFor(isOffer, from);
  const stored = becomes('BAY-1');
  charger.send(JSON.stringify([3, messageId, { status }]));
  return stored;
}

const certificates = async (id = 'BAY-1'): Promise<CertificateBody[]> =>
  (await ask<{ items: CertificateBody[] }>(site, `certificates?charger=${id}`)).body.items;

const events = async (query = 'charger=BAY-1'): Promise<SecurityEventBody[]> =>
  (await ask<{ items: SecurityEventBody[] }>(site, `security-events?${query}`)).body.items;

const sign = async (charger: RawCharger, csr: string): Promise<unknown> =>
  (await charger.call('SignCertificate', { csr }))[2];

describe('a request for a certificate', () => {
  test.each([
    ['P-256', {}],
    ['RSA 2048', { rsaBits: 2048 }],
  ])('with a %s key is answered, then the certificate comes: its subject, our root behind it', async (_, kind) => {
    const charger = await booted();
    const { csr } = await chargerKeys('BAY-1', kind);
    expect(await sign(charger, csr)).toEqual({ status: 'Accepted' });
    const [, , , payload] = await charger.waitFor(isOffer);
    const answered = charger.texts.findIndex((text) => text.startsWith('[3') && text.includes('Accepted'));
    expect(charger.texts.findIndex((text) => text.includes('CertificateSigned'))).toBeGreaterThan(answered);
    const [leaf = '', root = ''] = (payload as { certificateChain: string }).certificateChain.split(/(?<=END.*\n)/);
    const certificate = new X509Certificate(leaf);
    expect(certificate.subject).toBe('CN=BAY-1\nO=Depot AB');
    expect(certificate.checkIssued(new X509Certificate(root))).toBe(true);
    expect(certificate.verify(new X509Certificate(root).publicKey)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(await answer(charger, 'Accepted')).toBe('installed');
    expect(await certificates()).toEqual([expect.objectContaining({ state: 'installed', note: null })]);
  });

  test('in PEM that lost its line ends, or has them as \\n, is read', async () => {
    const charger = await booted();
    const { csr } = await chargerKeys('BAY-1');
    expect(await sign(charger, csr.replaceAll('\n', ''))).toEqual({ status: 'Accepted' });
    expect(await sign(charger, csr.replaceAll('\n', '\\n'))).toEqual({ status: 'Accepted' });
    expect(await certificates()).toHaveLength(1);
  });

  test('sent again gets the certificate that was issued, not another', async () => {
    const charger = await booted();
    const { csr } = await chargerKeys('BAY-1');
    await sign(charger, csr);
    await answer(charger, 'Accepted');
    expect(await sign(charger, csr)).toEqual({ status: 'Accepted' });
    expect(await certificates()).toHaveLength(1);
  });

  test("with the charger's reported serial number for its name is taken", async () => {
    const charger = await booted();
    expect(await sign(charger, (await chargerKeys('SN-7')).csr)).toEqual({ status: 'Accepted' });
  });

  test.each([
    ['for another name', async () => (await chargerKeys('BAY-2')).csr, /neither the charger's id nor its serial/],
    ['with a weak key', async () => (await chargerKeys('BAY-1', { rsaBits: 1024 })).csr, /1024 bits/],
    ['that is no request', async () => 'Hello, please sign this', /no PEM/],
    ['that is a certificate', async () => (await authorityKeys(site.gateway)).certificate, /PKCS 10/],
    ['whose signature is of another key', async () => forged(), /signature/],
  ])('%s is rejected, and noted', async (_, made, why) => {
    const charger = await booted();
    expect(await sign(charger, await made())).toEqual({ status: 'Rejected' });
    expect(await certificates()).toEqual([]);
    expect(await events()).toEqual([
      expect.objectContaining({
        type: 'InvalidCertificateRequest',
        origin: 'gateway',
        detail: expect.stringMatching(why),
      }),
    ]);
  });

  test("a charger that reports another's id as its serial number gets no certificate for it", async () => {
    const charger = await booted('BAY-1', { ...BOOT, chargePointSerialNumber: 'OTHER' });
    expect(await sign(charger, (await chargerKeys('OTHER')).csr)).toEqual({ status: 'Rejected' });
  });

  test('of a charger without a password is refused, unless an operator has just asked it', async () => {
    const charger = await booted('OTHER');
    const { csr } = await chargerKeys('OTHER');
    expect(await sign(charger, csr)).toEqual({ status: 'Rejected' });
    expect(await events('charger=OTHER')).toMatchObject([{ type: 'InvalidCertificateRequest' }]);
    const asked = ask(site, 'chargers/OTHER/certificate-renewal', {});
    const [, id] = await charger.waitFor((frame) => frame[2] === 'ExtendedTriggerMessage');
    charger.send(JSON.stringify([3, id, { status: 'Accepted' }]));
    expect((await asked).status).toBe(200);
    expect(await sign(charger, csr)).toEqual({ status: 'Accepted' });
  });

  test('a charger asks for at most five new ones an hour', async () => {
    const charger = await booted();
    const statuses: unknown[] = [];
    for (let n = 0; n < 6; n += 1) statuses.push(await sign(charger, (await chargerKeys('BAY-1')).csr));
    const [refused, ...granted] = statuses.toReversed();
    for (const status of granted) expect(status).toEqual({ status: 'Accepted' });
    expect(refused).toEqual({ status: 'Rejected' });
    now += 61 * 60_000;
    expect(await sign(charger, (await chargerKeys('BAY-1')).csr)).toEqual({ status: 'Accepted' });
  });
});

test('a pending charger gets no certificate', async () => {
  await site.cleanUp();
  site = await startTestSite({
    yaml: '\nocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending, provisioning: false }\n',
  });
  const charger = await booted('NEW-1');
  expect(await sign(charger, (await chargerKeys('NEW-1')).csr)).toEqual({ status: 'Rejected' });
  expect(await certificates('NEW-1')).toEqual([]);
});

describe('a certificate that was not taken', () => {
  test('is offered once more at the next boot, and no third time', async () => {
    const charger = await booted();
    await sign(charger, (await chargerKeys('BAY-1')).csr);
    expect(await answer(charger, 'Rejected')).toBe('refused');
    let from = charger.texts.length;
    await charger.call('BootNotification', BOOT);
    expect(await answer(charger, 'Rejected', from)).toBe('refused');
    expect(await certificates()).toEqual([
      expect.objectContaining({ state: 'refused', note: 'the charger rejected it' }),
    ]);
    from = charger.texts.length;
    await charger.call('BootNotification', BOOT);
    // What the operator asks next comes through alone.
    const cleared = ask(site, 'chargers/BAY-1/calls', { action: 'ClearCache' });
    const [, messageId] = await charger.waitFor((frame) => frame[0] === 2, from);
    charger.send(JSON.stringify([3, messageId, { status: 'Accepted' }]));
    expect((await cleared).status).toBe(200);
    expect(charger.texts.slice(from).filter((text) => text.includes('CertificateSigned'))).toEqual([]);
  });

  test('because the charger went away is offered when it is back', async () => {
    const charger = await booted();
    await sign(charger, (await chargerKeys('BAY-1')).csr);
    await charger.waitFor(isOffer);
    const noted = becomes('BAY-1');
    charger.destroy();
    expect(await noted).toBe('issued');
    const again = await booted();
    expect(await answer(again, 'Accepted')).toBe('installed');
  });
});

describe('renewal', () => {
  test('a connected charger whose certificate ends within 30 days is asked to request another', async () => {
    const charger = await booted();
    await sign(charger, (await chargerKeys('BAY-1')).csr);
    await answer(charger, 'Accepted');
    now += 330 * DAY;
    await renewEnding(site.gateway);
    expect(charger.texts.filter((text) => text.includes('SignChargePointCertificate'))).toEqual([]);
    now += 6 * DAY;
    const asked = renewEnding(site.gateway);
    const [, messageId, action] = await charger.waitFor((frame) =>
      JSON.stringify(frame).includes('SignChargePointCertificate'),
    );
    expect(action).toBe('ExtendedTriggerMessage');
    charger.send(JSON.stringify([3, messageId, { status: 'Accepted' }]));
    await asked;
  });

  test('one past its time is shown as expired', async () => {
    const charger = await booted();
    await sign(charger, (await chargerKeys('BAY-1')).csr);
    await answer(charger, 'Accepted');
    await charger.close();
    now += 366 * DAY;
    await renewEnding(site.gateway);
    expect(await certificates()).toEqual([expect.objectContaining({ state: 'expired' })]);
  });
});

describe('the operator', () => {
  test('installs the own root, asks for the installed ones and removes one; answers come as the charger gave them', async () => {
    const charger = await booted();
    const { certificate } = await authorityKeys(site.gateway);
    const hash = { hashAlgorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: 'cc' };
    const cases = [
      ['root-certificates', { use: 'central-system' }, 'InstallCertificate', { status: 'Accepted' }],
      ['root-certificates?use=manufacturer', undefined, 'GetInstalledCertificateIds', { status: 'NotFound' }],
      [
        'root-certificates/removal',
        { algorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: 'cc' },
        'DeleteCertificate',
        { status: 'Failed' },
      ],
      ['certificate-renewal', {}, 'ExtendedTriggerMessage', { status: 'NotImplemented' }],
    ] as const;
    const sent: unknown[] = [];
    for (const [path, body, action, given] of cases) {
      const said = ask(site, `chargers/BAY-1/${path}`, body);
      const [, messageId, , payload] = await charger.waitFor((frame) => frame[2] === action);
      sent.push(payload);
      charger.send(JSON.stringify([3, messageId, given]));
      const told = action === 'GetInstalledCertificateIds' ? { certificates: [], answer: given } : given;
      expect(await said).toEqual({ status: 200, body: told });
    }
    expect(sent).toEqual([
      { certificateType: 'CentralSystemRootCertificate', certificate: new X509Certificate(certificate).toString() },
      { certificateType: 'ManufacturerRootCertificate' },
      { certificateHashData: hash },
      { requestedMessage: 'SignChargePointCertificate' },
    ]);
  });

  test.each([
    ['chargers/BAY-1/root-certificates', { use: 'manufacturer', certificate: 'no PEM' }, 400, 'REQUEST_INVALID'],
    ['chargers/BAY-1/root-certificates', { use: 'manufacturer' }, 409, 'CHARGER_NOT_CONNECTED'],
    ['chargers/NOBODY/certificate-renewal', {}, 404, 'CHARGER_UNKNOWN'],
    ['certificates/abcdef/revocation', {}, 404, 'NOT_FOUND'],
  ])('POST /api/%s %j is refused with %i', async (path, body, status, code) => {
    expect(await ask(site, path, body)).toMatchObject({ status, body: { code } });
  });
});

describe('the security log', () => {
  const report = { type: 'TamperDetectionActivated', timestamp: '2027-03-01T00:00:00Z', techInfo: 'lid' };

  test('keeps what chargers report; the same report again is counted', async () => {
    const charger = await booted();
    for (const _ of [1, 2]) expect((await charger.call('SecurityEventNotification', report))[2]).toEqual({});
    expect(await events()).toEqual([
      expect.objectContaining({ type: report.type, detail: 'lid', origin: 'charger', count: 2 }),
    ]);
  });

  test('is read a page at a time, newest first; of all chargers without a filter', async () => {
    const charger = await booted();
    for (let n = 0; n < 3; n += 1) await charger.call('SecurityEventNotification', { ...report, techInfo: `lid ${n}` });
    const first = (await ask<{ items: SecurityEventBody[]; next: string }>(site, 'security-events?limit=2')).body;
    expect(first.items.map(({ detail }) => detail)).toEqual(['lid 2', 'lid 1']);
    const rest = await events(`limit=2&cursor=${first.next}&charger=BAY-1`);
    expect(rest.map(({ detail }) => detail)).toEqual(['lid 0']);
  });

  test('keeps the newest thousand of a charger', async () => {
    const charger = await booted();
    const calls = Array.from({ length: 1005 }, (_, n) =>
      charger.call('SecurityEventNotification', { ...report, techInfo: `lid ${n}` }, `event-${n}`),
    );
    await Promise.all(calls);
    const kept = await events('limit=1000&charger=BAY-1');
    expect(kept).toHaveLength(1000);
    expect(kept.at(-1)?.detail).toBe('lid 5');
  });

  test('findings of the gateway are counted while they go on, and a flood of them costs no flood of rows', async () => {
    for (let n = 0; n < 50; n += 1) noteSecurity(site.gateway, 'BAY-1', 'AttemptedDowngrade', 'profile 0');
    expect(await events()).toEqual([expect.objectContaining({ origin: 'gateway', count: 50 })]);
    const { writes } = site.gateway.db.stats();
    for (let n = 0; n < 5000; n += 1) noteSecurity(site.gateway, `INVENTED-${n}`, 'AttemptedDowngrade', 'profile 0');
    const kept = await events('limit=1000');
    expect(kept.length).toBeLessThanOrEqual(202);
    expect(kept.reduce((sum, { count }) => sum + count, 0)).toBe(5050);
    expect(site.gateway.db.stats().writes - writes).toBeLessThan(10);
  });
});

/** A request whose key was exchanged after it was signed. */
async function forged(): Promise<string> {
  const [one, other] = await Promise.all([chargerKeys('BAY-1'), chargerKeys('BAY-1')]);
  const body = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const [first, second] = [body(one.csr), body(other.csr)];
  // The public key is the 65 bytes after the curve's name: 03 42 00 04…
  const keyAt = (der: Buffer): number => der.indexOf(Buffer.from([0x03, 0x42, 0x00, 0x04])) + 3;
  second.copy(first, keyAt(first), keyAt(second), keyAt(second) + 65);
  return `-----BEGIN CERTIFICATE REQUEST-----\n${first.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
}
