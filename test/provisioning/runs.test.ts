/** When chargers are gone through, how many at a time, and what is left out because it harms them. */
import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import { provisioningOf } from '../../gateway/capabilities.ts';
import { callCharger } from '../../gateway/remote-control.ts';
import type { TestSite } from '../harness/gateway.ts';
import { bootThrough, told } from '../harness/told.ts';
import { api, connectScripted, KEYS, startSite, type Reply, type Script } from './scripted-charger.ts';

let site: TestSite;
afterEach(() => site.cleanUp());

const configuration = async (id: string): Promise<ConfigurationBody> =>
  (await api<ConfigurationBody>(site, `chargers/${id}/configuration`)).body;

type Deadly = (action: string, payload: Record<string, unknown>) => boolean;

/** A charger that boots and, of this call, dies without a word; back once that was noted. */
async function dieOnce(id: string, deadly: Deadly): Promise<void> {
  const death = Promise.withResolvers<void>();
  const charger = await connectScripted(site, id, {
    keys: { ...KEYS },
    answer(action, payload) {
      if (!deadly(action, payload)) return undefined;
      death.resolve();
      return 'silence';
    },
  });
  await charger.boot();
  await death.promise;
  charger.drop();
  await until(() => provisioningOf(site.gateway, id).state === 'interrupted');
}

/** Looks again after every turn of the event loop. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('Q29', () => {
  it('Q29: a step in which the charger went away twice is left out, shown, and tried again when asked', async () => {
    site = await startSite('configuration: [{ key: HeartbeatInterval, value: "60" }]');
    const deadly: Deadly = (action) => action === 'ChangeConfiguration';
    await dieOnce('CP', deadly);
    expect(await configuration('CP')).toMatchObject({ state: 'interrupted', skipped: [] });
    await dieOnce('CP', deadly);
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(charger.of('ChangeConfiguration')).toEqual([]);
    const body = await configuration('CP');
    expect(body.skipped).toEqual([{ step: 'write HeartbeatInterval', since: expect.any(String) }]);
    expect(body.keys.find(({ desired }) => desired)?.desired?.state).toBe('waiting');

    const done = told(site, 'charger.provisioned', 'CP');
    expect((await api(site, 'chargers/CP/provisioning', 'POST', {})).status).toBe(202);
    expect((await done).state).toBe('done');
    expect(charger.of('ChangeConfiguration')).toEqual([{ key: 'HeartbeatInterval', value: '60' }]);
    expect((await configuration('CP')).skipped).toEqual([]);
  });

  it('Q29: a charger that cannot bear to be asked for all its keys is asked for few at a time', async () => {
    site = await startSite();
    const deadly: Deadly = (action, { key }) => action === 'GetConfiguration' && key === undefined;
    await dieOnce('CP', deadly);
    await dieOnce('CP', deadly);
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    expect(await bootThrough(site, 'CP', charger)).toBe('done');
    expect(charger.of('GetConfiguration').length).toBeGreaterThan(0);
    expect(charger.of('GetConfiguration').every(({ key }) => Array.isArray(key))).toBe(true);
  });

  it('Q29: one that cannot bear any question about its keys is left alone, and the operator told', async () => {
    site = await startSite();
    for (let deaths = 0; deaths < 4; deaths += 1) await dieOnce('CP', (action) => action === 'GetConfiguration');
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    expect(await bootThrough(site, 'CP', charger)).toBe('failed');
    expect(charger.calls).toEqual([]);
    expect((await configuration('CP')).skipped.map(({ step }) => step)).toEqual([
      'read-configuration',
      'read-named-keys',
    ]);
  });

  it('Q29: a new boot within a step counts as much as a line that dropped; another firmware begins anew', async () => {
    site = await startSite();
    const script: Script = {
      keys: { ...KEYS },
      make: { firmwareVersion: '1.0' },
      answer: (action, { key }) => (action === 'GetConfiguration' && key === undefined ? 'silence' : undefined),
    };
    const charger = await connectScripted(site, 'CP', script);
    for (let boots = 0; boots < 2; boots += 1) {
      await charger.boot();
      await until(() => provisioningOf(site.gateway, 'CP').state === 'running');
      await charger.called('GetConfiguration', 0);
      await charger.boot();
      await until(() => provisioningOf(site.gateway, 'CP').findings.skipped.length > 0 || boots === 0);
    }
    expect((await configuration('CP')).skipped).toMatchObject([{ step: 'read-configuration' }]);
    const gone = told(site, 'charger.disconnected', 'CP');
    charger.drop();
    await gone;
    const other = await connectScripted(site, 'CP', { keys: { ...KEYS }, make: { firmwareVersion: '2.0' } });
    expect(await bootThrough(site, 'CP', other)).toBe('done');
    expect(other.of('GetConfiguration')).toEqual([{}]);
  });

  it('Q29: one that went away right after the last step did so because of it', async () => {
    site = await startSite();
    for (let deaths = 0; deaths < 2; deaths += 1) {
      const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
      await bootThrough(site, 'CP', charger);
      charger.drop();
      await until(() => provisioningOf(site.gateway, 'CP').state === 'interrupted');
    }
    expect((await configuration('CP')).skipped).toMatchObject([{ step: 'read-configuration' }]);
  });

  it('a line that drops once does no harm: the run goes on when the charger is back, also without a boot', async () => {
    site = await startSite('configuration: [{ key: HeartbeatInterval, value: "60" }]');
    await dieOnce('CP', (action) => action === 'ChangeConfiguration');
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    expect((await told(site, 'charger.provisioned', 'CP')).state).toBe('done');
    expect(charger.of('ChangeConfiguration').length).toBe(1);
  });

  it('a gateway that stops blames no charger for it', async () => {
    site = await startSite();
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS }, answer: () => 'silence' });
    await charger.boot();
    await charger.called('GetConfiguration');
    await site.stop();
    const again = await startSite('', '', undefined, site.directory);
    const { findings, state } = provisioningOf(again.gateway, 'CP');
    await again.cleanUp();
    expect({ state, strikes: findings.strikes }).toEqual({ state: 'running', strikes: {} });
  });
});

describe('runs', () => {
  it('nothing is asked of a charger before it is accepted', async () => {
    site = await startSite();
    site.gateway.settings.unknownChargers = 'pending';
    const pending = await connectScripted(site, 'NEW', { keys: { ...KEYS } });
    expect(await pending.boot()).toMatchObject({ status: 'Pending' });
    const accepted = await connectScripted(site, 'BAY-1', { keys: { ...KEYS } });
    await bootThrough(site, 'BAY-1', accepted);
    expect(pending.of('GetConfiguration')).toEqual([]);
    const done = told(site, 'charger.provisioned', 'NEW');
    expect((await api(site, 'chargers/NEW/accept', 'POST', {})).status).toBe(200);
    await done;
    expect(pending.of('GetConfiguration').length).toBe(1);
  });

  it('where it is switched off, for the site or for a make, nothing is asked unless the operator asks', async () => {
    site = await startSite('', 'models: [{ vendor: Scripted, quirks: { provisioning: false, call-pause: 0 } }]');
    const off = await connectScripted(site, 'OFF', { keys: { ...KEYS } });
    await off.boot();
    const on = await connectScripted(site, 'ON', { keys: { ...KEYS }, make: { chargePointVendor: 'Other' } });
    await bootThrough(site, 'ON', on);
    expect(off.calls).toEqual([]);
    site.gateway.settings.provisioning = false;
    await on.boot();
    const done = told(site, 'charger.provisioned', 'OFF');
    await api(site, 'chargers/OFF/provisioning', 'POST', {});
    expect((await done).state).toBe('done');
    expect(on.of('GetConfiguration').length).toBe(1);
  });

  it('never are more than fifty chargers gone through at a time, and each has its turn', async () => {
    site = await startSite();
    const open = new Map<number, (reply: Reply) => void>();
    let most = 0;
    const chargers = await Promise.all(
      Array.from({ length: 70 }, (_, at) =>
        connectScripted(site, `CP-${at}`, {
          keys: {},
          answer: () =>
            new Promise<Reply>((resolve) => {
              open.set(at, resolve);
              most = Math.max(most, open.size);
            }),
        }),
      ),
    );
    const ends = chargers.map((_, at) => told(site, 'charger.provisioned', `CP-${at}`));
    await Promise.all(chargers.map((charger) => charger.boot()));
    await until(() => open.size === 50);
    const answerAll = (): void => {
      for (const [at, answer] of open) {
        open.delete(at);
        const configurationKey = [{ key: 'NumberOfConnectors', readonly: true, value: '1' }];
        answer({ payload: { configurationKey, listVersion: 0 } });
      }
    };
    const through = new Set<string>();
    site.gateway.bus.on('charger.provisioned', ({ chargerId }) => through.add(chargerId));
    await until(() => {
      answerAll();
      return through.size === chargers.length;
    });
    expect(most).toBe(50);
    expect((await Promise.all(ends)).map(({ state }) => state)).toEqual(chargers.map(() => 'done'));
  });

  it("an operator's call goes before what is still to be asked", async () => {
    site = await startSite('configuration: [{ key: A, value: "1" }, { key: B, value: "1" }]');
    const first = Promise.withResolvers<Reply>();
    const charger = await connectScripted(site, 'CP', {
      keys: { ...KEYS, A: { value: '0' }, B: { value: '0' } },
      answer(action, { key }) {
        if (action === 'ClearCache') return { payload: { status: 'Accepted' } };
        return action === 'ChangeConfiguration' && key === 'A' ? first.promise : undefined;
      },
    });
    const done = told(site, 'charger.provisioned', 'CP');
    await charger.boot();
    await charger.called('ChangeConfiguration');
    // Something else in no hurry is asked for before, and has to wait all the same.
    const later = callCharger(site.gateway, 'CP', 'GetLocalListVersion', {}, { background: true });
    await new Promise((resolve) => setImmediate(resolve));
    const urgent = callCharger(site.gateway, 'CP', 'ClearCache', {});
    first.resolve({ payload: { status: 'Accepted' } });
    expect(await urgent).toEqual({ kind: 'result', payload: { status: 'Accepted' } });
    await later;
    expect((await done).state).toBe('done');
    const order = charger.calls.map(({ action }) => action);
    expect(order.indexOf('ClearCache')).toBeLessThan(order.indexOf('GetLocalListVersion'));
    expect(order.indexOf('ClearCache')).toBeLessThan(order.lastIndexOf('ChangeConfiguration'));
  });
});

describe('a simulated charger', () => {
  it('is told nothing that another OCPP library finds wrong, and ends as it should be', async () => {
    site = await startSite('meter-interval: 30');
    const faults: string[] = [];
    const charger = createSimulatedCharger({
      url: site.urls.ocpp,
      id: 'SIM',
      connectors: 2,
      strict: true,
      onViolation: (problem) => faults.push(problem),
    });
    const done = told(site, 'charger.provisioned', 'SIM');
    await charger.connect();
    expect((await done).state).toBe('done');
    const { keys } = await configuration('SIM');
    expect(keys.flatMap(({ key, desired }) => (desired ? [[key, desired.state]] : []))).toEqual([
      ['LocalAuthListEnabled', 'as-desired'],
      ['MeterValueSampleInterval', 'as-desired'],
      ['MeterValuesSampledData', 'as-desired'],
    ]);
    await charger.close();
    expect(faults).toEqual([]);
  });
});

describe('the operator', () => {
  it('reads the keys anew, writes one, and gets what the charger answers to the letter', async () => {
    site = await startSite('', '');
    site.gateway.settings.provisioning = false;
    const script: Script = { keys: { ...KEYS } };
    const charger = await connectScripted(site, 'CP', script);
    await charger.boot();
    expect((await configuration('CP')).keys).toEqual([]);
    const { body } = await api<ConfigurationBody>(site, 'chargers/CP/configuration?refresh=true');
    expect(body.state).toBe('never');
    expect(Object.fromEntries(body.keys.map(({ key, value }) => [key, value]))).toEqual(
      Object.fromEntries(Object.entries(KEYS).map(([key, { value }]) => [key, value])),
    );
    expect(await api(site, 'chargers/CP/configuration/HeartbeatInterval', 'PUT', { value: '15' })).toEqual({
      status: 200,
      body: { status: 'Accepted' },
    });
    expect((await configuration('CP')).keys.find(({ key }) => key === 'HeartbeatInterval')?.value).toBe('15');
    expect((await api(site, 'chargers/CP/configuration/NumberOfConnectors', 'PUT', { value: '9' })).body).toEqual({
      status: 'Rejected',
    });
  });

  it.each([
    ['chargers/NOBODY/configuration', 'GET', undefined, 404, 'CHARGER_UNKNOWN'],
    ['chargers/BAY-1/configuration?refresh=true', 'GET', undefined, 409, 'CHARGER_NOT_CONNECTED'],
    ['chargers/BAY-1/configuration/A', 'PUT', { value: '1' }, 409, 'CHARGER_NOT_CONNECTED'],
    ['chargers/BAY-1/configuration/A', 'PUT', {}, 400, 'REQUEST_INVALID'],
    ['chargers/BAY-1/provisioning', 'POST', {}, 409, 'CHARGER_NOT_CONNECTED'],
    ['chargers/NOBODY/provisioning', 'POST', {}, 404, 'CHARGER_UNKNOWN'],
  ] as const)('%s is refused with its reason', async (path, method, body, status, code) => {
    site = await startSite();
    expect(await api(site, path, method, body)).toMatchObject({ status, body: { code } });
  });

  it("is kept from writing a charger's password behind the gateway's back", async () => {
    site = await startSite();
    const charger = await connectScripted(site, 'CP', { keys: { ...KEYS } });
    await bootThrough(site, 'CP', charger);
    const path = 'chargers/CP/configuration/AuthorizationKey';
    expect(await api(site, path, 'PUT', { value: '0123456789abcdef' })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
    expect(charger.of('ChangeConfiguration')).toEqual([]);
  });
});
