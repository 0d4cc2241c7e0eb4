import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TARIFF_TYPES, type Tariff, type TariffType } from '../../gateway/domain/tariff.ts';
import { chooseTariff } from '../../gateway/pricing/choose.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const DAY = 86_400_000;

interface Terms {
  type?: TariffType;
  startsAt?: number;
  endsAt?: number;
}

function tariff(id: string, terms: Terms = {}): Tariff {
  return {
    id,
    currency: 'EUR',
    taxIncluded: 'NO',
    altText: [],
    minPrice: null,
    maxPrice: null,
    elements: [{ components: [{ type: 'ENERGY', price: '0.3', vat: null, step: 1 }] }],
    updatedAt: 0,
    ...terms,
  };
}

const regular = tariff('regular', { type: 'REGULAR' });
const adHoc = tariff('ad-hoc', { type: 'AD_HOC_PAYMENT' });
const anybody = tariff('anybody');
const green = tariff('green', { type: 'PROFILE_GREEN' });
const old = tariff('old', { startsAt: NOW - 30 * DAY });
const spring = tariff('spring', { startsAt: NOW - 60 * DAY, endsAt: NOW });
const summer = tariff('summer', { startsAt: NOW });
const autumn = tariff('autumn', { startsAt: NOW + 60 * DAY });
const winter = tariff('winter', { endsAt: NOW - 90 * DAY });

describe('the tariff of a session', () => {
  test.each<[rule: string, tariffs: Tariff[], type: TariffType, chosen: string | null]>([
    ['without any, none', [], 'REGULAR', null],
    ['the wanted type comes before one for everybody', [anybody, regular], 'REGULAR', 'regular'],
    ['one for everybody comes before another type', [regular, anybody], 'AD_HOC_PAYMENT', 'anybody'],
    ['who pays at once pays what is meant for that', [regular, adHoc], 'AD_HOC_PAYMENT', 'ad-hoc'],
    ['without one of the type, the regular one', [green, regular], 'AD_HOC_PAYMENT', 'regular'],
    ['without that, any in force: never free', [green], 'REGULAR', 'green'],
    ['of two, the one that came into force last', [old, anybody, summer], 'REGULAR', 'summer'],
    ['among equals, the first in the list', [anybody, tariff('other')], 'REGULAR', 'anybody'],
    ['the start is inclusive, the end exclusive', [spring, summer], 'REGULAR', 'summer'],
    [
      'a type in force comes before the wanted one out of force',
      [{ ...spring, type: 'REGULAR' }, green],
      'REGULAR',
      'green',
    ],
    ['between two, the one that was last in force', [autumn, winter, spring], 'REGULAR', 'spring'],
    ['before all, the first to come', [tariff('later', { startsAt: NOW + 90 * DAY }), autumn], 'REGULAR', 'autumn'],
  ])('%s', (_rule, tariffs, type, chosen) => {
    expect(chooseTariff(tariffs, { type, at: NOW })?.id ?? null).toBe(chosen);
  });

  test('is never none where there are some, and in force where any is', () => {
    const day = fc.integer({ min: -5, max: 5 }).map((days) => NOW + days * DAY);
    const terms = fc.record(
      { type: fc.constantFrom(...TARIFF_TYPES), startsAt: day, endsAt: day },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(terms, { minLength: 1, maxLength: 6 }), fc.constantFrom(...TARIFF_TYPES), (all, type) => {
        const tariffs = all.map((each, index) => tariff(`t${index}`, each));
        const inForce = ({ startsAt = -Infinity, endsAt = Infinity }: Tariff) => startsAt <= NOW && NOW < endsAt;
        const chosen = chooseTariff(tariffs, { type, at: NOW });
        expect(chosen).not.toBeNull();
        expect(tariffs.some(inForce) ? chosen : null).toSatisfy(
          (each: Tariff | null) => each === null || inForce(each),
        );
      }),
    );
  });
});
