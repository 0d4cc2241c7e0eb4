import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTariff } from '../../adapters/ocpi/read/tariff.ts';
import { parseConfig } from '../../config/load.ts';
import type { Tariff } from '../../gateway/domain/tariff.ts';
import { checkTariff } from '../../gateway/pricing/check.ts';
import { chooseTariff } from '../../gateway/pricing/choose.ts';
import { lintAll } from '../../gateway/pricing/lint-all.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import { usageOf } from '../../gateway/pricing/usage.ts';

const PAGE = readFileSync(new URL('../../docs/tariffs.md', import.meta.url), 'utf8');
const SITE = `site: { address: Gatan 1, city: Lund, country: SWE, latitude: 55.7, longitude: 13.19, time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }\n`;
const NOW = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;

const examples = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '');

/** An hour of charging and five of parking from this hour of the day on, by the clock of Stockholm. */
function total(tariff: Tariff, hour: number): string {
  const from = NOW + (hour - 2) * HOUR;
  const end = from + HOUR;
  const periods = [
    { kind: 'charging' as const, from, to: end, energyWh: 10_000 },
    { kind: 'parking' as const, from: end, to: end + 5 * HOUR, energyWh: 0 },
  ];
  return priceUsage(tariff, usageOf(periods), 'Europe/Stockholm').cost.total.beforeTaxes;
}

describe('docs/tariffs.md', () => {
  test('the configuration is good, has nothing odd in it, and costs what its text says', () => {
    const [yaml, ...others] = examples('yaml');
    expect(others).toEqual([]);
    const { tariffs: declared, defaultConnector } = parseConfig(SITE + yaml, 'depot.yaml', {}).settings;
    const tariffs = declared.map((tariff) => ({ ...tariff, updatedAt: NOW }));
    const uses = [{ place: 'default-connector', tariffIds: defaultConnector.tariffIds }];
    expect(lintAll(tariffs, uses, 'Europe/Stockholm', NOW)).toEqual([]);
    const drivers = chooseTariff(tariffs, { type: 'REGULAR', at: NOW });
    expect(drivers?.id).toBe('drivers');
    expect(chooseTariff(tariffs, { type: 'AD_HOC_PAYMENT', at: NOW })?.id).toBe('guests');
    // Of the parking, two hours lie after the fourth hour of the session.
    expect([total(drivers!, 12), total(drivers!, 23)]).toEqual(['10.50', '9.00']);
  });

  test('the OCPI tariffs can be read and priced', () => {
    const read = examples('json').flatMap((json) =>
      (JSON.parse(json) as { data: unknown[] }).data.map((tariff) => readTariff(tariff)),
    );
    expect(read).toHaveLength(1);
    expect(read).toMatchObject([{ tariff: { id: 'summer' }, notes: [] }]);
    expect(read.flatMap((each) => ('tariff' in each ? checkTariff(each.tariff) : each.problems))).toEqual([]);
  });
});
