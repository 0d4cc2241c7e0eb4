import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LogBody, OrderedBody, TransferBody } from '../../../adapters/console/schemas.ts';
import { VENDOR, answered, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

const IMAGE = Buffer.from('firmware 1.1, to the letter\n'.repeat(5000));

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

async function report(point: ChargePoint, action: string, ...statuses: string[]): Promise<void> {
  for (const status of statuses) expect(await point.send(action, { status })).toEqual({});
}

/** What the operator sees of the charger's last errand. */
async function transfer(point: ChargePoint): Promise<TransferBody | undefined> {
  const { items } = await bench.operator<{ items: TransferBody[] }>(`transfers?charger=${point.id}`);
  return items[0];
}

describe('firmware update', () => {
  beforeEach(async () => {
    await fetch(`${bench.console}api/firmware/fw-1.1.bin`, { method: 'PUT', body: IMAGE });
  });

  /** The operator orders the image; the charge point learns where it is. */
  async function ordered(point: ChargePoint): Promise<string> {
    const body = { file: 'fw-1.1.bin', at: inSeconds(60), retries: 1, retryInterval: 10 };
    const asked = point.answerNext('UpdateFirmware', {});
    const reply = bench.operator<OrderedBody>(`chargers/${point.id}/firmware`, { method: 'POST', body });
    const payload = await asked;
    expect(payload).toEqual({
      location: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/files\/[\w-]{43}\/fw-1\.1\.bin$/),
      retrieveDate: body.at,
      retries: 1,
      retryInterval: 10,
    });
    expect(await reply).toEqual({ answer: {}, transfer: (await transfer(point))?.id });
    return payload['location'] as string;
  }

  async function install(point: ChargePoint, firmwareVersion: string): Promise<void> {
    const location = await ordered(point);
    await report(point, 'FirmwareStatusNotification', 'Downloading');
    const got = Buffer.from(await (await fetch(location)).arrayBuffer());
    expect(got.equals(IMAGE)).toBe(true);
    await report(point, 'FirmwareStatusNotification', 'Downloaded');
    for (const connectorId of [1, 2]) await point.report(connectorId, 'Unavailable');
    expect((await bench.charger(point.id)).evses.map((evse) => evse.status)).toEqual(['Unavailable', 'Unavailable']);
    await report(point, 'FirmwareStatusNotification', 'Installing');
    const boot = await point.send('BootNotification', { ...VENDOR, firmwareVersion });
    expect(boot).toMatchObject({ status: 'Accepted' });
    for (const connectorId of [0, 1, 2]) await point.report(connectorId, 'Available');
  }

  test('TC_044_1_CSMS Firmware Update - Download and Install', async () => {
    const point = await bench.booted();
    await install(point, '1.1');
    await report(point, 'FirmwareStatusNotification', 'Installed');
    expect(await transfer(point)).toMatchObject({
      kind: 'firmware',
      file: 'fw-1.1.bin',
      status: 'Installed',
      progress: 'done',
      bytes: IMAGE.length,
    });
    expect(await bench.charger(point.id)).toMatchObject({
      firmware: '1.1',
      evses: [{ status: 'Available' }, { status: 'Available' }],
    });
  });

  test('TC_044_2_CSMS Firmware Update - Download Failed', async () => {
    const point = await bench.booted();
    await ordered(point);
    await report(point, 'FirmwareStatusNotification', 'Downloading', 'DownloadFailed');
    expect(await transfer(point)).toMatchObject({ status: 'DownloadFailed', progress: 'failed', bytes: null });
    expect(await bench.charger(point.id)).toMatchObject({ firmware: '1.0', evses: [{ status: 'Available' }, {}] });
  });

  test('TC_044_3_CSMS Firmware Update - Installation Failed', async () => {
    const point = await bench.booted();
    await install(point, '1.0');
    await report(point, 'FirmwareStatusNotification', 'InstallationFailed');
    expect(await transfer(point)).toMatchObject({
      status: 'InstallationFailed',
      progress: 'failed',
      bytes: IMAGE.length,
    });
    expect(await bench.charger(point.id)).toMatchObject({ firmware: '1.0', evses: [{ status: 'Available' }, {}] });
  });

  test('TC_044_1_CSMS from an address of the operator, as a bare call', async () => {
    const point = await bench.booted();
    const update = { location: 'https://firmware.example/fw-1.1.bin', retrieveDate: inSeconds(60), retries: 1 };
    expect(await point.order('UpdateFirmware', update, {})).toEqual(answered({}));
    await report(point, 'FirmwareStatusNotification', 'Downloading', 'Downloaded', 'Installing', 'Installed');
    expect(await transfer(point)).toMatchObject({ status: 'Installed', progress: 'done', ordered: false });
  });
});

describe('diagnostics', () => {
  const SPAN = { from: inSeconds(-7200), to: inSeconds(-3600) };

  /** The operator asks for diagnostics; the charge point learns where to put them. */
  async function ordered(point: ChargePoint): Promise<string> {
    const fileName = 'diagnostics.zip';
    const body = { ...SPAN, retries: 1, retryInterval: 10 };
    const asked = point.answerNext('GetDiagnostics', { fileName });
    const reply = bench.operator<OrderedBody>(`chargers/${point.id}/logs`, { method: 'POST', body });
    const payload = await asked;
    expect(payload).toEqual({
      location: expect.stringMatching(/\/files\/[\w-]{43}\/$/),
      retries: 1,
      retryInterval: 10,
      startTime: SPAN.from,
      stopTime: SPAN.to,
    });
    expect(await reply).toEqual({ answer: { fileName }, transfer: (await transfer(point))?.id });
    return `${payload['location'] as string}${fileName}`;
  }

  test('TC_045_1_CSMS Get Diagnostics', async () => {
    const point = await bench.booted();
    const location = await ordered(point);
    await report(point, 'DiagnosticsStatusNotification', 'Uploading');
    const content = 'what the charger saw\n'.repeat(1000);
    expect((await fetch(location, { method: 'PUT', body: content })).status).toBe(200);
    await report(point, 'DiagnosticsStatusNotification', 'Uploaded');
    expect(await transfer(point)).toMatchObject({
      kind: 'diagnostics',
      file: 'diagnostics.zip',
      status: 'Uploaded',
      progress: 'done',
      bytes: content.length,
    });
    const { items } = await bench.operator<{ items: LogBody[] }>(`logs?charger=${point.id}`);
    expect(items).toMatchObject([{ name: 'diagnostics.zip', kind: 'diagnostics' }]);
    expect(await (await fetch(`${bench.console}api/logs/${items[0]?.id}`)).text()).toBe(content);
  });

  test('TC_045_2_CSMS Get Diagnostics - Upload Failed', async () => {
    const point = await bench.booted();
    await ordered(point);
    await report(point, 'DiagnosticsStatusNotification', 'Uploading', 'UploadFailed');
    expect(await transfer(point)).toMatchObject({ status: 'UploadFailed', progress: 'failed', bytes: null });
    expect(await bench.operator(`logs?charger=${point.id}`)).toEqual({ items: [], next: null });
  });
});
