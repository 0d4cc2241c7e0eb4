/** What a charger tells of itself after it booted: keys, capabilities, EVSEs. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChargerDetailBody } from '../../adapters/console/capabilities.ts';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import { canTrigger, capabilitiesOf, trigger } from '../../gateway/capabilities.ts';
import type { TestSite } from '../harness/gateway.ts';
import { bootThrough, told } from '../harness/told.ts';
import { api, connectScripted, KEYS, readKeys, startSite } from './scripted-charger.ts';

const FULL = {
  ...KEYS,
  SupportedFeatureProfiles: {
    value: 'Core, FirmwareManagement LocalAuthListManagement,SmartCharging,Reservation,RemoteTrigger,ACME',
    readonly: true,
  },
  LocalAuthListEnabled: { value: 'True' },
  LocalAuthListMaxLength: { value: '200', readonly: true },
  SendLocalListMaxLength: { value: '20', readonly: true },
  ReserveConnectorZeroSupported: { value: '0', readonly: true },
  ChargeProfileMaxStackLevel: { value: '4', readonly: true },
  ChargingScheduleAllowedChargingRateUnit: { value: 'Current,Power', readonly: true },
  ChargingScheduleMaxPeriods: { value: '24', readonly: true },
  MaxChargingProfilesInstalled: { value: '6', readonly: true },
  ConnectorSwitch3to1PhaseSupported: { value: 'false', readonly: true },
  ConnectionTimeOut: { value: '90' },
  SecurityProfile: { value: '1' },
  AuthorizationKey: { value: 'deadbeefdeadbeefdeadbeef' },
};

describe('discovery', () => {
  let site: TestSite;
  beforeEach(async () => {
    site = await startSite();
  });
  afterEach(() => site.cleanUp());

  it('Q30: reads what a charger can do, also from a list with blanks, and shows it', async () => {
    const charger = await connectScripted(site, 'CP', { keys: { ...FULL } });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect((await api<ChargerDetailBody>(site, 'chargers/CP')).body.capabilities).toMatchObject({
      features: ['core', 'firmware', 'local-list', 'smart-charging', 'reservation', 'trigger', 'other'],
      evses: 2,
      security: true,
      localList: { enabled: true, maxEntries: 200, maxPerMessage: 20, version: 0 },
      smartCharging: { maxStackLevel: 4, units: ['A', 'W'], maxPeriods: 24, maxProfiles: 6, phaseSwitching: false },
      reserveWholeCharger: false,
      connectionTimeout: 90,
      untriggerable: [],
    });
  });

  it('keeps every key as the charger spells it, and never the value of its password', async () => {
    const charger = await connectScripted(site, 'CP', { keys: { ...FULL } });
    await bootThrough(site, 'CP', charger);
    const { keys } = (await api<ConfigurationBody>(site, 'chargers/CP/configuration')).body;
    expect(keys.map(({ key }) => key)).toEqual(Object.keys(FULL).toSorted((a, b) => a.localeCompare(b)));
    expect(keys.find(({ key }) => key === 'LocalAuthListEnabled')).toMatchObject({ value: 'True', readonly: false });
    expect(keys.find(({ key }) => key === 'AuthorizationKey')).toMatchObject({ value: null, secret: true });
    const rows = site.gateway.db.all('SELECT * FROM charger_configuration');
    expect(JSON.stringify(rows)).not.toContain('deadbeef');
  });

  it('Q47: a charger that nobody described gets the EVSEs it says it has; a described one keeps its own', async () => {
    const unknown = await connectScripted(site, 'NEW', { keys: { ...KEYS } });
    const known = await connectScripted(site, 'BAY-1', {
      keys: { ...KEYS, NumberOfConnectors: { value: '3', readonly: true } },
    });
    await Promise.all([bootThrough(site, 'NEW', unknown), bootThrough(site, 'BAY-1', known)]);
    const evses = async (id: string): Promise<number[]> =>
      (await api<ChargerDetailBody>(site, `chargers/${id}`)).body.evses.map(({ evse }) => evse);
    expect(await evses('NEW')).toEqual([1, 2]);
    expect(await evses('BAY-1')).toEqual([1, 2]);
  });

  it('a charger that tells as many keys as it can at a time is asked for the others by name', async () => {
    const keys = { ...FULL, GetConfigurationMaxKeys: { value: '4', readonly: true } };
    const charger = await connectScripted(site, 'CP', {
      keys,
      answer(action, payload) {
        if (action !== 'GetConfiguration') return undefined;
        const named = payload['key'] as string[] | undefined;
        expect(named?.length ?? 0).toBeLessThanOrEqual(4);
        return {
          payload: readKeys(
            keys,
            named ??
              ['GetConfigurationMaxKeys', 'NumberOfConnectors', 'a', 'b'].map(
                (name, at) => Object.keys(keys).find((key) => key === name) ?? Object.keys(keys)[at + 4]!,
              ),
          ),
        };
      },
    });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('GetConfiguration').length).toBeGreaterThan(2);
    expect(capabilitiesOf(site.gateway, 'CP')).toMatchObject({
      evses: 2,
      maxKeys: 4,
      security: true,
      connectionTimeout: 90,
      smartCharging: { maxStackLevel: 4 },
    });
  });

  it('Q30: a charger that refuses to be asked for all keys is asked for the standard ones, few at a time', async () => {
    const charger = await connectScripted(site, 'CP', {
      keys: { ...FULL },
      answer: (action, payload) =>
        action === 'GetConfiguration' && payload['key'] === undefined ? { error: 'InternalError' } : undefined,
    });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(
      charger
        .of('GetConfiguration')
        .slice(1)
        .map(({ key }) => (key as string[]).length),
    ).toEqual([10, 10, 1]);
    expect(capabilitiesOf(site.gateway, 'CP')).toMatchObject({ evses: 2, localList: { maxEntries: 200 } });
  });

  it('Q30: a charger that refuses a list of keys is not asked for single keys again', async () => {
    await site.cleanUp();
    site = await startSite('configuration: [{ key: Hidden, value: "1" }, { key: HeartbeatInterval, value: "60" }]');
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS },
      answer: (action, payload) =>
        action === 'GetConfiguration' && payload['key'] !== undefined ? { error: 'FormationViolation' } : undefined,
    });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    const lists = (): number => charger.of('GetConfiguration').filter(({ key }) => key !== undefined).length;
    expect(lists()).toBe(1);
    // Its values are read back all the same, with all the others.
    expect(charger.of('GetConfiguration').length).toBe(3);
    await bootThrough(site, 'CP', charger);
    expect(lists()).toBe(1);
  });

  it('Q30: a charger known to want all keys is never asked for single ones', async () => {
    await site.cleanUp();
    site = await startSite(
      'configuration: [{ key: Hidden, value: "1" }]',
      'models: [{ vendor: Scripted, quirks: { call-pause: 0, all-keys-only: true } }]',
    );
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('GetConfiguration')).toEqual([{}]);
  });

  it('a charger that tells no key at all has failed, says why, and is asked again when it boots', async () => {
    const script = { keys: {} };
    const charger = await connectScripted(site, 'CP', script);
    expect(await bootThrough(site, 'CP', charger)).toBe('failed');
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration');
    expect(body).toMatchObject({ state: 'failed', problem: 'it told none of its configuration keys' });
    Object.assign(script.keys, KEYS);
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
  });

  it.each([
    ['-1', { payload: { listVersion: -1 } }, -1],
    ['an error', { error: 'NotSupported' }, -1],
    ['0', { payload: { listVersion: 0 } }, 0],
    ['7', { payload: { listVersion: 7 } }, 7],
    ['nothing', { payload: {} }, -1],
  ] as const)('Q62: answering %s about its local list', async (_name, reply, version) => {
    const charger = await connectScripted(site, 'CP', {
      keys: { ...FULL },
      answer: (action) => (action === 'GetLocalListVersion' ? reply : undefined),
    });
    await bootThrough(site, 'CP', charger);
    expect(capabilitiesOf(site.gateway, 'CP').localList.version).toBe(version);
  });

  it('Q62: a charger without local lists is not asked for its version', async () => {
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('GetLocalListVersion')).toEqual([]);
    expect(capabilitiesOf(site.gateway, 'CP').localList.version).toBeNull();
  });

  it('Q57: a charger that knows no triggers is not asked again; one that lacks a message only not for that', async () => {
    const none = await connectScripted(site, 'NONE', { keys: { ...KEYS } });
    const some = await connectScripted(site, 'SOME', {
      keys: { ...KEYS },
      answer: (action, payload) =>
        action === 'TriggerMessage'
          ? { payload: { status: payload['requestedMessage'] === 'MeterValues' ? 'NotImplemented' : 'Accepted' } }
          : undefined,
    });
    const gw = site.gateway;
    expect(await trigger(gw, 'NONE', 'status', 1)).toMatchObject({ kind: 'error', code: 'NotImplemented' });
    expect(canTrigger(gw, 'NONE')).toBe(false);
    expect(await trigger(gw, 'NONE', 'boot', null)).toEqual({ kind: 'cannot' });
    expect(none.of('TriggerMessage').length).toBe(1);

    expect(await trigger(gw, 'SOME', 'meter-values', 1)).toMatchObject({ kind: 'answered' });
    expect([canTrigger(gw, 'SOME'), canTrigger(gw, 'SOME', 'meter-values')]).toEqual([true, false]);
    expect(await trigger(gw, 'SOME', 'status', 1)).toMatchObject({ answer: { status: 'accepted' } });
    expect(some.of('TriggerMessage').length).toBe(2);
  });

  it('Q57: what is found out about a firmware is forgotten with it', async () => {
    const script = { keys: { ...KEYS }, make: { firmwareVersion: '1.0' } };
    const charger = await connectScripted(site, 'CP', script);
    await bootThrough(site, 'CP', charger);
    await trigger(site.gateway, 'CP', 'status', 1);
    expect(canTrigger(site.gateway, 'CP')).toBe(false);
    script.make.firmwareVersion = '2.0';
    await bootThrough(site, 'CP', charger);
    expect(canTrigger(site.gateway, 'CP')).toBe(true);
  });

  it('a charger that connects without booting is gone through once, and not again while nothing changed', async () => {
    await site.cleanUp();
    let now = Date.now();
    site = await startSite('', '', () => now);
    const first = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    expect((await told(site, 'charger.provisioned', 'CP')).state).toBe('done');
    expect((await api<ConfigurationBody>(site, 'chargers/CP/configuration')).body.state).toBe('done');
    // What happens this long after has nothing to do with it.
    now += 60_000;
    const gone = told(site, 'charger.disconnected', 'CP');
    first.drop();
    await gone;
    const second = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    // Another one, that connects after it, is gone through meanwhile.
    await connectScripted(site, 'OTHER', { keys: { ...KEYS } });
    await told(site, 'charger.provisioned', 'OTHER');
    expect(second.calls).toEqual([]);
  });
});
