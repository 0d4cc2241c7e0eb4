import 'reflect-metadata';
import { createHash, createSign, webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequest, X509CertificateGenerator } from '@peculiar/x509';
import { describe, expect, test } from 'vitest';
import type { Pace } from '../../adapters/simulator/driver.ts';
import { simulate } from '../../adapters/simulator/simulate.ts';
import { cleanups, events, PROTOCOLS, setUp, starters } from './bench2x.ts';
import { startFileServer } from './file-server.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const IMAGE = Buffer.from('new firmware');
const HASTE: Pace = { away: [0.01, 0.05], fumble: [0.01, 0.02], charge: [0.05, 0.1], linger: [0.01, 0.02] };
const RETRIEVE = '2026-03-01T08:00:00Z';

async function fileServer(files: Record<string, Buffer> = {}) {
  const server = await startFileServer(files);
  cleanups.push(server.stop);
  return server;
}

/** A certificate authority: its certificate, its key for signing files, and certificates from it. */
async function authority() {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({ name: 'CN=Test root', keys, signingAlgorithm: EC });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    pem: root.toString('pem'),
    sign: (data: Buffer) =>
      createSign('SHA256').update(data).sign({ key: pkcs8, format: 'der', type: 'pkcs8' }, 'base64'),
    async issue(csr: string) {
      const { publicKey, subject } = new Pkcs10CertificateRequest(csr);
      const { privateKey: signingKey } = keys;
      const made = { publicKey, subject, issuer: root.subject, signingKey, signingAlgorithm: EC };
      return (await X509CertificateGenerator.create(made)).toString('pem');
    },
  };
}

describe.each(PROTOCOLS)('%s upkeep', (protocol) => {
  test('logs are uploaded where they are wanted, and told by the order they belong to', async () => {
    const { server, charger } = await setUp(protocol);
    const { url, put } = await fileServer();
    const log = { logType: 'DiagnosticsLog', requestId: 3, log: { remoteLocation: `${url}/in/` } };
    expect(await server.call('GetLog', log)).toEqual({ status: 'Accepted', filename: 'diagnostics-SIM-1-3.txt' });
    await charger.idle();
    expect(put.get('/in/diagnostics-SIM-1-3.txt')).toBe('diagnostics of charger SIM-1\n');
    const nobody = { logType: 'SecurityLog', requestId: 4, log: { remoteLocation: 'http://127.0.0.1:1/nobody' } };
    await server.call('GetLog', nobody);
    await charger.idle();
    expect(server.of('LogStatusNotification')).toEqual([
      { status: 'Uploading', requestId: 3 },
      { status: 'Uploaded', requestId: 3 },
      { status: 'Uploading', requestId: 4 },
      { status: 'UploadFailure', requestId: 4 },
    ]);
  });

  test('firmware is fetched, checked where it is signed, and named at the next start', async () => {
    const { server, charger } = await setUp(protocol);
    const { url } = await fileServer({ '/image.bin': IMAGE });
    const { pem, sign } = await authority();
    const update = async (requestId: number, more: object) => {
      const firmware = { location: `${url}/image.bin`, retrieveDateTime: RETRIEVE, ...more };
      const answer = await server.call('UpdateFirmware', { requestId, firmware });
      await charger.idle();
      const told = server.of('FirmwareStatusNotification').filter((each) => each['requestId'] === requestId);
      return [answer['status'], ...told.map((each) => each['status'])];
    };
    expect(await update(1, {})).toEqual(['Accepted', 'Downloading', 'Downloaded', 'Installing', 'Installed']);
    const version = createHash('sha256').update(IMAGE).digest('hex').slice(0, 12);
    expect(server.of('BootNotification')[1]).toMatchObject({
      reason: 'FirmwareUpdate',
      chargingStation: { firmwareVersion: version },
    });
    const bad = { signingCertificate: pem, signature: sign(Buffer.from('something else')) };
    expect(await update(2, bad)).toEqual(['Accepted', 'Downloading', 'Downloaded', 'InvalidSignature']);
    const good = { signingCertificate: pem, signature: sign(IMAGE) };
    expect(await update(3, good)).toContain('SignatureVerified');
    expect(await update(4, { signingCertificate: 'nonsense', signature: 'x' })).toEqual(['InvalidCertificate']);
    expect(await update(5, { location: `${url}/none` })).toEqual(['Accepted', 'Downloading', 'DownloadFailed']);
    expect(server.of('SecurityEventNotification').map((event) => event['type'])).toEqual([
      'InvalidFirmwareSignature',
      'InvalidFirmwareSigningCertificate',
    ]);
  });

  test('it asks for a certificate, takes the one for its key, keeps roots, and tells of bad ones', async () => {
    const { server, charger } = await setUp(protocol);
    const ca = await authority();
    server.respond('SignCertificate', () => ({ status: 'Accepted' }));
    await server.call('TriggerMessage', { requestedMessage: 'SignChargingStationCertificate' });
    const { csr, certificateType } = await server.waitFor('SignCertificate');
    expect(certificateType).toBe('ChargingStationCertificate');
    const taken = (certificateChain: string) => server.call('CertificateSigned', { certificateChain });
    expect(await taken(ca.pem)).toEqual({ status: 'Rejected' });
    expect(await taken(await ca.issue(String(csr)))).toEqual({ status: 'Accepted' });

    const install = (certificate: string) =>
      server.call('InstallCertificate', { certificateType: 'CSMSRootCertificate', certificate });
    expect(await install('nonsense')).toEqual({ status: 'Rejected' });
    expect(await install(ca.pem)).toEqual({ status: 'Accepted' });
    const asked = (use: string) => server.call('GetInstalledCertificateIds', { certificateType: [use] });
    expect(await asked('V2GRootCertificate')).toEqual({ status: 'NotFound' });
    const { certificateHashDataChain } = await asked('CSMSRootCertificate');
    const [chain] = certificateHashDataChain as { certificateType: string; certificateHashData: object }[];
    expect(chain).toMatchObject({ certificateType: 'CSMSRootCertificate' });
    const remove = () => server.call('DeleteCertificate', { certificateHashData: chain?.certificateHashData });
    expect([await remove(), await remove()]).toEqual([{ status: 'Accepted' }, { status: 'NotFound' }]);
    await charger.idle();
    expect(server.of('SecurityEventNotification').map((event) => event['type'])).toEqual([
      'InvalidChargingStationCertificate',
      'InvalidCsmsCertificate',
    ]);
  });

  test('strict judges what is sent and what is received', async () => {
    const violations: string[] = [];
    const { server, charger } = await setUp(protocol, { onViolation: (problem) => violations.push(problem) });
    await expect(charger.call('Heartbeat', { extra: 1 })).rejects.toThrow('Heartbeat of charger SIM-1');
    expect(violations).toEqual([expect.stringContaining('sent Heartbeat')]);
    // ocpp-rpc's server keeps its own wrong answers to itself
    if (protocol === 'ocpp2.0.1') return;
    server.respond('Heartbeat', () => ({}));
    await expect(charger.call('Heartbeat', {})).rejects.toThrow('Heartbeat of charger SIM-1');
    expect(violations.at(-1)).toContain('received Heartbeat');
    expect(server.violations.splice(0)).toHaveLength(1);
  });

  test('simulate speaks it', async () => {
    const server = await starters[protocol]();
    cleanups.push(() => server.stop());
    const ending = new AbortController();
    const lines: string[] = [];
    await simulate(
      { url: server.url, count: 1, protocol, speed: 3600, pace: HASTE },
      (line) => {
        lines.push(line);
        if (line.includes('charging ended')) ending.abort();
      },
      ending.signal,
    );
    expect(events(server).map((event) => event.eventType)).toContain('Ended');
    expect(lines.at(-1)).toContain('0 messages never answered');
    expect(server.violations).toEqual([]);
  });
});
