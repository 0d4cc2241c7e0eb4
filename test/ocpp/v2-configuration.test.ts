/** OCPP 2.0.1 and 2.1: the device model is read after boot, and set to what is wanted. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import { capabilitiesOf } from '../../gateway/capabilities.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { Payload } from '../harness/scripted-charger.ts';
import { api, states } from '../provisioning/scripted-charger.ts';
import type { V2Charger } from './v2-charger.ts';
import { bootThrough } from '../harness/told.ts';
import { plugDevice, startDeviceSite, type Device, type Variable } from './v2-device.ts';

let site: TestSite;
const open: V2Charger[] = [];

afterEach(async () => {
  for (const { raw } of open.splice(0)) await raw.close();
  await site.cleanUp();
});

const readonly = (value: string): Variable => ({ value, mutability: 'ReadOnly' });

/** Twenty variables, whose limits are told like any other. */
const VARIABLES: Record<string, Variable> = {
  'LocalAuthListCtrlr.Available': readonly('true'),
  'LocalAuthListCtrlr.Enabled': { value: 'true' },
  'LocalAuthListCtrlr.ItemsPerMessage': readonly('20'),
  'ReservationCtrlr.Available': readonly('false'),
  'SmartChargingCtrlr.Available': readonly('true'),
  'SmartChargingCtrlr.RateUnit': readonly('A,W'),
  'SmartChargingCtrlr.ProfileStackLevel': readonly('8'),
  'OCPPCommCtrlr.HeartbeatInterval': { value: '300' },
  'TxCtrlr.EVConnectionTimeOut': { value: '90' },
  'EVSE#1.Power': { value: '11000' },
  'EVSE#2.Power': { value: '22000' },
  'Connector#2.1.ConnectorType': readonly('cType2'),
  'SecurityCtrlr.BasicAuthPassword': { value: 'hush-hush-hush-hush', mutability: 'WriteOnly' },
  'SecurityCtrlr.OrganizationName': { value: 'Depot' },
  'AuthCtrlr.LocalPreAuthorize': { value: 'false', answer: 'Rejected' },
  'AuthCtrlr.AuthorizeRemoteStart': { value: 'true' },
  'ClockCtrlr.TimeSource': { value: 'Heartbeat', answer: 'RebootRequired' },
};

const LIMIT = 'DeviceDataCtrlr.ItemsPerMessage[GetVariables]';

function device(more: Partial<Device> = {}): Device {
  const variables = { [LIMIT]: readonly('4'), ...structuredClone(VARIABLES) };
  return { variables, most: 4, reports: { size: 5 }, ...more };
}

async function plug(version: 'ocpp2.0.1' | 'ocpp2.1', model: Device, id = 'CP'): Promise<V2Charger> {
  const charger = await plugDevice(site, id, version, model);
  open.push(charger);
  return charger;
}

const asked = (charger: V2Charger): number[] =>
  charger.calls.flatMap(([action, payload]) =>
    action === 'GetVariables' ? [(payload['getVariableData'] as unknown[]).length] : [],
  );

const written = (charger: V2Charger): string[] =>
  charger.calls.flatMap(([action, payload]) =>
    action === 'SetVariables'
      ? (payload['setVariableData'] as Payload[]).map(
          ({ component, variable, attributeValue }) => JSON.stringify([component, variable]) + String(attributeValue),
        )
      : [],
  );

const keys = async (): Promise<ConfigurationBody['keys']> =>
  (await api<ConfigurationBody>(site, 'chargers/CP/configuration')).body.keys;

const CAPABILITIES = {
  features: ['core', 'firmware', 'trigger', 'security', 'local-list', 'smart-charging'],
  localList: { enabled: true, maxPerMessage: 20, version: 0 },
  smartCharging: { maxStackLevel: 8, units: ['A', 'W'] },
  connectionTimeout: 90,
  maxKeys: 4,
};

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('the device model over %s', (version) => {
  test.each([
    ['in their order', false],
    ['backwards', true],
  ])('is read from the parts of a report, %s; what it tells is not asked again', async (_, backwards) => {
    site = await startDeviceSite();
    const charger = await plug(version, device({ reports: { size: 5, backwards } }));
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(capabilitiesOf(site.gateway, 'CP')).toMatchObject(CAPABILITIES);
    expect([charger.count('GetBaseReport'), asked(charger)]).toEqual([1, []]);
    const told = await keys();
    expect(told.map(({ key }) => key)).toEqual(
      [LIMIT, ...Object.keys(VARIABLES)].toSorted((a, b) => a.localeCompare(b)),
    );
    expect(told.find(({ key }) => key === 'EVSE#2.Power')).toMatchObject({ value: '22000', readonly: false });
    expect(told.find(({ key }) => key === 'Connector#2.1.ConnectorType')).toMatchObject({ readonly: true });
    expect(told.find(({ key }) => key === 'SecurityCtrlr.BasicAuthPassword')).toMatchObject({
      value: null,
      secret: true,
    });
  });

  test('where reports are refused, variables are asked for by name, as many as it can tell at a time', async () => {
    site = await startDeviceSite();
    const charger = await plug(version, device({ reports: 'NotSupported' }));
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(capabilitiesOf(site.gateway, 'CP')).toMatchObject(CAPABILITIES);
    // The two limits first, each by itself.
    expect(asked(charger).slice(0, 4)).toEqual([1, 1, 4, 4]);
    expect(Math.max(...asked(charger))).toBe(4);
  });

  test('one that does not say how many it can tell, or how long a question may be, gets fewer until it answers', async () => {
    site = await startDeviceSite();
    const model = device({ reports: 'Rejected', most: 3 });
    delete model.variables[LIMIT];
    const charger = await plug(version, model);
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(asked(charger).slice(0, 6)).toEqual([1, 1, 10, 5, 3, 3]);
    model.variables['DeviceDataCtrlr.BytesPerMessage[GetVariables]'] = readonly('400');
    model.most = 50;
    const before = charger.calls.length;
    await bootThrough(site, 'CP', charger);
    const questions = charger.calls.slice(before).filter(([action]) => action === 'GetVariables');
    for (const [, payload] of questions) expect(JSON.stringify(payload).length).toBeLessThanOrEqual(400);
    expect(capabilitiesOf(site.gateway, 'CP')).toMatchObject({ connectionTimeout: 90 });
  });

  test('one that promises reports and sends none is asked by name; one that tells neither has failed', async () => {
    site = await startDeviceSite();
    const charger = await plug(version, device({ reports: 'Accepted' }));
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(capabilitiesOf(site.gateway, 'CP')).toMatchObject(CAPABILITIES);
    const mute = await plug(version, device({ reports: 'EmptyResultSet', refuses: 'NotImplemented' }), 'MUTE');
    expect(await bootThrough(site, 'MUTE', mute)).toBe('failed');
    expect(asked(mute)).toEqual([1]);
  });

  test('what is wanted is written and read back; how each stands is shown', async () => {
    site = await startDeviceSite(`
meter-interval: 60
configuration:
  - { key: OCPPCommCtrlr.HeartbeatInterval, value: "600" }
  - { key: "EVSE#1.Power", value: "7400" }
  - { key: AuthCtrlr.LocalPreAuthorize, value: "true" }
  - { key: Connector#2.1.ConnectorType, value: cCCS2 }
  - { key: AlignedDataCtrlr.Interval, value: "900" }
  - { key: LocalPreAuthorize, value: "true" }
  - { key: AuthCtrlr.AuthorizeRemoteStart, value: "TRUE" }
  - { key: SecurityCtrlr.BasicAuthPassword, value: never written like this }`);
    const charger = await plug(version, device());
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(await states(site, 'CP')).toEqual({
      'OCPPCommCtrlr.HeartbeatInterval': 'as-desired',
      'EVSE#1.Power': 'as-desired',
      'AuthCtrlr.LocalPreAuthorize': 'rejected',
      'Connector#2.1.ConnectorType': 'readonly',
      'AlignedDataCtrlr.Interval': 'not-supported',
      LocalPreAuthorize: 'not-supported',
      'AuthCtrlr.AuthorizeRemoteStart': 'as-desired',
      'SampledDataCtrlr.TxUpdatedInterval': 'not-supported',
      'SampledDataCtrlr.TxUpdatedMeasurands': 'not-supported',
    });
    expect(written(charger)).toContain('[{"name":"EVSE","evse":{"id":1}},{"name":"Power"}]7400');
    expect(written(charger).join()).not.toContain('never written');
    expect((await keys()).find(({ key }) => key === 'Connector#2.1.ConnectorType')).toMatchObject({ readonly: true });
    // Names of another version are not asked for: it would seem to refuse to be asked.
    expect(asked(charger)).toEqual([3, 2]);
  });

  test('RebootRequired: one reset when idle, and the value is looked at after it', async () => {
    site = await startDeviceSite('configuration: [{ key: ClockCtrlr.TimeSource, value: NTP }]');
    const model = device();
    const charger = await plug(version, model);
    void charger.boot();
    expect(await charger.called('Reset')).toEqual({ type: 'OnIdle' });
    expect(await states(site, 'CP')).toEqual({ 'ClockCtrlr.TimeSource': 'reboot-required' });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect([await states(site, 'CP'), charger.count('Reset')]).toEqual([{ 'ClockCtrlr.TimeSource': 'as-desired' }, 1]);
  });

  test('where variables are refused by name, values are read back from a report', async () => {
    site = await startDeviceSite('configuration: [{ key: OCPPCommCtrlr.HeartbeatInterval, value: "600" }]');
    const charger = await plug(version, device({ refuses: 'NotSupported' }));
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(await states(site, 'CP')).toEqual({ 'OCPPCommCtrlr.HeartbeatInterval': 'as-desired' });
    expect(charger.count('GetBaseReport')).toBe(2);
  });

  test('an operator asks for all, and writes one: the answer goes out as it came, what is shown is kept', async () => {
    site = await startDeviceSite('provisioning: false');
    const model = device();
    const charger = await plug(version, model);
    await charger.boot();
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration?refresh=true');
    expect(body.keys).toHaveLength(Object.keys(model.variables).length);
    const path = (key: string): string => `chargers/CP/configuration/${encodeURIComponent(key)}`;
    expect(await api(site, path('EVSE#2.Power'), 'PUT', { value: '16000' })).toMatchObject({
      status: 200,
      body: { setVariableResult: [{ attributeStatus: 'Accepted' }] },
    });
    expect((await keys()).find(({ key }) => key === 'EVSE#2.Power')).toMatchObject({ value: '16000' });
    expect(await api(site, path('LocalPreAuthorize'), 'PUT', { value: '1' })).toMatchObject({ status: 400 });
    expect(await api(site, path('SecurityCtrlr.BasicAuthPassword'), 'PUT', { value: '1' })).toMatchObject({
      status: 400,
    });
    // What was said to be read-only stays so, though an answer by name does not tell.
    await api(site, path('SmartChargingCtrlr.RateUnit'), 'PUT', { value: 'A' });
    expect((await keys()).find(({ key }) => key === 'SmartChargingCtrlr.RateUnit')).toMatchObject({ readonly: true });
  });
});
