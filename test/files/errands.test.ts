/** How an errand goes on: which order starts it, what the charger reports, and the whole way with a simulated one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { TransferBody } from '../../adapters/console/schemas.ts';
import { START, http, openFileSite, sha256, someBytes, urlIn, type FileSite } from './harness.ts';

const IMAGE = someBytes(400_000);

let site: FileSite;

beforeEach(async () => {
  site = await openFileSite();
});
afterEach(() => site.cleanUp());

describe('which order asks for diagnostics', () => {
  test('GetDiagnostics first, GetLog where the charger does not know it, remembered for this connection', async () => {
    const answers = { GetDiagnostics: 'NotImplemented', GetLog: { status: 'Accepted', filename: 'd.log' } };
    const charger = await site.charger('BAY-1', answers);
    const order = () => site.api('POST', 'chargers/BAY-1/logs', {});
    expect(await order()).toMatchObject({ status: 200, body: { answer: { status: 'Accepted', filename: 'd.log' } } });
    expect(await order()).toMatchObject({ status: 200 });
    expect(calls(charger.texts)).toEqual(['GetDiagnostics', 'GetLog', 'GetLog']);
    const urls = charger.texts
      .map((text) => JSON.parse(text) as unknown[])
      .filter(([type]) => type === 2)
      .map(urlIn);
    expect(urls[0]).toBe(urls[1]);
    charger.destroy();
    await charger.closed;
    const back = await site.charger('BAY-1', answers);
    await order();
    expect(calls(back.texts)).toEqual(['GetDiagnostics', 'GetLog']);
  });

  test('one that knows neither says so: 502 with its first answer', async () => {
    await site.charger('BAY-1', { GetDiagnostics: 'NotSupported', GetLog: 'NotImplemented' });
    expect(await site.api('POST', 'chargers/BAY-1/logs', {})).toMatchObject({
      status: 502,
      body: { code: 'NotSupported' },
    });
    expect(await site.transfers()).toEqual([]);
  });

  test('the security log is asked for by GetLog only', async () => {
    const charger = await site.charger('BAY-1', { GetLog: 'NotImplemented' });
    expect(await site.api('POST', 'chargers/BAY-1/logs', { log: 'security' })).toMatchObject({ status: 502 });
    expect(calls(charger.texts)).toEqual(['GetLog']);
  });
});

describe('what chargers report', () => {
  test('goes to the newest order; the same again changes nothing', async () => {
    const charger = await site.charger('BAY-1', { UpdateFirmware: {} });
    const changes: number[] = [];
    for (let n = 0; n < 2; n += 1) await site.api('POST', 'chargers/BAY-1/firmware', { url: `http://x/${n}` });
    site.gateway.bus.on('transfer.changed', ({ transferId }) => changes.push(transferId));
    for (const status of [
      'Downloading',
      'Downloading',
      'Idle',
      'DownloadFailed',
      'Downloading',
      'Downloaded',
      'Installed',
      'Installed',
    ])
      expect(await charger.call('FirmwareStatusNotification', { status })).toMatchObject([3, expect.any(String), {}]);
    expect(await site.transfers()).toMatchObject([
      { id: 2, status: 'Installed', progress: 'done' },
      { id: 1, status: null, progress: 'open' },
    ]);
    expect(changes).toEqual([2, 2, 2, 2, 2]);
  });

  test('goes to the order of its number where it has one', async () => {
    const charger = await site.charger('BAY-1', { GetLog: { status: 'Accepted' } });
    for (let n = 0; n < 2; n += 1) await site.api('POST', 'chargers/BAY-1/logs', { log: 'security' });
    await charger.call('LogStatusNotification', { status: 'AcceptedCanceled', requestId: 1 });
    await charger.call('LogStatusNotification', { status: 'Uploading', requestId: 2 });
    expect(await site.transfers()).toMatchObject([
      { id: 2, status: 'Uploading', progress: 'open' },
      { id: 1, status: 'AcceptedCanceled', progress: 'failed' },
    ]);
  });

  test('is kept too where nobody asked, and never without a bound', async () => {
    const charger = await site.charger('BAY-1');
    await charger.call('SignedFirmwareStatusNotification', { status: 'Downloading', requestId: 77 });
    await charger.call('SignedFirmwareStatusNotification', { status: 'InvalidSignature', requestId: 77 });
    await charger.call('DiagnosticsStatusNotification', { status: 'Uploaded' });
    expect(await site.transfers()).toMatchObject([
      { kind: 'diagnostics', status: 'Uploaded', progress: 'done', ordered: false },
      { kind: 'firmware', status: 'InvalidSignature', progress: 'failed', ordered: false },
    ]);
    for (let n = 0; n < 210; n += 1)
      await charger.call('SignedFirmwareStatusNotification', { status: 'Installed', requestId: 1000 + n });
    const { body } = await site.api<{ items: TransferBody[] }>('GET', 'transfers?limit=1000');
    expect(body.items).toHaveLength(200);
  });

  test('is not kept of a charger that was not accepted, unless it was asked', async () => {
    await site.stop();
    const closed = await openFileSite(
      'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending, call-timeout: 2, provisioning: false }\n',
    );
    const charger = await closed.charger('STRANGER');
    expect(await charger.call('FirmwareStatusNotification', { status: 'Downloading' })).toMatchObject([
      3,
      expect.any(String),
      {},
    ]);
    expect(await closed.transfers()).toEqual([]);
    await closed.cleanUp();
  });

  test('is listed newest first, by charger, page by page', async () => {
    for (const id of ['BAY-1', 'BAY-2']) {
      const charger = await site.charger(id, { GetDiagnostics: {} });
      for (let n = 0; n < 3; n += 1) await site.api('POST', `chargers/${id}/logs`, {});
      charger.destroy();
    }
    interface Page {
      items: TransferBody[];
      next: string | null;
    }
    const first = (await site.api<Page>('GET', 'transfers?charger=BAY-1&limit=2')).body;
    expect(first.items.map(({ id }) => id)).toEqual([3, 2]);
    const second = (await site.api<Page>('GET', `transfers?charger=BAY-1&limit=2&cursor=${first.next}`)).body;
    expect(second).toMatchObject({ items: [{ id: 1, chargerId: 'BAY-1' }], next: null });
  });
});

describe('a whole errand, over nothing but this machine', () => {
  test('diagnostics and security log come in from a simulated charger, to the byte', async () => {
    const charger = await simulated();
    for (const log of ['diagnostics', 'security']) await site.api('POST', 'chargers/SIM-1/logs', { log });
    await site.until(async () => (await site.transfers()).every(({ progress }) => progress === 'done'));
    expect(await site.transfers()).toMatchObject([
      { kind: 'security-log', status: 'Uploaded', bytes: expect.any(Number) },
      { kind: 'diagnostics', status: 'Uploaded', bytes: expect.any(Number) },
    ]);
    for (const { id, sha256: hash } of await site.logs())
      expect(sha256((await http(`${site.urls.console}api/logs/${id}`)).body)).toBe(hash);
    expect(await site.logs()).toHaveLength(2);
    await charger.close();
  });

  test('firmware is fetched, installed and booted', async () => {
    await site.addImage('sim-2.0.bin', IMAGE);
    const charger = await simulated();
    const { body } = await site.api('POST', 'chargers/SIM-1/firmware', { file: 'sim-2.0.bin' });
    expect(body).toEqual({ answer: {}, transfer: 1 });
    await site.until(async () => (await site.transfers())[0]?.progress === 'done');
    expect(await site.transfers()).toMatchObject([{ file: 'sim-2.0.bin', status: 'Installed', bytes: IMAGE.length }]);
    expect((await site.api('GET', 'chargers/SIM-1')).body).toMatchObject({ firmware: sha256(IMAGE).slice(0, 12) });
    await charger.close();
  });

  async function simulated() {
    const charger = createSimulatedCharger({ url: site.urls.ocpp, id: 'SIM-1', clock: () => START, strict: true });
    await charger.connect();
    return charger;
  }
});

function calls(texts: string[]): unknown[] {
  return texts.map((text) => JSON.parse(text) as unknown[]).flatMap(([type, , action]) => (type === 2 ? [action] : []));
}
