import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { once } from 'node:events';
import { connect as tcpConnect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorityBody, CertificateBody, SecurityEventBody } from '../../adapters/console/routes/certificates.ts';
import { createRawCharger, type RawCharger, type RawChargerOptions } from '../../adapters/simulator/raw-charger.ts';
import { authorityKeys, DAY } from '../../gateway/authority.ts';
import { issueForCharger, makeRoot, readRequest } from '../../gateway/x509.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';

const YAML = `
ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  call-timeout: 2
  provisioning: false
  tls: { port: 0, certificate: OWN, names: [gateway.depot.example] }
`;

const BOOT = { chargePointVendor: 'Voltan', chargePointModel: 'Twin' };

let site: TestSite;
let root: string;

beforeAll(async () => {
  site = await startTestSite({ yaml: YAML });
  root = (await ask<AuthorityBody>(site, 'authority')).body.certificate;
});
afterAll(() => site.cleanUp());

function dial(id: string, tls: RawChargerOptions['tls'], headers: Record<string, string> = {}): Promise<RawCharger> {
  return createRawCharger(`${site.urls.ocpps}${id}`, { protocols: ['ocpp1.6'], headers, tls: { ca: root, ...tls } });
}

const eventsOf = async (id: string): Promise<SecurityEventBody[]> =>
  (await ask<{ items: SecurityEventBody[] }>(site, `security-events?charger=${id}`)).body.items;

/** Waits until the gateway has found something of this type, of nobody in particular; gives its words. */
async function noted(type: string): Promise<string> {
  const find = async (): Promise<SecurityEventBody | undefined> =>
    (await ask<{ items: SecurityEventBody[] }>(site, 'security-events')).body.items.find(
      (event) => event.type === type && event.chargerId === null,
    );
  await expect.poll(find).toMatchObject({ origin: 'gateway' });
  return (await find())?.detail ?? '';
}

/** The certificate that the port shows. */
function shownCertificate(url: string | null): Promise<X509Certificate> {
  const { hostname, port } = new URL(url ?? '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      const shown = socket.getPeerX509Certificate();
      socket.destroy();
      if (shown) resolve(shown);
      else reject(new Error('no certificate'));
    });
    socket.on('error', reject);
  });
}

/** A booted charger that asked for a certificate, took it, and hung up. */
async function certified(id: string): Promise<{ cert: string; key: string; serial: string }> {
  const { csr, key } = await chargerKeys(id);
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  await charger.call('BootNotification', BOOT);
  // Without a password an operator has to vouch for it.
  const asked = ask(site, `chargers/${id}/certificate-renewal`, {});
  const [, triggerId] = await charger.waitFor((frame) => frame[2] === 'ExtendedTriggerMessage');
  charger.send(JSON.stringify([3, triggerId, { status: 'Accepted' }]));
  expect((await asked).status).toBe(200);
  expect((await charger.call('SignCertificate', { csr }))[2]).toEqual({ status: 'Accepted' });
  const [, messageId, , payload] = await charger.waitFor((frame) => frame[2] === 'CertificateSigned');
  const installed = site.gateway.bus;
  const taken = new Promise<string>((resolve) => {
    const off = installed.on('certificate.changed', ({ chargerId, state, serial }) => {
      if (chargerId !== id || state !== 'installed') return;
      off();
      resolve(serial);
    });
  });
  charger.send(JSON.stringify([3, messageId, { status: 'Accepted' }]));
  const serial = await taken;
  await charger.close();
  return { cert: (payload as { certificateChain: string }).certificateChain, key, serial };
}

describe('the TLS port', () => {
  test("shows a certificate of the site's own authority, for its names and addresses", async () => {
    const shown = await shownCertificate(site.urls.ocpps);
    expect(shown.checkIssued(new X509Certificate(root))).toBe(true);
    expect(shown.subjectAltName).toContain('DNS:gateway.depot.example');
    expect(shown.subjectAltName).toContain('IP Address:127.0.0.1');
    expect(site.gateway.tlsPort).toBe(Number(new URL(site.urls.ocpps ?? '').port));
  });

  test('serves a charger that trusts the root, as the other port does', async () => {
    const charger = await dial('TLS-1', {});
    expect((await charger.call('BootNotification', BOOT))[2]).toMatchObject({ status: 'Accepted' });
    await charger.close();
  });

  test('a charger that does not trust the root does not connect', async () => {
    await expect(createRawCharger(`${site.urls.ocpps}TLS-2`, { protocols: ['ocpp1.6'] })).rejects.toThrow(
      'self-signed certificate in certificate chain',
    );
  });

  test("a charger's word that it does not trust the authority is in the security log", async () => {
    const { hostname: host, port } = new URL(site.urls.ocpps ?? '');
    // Node's own client says nothing when it goes: its hello is passed on, and OpenSSL's word follows when the certificate came.
    const unknownAuthority = Buffer.from([0x15, 3, 3, 0, 2, 2, 48]);
    const between = createServer((client) => {
      const gateway = tcpConnect(Number(port), host);
      client.on('error', () => gateway.destroy());
      client.once('data', (hello) => gateway.write(hello));
      gateway.once('data', () => gateway.end(unknownAuthority, () => client.destroy()));
    });
    await once(between.listen(0, host), 'listening');
    const charger = connect({ host, port: (between.address() as AddressInfo).port, maxVersion: 'TLSv1.2' });
    await once(charger, 'error');
    between.close();
    expect(await noted('ServerCertificateRefused')).toContain('does not trust');
  });

  test('a charger without a safe cipher suite is refused, and noted', async () => {
    await expect(dial('TLS-4', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).rejects.toThrow('handshake failure');
    expect(await noted('InvalidTLSCipherSuite')).toContain('cipher');
  });

  test('TLS below 1.2 is refused, and noted', async () => {
    const old = { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(dial('TLS-3', old)).rejects.toThrow('alert protocol version');
    expect(await noted('InvalidTLSVersion')).toContain('TLS');
  });

  test('answers a plain request as the other port does', async () => {
    const status = await new Promise((resolve, reject) => {
      get((site.urls.ocpps ?? '').replace('wss', 'https'), { ca: root }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(426);
  });

  test('the authority is told without its key', async () => {
    const { body } = await ask<AuthorityBody>(site, 'authority');
    expect(JSON.stringify(body)).not.toContain('PRIVATE');
    expect(new X509Certificate(body.certificate).ca).toBe(true);
    expect(body.hash).toMatchObject({ algorithm: 'SHA256', issuerKeyHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describe('certificates of chargers', () => {
  test('a charger comes with the certificate that it was issued, and no password', async () => {
    const { cert, key } = await certified('MTLS-1');
    const charger = await dial('MTLS-1', { cert, key });
    expect((await charger.call('BootNotification', BOOT))[2]).toMatchObject({ status: 'Accepted' });
    await charger.close();
    expect(await eventsOf('MTLS-1')).toEqual([]);
  });

  test('a revoked certificate: its socket is closed, and it opens none any more', async () => {
    const { cert, key, serial } = await certified('MTLS-2');
    const charger = await dial('MTLS-2', { cert, key });
    const { status, body } = await ask<CertificateBody>(site, `certificates/${serial}/revocation`, {});
    expect({ status, state: body.state }).toEqual({ status: 200, state: 'revoked' });
    expect(await charger.closed).toMatchObject({ code: 1008 });
    await expect(dial('MTLS-2', { cert, key })).rejects.toMatchObject({ status: 403 });
    expect(await eventsOf('MTLS-2')).toContainEqual(
      expect.objectContaining({ type: 'InvalidChargerCertificate', detail: expect.stringContaining('revoked') }),
    );
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a resumed %s session counts as its certificate, until that is revoked',
    async (version) => {
      const id = `MTLS-${version}`;
      const { cert, key, serial } = await certified(id);
      const { hostname: host, port } = new URL(site.urls.ocpps ?? '');
      let session: Buffer | undefined;

      /** The first line that answers a handshake; leaves a session to be resumed. */
      function knock(): Promise<{ answer: string; reused: boolean }> {
        return new Promise((resolve, reject) => {
          const options = {
            ca: root,
            cert,
            key,
            minVersion: version,
            maxVersion: version,
            ...(session && { session }),
          };
          const socket = connect({ host, port: Number(port), ...options }, () => {
            socket.write(
              `GET /ocpp/${id} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n`,
            );
          });
          socket.on('session', (fresh) => (session = fresh));
          socket.once('data', (data: Buffer) => {
            resolve({ answer: data.toString('latin1').slice(9, 12), reused: socket.isSessionReused() });
            socket.destroy();
          });
          socket.on('error', reject);
        });
      }

      expect(await knock()).toEqual({ answer: '101', reused: false });
      expect(await knock()).toEqual({ answer: '101', reused: true });
      await ask(site, `certificates/${serial}/revocation`, {});
      expect(await knock()).toEqual({ answer: '403', reused: true });
    },
  );

  test('a certificate that was issued to another charger counts as none', async () => {
    const { cert, key } = await certified('MTLS-3');
    const other = await dial('MTLS-4', { cert, key });
    await other.call('BootNotification', BOOT);
    await other.close();
    const again = await dial('MTLS-4', { cert, key });
    await again.close();
    expect(await eventsOf('MTLS-4')).toContainEqual(
      expect.objectContaining({ detail: expect.stringContaining('issued to charger MTLS-3') }),
    );
  });

  test.each([
    ['of an authority that nobody trusts', 0],
    ['that has expired', -2],
  ])('a certificate %s counts as none, and the password decides', async (_, ended) => {
    const { csr, key } = await chargerKeys('LOCKED');
    const now = Date.now();
    const stranger = await makeRoot('Elsewhere', 'Elsewhere', { notBefore: now - DAY, notAfter: now + DAY });
    const issuer = ended === 0 ? stranger : await authorityKeys(site.gateway);
    const request = await readRequest(csr);
    if ('problem' in request) throw new Error(request.problem);
    const validity = { notBefore: now - 9 * DAY, notAfter: now + (ended === 0 ? 9 : ended) * DAY };
    const { certificate } = await issueForCharger(issuer, request, validity);
    await expect(dial('LOCKED', { cert: certificate, key })).rejects.toMatchObject({ status: 401 });
    const authorization = `Basic ${Buffer.from('LOCKED:correct horse battery').toString('base64')}`;
    const charger = await dial('LOCKED', { cert: certificate, key }, { authorization });
    await charger.close();
    expect(await eventsOf('LOCKED')).toContainEqual(
      expect.objectContaining({
        type: 'InvalidChargerCertificate',
        detail: expect.stringContaining(ended === 0 ? 'not trusted' : 'expired'),
      }),
    );
  });
});

test('no private key is readable in the database', () => {
  const rows = site.gateway.db.all<{ key: string }>('SELECT private_key AS key FROM key_pair');
  expect(rows).toHaveLength(2);
  for (const { key } of rows) expect(key).not.toContain('PRIVATE KEY');
});

test('the authority is the same after a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-tls-'));
  const seen: string[] = [];
  for (const _ of [1, 2]) {
    const started = await startTestSite({ yaml: YAML, directory });
    seen.push((await ask<AuthorityBody>(started, 'authority')).body.fingerprint);
    seen.push((await shownCertificate(started.urls.ocpps)).serialNumber);
    await started.stop();
  }
  rmSync(directory, { recursive: true });
  expect(seen.slice(0, 2)).toEqual(seen.slice(2));
});
