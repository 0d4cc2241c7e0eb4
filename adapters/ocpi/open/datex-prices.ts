import { Big } from 'big.js';
import type { EvseView } from '../../../gateway/chargers.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type {
  ComponentType,
  Decimal,
  PriceComponent,
  PriceLimit,
  Restrictions,
  Tariff,
} from '../../../gateway/domain/tariff.ts';
import type { OpenSite } from '../../../gateway/open-data.ts';
import { conditionsInWords } from '../../../gateway/wording/conditions.ts';
import { wordsOf } from '../../../gateway/wording/language.ts';
import { rateOf } from '../present/tariff.ts';
import { applicability, applicationsOf, overallPeriod } from './datex-applicability.ts';
import { ids, manyWords, PAYMENT_MEANS, words } from './datex-words.ts';
import { el, type Xml } from './xml.ts';

/** Largest afac:AmountOfMoney: eight digits, two of them decimals. */
const MOST_MONEY = new Big('999999.99');

/** What one pays at an EVSE: a rate for each tariff of its connectors, and one that is free where a connector has none. */
export function energyRates(evse: EvseView, open: OpenSite): Xml[] {
  const named = [...new Set(evse.connectors.flatMap(({ tariffIds }) => tariffIds))];
  const rates = open.tariffs
    .filter(({ id }) => named.includes(id))
    .map((tariff) => rate(tariff, evse, open.site.timeZone));
  const free = evse.connectors.some(({ tariffIds }) => tariffIds.length === 0);
  return free ? [...rates, freeOfCharge(evse, open)] : rates;
}

/** aegi:EnergyRate. Its id is the EVSE's own, as no two rates of a publication may share one. */
function rate(tariff: Tariff, evse: EvseView, zone: string): Xml {
  const prices = TYPES.flatMap((type) => pricesOf(tariff, type, zone));
  return el(
    'aegi:energyRate',
    [
      el('aegi:ratePolicy', 'adHoc'),
      el('aegi:lastUpdated', toUtc(tariff.updatedAt)),
      el('aegi:applicableCurrency', tariff.currency),
      words('aegi:rateName', tariff.id),
      limit('aegi:maximumDeliveryFee', tariff.maxPrice, tariff),
      limit('aegi:minimumDeliveryFee', tariff.minPrice, tariff),
      manyWords(
        'aegi:additionalInformation',
        tariff.altText.map(({ language, text }) => ({ lang: language, text })),
      ),
      payment(evse),
      ...(prices.length === 0 ? [FREE] : prices),
      ...reservationPrices(tariff),
      tariff.startsAt === undefined && tariff.endsAt === undefined ? null : overallPeriod(tariff, []),
    ],
    { id: `${tariff.id}.${ids.point(evse)}` },
  );
}

const FREE = el('aegi:energyPrice', [
  el('aegi:priceGroupIndex', 0),
  el('aegi:priceType', 'free'),
  el('aegi:value', '0.00'),
]);

function freeOfCharge(evse: EvseView, open: OpenSite): Xml {
  return el(
    'aegi:energyRate',
    [
      el('aegi:ratePolicy', 'adHoc'),
      el('aegi:lastUpdated', toUtc(open.describedAt)),
      // One has to be named; nothing is the same in all of them.
      el('aegi:applicableCurrency', open.tariffs[0]?.currency ?? 'EUR'),
      FREE,
    ],
    { id: `free.${ids.point(evse)}` },
  );
}

const TYPES: ComponentType[] = ['FLAT', 'ENERGY', 'TIME', 'PARKING_TIME'];

/** What charging costs by one dimension: each price with when it applies, in words where there is no other way. */
function pricesOf(tariff: Tariff, type: ComponentType, zone: string): Xml[] {
  const { applied, untold } = applicationsOf(tariff, type);
  return [
    ...applied.flatMap((each) => {
      const { kind, unit, price } = measured(each.component);
      return (
        energyPrice(tariff, each.component, { kind, price, remarks: [unit] }, applicability(each, tariff, zone)) ?? []
      );
    }),
    ...untold.flatMap(({ component, restrictions, isFallback }) => {
      const remarks = [
        UNITS[type],
        restrictionsOf(restrictions),
        isFallback ? 'where no price before it applies' : null,
      ];
      return energyPrice(tariff, component, { kind: 'other', price: new Big(component.price), remarks }) ?? [];
    }),
  ];
}

/** What it costs to have the point kept free, for which there is no kind. */
function reservationPrices(tariff: Tariff): Xml[] {
  return tariff.elements.flatMap(({ components, restrictions: { reservation, ...others } = {} }) => {
    if (reservation === undefined) return [];
    const which = reservation === 'RESERVATION' ? 'for a reservation' : 'for a reservation that expires';
    return components.flatMap((component) => {
      const unit = component.type === 'FLAT' ? 'once' : 'per hour';
      const remarks = [`${unit} ${which}`, restrictionsOf(others)];
      return energyPrice(tariff, component, { kind: 'other', price: new Big(component.price), remarks }) ?? [];
    });
  });
}

interface Told {
  kind: string;
  price: Big;
  remarks: (string | null)[];
}

/** aegi:EnergyPrice; null for a price beyond what it can hold. */
function energyPrice(
  tariff: Tariff,
  component: PriceComponent,
  { kind, price, remarks }: Told,
  applies: (Xml | null)[] = [],
): Xml | null {
  const value = money(price);
  if (value === null) return null;
  const rateOfTax = rateOf(component, tariff);
  const all = [
    ...remarks,
    price.eq(value) ? null : `exactly ${price.toFixed()} ${tariff.currency}`,
    component.step > 1 ? `in steps of ${component.step} ${component.type === 'ENERGY' ? 'Wh' : 'seconds'}` : null,
  ].filter((remark) => remark !== null);
  return el('aegi:energyPrice', [
    el('aegi:priceGroupIndex', 0),
    el('aegi:priceType', kind),
    el('aegi:value', value),
    tariff.taxIncluded === 'N/A' ? null : el('aegi:taxIncluded', tariff.taxIncluded === 'YES'),
    rateOfTax === null ? null : el('aegi:taxRate', rateOfTax),
    words('aegi:additionalInformation', all.length === 0 ? null : all.join('; '), 'en'),
    ...applies,
  ]);
}

const UNITS: Record<ComponentType, string> = {
  FLAT: 'once',
  ENERGY: 'per kWh',
  TIME: 'per hour',
  PARKING_TIME: 'per hour connected without charging',
};

function restrictionsOf(restrictions: Restrictions): string | null {
  const phrases = conditionsInWords(restrictions, wordsOf('en'));
  return phrases.length === 0 ? null : phrases.join(', ');
}

/**
 * The component in DATEX II's kinds. It knows minutes where tariffs have hours: an hour's price that is no exact price of a
 * minute stays one of an hour, of the kind `other`. So does what is paid for the time without charging: no kind means that.
 */
function measured({ type, price }: PriceComponent): { kind: string; unit: string | null; price: Big } {
  const given = new Big(price);
  if (type === 'ENERGY') return { kind: 'pricePerKWh', unit: null, price: given };
  if (type === 'FLAT') return { kind: 'basePrice', unit: null, price: given };
  const minute = given.div(60).round(2);
  if (type === 'TIME' && minute.times(60).eq(given)) return { kind: 'pricePerMinute', unit: null, price: minute };
  return { kind: 'other', unit: UNITS[type], price: given };
}

function limit(name: string, price: PriceLimit | null, { taxIncluded }: Tariff): Xml | null {
  if (price === null) return null;
  const amount: Decimal = taxIncluded === 'YES' ? (price.afterTaxes ?? price.beforeTaxes) : price.beforeTaxes;
  const value = money(new Big(amount));
  return value === null ? null : el(name, value);
}

/** afac:AmountOfMoney, halves away from zero. */
function money(amount: Big): string | null {
  const rounded = amount.round(2, Big.roundHalfUp);
  return rounded.gt(MOST_MONEY) ? null : rounded.toFixed(2);
}

function payment(evse: EvseView): Xml | null {
  const means = evse.visitors.payment.flatMap((method) => PAYMENT_MEANS[method] ?? []);
  if (means.length === 0) return null;
  return el(
    'aegi:payment',
    means.map((word) => el('afac:paymentMeans', word)),
  );
}
