/** The worked examples of OCPI 2.3.0 mod_tariffs and mod_cdrs, with the components that are active in them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PriceComponent, Tariff } from '../../gateway/domain/tariff.ts';
import { periodsOf, priceSession, tariffOf } from './tariffs.ts';
import type { Usage } from './tariffs.ts';

interface Vector {
  name: string;
  tariff: Pick<Tariff, 'currency' | 'taxIncluded' | 'minPrice' | 'maxPrice'> & { components: PriceComponent[] };
  usage: Usage[];
  total: { beforeTaxes: string; taxes: Record<string, string>; afterTaxes: string };
  billed: Record<string, string>;
}

const file = new URL('../golden/pricing/spec-vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

describe('OCPI 2.3.0 worked examples', () => {
  it.each(vectors)('$name', ({ tariff: { components, ...rest }, usage, total, billed }) => {
    const cost = priceSession(tariffOf(components, rest), periodsOf(usage));
    expect({
      ...cost.total,
      taxes: Object.fromEntries(cost.total.taxes.map(({ percentage, amount }) => [percentage, amount])),
    }).toEqual(total);
    expect(Object.fromEntries(cost.lines.map(({ type, quantity }) => [type, quantity]))).toEqual(billed);
  });
});
