import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LogBody, OrderedBody, TransferBody } from '../../../adapters/console/schemas.ts';
import { VENDOR, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const PEM = `-----BEGIN CERTIFICATE-----\n${Buffer.from('not looked into').toString('base64')}\n-----END CERTIFICATE-----\n`;

/** A charge point under security profile 1, booted. */
async function secured(): Promise<ChargePoint> {
  const credentials = Buffer.from('LOCKED:correct horse battery').toString('base64');
  const point = await bench.connect('LOCKED', { headers: { authorization: `Basic ${credentials}` } });
  await point.boot();
  return point;
}

/** What the operator sees of the charger's last errand. */
async function transfer(): Promise<TransferBody | undefined> {
  return (await bench.operator<{ items: TransferBody[] }>('transfers?charger=LOCKED')).items[0];
}

describe('connecting', () => {
  test('TC_085_CSMS Basic Authentication - Valid username/password combination', async () => {
    await expect(bench.connect('LOCKED')).rejects.toMatchObject({ status: 401 });
    const point = await secured();
    expect(await bench.charger(point.id)).toMatchObject({ connected: true, vendor: 'OCA' });
  });

  test('TC_088_CSMS WebSocket Subprotocol negotiation', async () => {
    await expect(bench.connect('CP-88', { protocols: ['ocpp0.1'] })).rejects.toThrow('no subprotocol');
    expect(await bench.charger('CP-88')).toMatchObject({ code: 'CHARGER_UNKNOWN' });
    const point = await bench.connect('CP-88', { protocols: ['ocpp0.1', 'ocpp1.6'] });
    await point.boot();
    expect(await bench.charger('CP-88')).toMatchObject({ connected: true, protocol: 'ocpp1.6' });
  });
});

describe('security log', () => {
  test('TC_079_CSMS Get Security Log', async () => {
    const point = await secured();
    const from = inSeconds(-3600);
    const answer = { status: 'Accepted', filename: 'security.log' };
    const asked = point.answerNext('GetLog', answer);
    const body = { log: 'security', from };
    const reply = bench.operator<OrderedBody>('chargers/LOCKED/logs', { method: 'POST', body });
    const { requestId, ...wanted } = await asked;
    expect(wanted).toEqual({
      logType: 'SecurityLog',
      log: { remoteLocation: expect.stringMatching(/\/files\/[\w-]{43}\/$/), oldestTimestamp: from },
    });
    expect(await reply).toEqual({ answer, transfer: (await transfer())?.id });
    expect(await point.send('LogStatusNotification', { requestId, status: 'Uploading' })).toEqual({});
    const { remoteLocation } = wanted['log'] as { remoteLocation: string };
    const upload = { method: 'PUT', body: 'who tried what, and when\n' };
    expect((await fetch(`${remoteLocation}security.log`, upload)).status).toBe(200);
    expect(await point.send('LogStatusNotification', { requestId, status: 'Uploaded' })).toEqual({});
    expect(await transfer()).toMatchObject({ kind: 'security-log', status: 'Uploaded', progress: 'done', bytes: 25 });
    const { items } = await bench.operator<{ items: LogBody[] }>('logs?charger=LOCKED');
    expect(items).toMatchObject([{ kind: 'security-log', name: 'security.log' }]);
    expect(await (await fetch(`${bench.console}api/logs/${items[0]?.id}`)).text()).toBe(upload.body);
  });
});

describe('secure firmware update', () => {
  const IMAGE = 'firmware 2.0';
  const SIGNATURE = Buffer.from('signature').toString('base64');

  /** The operator orders the signed image; the charge point fetches it. Gives how it reports on that. */
  async function ordered(point: ChargePoint): Promise<(...statuses: string[]) => Promise<void>> {
    await fetch(`${bench.console}api/firmware/signed.bin`, { method: 'PUT', body: IMAGE });
    const [at, installAt] = [inSeconds(60), inSeconds(120)];
    const signed = { certificate: PEM, signature: SIGNATURE };
    const body = { file: 'signed.bin', at, installAt, signed, retries: 1, retryInterval: 60 };
    const asked = point.answerNext('SignedUpdateFirmware', { status: 'Accepted' });
    const reply = bench.operator<OrderedBody>('chargers/LOCKED/firmware', { method: 'POST', body });
    const { requestId, firmware, ...rest } = await asked;
    expect(rest).toEqual({ retries: 1, retryInterval: 60 });
    expect(firmware).toEqual({
      location: expect.stringMatching(/\/files\/[\w-]{43}\/signed\.bin$/),
      retrieveDateTime: at,
      installDateTime: installAt,
      signingCertificate: PEM,
      signature: SIGNATURE,
    });
    expect(await reply).toEqual({ answer: { status: 'Accepted' }, transfer: (await transfer())?.id });
    const { location } = firmware as { location: string };
    expect(await (await fetch(location)).text()).toBe(IMAGE);
    return async (...statuses) => {
      for (const status of statuses) {
        expect(await point.send('SignedFirmwareStatusNotification', { requestId, status })).toEqual({});
        expect(await transfer()).toMatchObject({ status });
      }
    };
  }

  test('TC_080_CSMS Secure Firmware Update', async () => {
    const point = await secured();
    const report = await ordered(point);
    await report('Downloading', 'Downloaded', 'SignatureVerified');
    await point.report(0, 'Unavailable');
    expect((await bench.charger(point.id)).evses.map((evse) => evse.status)).toEqual(['Unavailable', 'Unavailable']);
    await report('Installing', 'InstallRebooting');
    expect(await point.send('BootNotification', { ...VENDOR, firmwareVersion: '2.0' })).toMatchObject({
      status: 'Accepted',
    });
    await point.report(0, 'Available');
    const event = { type: 'FirmwareUpdated', timestamp: inSeconds(0) };
    expect(await point.send('SecurityEventNotification', event)).toEqual({});
    await report('Installed');
    expect(await transfer()).toMatchObject({ file: 'signed.bin', progress: 'done', bytes: IMAGE.length });
    expect(await bench.charger(point.id)).toMatchObject({
      firmware: '2.0',
      evses: [{ status: 'Available' }, { status: 'Available' }],
    });
  });

  test('TC_081_CSMS Secure Firmware Update - Invalid Signature', async () => {
    const point = await secured();
    const report = await ordered(point);
    await report('Downloading', 'Downloaded', 'InvalidSignature');
    expect(await transfer()).toMatchObject({ progress: 'failed', bytes: IMAGE.length });
    const event = { type: 'InvalidFirmwareSignature', timestamp: inSeconds(0) };
    expect(await point.send('SecurityEventNotification', event)).toEqual({});
    expect(await bench.charger(point.id)).toMatchObject({ firmware: '1.0', evses: [{ status: 'Available' }, {}] });
  });
});
