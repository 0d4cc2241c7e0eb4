import { describe, expect, it } from 'vitest';
import { checkTariff } from '../../gateway/pricing/check.ts';
import type { Tariff } from '../../gateway/domain/tariff.ts';
import { component, tariffOf } from './tariffs.ts';

const ENERGY = component('ENERGY', '0.45', '19');
const limit = (beforeTaxes: string, afterTaxes: string | null = null) => ({ beforeTaxes, afterTaxes });

describe('a tariff that can be priced', () => {
  it.each<[string, Tariff]>([
    ['a plain one', tariffOf([ENERGY])],
    ['a free one', tariffOf([component('FLAT', '0.00', null, 0)])],
    ['a component that is never reached', tariffOf([ENERGY, component('ENERGY', '0.50')])],
    ['N/A with a VAT of zero', tariffOf([component('ENERGY', '0.45', '0')], { taxIncluded: 'N/A' })],
    ['limits on both sides', tariffOf([ENERGY], { minPrice: limit('1', '1.19'), maxPrice: limit('50', '59.50') })],
    ['equal limits', tariffOf([ENERGY], { minPrice: limit('5'), maxPrice: limit('5') })],
    ['a limit on a tariff without tax', tariffOf([component('ENERGY', '1')], { minPrice: limit('1', '1.00') })],
  ])('%s', (_name, tariff) => {
    expect(checkTariff(tariff)).toEqual([]);
  });
});

describe('a tariff that cannot be priced', () => {
  it.each<[string, Tariff, RegExp]>([
    ['unknown currency', tariffOf([ENERGY], { currency: 'EURO' }), /^currency: "EURO" .* such as EUR$/],
    ['no element', tariffOf([], { elements: [] }), /^elements: /],
    ['an empty element', tariffOf([]), /^elements\[0\]\.components: /],
    [
      'a price that is no decimal',
      tariffOf([component('TIME', '2,50')]),
      /^elements\[0\]\.components\[0\]\.price: "2,50"/,
    ],
    ['an exponent', tariffOf([component('TIME', '1e3')]), /\.price: "1e3" is no decimal/],
    ['an empty price', tariffOf([component('TIME', '')]), /\.price: "" is no decimal/],
    ['a price beyond all bounds', tariffOf([component('TIME', '9'.repeat(13))]), /at most 12 digits/],
    ['a negative price', tariffOf([component('ENERGY', '-0.01')]), /\.price: .* must not be negative, and is -0\.01$/],
    ['a negative step', tariffOf([component('TIME', '1', null, -1)]), /\.step: -1 /],
    ['a step that is no integer', tariffOf([component('TIME', '1', null, 0.5)]), /\.step: 0\.5 /],
    ['a step beyond all bounds', tariffOf([component('TIME', '1', null, 2e9)]), /\.step: 2000000000 /],
    ['VAT that is no decimal', tariffOf([component('TIME', '1', '19%')]), /\.vat: "19%"/],
    ['VAT below 0', tariffOf([component('TIME', '1', '-19')]), /\.vat: VAT in percent must not be negative/],
    ['VAT above 100', tariffOf([component('TIME', '1', '1900')]), /\.vat: 1900 must be a percentage/],
    ['VAT where there is none', tariffOf([ENERGY], { taxIncluded: 'N/A' }), /\.vat: 19 contradicts taxIncluded N\/A/],
    ['a limit that is no decimal', tariffOf([ENERGY], { minPrice: limit('x') }), /^minPrice\.beforeTaxes: "x"/],
    ['a negative limit', tariffOf([ENERGY], { maxPrice: limit('1', '-1') }), /^maxPrice\.afterTaxes: /],
    [
      'more before taxes than after',
      tariffOf([ENERGY], { maxPrice: limit('2', '1') }),
      /^maxPrice\.afterTaxes: 1 is less/,
    ],
    [
      'a maximum below the minimum',
      tariffOf([ENERGY], { minPrice: limit('10'), maxPrice: limit('9.99') }),
      /^maxPrice\.beforeTaxes: 9\.99 is less than minPrice, 10$/,
    ],
    [
      'a maximum below the minimum after taxes',
      tariffOf([ENERGY], { minPrice: limit('10', '12'), maxPrice: limit('11', '11.50') }),
      /^maxPrice\.afterTaxes: 11\.50 is less than minPrice, 12$/,
    ],
    [
      'a limit with tax where no component has any',
      tariffOf([component('ENERGY', '1')], { minPrice: limit('1', '1.20') }),
      /^minPrice\.afterTaxes: 1\.20 holds a tax, but neither a component nor the tariff has one/,
    ],
  ])('%s', (_name, tariff, problem) => {
    const problems = checkTariff(tariff);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('every problem is told, with its place', () => {
    const tariff = tariffOf([component('ENERGY', 'a'), component('TIME', '1', 'b', -1)], { currency: '' });
    expect(checkTariff(tariff).map((text) => text.split(':')[0])).toEqual([
      'currency',
      'elements[0].components[0].price',
      'elements[0].components[1].step',
      'elements[0].components[1].vat',
    ]);
  });
});
