import { Big } from 'big.js';
import type { EvseView } from '../../../gateway/chargers.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Decimal, PriceComponent, PriceLimit, Tariff } from '../../../gateway/domain/tariff.ts';
import type { OpenSite } from '../../../gateway/open-data.ts';
import { ids, manyWords, PAYMENT_MEANS, words } from './datex-words.ts';
import { el, type Xml } from './xml.ts';

/** Largest afac:AmountOfMoney: eight digits, two of them decimals. */
const MOST_MONEY = new Big('999999.99');

/** What one pays at an EVSE: a rate for each tariff of its connectors, and one that is free where a connector has none. */
export function energyRates(evse: EvseView, open: OpenSite): Xml[] {
  const named = [...new Set(evse.connectors.flatMap(({ tariffIds }) => tariffIds))];
  const rates = open.tariffs.filter(({ id }) => named.includes(id)).map((tariff) => rate(tariff, evse));
  const free = evse.connectors.some(({ tariffIds }) => tariffIds.length === 0);
  return free ? [...rates, freeOfCharge(evse, open)] : rates;
}

/** aegi:EnergyRate. Its id is the EVSE's own, as no two rates of a publication may share one. */
function rate(tariff: Tariff, evse: EvseView): Xml {
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
      ...components(tariff).flatMap((component) => energyPrice(component, tariff) ?? []),
    ],
    { id: `${tariff.id}.${ids.point(evse)}` },
  );
}

function freeOfCharge(evse: EvseView, open: OpenSite): Xml {
  return el(
    'aegi:energyRate',
    [
      el('aegi:ratePolicy', 'adHoc'),
      el('aegi:lastUpdated', toUtc(open.describedAt)),
      // One has to be named; nothing is the same in all of them.
      el('aegi:applicableCurrency', open.tariffs[0]?.currency ?? 'EUR'),
      el('aegi:energyPrice', [el('aegi:priceGroupIndex', 0), el('aegi:priceType', 'free'), el('aegi:value', '0.00')]),
    ],
    { id: `free.${ids.point(evse)}` },
  );
}

/** Of each type the first counts (OCPI 2.3.0 mod_tariffs Tariff elements). */
function components(tariff: Tariff): PriceComponent[] {
  const all = tariff.elements.flatMap((element) => element.components);
  return all.filter(({ type }, index) => all.findIndex((other) => other.type === type) === index);
}

/** aegi:EnergyPrice; null for a price beyond what it can hold. */
function energyPrice(component: PriceComponent, tariff: Tariff): Xml | null {
  const { type, unit, price } = measured(component);
  const value = money(price);
  if (value === null) return null;
  const remarks = [
    unit,
    price.eq(value) ? null : `exactly ${price.toFixed()} ${tariff.currency}`,
    component.step > 1 ? `in steps of ${component.step} ${component.type === 'ENERGY' ? 'Wh' : 'seconds'}` : null,
  ].filter((remark) => remark !== null);
  return el('aegi:energyPrice', [
    el('aegi:priceGroupIndex', 0),
    el('aegi:priceType', type),
    el('aegi:value', value),
    tariff.taxIncluded === 'N/A' ? null : el('aegi:taxIncluded', tariff.taxIncluded === 'YES'),
    component.vat === null ? null : el('aegi:taxRate', component.vat),
    words('aegi:additionalInformation', remarks.length === 0 ? null : remarks.join('; '), 'en'),
  ]);
}

/**
 * The component in DATEX II's kinds. It knows minutes where tariffs have hours: an hour's price that is no exact price of a
 * minute stays one of an hour, of the kind `other`. So does what is paid for the time without charging: no kind means that.
 */
function measured({ type, price }: PriceComponent): { type: string; unit: string | null; price: Big } {
  const given = new Big(price);
  if (type === 'ENERGY') return { type: 'pricePerKWh', unit: null, price: given };
  if (type === 'FLAT') return { type: 'basePrice', unit: null, price: given };
  if (type === 'PARKING_TIME') return { type: 'other', unit: 'per hour connected without charging', price: given };
  const minute = given.div(60).round(2);
  if (minute.times(60).eq(given)) return { type: 'pricePerMinute', unit: null, price: minute };
  return { type: 'other', unit: 'per hour', price: given };
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
