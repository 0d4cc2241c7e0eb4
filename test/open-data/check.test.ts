import { afterEach, describe, expect, it } from 'vitest';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import type { OpenDataCheckBody } from '../../adapters/console/routes/open-data.ts';
import { chargegate } from '../cli/harness.ts';
import { ALL, SITE, startPublicSite, type PublicSite } from './harness.ts';

/** Everything is said here that has to be: a slow site whose one tariff has its tax. */
const WHOLE = ALL.replace('tariff: hourly', 'tariff: day');

describe('the check of what the law wants told (Regulation (EU) 2023/1804 Articles 5 and 20)', () => {
  let site: PublicSite;
  afterEach(() => site.cleanUp());

  const check = async (): Promise<OpenDataCheckBody> => {
    const response = await fetch(`${site.urls.console}api/open-data/check`);
    return (await response.json()) as OpenDataCheckBody;
  };
  const missing = ({ items }: OpenDataCheckBody): [string, string[]][] =>
    items.filter(({ state }) => state === 'missing').map(({ key, places }) => [key, places]);

  it('a site that says nothing of itself lacks everything that has no default', async () => {
    site = await startPublicSite('');
    expect(missing(await check())).toEqual([
      ['open-data.publish', []],
      ['chargers[].evses[].parking-restrictions', []],
      ['site.operator.name', []],
      ['site.owner-name', []],
      ['site.help-phone', []],
      ['site.operator.website', []],
      ['site.opening-times', []],
      ['chargers[].vehicle-types', ['BAY-1-1', 'BAY-1-2', 'LOCKED-1']],
      ['chargers', ['BAY-1-1', 'BAY-1-2', 'LOCKED-1']],
      ['chargers[].payment', ['BAY-1-1', 'BAY-1-2', 'LOCKED-1']],
      ['site.green-energy', []],
    ]);
  });

  it('a site that says it all, whose chargers report, lacks nothing', async () => {
    site = await startPublicSite(WHOLE);
    const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    expect(missing(await check())).toEqual([['chargers', ['E1', 'E2']]]);
    for (const connectorId of [1, 2])
      await charger.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available' });
    const whole = await check();
    expect(missing(whole)).toEqual([]);
    expect(whole.missing).toBe(0);
    expect(whole.items.every(({ state, advice }) => state === 'told' && advice === null)).toBe(true);
    const done = await chargegate(['open-data', 'check', '--url', site.urls.console]);
    expect(done).toMatchObject({ code: 0, out: `${whole.items.length} of ${whole.items.length} told, 0 missing\n` });
    await charger.close();
  });

  it('prices: none, without a word on tax, and not of energy from 50 kW on', async () => {
    const yaml = ALL.replace('{ type: time, price: 12, vat: 25 }', '{ type: time, price: 12 }').replace(
      'standard: nema-5-20 }',
      'standard: nema-5-20, tariff: nowhere }',
    );
    site = await startPublicSite(yaml.replace('default-connector: { tariff: day }', 'default-connector: {}'));
    const keys = new Map(missing(await check()));
    expect(keys.get('chargers[].evses[].connectors[].tariff')).toEqual(['E1']);
    expect(keys.get('tariffs[].elements[].components[].vat')).toEqual(['nowhere']);
    expect(keys.get('tariffs[].elements[].components[].type')).toEqual(['E1']);
  });

  it('what nobody described is told as default-connector has it, and said to be assumed', async () => {
    site = await startPublicSite(`${SITE}chargers: []\n`);
    expect(new Map(missing(await check())).get('chargers')).toEqual([]);
    const charger = await createRawCharger(`${site.urls.ocpp}NEW`, { protocols: ['ocpp1.6'] });
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    const { items } = await check();
    expect(items.filter(({ state }) => state === 'assumed')).toMatchObject([
      { key: 'chargers[].evses[].connectors', places: ['NEW-1'], count: 1 },
    ]);
    await charger.close();
  });

  it('the command line names key, rule and advice, and ends with 1', async () => {
    site = await startPublicSite('');
    const { code, out } = await chargegate(['open-data', 'check', '--url', site.urls.console]);
    expect(code).toBe(1);
    expect(out).toContain('missing  opening hours (Art. 20(2)(a)(v))\n         site.opening-times: say');
    expect(out).toContain('at BAY-1-1, BAY-1-2, LOCKED-1');
    expect(out).not.toContain('told     ');
    const all = await chargegate(['open-data', 'check', '--all', '--url', site.urls.console]);
    expect(all.out).toContain('told     address and coordinates (Art. 20(2)(a)(i))');
    const json = await chargegate(['open-data', 'check', '--json', '--url', site.urls.console]);
    expect(JSON.parse(json.out)).toEqual(await check());
  });
});
