import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VENDOR, answered, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const ACCEPTED = answered({ status: 'Accepted' });
const REQUEST = { requestId: 11 };
const PEM = `-----BEGIN CERTIFICATE-----\n${Buffer.from('not looked into').toString('base64')}\n-----END CERTIFICATE-----\n`;

/** A charge point under security profile 1, booted. */
async function secured(): Promise<ChargePoint> {
  const credentials = Buffer.from('LOCKED:correct horse battery').toString('base64');
  const point = await bench.connect('LOCKED', { headers: { authorization: `Basic ${credentials}` } });
  await point.boot();
  return point;
}

async function reportSecurely(point: ChargePoint, ...statuses: string[]): Promise<void> {
  for (const status of statuses)
    expect(await point.send('SignedFirmwareStatusNotification', { ...REQUEST, status })).toEqual({});
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
    const wanted = {
      ...REQUEST,
      logType: 'SecurityLog',
      log: { remoteLocation: 'https://files.example/logs/', oldestTimestamp: inSeconds(-3600) },
    };
    const answer = { status: 'Accepted', filename: 'security.log' };
    expect(await point.order('GetLog', wanted, answer)).toEqual(answered(answer));
    for (const status of ['Uploading', 'Uploaded'])
      expect(await point.send('LogStatusNotification', { ...REQUEST, status })).toEqual({});
  });
});

describe('secure firmware update', () => {
  const update = (): Record<string, unknown> => ({
    ...REQUEST,
    retries: 1,
    retryInterval: 60,
    firmware: {
      location: 'https://firmware.example/signed.bin',
      retrieveDateTime: inSeconds(60),
      installDateTime: inSeconds(120),
      signingCertificate: PEM,
      signature: Buffer.from('signature').toString('base64'),
    },
  });

  test('TC_080_CSMS Secure Firmware Update', async () => {
    const point = await secured();
    expect(await point.order('SignedUpdateFirmware', update(), { status: 'Accepted' })).toEqual(ACCEPTED);
    await reportSecurely(point, 'Downloading', 'Downloaded', 'SignatureVerified');
    await point.report(0, 'Unavailable');
    expect((await bench.charger(point.id)).evses.map((evse) => evse.status)).toEqual(['Unavailable', 'Unavailable']);
    await reportSecurely(point, 'Installing', 'InstallRebooting');
    expect(await point.send('BootNotification', { ...VENDOR, firmwareVersion: '2.0' })).toMatchObject({
      status: 'Accepted',
    });
    await point.report(0, 'Available');
    const event = { type: 'FirmwareUpdated', timestamp: inSeconds(0) };
    expect(await point.send('SecurityEventNotification', event)).toEqual({});
    await reportSecurely(point, 'Installed');
    expect(await bench.charger(point.id)).toMatchObject({
      firmware: '2.0',
      evses: [{ status: 'Available' }, { status: 'Available' }],
    });
  });

  test('TC_081_CSMS Secure Firmware Update - Invalid Signature', async () => {
    const point = await secured();
    expect(await point.order('SignedUpdateFirmware', update(), { status: 'Accepted' })).toEqual(ACCEPTED);
    await reportSecurely(point, 'Downloading', 'Downloaded', 'InvalidSignature');
    const event = { type: 'InvalidFirmwareSignature', timestamp: inSeconds(0) };
    expect(await point.send('SecurityEventNotification', event)).toEqual({});
    expect(await bench.charger(point.id)).toMatchObject({ firmware: '1.0', evses: [{ status: 'Available' }, {}] });
  });
});
