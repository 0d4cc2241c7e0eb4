/** The wire side of these cases: the operator calls, the charger answers. The gateway keeps nothing of it yet. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VENDOR, answered, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

async function reportFirmware(point: ChargePoint, ...statuses: string[]): Promise<void> {
  for (const status of statuses) expect(await point.send('FirmwareStatusNotification', { status })).toEqual({});
}

async function reportUpload(point: ChargePoint, ...statuses: string[]): Promise<void> {
  for (const status of statuses) expect(await point.send('DiagnosticsStatusNotification', { status })).toEqual({});
}

describe('firmware update', () => {
  const update = (): Record<string, unknown> => ({
    location: 'https://firmware.example/fw-1.1.bin',
    retrieveDate: inSeconds(60),
    retries: 1,
    retryInterval: 10,
  });

  async function install(point: ChargePoint, firmwareVersion: string): Promise<void> {
    expect(await point.order('UpdateFirmware', update(), {})).toEqual(answered({}));
    await reportFirmware(point, 'Downloading', 'Downloaded');
    for (const connectorId of [1, 2]) await point.report(connectorId, 'Unavailable');
    expect((await bench.charger(point.id)).evses.map((evse) => evse.status)).toEqual(['Unavailable', 'Unavailable']);
    await reportFirmware(point, 'Installing');
    const boot = await point.send('BootNotification', { ...VENDOR, firmwareVersion });
    expect(boot).toMatchObject({ status: 'Accepted' });
    for (const connectorId of [0, 1, 2]) await point.report(connectorId, 'Available');
  }

  test('TC_044_1_CSMS Firmware Update - Download and Install', async () => {
    const point = await bench.booted();
    await install(point, '1.1');
    await reportFirmware(point, 'Installed');
    expect(await bench.charger(point.id)).toMatchObject({
      firmware: '1.1',
      evses: [{ status: 'Available' }, { status: 'Available' }],
    });
  });

  test('TC_044_2_CSMS Firmware Update - Download Failed', async () => {
    const point = await bench.booted();
    expect(await point.order('UpdateFirmware', update(), {})).toEqual(answered({}));
    await reportFirmware(point, 'Downloading', 'DownloadFailed');
    expect(await bench.charger(point.id)).toMatchObject({ firmware: '1.0', evses: [{ status: 'Available' }, {}] });
  });

  test('TC_044_3_CSMS Firmware Update - Installation Failed', async () => {
    const point = await bench.booted();
    await install(point, '1.0');
    await reportFirmware(point, 'InstallationFailed');
    expect(await bench.charger(point.id)).toMatchObject({ firmware: '1.0', evses: [{ status: 'Available' }, {}] });
  });
});

describe('diagnostics', () => {
  test.each([
    ['TC_045_1_CSMS Get Diagnostics', 'Uploaded'],
    ['TC_045_2_CSMS Get Diagnostics - Upload Failed', 'UploadFailed'],
  ])('%s', async (_case, outcome) => {
    const point = await bench.booted();
    const wanted = {
      location: 'ftp://files.example/diagnostics/',
      retries: 1,
      retryInterval: 10,
      startTime: inSeconds(-7200),
      stopTime: inSeconds(-3600),
    };
    const fileName = 'diagnostics.zip';
    expect(await point.order('GetDiagnostics', wanted, { fileName })).toEqual(answered({ fileName }));
    await reportUpload(point, 'Uploading', outcome);
  });
});
