import { currencyExponent } from './currency.ts';
import { addAmounts, toPrice, withTax } from './amount.ts';
import type { Amount, Anchor } from './amount.ts';
import { applyLimits } from './limits.ts';
import { multiply, parseDecimal, ratio, toText } from './rational.ts';
import type { Rational } from './rational.ts';
import { applySteps } from './steps.ts';
import type { Bucket } from './steps.ts';
import type { ComponentType, Cost, CostLine, Period, Price, PriceComponent, Tariff } from '../domain/types.ts';

/** Lines and their sums are rounded to four decimals, as OCPI numbers are; only the total is rounded to the currency. */
const LINE_DECIMALS = 4;

/** Enough to tell milliseconds of hours, so that quantity × price gives back the amount of a line, its rounding aside. */
const QUANTITY_DECIMALS = 10;

/** Order of the lines. */
const DIMENSIONS: ComponentType[] = ['FLAT', 'ENERGY', 'TIME', 'PARKING_TIME'];

/** Wh in a kWh, milliseconds in an hour. */
const UNIT: Record<ComponentType, number> = { FLAT: 1, ENERGY: 1000, TIME: 3_600_000, PARKING_TIME: 3_600_000 };

/**
 * Prices a session, running or ended, by its tariff: exact until each figure is rounded, once, ties away from zero; the total
 * to the currency's minor unit, its parts and lines to four decimals. The parts sum up to the total, its rounding aside,
 * unless a minimum or maximum price holds. What no component prices is free and has no line. The flat fee and the minimum
 * price are due as soon as there is a session, however short. Where prices are quoted with tax, the rounded amount after
 * taxes is the sum to pay, and the tax is taken out of it; else tax is added to the rounded amount before taxes.
 *
 * @param tariff one that `checkTariff` finds nothing wrong with
 * @param periods in any split, Wh as integers and instants in epoch milliseconds; parking counts as PARKING_TIME, else TIME
 * @throws RangeError for a period that runs backwards or has a negative or fractional quantity
 */
export function priceSession(tariff: Tariff, periods: Period[]): Cost {
  const billed = applySteps(collectUsage(tariff, periods)).map((bucket) => ({
    bucket,
    amount: amountOf(bucket, tariff),
  }));
  const keep = currencyExponent(tariff.currency);
  const quoted: Anchor = tariff.taxIncluded === 'YES' ? 'after' : 'before';
  const price = (amount: Amount): Price => toPrice(amount, quoted, LINE_DECIMALS, keep);
  const part = (type: ComponentType): Price | null => {
    const amounts = billed.filter(({ bucket }) => bucket.component.type === type).map(({ amount }) => amount);
    return amounts.length === 0 ? null : price(addAmounts(amounts));
  };
  const { amount: total, afterAtLimit } = applyLimits(addAmounts(billed.map(({ amount }) => amount)), tariff);
  return {
    total: toPrice(total, afterAtLimit ? 'after' : quoted, keep, keep),
    fixed: part('FLAT'),
    energy: part('ENERGY'),
    time: part('TIME'),
    parking: part('PARKING_TIME'),
    lines: billed.map(({ bucket, amount }) => lineOf(bucket, price(amount), tariff)),
  };
}

/** Adds the periods up on the components that are active in them: one bucket each, by dimension, then by last use. */
function collectUsage(tariff: Tariff, periods: Period[]): Bucket[] {
  const buckets = new Map<PriceComponent, Bucket>();
  const use = (type: ComponentType, quantity: number): void => {
    const component = quantity > 0 ? activeComponent(tariff, type) : null;
    if (!component) return;
    const used = (buckets.get(component)?.used ?? 0) + quantity;
    buckets.delete(component);
    buckets.set(component, { component, used, billed: used });
  };
  use('FLAT', 1);
  for (const [index, period] of periods.entries()) {
    const millis = period.to - period.from;
    if (!isQuantity(millis) || !isQuantity(period.energyWh)) {
      throw new RangeError(`period ${index} has ${period.energyWh} Wh in ${millis} ms; both must be integers from 0`);
    }
    use('ENERGY', period.energyWh);
    use(period.kind === 'parking' ? 'PARKING_TIME' : 'TIME', millis);
  }
  const all = [...buckets.values()];
  return DIMENSIONS.flatMap((type) => all.filter(({ component }) => component.type === type));
}

/** The first element that prices the dimension decides, for each dimension on its own (OCPI 2.3.0 mod_tariffs Tariff). */
function activeComponent(tariff: Tariff, type: ComponentType): PriceComponent | null {
  for (const { components } of tariff.elements) {
    const component = components.find((each) => each.type === type);
    if (component) return component;
  }
  return null;
}

function isQuantity(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function quantityOf({ component, billed }: Bucket): Rational {
  return ratio(billed, UNIT[component.type]);
}

function amountOf(bucket: Bucket, tariff: Tariff): Amount {
  const { price, vat } = bucket.component;
  return withTax(multiply(quantityOf(bucket), parseDecimal(price)), vat, tariff.taxIncluded);
}

function lineOf(bucket: Bucket, amount: Price, tariff: Tariff): CostLine {
  const { type, price, vat } = bucket.component;
  return {
    type,
    price,
    vat: tariff.taxIncluded === 'N/A' ? null : vat,
    quantity: toText(quantityOf(bucket), QUANTITY_DECIMALS),
    amount,
  };
}
