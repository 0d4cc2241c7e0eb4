/** What a charger's keys should hold, how it is brought about, and when it is let alone. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import type { TestSite } from '../harness/gateway.ts';
import { bootThrough } from '../harness/told.ts';
import { api, connectScripted, KEYS, startSite, states, type Script } from './scripted-charger.ts';

let site: TestSite;
afterEach(() => site.cleanUp());

const written = (payloads: Record<string, unknown>[]): string[] =>
  payloads.map(({ key, value }) => `${String(key)}=${String(value)}`);

const oneKey = 'configuration: [{ key: HeartbeatInterval, value: "60" }]';

/** A charger that takes writes of one key in its own way. */
const takes = (
  key: string,
  reply: { payload: Record<string, unknown> } | { error: string },
): NonNullable<Script['answer']> =>
  function answer(action, payload) {
    return action === 'ChangeConfiguration' && payload['key'] === key ? reply : undefined;
  };

describe('wanted values', () => {
  it("come from the charger's own settings before its make's, these before the site's", async () => {
    site = await startSite(
      'configuration: [{ key: A, value: site }, { key: B, value: site }, { key: C, value: site }]',
      `
models:
  - { vendor: Nobody, configuration: [{ key: C, value: other make }] }
  - { vendor: "Scr*", quirks: { call-pause: 0 }, configuration: [{ key: b, value: model }, { key: a, value: model }] }
chargers:
  - { id: CP, configuration: [{ key: A, value: own }] }
`,
    );
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS, A: { value: '' }, B: { value: '' }, C: { value: '' } },
    });
    await bootThrough(site, 'CP', charger);
    expect(written(charger.of('ChangeConfiguration'))).toEqual(['A=own', 'b=model', 'C=site']);
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration');
    expect(body.keys.filter(({ desired }) => desired).map(({ key, desired }) => [key, desired])).toEqual([
      ['A', { value: 'own', by: 'charger', state: 'as-desired' }],
      ['B', { value: 'model', by: 'model', state: 'as-desired' }],
      ['C', { value: 'site', by: 'site', state: 'as-desired' }],
    ]);
  });

  it('are written only where the charger says otherwise, and read back', async () => {
    site = await startSite(
      'configuration: [{ key: HeartbeatInterval, value: "60" }, { key: MeterValueSampleInterval, value: "60" }]',
    );
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(charger.calls.map(({ action }) => action)).toEqual([
      'GetConfiguration',
      'ChangeConfiguration',
      'GetConfiguration',
    ]);
    expect(charger.of('GetConfiguration')[1]).toEqual({ key: ['HeartbeatInterval'] });
    expect(await states(site, 'CP')).toEqual({
      HeartbeatInterval: 'as-desired',
      MeterValueSampleInterval: 'as-desired',
    });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration').length).toBe(1);
  });

  it.each([
    ['LocalPreAuthorize', 'True', 'true'],
    ['LocalPreAuthorize', '1', 'true'],
    ['LocalPreAuthorize', 'FALSE', 'false'],
    ['heartbeatinterval', '060', '60'],
    ['HEARTBEATINTERVAL', '60.0', '60'],
    ['MeterValuesAlignedData', 'SoC , Voltage', 'SoC,Voltage'],
  ])('Q59: %s at "%s" is as good as "%s"', async (key, value, wanted) => {
    const settings = ['HeartbeatInterval', 'LocalPreAuthorize', 'MeterValuesAlignedData'].find(
      (name) => name.toLowerCase() === key.toLowerCase(),
    );
    site = await startSite(`configuration: [{ key: ${settings}, value: "${wanted}" }]`);
    const { HeartbeatInterval: _, ...others } = KEYS;
    const charger = await connectScripted(site, 'CP', { keys: { ...others, [key]: { value } } });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration')).toEqual([]);
    expect(await states(site, 'CP')).toEqual({ [key]: 'as-desired' });
  });

  it.each([
    ['rejected', { payload: { status: 'Rejected' } }],
    ['not-supported', { payload: { status: 'NotSupported' } }],
    ['not-supported', { error: 'NotImplemented' }],
    ['rejected', { error: 'InternalError' }],
  ] as const)('%s is what a key is that was answered so', async (state, reply) => {
    site = await startSite('configuration: [{ key: HeartbeatInterval, value: "60" }, { key: B, value: "2" }]');
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS, B: { value: '1' } },
      answer: takes('HeartbeatInterval', reply),
    });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(await states(site, 'CP')).toEqual({ HeartbeatInterval: state, B: 'as-desired' });
  });

  it('a read-only key is left alone, and shown as such', async () => {
    site = await startSite('configuration: [{ key: NumberOfConnectors, value: "9" }]');
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration')).toEqual([]);
    expect(await states(site, 'CP')).toEqual({ NumberOfConnectors: 'readonly' });
  });

  it('Q27: a write that is answered without a status is judged by what the charger shows afterwards', async () => {
    site = await startSite(oneKey);
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS },
      answer: takes('HeartbeatInterval', { payload: {} }),
    });
    await bootThrough(site, 'CP', charger);
    expect(await states(site, 'CP')).toEqual({ HeartbeatInterval: 'differs' });
  });

  it('a value that was taken and shows otherwise is not pressed upon the charger again', async () => {
    site = await startSite(oneKey);
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS },
      answer: takes('HeartbeatInterval', { payload: { status: 'Accepted' } }),
    });
    for (let boots = 0; boots < 3; boots += 1) await bootThrough(site, 'CP', charger);
    expect(await states(site, 'CP')).toEqual({ HeartbeatInterval: 'differs' });
    expect(charger.of('ChangeConfiguration').length).toBe(1);
  });

  it('a key that the charger keeps to itself is written once', async () => {
    site = await startSite('configuration: [{ key: WifiPassword, value: hush-hush-hush }]');
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS, WifiPassword: { value: null } },
      answer: takes('WifiPassword', { payload: { status: 'Accepted' } }),
    });
    await bootThrough(site, 'CP', charger);
    await bootThrough(site, 'CP', charger);
    expect(written(charger.of('ChangeConfiguration'))).toEqual(['WifiPassword=hush-hush-hush']);
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration');
    expect(body.keys.find(({ secret }) => secret)).toMatchObject({ desired: { value: null, state: 'accepted' } });
    const rows = ['charger_configuration', 'charger_provisioning'].flatMap((name) =>
      site.gateway.db.all(`SELECT * FROM ${name}`),
    );
    const frames = await api(site, 'frames?charger=CP');
    expect(JSON.stringify(frames.body)).toContain('WifiPassword');
    expect(JSON.stringify([rows, body, frames, site.logged])).not.toContain('hush-hush-hush');
  });

  it("the charger's password is never written from settings", async () => {
    site = await startSite('configuration: [{ key: authorizationkey, value: 0123456789abcdef0123 }]');
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS, AuthorizationKey: { value: null } } });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration')).toEqual([]);
  });

  it('a value that somebody changed at the charger is written again when it boots', async () => {
    site = await startSite(oneKey);
    const script: Script = { keys: { ...KEYS } };
    const charger = await connectScripted(site, 'CP', script);
    await bootThrough(site, 'CP', charger);
    script.keys['HeartbeatInterval'] = { value: '999' };
    await bootThrough(site, 'CP', charger);
    expect(written(charger.of('ChangeConfiguration'))).toEqual(['HeartbeatInterval=60', 'HeartbeatInterval=60']);
    expect(await states(site, 'CP')).toEqual({ HeartbeatInterval: 'as-desired' });
  });
});

describe('measurands', () => {
  const ALL = 'Energy.Active.Import.Register,Power.Active.Import,Current.Import,SoC,Voltage,Current.Offered';
  const INTERVAL = 'meter-interval: 60';

  it('Q54: all that are wanted are asked for, and the interval with them', async () => {
    site = await startSite('meter-interval: 30');
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    await bootThrough(site, 'CP', charger);
    expect(written(charger.of('ChangeConfiguration'))).toEqual([
      'MeterValueSampleInterval=30',
      `MeterValuesSampledData=${ALL}`,
    ]);
  });

  it('a charger that reads more than is wanted is left alone', async () => {
    site = await startSite(INTERVAL);
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS, MeterValuesSampledData: { value: `Temperature, ${ALL.replaceAll(',', ', ')}` } },
    });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration')).toEqual([]);
  });

  it('Q56: one that refuses the whole list is offered one after the other, once, and never reads less than energy', async () => {
    site = await startSite(INTERVAL);
    const script: Script = {
      keys: { ...KEYS },
      answer: (action, { key, value }) =>
        action === 'ChangeConfiguration' &&
        key === 'MeterValuesSampledData' &&
        String(value)
          .split(',')
          .some((each) => each === 'SoC' || each === 'Current.Offered')
          ? { payload: { status: 'Rejected' } }
          : undefined,
    };
    const charger = await connectScripted(site, 'CP', script);
    await bootThrough(site, 'CP', charger);
    const offers = charger.of('ChangeConfiguration').map(({ value }) => String(value));
    expect(offers.length).toBe(7);
    expect(offers.every((offer) => offer.startsWith('Energy.Active.Import.Register'))).toBe(true);
    expect(script.keys['MeterValuesSampledData']?.value).toBe(
      'Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage',
    );
    expect(await states(site, 'CP')).toMatchObject({ MeterValuesSampledData: 'as-desired' });
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration').length).toBe(7);
  });

  it('Q56: one that refuses every measurand is not asked again for the same firmware', async () => {
    site = await startSite(INTERVAL);
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS },
      answer: takes('MeterValuesSampledData', { payload: { status: 'Rejected' } }),
    });
    await bootThrough(site, 'CP', charger);
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration').length).toBe(7);
    expect(await states(site, 'CP')).toMatchObject({ MeterValuesSampledData: 'rejected' });
  });

  it('Q56: no more are asked for than the charger can', async () => {
    site = await startSite(INTERVAL);
    const script: Script = {
      keys: { ...KEYS, MeterValuesSampledDataMaxLength: { value: '2', readonly: true } },
    };
    const charger = await connectScripted(site, 'CP', script);
    await bootThrough(site, 'CP', charger);
    expect(written(charger.of('ChangeConfiguration'))).toEqual([
      'MeterValuesSampledData=Energy.Active.Import.Register,Power.Active.Import',
    ]);
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration').length).toBe(1);
  });

  it('Q54: of a list that was accepted, what the charger shows of it is what it took', async () => {
    site = await startSite(INTERVAL);
    const script: Script = {
      keys: { ...KEYS },
      answer(action, { key }) {
        if (action !== 'ChangeConfiguration' || key !== 'MeterValuesSampledData') return undefined;
        script.keys['MeterValuesSampledData'] = { value: 'Energy.Active.Import.Register, Voltage' };
        return { payload: { status: 'Accepted' } };
      },
    };
    const charger = await connectScripted(site, 'CP', script);
    await bootThrough(site, 'CP', charger);
    await bootThrough(site, 'CP', charger);
    expect(charger.of('ChangeConfiguration').length).toBe(1);
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration');
    expect(body.keys.find(({ key }) => key === 'MeterValuesSampledData')?.desired).toEqual({
      value: 'Energy.Active.Import.Register,Voltage',
      by: 'gateway',
      state: 'as-desired',
    });
  });

  it('a list that the settings name is written as it is', async () => {
    site = await startSite(`${INTERVAL}\nconfiguration: [{ key: MeterValuesSampledData, value: "SoC" }]`);
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    await bootThrough(site, 'CP', charger);
    expect(written(charger.of('ChangeConfiguration'))).toEqual(['MeterValuesSampledData=SoC']);
  });
});
