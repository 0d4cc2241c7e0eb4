import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { callCharger } from '../../gateway/remote-control.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { startFileServer } from './file-server.ts';

const START = Date.UTC(2026, 2, 1, 8, 0, 0);
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Setting {
  site: TestSite;
  charger: SimulatedCharger;
  ask(action: string, payload: object): Promise<unknown>;
  /** Messages of this kind that the gateway was sent, as their status. */
  told(action: string): unknown[];
  pass(seconds: number): void;
}

async function setUp(): Promise<Setting> {
  let now = START;
  const site = await startTestSite({ clock: () => now });
  cleanups.push(() => site.cleanUp());
  const frames: unknown[][] = [];
  const violations: string[] = [];
  const charger = createSimulatedCharger({
    url: site.urls.ocpp,
    id: 'BAY-1',
    connectors: 2,
    clock: () => now,
    strict: true,
    power: () => () => 10_000,
    reconnect: { minMs: 5, maxMs: 50 },
    onFrame: (direction, text) => direction === 'out' && frames.push(JSON.parse(text) as unknown[]),
    onViolation: (problem) => violations.push(problem),
  });
  cleanups.push(async () => {
    await charger.close();
    expect(violations).toEqual([]);
  });
  await charger.connect();
  await charger.idle();
  return {
    site,
    charger,
    async ask(action, payload) {
      const outcome = await callCharger(site.gateway, 'BAY-1', action, payload);
      return outcome.kind === 'result' ? outcome.payload : outcome;
    },
    told: (action) =>
      frames
        .filter((frame) => frame[0] === 2 && frame[2] === action)
        .map(
          (frame) => (frame[3] as { status?: unknown; type?: unknown }).status ?? (frame[3] as { type: unknown }).type,
        ),
    pass: (seconds) => {
      now += seconds * 1000;
    },
  };
}

/** A file server for this test alone. */
async function fileServer(files: Record<string, Buffer> = {}) {
  const server = await startFileServer(files);
  cleanups.push(server.stop);
  return server;
}

const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

test('a reserved connector shows it, takes its own card and tells which reservation it used', async () => {
  const { charger, ask, told } = await setUp();
  const reservation = { connectorId: 1, reservationId: 7, idTag: 'CARD1', expiryDate: at(900) };
  expect(await ask('ReserveNow', reservation)).toEqual({ status: 'Accepted' });
  expect(charger.status(1)).toBe('Reserved');
  expect(await ask('ReserveNow', { ...reservation, reservationId: 8 })).toEqual({ status: 'Occupied' });
  expect(await ask('RemoteStartTransaction', { connectorId: 1, idTag: 'BLOCKED1' })).toEqual({ status: 'Rejected' });
  await charger.plugIn(1);
  expect(await charger.tap('OTHER', 1)).toBe('refused');
  expect(await charger.tap('CARD1', 1)).toBe('started');
  expect(charger.lastAnswers['StartTransaction']).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  expect(told('StatusNotification').slice(-2)).toEqual(['Preparing', 'Charging']);
});

test('a reservation can be cancelled, once, and connector 0 stands for any free one', async () => {
  const { charger, ask } = await setUp();
  const reservation = { connectorId: 0, reservationId: 9, idTag: 'CARD1', expiryDate: at(900) };
  expect(await ask('ReserveNow', reservation)).toEqual({ status: 'Accepted' });
  expect(await ask('CancelReservation', { reservationId: 9 })).toEqual({ status: 'Accepted' });
  expect(await ask('CancelReservation', { reservationId: 9 })).toEqual({ status: 'Rejected' });
  expect([charger.status(1), charger.status(2)]).toEqual(['Available', 'Available']);
  expect(await ask('ReserveNow', { ...reservation, expiryDate: at(-1) })).toEqual({ status: 'Rejected' });
});

test('its own list of cards decides while the gateway is away, and before it is asked where it is set so', async () => {
  const { charger, ask, told } = await setUp();
  expect(await ask('GetLocalListVersion', {})).toEqual({ listVersion: 0 });
  const listed = (idTag: string, status: string) => ({ idTag, idTagInfo: { status } });
  const localAuthorizationList = [listed('BLOCKED1', 'Accepted'), listed('CARD1', 'Blocked')];
  expect(await ask('SendLocalList', { listVersion: 4, updateType: 'Full', localAuthorizationList })).toEqual({
    status: 'Accepted',
  });
  expect(await ask('SendLocalList', { listVersion: 4, updateType: 'Differential' })).toEqual({
    status: 'VersionMismatch',
  });
  expect(await ask('GetLocalListVersion', {})).toEqual({ listVersion: 4 });
  await ask('ChangeConfiguration', { key: 'LocalPreAuthorize', value: 'true' });
  await charger.plugIn(1);
  expect(await charger.tap('BLOCKED1', 1)).toBe('started');
  expect(told('Authorize')).toEqual([]);
});

test('charging profiles limit the power; the lowest of the whole box and of the transaction counts', async () => {
  const { charger, ask, pass } = await setUp();
  const profile = (id: number, purpose: string, limit: number, more: object = {}) => ({
    chargingProfileId: id,
    stackLevel: 0,
    chargingProfilePurpose: purpose,
    chargingProfileKind: 'Absolute',
    ...more,
    chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
  });
  const set = (connectorId: number, csChargingProfiles: object) =>
    ask('SetChargingProfile', { connectorId, csChargingProfiles });
  expect(await set(1, profile(1, 'TxProfile', 4000))).toEqual({ status: 'Rejected' });
  await charger.plugIn(1);
  await charger.tap('CARD1', 1);
  expect(charger.sight(1).powerW).toBe(10_000);
  expect(await set(0, profile(2, 'ChargePointMaxProfile', 7000))).toEqual({ status: 'Accepted' });
  expect(charger.sight(1).powerW).toBe(7000);
  const validTo = at(600);
  expect(await set(1, profile(3, 'TxProfile', 3000, { validTo }))).toEqual({ status: 'Accepted' });
  expect(charger.sight(1).powerW).toBe(3000);
  expect(await ask('GetCompositeSchedule', { connectorId: 1, duration: 3600, chargingRateUnit: 'W' })).toMatchObject({
    status: 'Accepted',
    chargingSchedule: {
      chargingSchedulePeriod: [
        { startPeriod: 0, limit: 3000 },
        { startPeriod: 600, limit: 7000 },
      ],
    },
  });
  pass(600);
  expect(charger.sight(1).powerW).toBe(7000);
  expect(await ask('ClearChargingProfile', {})).toEqual({ status: 'Accepted' });
  expect(await ask('ClearChargingProfile', {})).toEqual({ status: 'Unknown' });
  expect(charger.sight(1).powerW).toBe(10_000);
});

test('a limit of nothing suspends the charge; what flowed before it counts by the limit of its time', async () => {
  const { charger, ask, told, pass } = await setUp();
  await charger.plugIn(1);
  await charger.tap('CARD1', 1);
  pass(1800);
  const chargingSchedule = { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 0 }] };
  const kind = { chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative' };
  const csChargingProfiles = { chargingProfileId: 1, stackLevel: 0, ...kind, chargingSchedule };
  expect(await ask('SetChargingProfile', { connectorId: 0, csChargingProfiles })).toEqual({ status: 'Accepted' });
  pass(1800);
  await charger.sampleNow(1);
  expect(told('StatusNotification').slice(-2)).toEqual(['Charging', 'SuspendedEVSE']);
  expect(charger.registerWh(1)).toBe(5000);
});

test('diagnostics and logs are uploaded where they are wanted, and told', async () => {
  const { charger, ask, told } = await setUp();
  const { url, put } = await fileServer();
  expect(await ask('GetDiagnostics', { location: `${url}/in/` })).toEqual({ fileName: 'diagnostics-BAY-1.txt' });
  await charger.idle();
  expect(put.get('/in/diagnostics-BAY-1.txt')).toBe('diagnostics of charger BAY-1\n');
  expect(told('DiagnosticsStatusNotification')).toEqual(['Uploading', 'Uploaded']);
  const log = { logType: 'SecurityLog', requestId: 3, log: { remoteLocation: 'http://127.0.0.1:1/nobody' } };
  expect(await ask('GetLog', log)).toMatchObject({ status: 'Accepted' });
  await charger.idle();
  expect(told('LogStatusNotification')).toEqual(['Uploading', 'UploadFailure']);
});

test('new firmware is fetched, checked where it is signed, and told of at the next start', async () => {
  const { site, charger, ask, told } = await setUp();
  const image = Buffer.from('new firmware');
  const { url } = await fileServer({ '/image.bin': image });
  expect(await ask('UpdateFirmware', { location: `${url}/image.bin`, retrieveDate: at(0) })).toEqual({});
  await charger.idle();
  expect(told('FirmwareStatusNotification')).toEqual(['Downloading', 'Downloaded', 'Installing', 'Installed']);
  const firmware = createHash('sha256').update(image).digest('hex').slice(0, 12);
  expect(findCharger(site.gateway, 'BAY-1')).toMatchObject({ firmware });

  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signed = (over: Buffer) => ({
    requestId: 5,
    firmware: {
      location: `${url}/image.bin`,
      retrieveDateTime: at(0),
      signingCertificate: publicKey.export({ type: 'spki', format: 'pem' }),
      signature: createSign('SHA256').update(over).sign(privateKey, 'base64'),
    },
  });
  await ask('SignedUpdateFirmware', signed(Buffer.from('something else')));
  await charger.idle();
  await ask('SignedUpdateFirmware', signed(image));
  await charger.idle();
  expect(told('SignedFirmwareStatusNotification')).toEqual([
    'Downloading',
    'Downloaded',
    'InvalidSignature',
    'Downloading',
    'Downloaded',
    'SignatureVerified',
    'Installing',
    'Installed',
  ]);
});

test('certificates that are none are refused and told as a security event', async () => {
  const { charger, ask, told } = await setUp();
  expect(await ask('CertificateSigned', { certificateChain: 'nonsense' })).toEqual({ status: 'Rejected' });
  const certificateType = 'CentralSystemRootCertificate';
  expect(await ask('InstallCertificate', { certificateType, certificate: 'nonsense' })).toEqual({ status: 'Rejected' });
  expect(await ask('GetInstalledCertificateIds', { certificateType })).toEqual({ status: 'NotFound' });
  await charger.idle();
  expect(told('SecurityEventNotification')).toEqual([
    'InvalidChargePointCertificate',
    'InvalidCentralSystemCertificate',
  ]);
});

test('a reservation goes when its connector is taken out of service', async () => {
  const { charger, ask } = await setUp();
  await ask('ReserveNow', { connectorId: 1, reservationId: 7, idTag: 'CARD1', expiryDate: at(900) });
  await ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' });
  await charger.idle();
  await ask('ChangeAvailability', { connectorId: 1, type: 'Operative' });
  await charger.idle();
  expect(charger.status(1)).toBe('Available');
});
