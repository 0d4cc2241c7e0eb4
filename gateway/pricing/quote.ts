import type { Plan } from '../domain/quote.ts';
import type { Tariff } from '../domain/tariff.ts';
import { parseDecimal, ratio, share, toInteger } from './decimal.ts';
import { priceUsage, type Priced } from './price.ts';
import type { Hold, Stretch } from './usage.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000n;

/** The same with nothing left out: thousandths of a Wh, ms. Energy beyond what the power gives in the time takes longer. */
export interface Expected {
  milliWh: number;
  millis: number;
}

/** Energy and time of a plan, each from the other where it is left out; nothing of both is nothing. */
export function expectedOf({ kwh, minutes, powerW }: Pick<Plan, 'kwh' | 'minutes' | 'powerW'>): Expected {
  const given = kwh === null ? null : toInteger(parseDecimal(kwh), 6);
  if (minutes !== null)
    return {
      milliWh: given ?? share(powerW * 1000, minutes, 60),
      millis: minutes * MINUTE,
    };
  if (given === null) return { milliWh: 0, millis: 0 };
  const millis = ratio(given, powerW * 1000).mul(HOUR);
  return { milliWh: given, millis: toInteger(millis, 0) };
}

/** What a plan costs by a tariff, at a site in this zone. Throws RangeError as `priceUsage` does. */
export function pricePlan(tariff: Tariff, plan: Plan, zone: string): Priced {
  const { startsAt, parkingMinutes, reservedMinutes, powerW } = plan;
  const { milliWh, millis } = expectedOf(plan);
  const full = startsAt + millis;
  const charging: Stretch = {
    kind: 'charging',
    from: startsAt,
    to: full,
    milliWh,
    milliW: millis === 0 ? powerW * 1000 : null,
    milliA: null,
  };
  const parking: Stretch = {
    kind: 'parking',
    from: full,
    to: full + parkingMinutes * MINUTE,
    milliWh: 0,
    milliW: 0,
    milliA: 0,
  };
  const hold: Hold = {
    kind: 'reservation',
    from: startsAt - reservedMinutes * MINUTE,
    to: startsAt,
    outcome: 'used',
  };
  return priceUsage(
    tariff,
    { stretches: parkingMinutes > 0 ? [charging, parking] : [charging], holds: reservedMinutes > 0 ? [hold] : [] },
    zone,
  );
}
