import type { Answers } from '../../gateway/domain/orders.ts';
import { parseTime } from '../../gateway/domain/time.ts';
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
export function tenths(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}
