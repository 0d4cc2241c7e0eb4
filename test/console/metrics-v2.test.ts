/** Metrics are counted alike, whichever OCPP a charger speaks. */
import { expect, it, onTestFinished } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startTestSite } from '../harness/gateway.ts';
import { lintExposition, readExposition } from './exposition.ts';

it.each(['ocpp2.0.1', 'ocpp2.1'] as const)(
  '%s: calls by action, latencies, energy, power; unknown actions under one name',
  async (protocol) => {
    const site = await startTestSite();
    onTestFinished(() => site.cleanUp());
    const scrape = async () => readExposition(await (await fetch(`${site.urls.console}metrics`)).text());
    const value = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
      const families = await scrape();
      const family = families.get(name) ?? families.get(name.replace(/_count$/, ''));
      const same = family?.samples.filter(
        (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
      );
      return (same ?? []).reduce((sum, sample) => sum + sample.value, 0);
    };
    const charger = createSimulatedCharger({
      url: site.urls.ocpp,
      id: 'BOX',
      protocol,
      sampleInterval: 0,
      speed: 100,
      power: () => () => 22_000,
    });
    onTestFinished(() => charger.close());
    await charger.connect();
    await charger.plugIn(1);
    expect(await charger.tap('CARD1', 1)).toBe('started');
    await charger.sampleNow(1);
    expect(await value('chargegate_transactions_running')).toBe(1);
    expect(await value('chargegate_power_watts')).toBe(22_000);
    await charger.unplug(1);
    await charger.idle();

    const inbound = { direction: 'in', action: 'TransactionEvent' };
    const events = await value('chargegate_ocpp_calls_total', { ...inbound, outcome: 'result' });
    expect(events).toBeGreaterThan(2);
    expect(await value('chargegate_ocpp_call_duration_seconds_count', inbound)).toBe(events);
    expect(await value('chargegate_ocpp_calls_total', { action: 'BootNotification', outcome: 'result' })).toBe(1);
    expect(await value('chargegate_transactions_running')).toBe(0);
    const billed = site.gateway.db.one<{ wh: number }>('SELECT sum(energy_wh) AS wh FROM session')?.wh;
    expect(await value('chargegate_energy_delivered_joules_total')).toBe((billed ?? Number.NaN) * 3600);

    const raw = await createRawCharger(`${site.urls.ocpp}RAW`, { protocols: [protocol] });
    onTestFinished(() => raw.close());
    for (const action of ['MakeTea', 'MakeCoffee', 'x'.repeat(40)]) await raw.call(action, {});
    expect(await value('chargegate_ocpp_calls_total', { action: 'other', outcome: 'error' })).toBe(3);
    const families = await scrape();
    expect(lintExposition(families)).toEqual([]);
    const labels = [...families.values()].flatMap(({ samples }) =>
      samples.flatMap((each) => Object.values(each.labels)),
    );
    for (const text of ['BOX', 'RAW', 'CARD1', 'MakeTea', charger.transactionId(1)]) expect(labels).not.toContain(text);
  },
);
