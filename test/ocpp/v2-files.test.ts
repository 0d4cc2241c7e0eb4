/** OCPP 2.0.1 and 2.1: firmware, logs, certificates and security events, between charger and operator. */
import { afterEach, describe, expect, test } from 'vitest';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargerKeys } from '../harness/charger-keys.ts';
import { ask } from '../harness/operator.ts';
import type { Payload } from '../harness/scripted-charger.ts';
import { dialV2, type V2Charger, type Version } from './v2-charger.ts';

let site: TestSite;
let charger: V2Charger;

afterEach(async () => {
  await charger.raw.close();
  await site.cleanUp();
});

async function start(version: Version): Promise<void> {
  site = await startTestSite({
    yaml: 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, provisioning: false, call-timeout: 2 }\n',
  });
  charger = await dialV2(site.urls.ocpp, 'BAY-1', version);
  await charger.boot();
}

const transfers = async (): Promise<Payload[]> => (await ask<{ items: Payload[] }>(site, 'transfers')).body.items;

const order = (what: string, body: object) => ask<Payload>(site, `chargers/BAY-1/${what}`, body);

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('errands over %s', (version) => {
  test('firmware, signed too: the order with its number, how it goes by that number, and refusals', async () => {
    await start(version);
    const url = new URL('api/firmware/box.bin', site.urls.console);
    const headers = { 'content-type': 'application/octet-stream' };
    await fetch(url, { method: 'PUT', headers, body: new Uint8Array([1, 2, 3]) });
    expect(await order('firmware', { file: 'box.bin', retries: 3, retryInterval: 60 })).toMatchObject({ status: 200 });
    const plain = await charger.called('UpdateFirmware');
    expect(plain).toMatchObject({
      retries: 3,
      retryInterval: 60,
      firmware: { location: expect.stringMatching('/files/.*box[.]bin') as unknown },
    });
    const { requestId, firmware } = plain as { requestId: number; firmware: { location: string } };
    expect(await (await fetch(firmware.location)).bytes()).toEqual(new Uint8Array([1, 2, 3]));
    for (const status of ['Downloading', 'Downloaded', 'InstallScheduled', 'InstallRebooting', 'Installing']) {
      expect(await charger.send('FirmwareStatusNotification', { status, requestId })).toEqual({});
      expect((await transfers())[0]).toMatchObject({ status, progress: 'open' });
    }
    const signed = { signed: { certificate: 'PEM', signature: 'c2lnbmVk' }, file: 'box.bin' };
    charger.script(() => ({ status: 'AcceptedCanceled' }));
    await order('firmware', signed);
    const next = await charger.called('UpdateFirmware');
    expect(next).toMatchObject({ firmware: { signingCertificate: 'PEM', signature: 'c2lnbmVk' } });
    // Two at a time, each by its own number.
    await charger.send('FirmwareStatusNotification', { status: 'Installed', requestId });
    await charger.send('FirmwareStatusNotification', { status: 'InvalidSignature', requestId: next['requestId'] });
    // At nothing: no news.
    await charger.send('FirmwareStatusNotification', { status: 'Idle' });
    charger.script(() => ({ status: 'RevokedCertificate', statusInfo: { reasonCode: 'Revoked' } }));
    expect((await order('firmware', signed)).body).toMatchObject({ answer: { statusInfo: { reasonCode: 'Revoked' } } });
    expect(await transfers()).toMatchObject([
      { status: 'RevokedCertificate', progress: 'failed' },
      { status: 'InvalidSignature', progress: 'failed' },
      { status: 'Installed', progress: 'done' },
    ]);
  });

  test('logs are asked for once, by GetLog, whichever is wanted; they come in, and how it goes is shown', async () => {
    await start(version);
    charger.script(() => ({ status: 'Accepted', filename: 'box.log' }));
    for (const [log, logType, kind] of [
      ['diagnostics', 'DiagnosticsLog', 'diagnostics'],
      ['security', 'SecurityLog', 'security-log'],
    ]) {
      await order('logs', { log, from: '2026-11-01T00:00:00Z', retries: 1 });
      const asked = await charger.called('GetLog');
      expect(asked).toMatchObject({ logType, retries: 1, log: { oldestTimestamp: '2026-11-01T00:00:00Z' } });
      const { requestId } = asked;
      await charger.send('LogStatusNotification', { status: 'Uploading', requestId });
      const { remoteLocation } = asked['log'] as { remoteLocation: string };
      expect((await fetch(remoteLocation, { method: 'PUT', body: 'lines' })).ok).toBe(true);
      await charger.send('LogStatusNotification', { status: 'Uploaded', requestId });
      expect((await transfers())[0]).toMatchObject({
        kind,
        file: 'box.log',
        status: 'Uploaded',
        progress: 'done',
        bytes: 5,
      });
    }
    charger.script(() => 'NotImplemented');
    expect(await order('logs', {})).toMatchObject({ status: 502 });
    expect(charger.count('GetLog')).toBe(3);
  });

  test('certificates: asked for, signed, told; roots installed, listed and removed', async () => {
    await start(version);
    await order('certificate-renewal', {});
    const trigger = { requestedMessage: 'SignChargingStationCertificate' };
    expect(await charger.called('TriggerMessage')).toEqual(trigger);
    const { csr } = await chargerKeys('BAY-1');
    const request = { csr, certificateType: 'ChargingStationCertificate' };
    const number = version === 'ocpp2.1' ? { requestId: 17 } : {};
    expect(await charger.send('SignCertificate', { ...request, ...number })).toEqual({ status: 'Accepted' });
    const signed = await charger.called('CertificateSigned');
    expect(signed).toMatchObject({ certificateType: 'ChargingStationCertificate', ...number });
    expect(signed['certificateChain']).toContain('BEGIN CERTIFICATE');
    expect('requestId' in signed).toBe(version === 'ocpp2.1');
    // Another authority's.
    expect(await charger.send('SignCertificate', { csr, certificateType: 'V2GCertificate' })).toEqual({
      status: 'Rejected',
    });

    const certificateHashData = {
      hashAlgorithm: 'SHA256',
      issuerNameHash: 'aa',
      issuerKeyHash: 'bb',
      serialNumber: '01',
    };
    const certificateHashDataChain = [{ certificateType: 'CSMSRootCertificate', certificateHashData }];
    charger.script(() => ({ status: 'Accepted', certificateHashDataChain }));
    const roots = await ask(site, 'chargers/BAY-1/root-certificates?use=central-system');
    expect(await charger.called('GetInstalledCertificateIds')).toEqual({ certificateType: ['CSMSRootCertificate'] });
    expect(JSON.stringify(roots.body)).toContain('"serialNumber":"01"');
    charger.script(() => ({ status: 'Rejected', statusInfo: { reasonCode: 'NoSpace' } }));
    expect((await order('root-certificates', { use: 'central-system' })).body).toMatchObject({
      statusInfo: { reasonCode: 'NoSpace' },
    });
    expect(await charger.called('InstallCertificate')).toMatchObject({ certificateType: 'CSMSRootCertificate' });
    const hash = { algorithm: 'SHA256', issuerNameHash: 'aa', issuerKeyHash: 'bb', serialNumber: '01' };
    charger.script(() => ({ status: 'NotFound' }));
    expect((await order('root-certificates/removal', hash)).body).toEqual({ status: 'NotFound' });
    expect(await charger.called('DeleteCertificate')).toEqual({ certificateHashData });
  });

  test('security events are in the log of the site', async () => {
    await start(version);
    const timestamp = new Date().toISOString();
    const event = { type: 'TamperDetectionActivated', timestamp, techInfo: 'door' };
    expect(await charger.send('SecurityEventNotification', event)).toEqual({});
    const { body } = await ask<{ items: Payload[] }>(site, 'security-events?charger=BAY-1');
    expect(body.items[0]).toMatchObject({ type: 'TamperDetectionActivated', detail: 'door', origin: 'charger' });
  });
});
