import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuthorityBody, SecurityEventBody } from '../../adapters/console/routes/certificates.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { DAY } from '../../gateway/authority.ts';
import { issueForCharger, makeRoot, makeServer, readRequest, type KeyPair } from '../../gateway/x509.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';

let directory: string;
let root: KeyPair;
let site: TestSite | null;

const validity = (days: number) => ({ notBefore: Date.now() - 10 * DAY, notAfter: Date.now() + days * DAY });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargegate-tls-'));
  root = await makeRoot('Operator CA', 'Operator', validity(1000));
  site = null;
});
afterEach(async () => {
  await site?.cleanUp();
  rmSync(directory, { recursive: true, force: true });
});

const path = (name: string): string => join(directory, name);

async function install(days = 300): Promise<KeyPair> {
  const pair = await makeServer(root, ['127.0.0.1'], validity(days));
  writeFileSync(path('server.pem'), pair.certificate + '\n' + root.certificate);
  writeFileSync(path('server.key'), pair.privateKey);
  return pair;
}

async function start(more = ''): Promise<TestSite> {
  const tls = `certificate: FILES, certificate-path: ${path('server.pem')}, key-path: ${path('server.key')}, port: 0 ${more}`;
  const ocpp = `host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 2, provisioning: false`;
  return startTestSite({ yaml: `\nocpp: { ${ocpp}, tls: { ${tls} } }\n` });
}

/** The certificate that a new connection is shown, by a client that trusts the operator's authority alone. */
function shown(url: string | null): Promise<X509Certificate> {
  const { hostname, port } = new URL(url ?? '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca: root.certificate }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
      else reject(new Error('no certificate'));
    });
    socket.on('error', reject);
  });
}

const serialOf = (pair: KeyPair): string => new X509Certificate(pair.certificate).serialNumber;
const complaints = (): string[] =>
  (site?.logged ?? []).filter(({ level }) => level === 'error').map(({ message }) => message);

test('a new certificate serves new connections without a restart; open sockets stay', async () => {
  const first = await install();
  site = await start();
  const charger = await createRawCharger(`${site.urls.ocpps}RELOAD`, {
    protocols: ['ocpp1.6'],
    tls: { ca: root.certificate },
  });
  expect((await shown(site.urls.ocpps)).serialNumber).toBe(serialOf(first));
  const second = await install();
  await site.reload();
  expect((await shown(site.urls.ocpps)).serialNumber).toBe(serialOf(second));
  expect((await charger.call('Heartbeat', {}))[0]).toBe(3);
  await charger.close();
});

test.each([
  ['a key that is not its own', async () => writeFileSync(path('server.key'), root.privateKey), /is not the key of/],
  [
    'half a file',
    async () => writeFileSync(path('server.pem'), '-----BEGIN CERTIFICATE-----\nMIIB'),
    /no readable PEM/,
  ],
  ['nothing', async () => rmSync(path('server.pem')), /cannot be read/],
  ['a certificate that has expired', async () => void (await install(-1)), /ended on .*renew it/],
])('%s is not taken: the old certificate goes on, the log says what to do', async (_, spoil, words) => {
  const first = await install();
  site = await start();
  await spoil();
  await site.reload();
  expect(complaints()).toEqual([expect.stringMatching(words)]);
  await site.reload();
  expect(complaints()).toHaveLength(1);
  expect((await shown(site.urls.ocpps)).serialNumber).toBe(serialOf(first));
  const mended = await install();
  await site.reload();
  expect((await shown(site.urls.ocpps)).serialNumber).toBe(serialOf(mended));
});

test('a gateway does not start with a key of another certificate, and says so', async () => {
  await install();
  writeFileSync(path('server.key'), root.privateKey);
  await expect(start()).rejects.toMatchObject({ code: 'TLS_UNUSABLE', message: expect.stringContaining('server.key') });
});

test('a certificate that ended does not keep the gateway from starting', async () => {
  const ended = await install(-1);
  site = await start();
  expect(complaints()).toEqual([expect.stringMatching(/chargers will refuse/)]);
  await expect(shown(site.urls.ocpps)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  expect(new X509Certificate(ended.certificate).validTo).toBeDefined();
});

test("certificates of the operator's own authority are taken too, once it is named", async () => {
  await install();
  const { csr, key } = await chargerKeys('FOREIGN');
  const request = await readRequest(csr);
  if ('problem' in request) throw new Error(request.problem);
  const { certificate } = await issueForCharger(root, request, validity(30));
  const tls = { ca: root.certificate, cert: certificate, key };
  const dial = () => createRawCharger(`${site?.urls.ocpps}FOREIGN`, { protocols: ['ocpp1.6'], tls });
  writeFileSync(path('chargers.pem'), (await makeRoot('Other', 'Other', validity(30))).certificate);
  site = await start(`, charger-authorities-path: ${path('chargers.pem')}`);
  const eventsOf = async () => {
    const told = await ask<{ items: SecurityEventBody[] }>(site ?? { urls: {} as never }, 'security-events');
    return told.body.items.map(({ type }) => type);
  };
  await (await dial()).close();
  expect(await eventsOf()).toEqual(['InvalidChargerCertificate']);
  writeFileSync(path('chargers.pem'), root.certificate);
  await site.reload();
  const charger = await dial();
  expect(await eventsOf()).toEqual(['InvalidChargerCertificate']);
  expect((await ask(site, 'chargers/FOREIGN/security')).body).toMatchObject({ profile: 3 });
  await charger.close();
});

test("the site's own server certificate is renewed by itself when it has less than 30 days left", async () => {
  let now = Date.now();
  site = await startTestSite({
    clock: () => now,
    yaml: '\nocpp: { host: 127.0.0.1, port: 0, provisioning: false, tls: { port: 0, certificate: OWN } }\n',
  });
  root = { certificate: (await ask<AuthorityBody>(site, 'authority')).body.certificate, privateKey: '' };
  const first = await shown(site.urls.ocpps);
  now += 300 * DAY;
  await site.reload();
  expect((await shown(site.urls.ocpps)).serialNumber).toBe(first.serialNumber);
  now += 36 * DAY;
  await site.reload();
  await expect(shown(site.urls.ocpps)).rejects.toMatchObject({ code: 'CERT_NOT_YET_VALID' });
  expect(site.logged.map(({ message }) => message)).toContain('TLS: a new certificate serves from now on');
});
