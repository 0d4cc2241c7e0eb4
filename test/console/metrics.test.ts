import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupNow } from '../../gateway/backups.ts';
import { createPeer } from '../../gateway/peers.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import type { ScriptedCharger } from '../harness/scripted-charger.ts';
import { startTestSite } from '../harness/gateway.ts';
import type { TestSite } from '../harness/gateway.ts';
import { lintExposition, readExposition } from './exposition.ts';
import type { Family } from './exposition.ts';

const READERS = 'readers: [{ id: gate, protocol: twn4, path: /dev/no-such-reader }]\n';

let site: TestSite;
let charger: ScriptedCharger;
let families: Map<string, Family>;

const scrape = async (): Promise<Map<string, Family>> =>
  readExposition(await (await fetch(`${site.urls.console}metrics`)).text());

/** The value of one series; 0 where there is none. */
function value(from: Map<string, Family>, name: string, labels: Record<string, string> = {}): number {
  const family = from.get(name) ?? from.get(name.replace(/_(sum|count|bucket)$/, ''));
  const found = family?.samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
  );
  return found?.value ?? 0;
}

beforeAll(async () => {
  site = await startTestSite({ yaml: READERS });
  await createPeer(site.gateway, { name: 'emsp', visibility: 'own', inboundToken: 'token-of-the-emsp-for-tests' });
  charger = await dialScripted(site.urls.ocpp, 'BAY-1');
  await charger.boot();
  await charger.status(1, 'Available');
  await charger.send('Authorize', { idTag: 'CARD1' });
  await charger.send('Authorize', { idTag: 'BLOCKED1' });
  const wireId = await charger.start(1);
  await charger.stop(wireId, 3500);
  for (const action of ['MakeCoffee', 'MakeTea', 'ZX81']) await charger.raw.call(action, {});
  await fetch(`${site.urls.console}api/chargers/BAY-1/calls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'ClearCache', payload: {} }),
  });
  site.gateway.broker = () => ({ url: 'mqtt://broker.example', connected: true, waiting: 3, skipped: 2 });
  await backupNow(site.gateway, false);
  site.gateway.bus.publish({ name: 'backup.failed', data: { problem: 'no room left' } });
  families = await scrape();
});
afterAll(async () => {
  await charger.raw.close();
  await site.cleanUp();
});

describe('/metrics', () => {
  it("is Prometheus's format, by its conventions", () => {
    expect(lintExposition(families)).toEqual([]);
    expect([...families.keys()].filter((name) => name.startsWith('chargegate_')).length).toBeGreaterThan(25);
  });

  it('counts calls by action and outcome, what OCPP does not know under one name', () => {
    const calls = (labels: Record<string, string>) => value(families, 'chargegate_ocpp_calls_total', labels);
    expect(calls({ direction: 'in', action: 'StartTransaction', outcome: 'result' })).toBe(1);
    expect(calls({ direction: 'in', action: 'Authorize', outcome: 'result' })).toBe(2);
    expect(calls({ direction: 'in', action: 'other', outcome: 'error' })).toBe(3);
    expect(calls({ direction: 'out', action: 'ClearCache', outcome: 'result' })).toBe(1);
    const start = { direction: 'in', action: 'StartTransaction' };
    expect(value(families, 'chargegate_ocpp_call_duration_seconds_count', start)).toBe(1);
    expect(value(families, 'chargegate_ocpp_call_duration_seconds_sum', start)).toBeGreaterThan(0);
  });

  it('counts decisions, energy and commits', () => {
    const decided = (verdict: string) =>
      value(families, 'chargegate_decisions_total', { source: 'site-list', verdict });
    expect([decided('accepted') > 0, decided('blocked')]).toEqual([true, 1]);
    expect(value(families, 'chargegate_energy_delivered_joules_total')).toBe(2500 * 3600);
    expect(value(families, 'chargegate_store_commit_duration_seconds_count')).toBeGreaterThan(5);
  });

  it('energy is counted once, while it flows and at the end', async () => {
    const wireId = await charger.start(2);
    await charger.send('MeterValues', {
      connectorId: 2,
      transactionId: wireId,
      meterValue: [
        {
          timestamp: new Date().toISOString(),
          sampledValue: [{ value: '1700', measurand: 'Energy.Active.Import.Register', unit: 'Wh' }],
        },
      ],
    });
    await charger.stop(wireId, 2200);
    const after = await scrape();
    expect(value(after, 'chargegate_energy_delivered_joules_total')).toBe((2500 + 1200) * 3600);
    expect(value(await scrape(), 'chargegate_energy_delivered_joules_total')).toBe((2500 + 1200) * 3600);
  });

  it('tells readers, the uplink and what waits for each peer by their names', () => {
    expect(value(families, 'chargegate_reader_up', { reader: 'gate' })).toBe(0);
    expect(families.get('chargegate_reader_up')?.samples).toHaveLength(1);
    expect(value(families, 'chargegate_uplink_up', { peer: 'emsp' })).toBe(1);
    for (const name of ['chargegate_outbox_objects', 'chargegate_outbox_oldest_seconds', 'chargegate_uplink_up'])
      expect(new Set(families.get(name)?.samples.map(({ labels }) => labels['peer']))).toEqual(
        new Set(['cloud', 'emsp']),
      );
    expect(value(families, 'chargegate_database_size_bytes')).toBeGreaterThan(10_000);
    expect(value(families, 'chargegate_disk_free_bytes')).toBeGreaterThan(0);
  });

  it("tells of backups and of the building's broker, whose series are gone where there is none", async () => {
    const backups = (outcome: string) => value(families, 'chargegate_backups_total', { outcome });
    expect([backups('made'), backups('failed')]).toEqual([1, 1]);
    const age = Date.now() / 1000 - value(families, 'chargegate_backup_last_success_timestamp_seconds');
    expect(age).toBeLessThan(60);
    const broker = { broker: 'mqtt://broker.example' };
    expect(value(families, 'chargegate_mqtt_up', broker)).toBe(1);
    expect(value(families, 'chargegate_mqtt_events_waiting', broker)).toBe(3);
    expect(value(await scrape(), 'chargegate_mqtt_events_skipped_total', broker)).toBe(2);
    site.gateway.broker = null;
    expect((await scrape()).get('chargegate_mqtt_up')?.samples).toEqual([]);
  });

  it('no label is a card, a transaction or a charger', () => {
    const labels = [...families.values()].flatMap(({ samples }) => samples.map((sample) => sample.labels));
    const names = new Set(labels.flatMap(Object.keys));
    const own = [
      'action',
      'broker',
      'direction',
      'event',
      'outcome',
      'peer',
      'reader',
      'registration',
      'source',
      'state',
      'status',
    ];
    const others = ['verdict', 'version', 'le', 'kind', 'space', 'type', 'major', 'minor', 'patch'];
    expect([...names].filter((name) => !own.includes(name) && !others.includes(name))).toEqual([]);
    const values = labels.flatMap(Object.values).join(' ');
    for (const secret of ['CARD1', 'BLOCKED1', 'BAY-1', 'MakeCoffee', 'cloud-token'])
      expect(values).not.toContain(secret);
  });
});

const root = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const metricNames = (text: string): string[] =>
  [...new Set(text.match(/\b(chargegate|nodejs|process)_[a-z0-9_]+/g))].toSorted();

const familyOf = (name: string): Family | undefined =>
  families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
const labelsOf = (name: string): string[] => familyOf(name)?.samples.flatMap(({ labels }) => Object.keys(labels)) ?? [];

describe('the Grafana dashboard', () => {
  const text = root('service/grafana/chargegate.json');
  const dashboard = JSON.parse(text) as {
    panels: { id: number; title: string; type: string; gridPos: object; targets?: { expr: string; refId: string }[] }[];
  };
  const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('asks only for metrics and labels that there are', () => {
    expect(queries.length).toBeGreaterThan(20);
    expect(metricNames(queries.join(' ')).filter((name) => !familyOf(name))).toEqual([]);
    const asked = queries.flatMap((query) =>
      [...query.matchAll(/\b(chargegate_[a-z_]+)\{([^}]*)\}/g)].map(([, name = '', selector = '']) => ({
        name,
        selector,
      })),
    );
    const unknown = asked.flatMap(({ name, selector }) => {
      const labels = new Set(['instance', 'job', ...labelsOf(name)]);
      const used = [...selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
      return used.filter((label) => !labels.has(label)).map((label) => `${name} by ${label}`);
    });
    expect(unknown).toEqual([]);
  });

  it('is whole: ids once, each panel in its place, rates of counters only', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const rated = [...queries.join('\n').matchAll(/(?:rate|increase)\((\w+)/g)].map(([, name = '']) => name);
    expect(rated.length).toBeGreaterThan(5);
    expect(rated.filter((name) => !['counter', 'histogram'].includes(familyOf(name)?.type ?? ''))).toEqual([]);
    expect(queries.filter((query) => query.split('(').length !== query.split(')').length)).toEqual([]);
  });
});

describe('docs/metrics.md', () => {
  it('names every metric of ours, and no other', () => {
    const named = metricNames(root('docs/metrics.md')).filter((name) => name.startsWith('chargegate_'));
    expect(named).toEqual([...families.keys()].filter((name) => name.startsWith('chargegate_')).toSorted());
  });
});
