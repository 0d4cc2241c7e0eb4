/** Makes whose deviations we know, what the configuration says of others, and data in vendors' own words (Q31). */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { VENDOR_QUIRKS } from '../../adapters/ocpp/quirks/index.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { GatewayEvent } from '../../gateway/domain/events.ts';
import { NO_QUIRKS } from '../../gateway/domain/quirks.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const YAML = `ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  call-timeout: 2
  provisioning: false
  vendor-data:
    - { vendor: com.example }
    - { vendor: com.picky, message: wanted }
models:
  - { vendor: "Wall Box*", quirks: { ping-interval: 15 } }
chargers:
  - { id: OWN, quirks: { ping-interval: 45, half-duplex: true } }
`;
const anything: unknown = expect.anything();

let site: TestSite;
const open: RawCharger[] = [];

beforeAll(async () => {
  site = await startTestSite({ yaml: YAML });
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
});
afterAll(() => site.cleanUp());

async function dial(id: string): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  return charger;
}

interface Quirks {
  known: string[];
  flags: Record<string, unknown>;
}

interface VendorDataItem {
  id: number;
  chargerId: string;
  vendor: string;
  message: string | null;
  data: string | null;
  receivedAt: string;
}

async function api<Body>(path: string): Promise<Body> {
  const response = await fetch(`${site.urls.console}api/${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
}

async function bootAs(id: string, vendor: string, model: string, firmware: string): Promise<Quirks> {
  const charger = await dial(id);
  await charger.call('BootNotification', {
    chargePointVendor: vendor,
    chargePointModel: model,
    firmwareVersion: firmware,
  });
  return (await api<{ quirks: Quirks }>(`chargers/${id}`)).quirks;
}

async function codes(id: string): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, id)?.deviations ?? []).map(({ code }) => code);
}

describe('known makes are handled from their boot on', () => {
  test.each([
    ['Q9: EN+ is not pinged', 'EN+', '37', '1.1.805', ['en-plus'], { pingInterval: 0 }],
    [
      'Q29: ABB Terra AC 1.8.21 is not asked for its configuration',
      'ABB',
      'CDT_TACW22::NET_WIFI',
      'TAC3Z9119006710273::V1.8.21',
      ['abb-terra-ac'],
      { provisioning: false },
    ],
    ['Q29: ABB with another firmware is', 'ABB', 'CDT_TACW22::NET_WIFI', 'TAC3::V1.8.32', [], {}],
    ['Q29: nor is StarCharge', 'StarCharge', 'Aurora', '1.0.0.0.7b107_MG', ['star-charge'], { provisioning: false }],
    ['Q30: Grizzl-E is asked for all keys', 'United Chargers', 'GRS-*', '05.43', ['grizzl-e'], { allKeysOnly: true }],
    ['Q51: OpenEVSE 4.2.2 means kWh', 'OpenEVSE', 'Advanced Series', '4.2.2', ['open-evse'], { energyUnit: 'KWH' }],
    ['Q51: OpenEVSE 5 means what it says', 'OpenEVSE', 'Advanced Series', '5.0.1', [], {}],
    ['a make that we know nothing of', 'Voltan', 'Twin 22', '1', [], {}],
  ])('%s', async (_rule, vendor, model, firmware, known, flags) => {
    const quirks = await bootAs('MAKE', vendor, model, firmware);
    expect(quirks).toEqual({ known, flags: { ...NO_QUIRKS, ...flags } });
  });

  test('Q51: and its readings are taken so', async () => {
    await bootAs('OPENEVSE', 'OpenEVSE', 'Advanced Series', '4.2.2');
    const charger = open[0];
    await charger?.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    const sampledValue = [{ value: '361', measurand: 'Energy.Active.Import.Register', unit: 'Wh' }];
    await charger?.call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: new Date().toISOString(), sampledValue }],
    });
    expect(findCharger(site.gateway, 'OPENEVSE')?.evses).toMatchObject([{ meterWh: 361_000 }]);
  });

  test('Q12, Q29: what the configuration says of a make counts before what we know of it', async () => {
    const quirks = await bootAs('COPPER', 'Wall Box Chargers', 'CPB1-S-2-4', '6.7.38');
    expect(quirks.known).toEqual(['wallbox-copper', 'wallbox']);
    expect(quirks.flags).toEqual({ ...NO_QUIRKS, pingInterval: 15, quietAfterBoot: 20, callPause: 1000 });
  });

  test('what it says of the one charger counts before that', async () => {
    const quirks = await bootAs('OWN', 'Wall Box Chargers', 'PLP1-0-2-4', '6.7.38');
    expect(quirks.flags).toMatchObject({ pingInterval: 45, quietAfterBoot: 20, halfDuplex: true, callPause: null });
  });

  test('a firmware update may end a quirk', async () => {
    expect((await bootAs('UPDATED', 'Wall Box Chargers', 'PLP1', '6.7.38')).known).toEqual(['wallbox']);
    const quirks = await bootAs('UPDATED', 'Wall Box Chargers', 'PLP1', '7.0.1');
    expect(quirks).toMatchObject({ known: [], flags: { quietAfterBoot: null, pingInterval: 15 } });
  });

  test('each has a name of its own and says something', () => {
    expect(new Set(VENDOR_QUIRKS.map(({ name }) => name)).size).toBe(VENDOR_QUIRKS.length);
    for (const { flags } of VENDOR_QUIRKS) expect(Object.keys(flags)).not.toHaveLength(0);
  });
});

describe('Q31: DataTransfer', () => {
  const METERS = JSON.stringify({
    meters: [{ connectorId: 1, meterSerial: 'S1', type: 'SIGNATURE', publicKey: '3059301306072A8648CE3D0201' }],
  });

  test.each([
    ['a vendor nobody knows', { vendorId: 'com.unknown', messageId: 'x', data: 'y' }, 'UnknownVendorId'],
    ['no message name', { vendorId: 'com.unknown' }, 'UnknownVendorId'],
    ['a known vendor’s unknown message', { vendorId: 'EV-BOX', messageId: 'evbOther', data: '1' }, 'UnknownMessageId'],
    ['a known vendor without message', { vendorId: 'generalConfiguration' }, 'UnknownMessageId'],
    ['an inherited name', { vendorId: 'EV-BOX', messageId: 'constructor', data: '1' }, 'UnknownMessageId'],
    [
      'a message that the configuration does not name',
      { vendorId: 'com.picky', messageId: 'other' },
      'UnknownMessageId',
    ],
    [
      'a known one that cannot be read',
      { vendorId: 'generalConfiguration', messageId: 'setMeterConfiguration', data: '{' },
      'Rejected',
    ],
    ['one that is too long', { vendorId: 'com.example', data: 'x'.repeat(70_000) }, 'Rejected'],
    [
      'the public keys of meters',
      { vendorId: 'generalConfiguration', messageId: 'setMeterConfiguration', data: METERS },
      'Accepted',
    ],
    [
      'EVBox’s second status',
      { vendorId: 'ev-box', messageId: 'evbStatusNotification', data: '1,Charging,NoError' },
      'Accepted',
    ],
    [
      'any message of a vendor that the configuration names',
      { vendorId: 'COM.example', messageId: 'any', data: 'd' },
      'Accepted',
    ],
    ['also without name and data', { vendorId: 'com.example' }, 'Accepted'],
    ['the message that it names', { vendorId: 'com.picky', messageId: 'wanted', data: '' }, 'Accepted'],
  ])('Q31: %s', async (_what, request, status) => {
    const charger = await dial('DATA');
    expect(await charger.call('DataTransfer', request)).toEqual([3, anything, { status }]);
  });

  test('Q31: what is taken is kept, published and listed to the letter; what is not is noted', async () => {
    const events: GatewayEvent[] = [];
    const stop = site.gateway.bus.onAny((event) => events.push(event));
    const charger = await dial('KEPT');
    for (const data of ['one', 'two\n"2"', 'three'])
      await charger.call('DataTransfer', { vendorId: 'com.example', messageId: 'count', data });
    await charger.call('DataTransfer', { vendorId: 'com.unknown', messageId: 'count', data: 'no' });
    stop();
    const first = await api<{ items: VendorDataItem[]; next: string }>('vendor-data?charger=KEPT&limit=2');
    expect(first.items).toMatchObject([
      { chargerId: 'KEPT', vendor: 'com.example', message: 'count', data: 'three' },
      { data: 'two\n"2"' },
    ]);
    const rest = await api<{ items: VendorDataItem[]; next: null }>(`vendor-data?charger=KEPT&cursor=${first.next}`);
    expect(rest).toMatchObject({ items: [{ data: 'one' }], next: null });
    const received = events.filter(({ name }) => name === 'vendor-data.received');
    expect(received.map(({ data }) => data)).toEqual(
      [...rest.items, ...first.items.toReversed()].map(({ id }) => ({
        id,
        chargerId: 'KEPT',
        vendor: 'com.example',
        message: 'count',
      })),
    );
    expect(await codes('KEPT')).toEqual(['UNKNOWN_VENDOR:com.unknown']);
  });

  test('Q31: data that is JSON instead of text is kept as its text', async () => {
    const charger = await dial('JSON');
    const request = { vendorId: 'com.example', data: { temperature: 21.5, list: [1, 2] } };
    expect(await charger.call('DataTransfer', request)).toEqual([3, anything, { status: 'Accepted' }]);
    const { items } = await api<{ items: VendorDataItem[] }>('vendor-data?charger=JSON');
    expect(items).toMatchObject([{ data: '{"temperature":21.5,"list":[1,2]}' }]);
  });

  test('Q31: only the newest are kept', async () => {
    const charger = await dial('MANY');
    for (let n = 0; n < 510; n += 1)
      charger.send(JSON.stringify([2, `d${n}`, 'DataTransfer', { vendorId: 'com.example', data: String(n) }]));
    await charger.waitFor((frame) => frame[1] === 'd509');
    const { items } = await api<{ items: VendorDataItem[] }>('vendor-data?charger=MANY&limit=1000');
    expect(items).toHaveLength(500);
    expect([items[0]?.data, items.at(-1)?.data]).toEqual(['509', '10']);
  });

  test('Q31: messages of the security extension are answered, whatever is in them', async () => {
    const charger = await dial('SECURE');
    const timestamp = new Date().toISOString();
    for (const [action, payload] of [
      ['SecurityEventNotification', { type: 'SettingSystemTime', timestamp }],
      ['SecurityEventNotification', {}],
      ['LogStatusNotification', { status: 'Idle' }],
      ['SignedFirmwareStatusNotification', { status: 'Idle' }],
      ['SignCertificate', { csr: 'none' }],
    ] as const)
      expect([action, ...(await charger.call(action, payload))]).toMatchObject([action, 3, anything, {}]);
  });
});
