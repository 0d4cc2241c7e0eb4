import type { ActiveLimit } from '../../../gateway/domain/orders.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Wire } from './shared.ts';
import { optional } from './text.ts';

/** OCPI 2.3.0 mod_charging_profiles ActiveChargingProfile. */
export function presentActiveProfile(limit: ActiveLimit): Wire {
  const { startsAt, duration, unit, minRate, periods } = limit;
  return {
    start_date_time: toUtc(startsAt),
    charging_profile: {
      start_date_time: toUtc(startsAt),
      ...optional('duration', duration),
      charging_rate_unit: unit,
      ...optional('min_charging_rate', minRate === null ? null : tenths(minRate)),
      charging_profile_period: periods.map((period) => ({ start_period: period.start, limit: tenths(period.limit) })),
    },
  };
}

/** One decimal, as the specification has it. */
function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
