import type { Answers, ChargingProfile } from '../../gateway/domain/orders.ts';
import { parseTime, type TimeFormat } from '../../gateway/domain/time.ts';
import { isRecord } from './lenient.ts';

/** More periods than these no charger computes. */
const MOST_PERIODS = 1000;

/**
 * The limits in a GetCompositeSchedule answer, numbers also where they are written as text; null where there are none.
 * `start`: where the version puts the moment in which they begin.
 */
export function readSchedule(schedule: unknown, start: unknown): Answers['composite-schedule']['limit'] {
  if (!isRecord(schedule)) return null;
  const unit = schedule['chargingRateUnit'];
  const told = schedule['chargingSchedulePeriod'];
  if ((unit !== 'A' && unit !== 'W') || !Array.isArray(told)) return null;
  const periods = told
    .slice(0, MOST_PERIODS)
    .filter(isRecord)
    .map((period) => ({ start: numberOf(period['startPeriod']), limit: numberOf(period['limit']) }))
    .flatMap((each) => (each.start === null || each.limit === null ? [] : [{ start: each.start, limit: each.limit }]));
  return {
    startsAt: (typeof start === 'string' && parseTime(start)?.at) || null,
    duration: numberOf(schedule['duration']),
    unit,
    minRate: numberOf(schedule['minChargingRate']),
    periods,
  };
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

/** Never more than was allowed: rounded down. */
function tenths(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}

const KIND = { absolute: 'Absolute', recurring: 'Recurring', relative: 'Relative' } as const;
const RECURRENCY = { daily: 'Daily', weekly: 'Weekly' } as const;

/** What all versions say alike of a charging profile, beside its schedule. */
export function profileWords({ stackLevel, kind, recurrency, validFrom, validTo }: ChargingProfile, time: TimeFormat) {
  return {
    stackLevel,
    chargingProfileKind: KIND[kind],
    ...(recurrency !== null && { recurrencyKind: RECURRENCY[recurrency] }),
    ...(validFrom !== null && { validFrom: time(validFrom) }),
    ...(validTo !== null && { validTo: time(validTo) }),
  };
}

/** Its schedule, likewise; limits go out with at most one decimal. */
export function scheduleWords({ duration, startsAt, unit, periods, minRate }: ChargingProfile, time: TimeFormat) {
  return {
    ...(duration !== null && { duration }),
    ...(startsAt !== null && { startSchedule: time(startsAt) }),
    chargingRateUnit: unit,
    chargingSchedulePeriod: periods.map(({ start, limit, phases }) => ({
      startPeriod: start,
      limit: tenths(limit),
      ...(phases !== null && { numberPhases: phases }),
    })),
    ...(minRate !== null && { minChargingRate: tenths(minRate) }),
  };
}
