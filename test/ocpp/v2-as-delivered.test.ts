/** OCPP 2.0.1 and 2.1: a gateway as it is delivered, and a simulated charger that was written by itself. */
import { describe, expect, test } from 'vitest';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { capabilitiesOf } from '../../gateway/capabilities.ts';
import { localListView } from '../../gateway/local-list.ts';
import { listSessions } from '../../gateway/sessions.ts';
import type { TestSite } from '../harness/gateway.ts';
import { startSite, api, states } from '../provisioning/scripted-charger.ts';
import { at, card, dialV2, register } from './v2-charger.ts';
import { told } from '../harness/told.ts';

/** What a test started, ended in reverse when it is over: these wait for real seconds, so they run side by side. */
type Ending = (end: () => Promise<void>) => void;

async function start(more: string, ending: Ending): Promise<TestSite> {
  const site = await startSite(more);
  ending(() => site.cleanUp());
  return site;
}

describe.concurrent.each(['ocpp2.0.1', 'ocpp2.1'] as const)('over %s', (protocol) => {
  test('its device model is read and set, its list kept, its password changed, its limit set and read', async ({
    onTestFinished,
  }) => {
    const site = await start('meter-interval: 30', onTestFinished);
    const charger: SimulatedCharger = createSimulatedCharger({
      url: site.urls.ocpp,
      id: 'SIM',
      reconnect: null,
      protocol,
    });
    onTestFinished(() => charger.close());
    const kept = told(site, 'local-list.synced', 'SIM');
    await charger.connect();
    expect((await kept).state).toBe('kept');
    expect(capabilitiesOf(site.gateway, 'SIM')).toMatchObject({
      features: expect.arrayContaining(['local-list', 'reservation', 'smart-charging', 'security']) as unknown,
      localList: { maxEntries: 1000, enabled: true },
      smartCharging: { units: ['A', 'W'], maxPeriods: 100 },
      security: true,
    });
    expect(await states(site, 'SIM')).toMatchObject({
      'SampledDataCtrlr.TxUpdatedInterval': 'as-desired',
      'LocalAuthListCtrlr.Enabled': 'as-desired',
    });
    expect(await localListView(site.gateway, 'SIM')).toMatchObject({ listVersion: 1, count: 1, problem: null });
    const { keys } = (await api<ConfigurationBody>(site, 'chargers/SIM/configuration')).body;
    expect(keys.find(({ key }) => key === 'SecurityCtrlr.BasicAuthPassword')).toMatchObject({
      secret: true,
      value: null,
    });
    expect(await api(site, 'chargers/SIM/password/rotation', 'POST')).toMatchObject({ body: { result: 'taken' } });
    const limit = { purpose: 'charge-point-max', unit: 'W', limit: 7000 };
    expect(await api(site, 'chargers/SIM/charging-profile', 'PUT', limit)).toMatchObject({ body: { way: 'as asked' } });
    expect(await api(site, 'chargers/SIM/charging-profile?evse=1&unit=W')).toMatchObject({
      body: { schedule: { chargingSchedulePeriod: [{ startPeriod: 0, limit: 7000 }] } },
    });
    expect(await api(site, 'chargers/SIM/charging-profile', 'DELETE')).toMatchObject({ body: { status: 'Accepted' } });
  });

  test('a session stops itself at the energy that its driver wanted', async ({ onTestFinished }) => {
    const site = await start('provisioning: false', onTestFinished);
    const charger = await dialV2(site.urls.ocpp, 'BAY-1', protocol);
    onTestFinished(() => charger.raw.close());
    await charger.boot();
    const reading = (kwh: number) => register(kwh, new Date().toISOString());
    await charger.event('T-1', 'Started', 'Authorized', { ...at(1), ...card('CARD1'), ...reading(1) });
    const [session] = listSessions(site.gateway, { offset: 0, limit: 1 }).items;
    await api(site, `sessions/${session?.id}/limit`, 'PUT', { kwh: '5' });
    await charger.event('T-1', 'Updated', 'MeterValuePeriodic', reading(3));
    expect(charger.count('RequestStopTransaction')).toBe(0);
    await charger.event('T-1', 'Updated', 'MeterValuePeriodic', reading(6));
    expect(await charger.called('RequestStopTransaction')).toEqual({ transactionId: 'T-1' });
  });
});
