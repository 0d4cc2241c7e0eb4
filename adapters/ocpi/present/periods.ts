import { toUtc } from '../../../gateway/domain/time.ts';
import type { Period, PeriodKind, Tariff } from '../../../gateway/domain/tariff.ts';
import { hours, kwh } from '../numbers.ts';
import type { Wire } from './shared.ts';
import { clipId } from './text.ts';

/** A version's dimension for the time of each kind of period; null: it has none. */
export type TimeDimensions = Readonly<Record<PeriodKind, string | null>>;

/**
 * What a session came to, as ChargingPeriods in the order of time (OCPI 2.3.0 mod_cdrs ChargingPeriod): energy, and the time as
 * charging or parking; before it the time for which the bay was kept. Time in which it should have been free again runs beside
 * charging and parking, where a period ends with the next, so that it is a further dimension of those.
 */
export function chargingPeriods(
  periods: readonly Period[],
  tariff: Pick<Tariff, 'id'> | null,
  dimensions: TimeDimensions,
): Wire[] {
  const overtime = periods.filter(({ kind }) => kind === 'overtime');
  const course = periods.filter(({ kind }) => kind !== 'overtime').toSorted((one, other) => one.from - other.from);
  const end = Math.max(-Infinity, ...course.map(({ to }) => to));
  const after = overtime.filter(({ to }) => to > end).map((each) => ({ ...each, from: Math.max(each.from, end) }));
  return [...course, ...after].flatMap((period) => {
    const measured = period.kind === 'charging' || period.kind === 'parking';
    const told = [
      ...(measured ? [{ type: 'ENERGY', volume: kwh(period.energyWh) }] : []),
      ...timeIn(dimensions[period.kind], period.to - period.from),
      ...(measured ? timeIn(dimensions.overtime, shared(period, overtime), 'if any') : []),
    ];
    if (told.length === 0) return [];
    return [
      {
        start_date_time: toUtc(period.from),
        dimensions: told,
        ...(tariff === null ? {} : { tariff_id: clipId(tariff.id, 36) }),
      },
    ];
  });
}

/** Did anybody charge or park, or was the bay only kept? */
export function isOnlyKept(periods: readonly Period[]): boolean {
  return periods.length > 0 && periods.every(({ kind }) => kind !== 'charging' && kind !== 'parking');
}

function timeIn(type: string | null, millis: number, when?: 'if any'): Wire[] {
  return type === null || (when === 'if any' && millis === 0) ? [] : [{ type, volume: hours(millis) }];
}

/** Milliseconds of a period that fall into one of the others. */
function shared({ from, to }: Period, others: readonly Period[]): number {
  return others.reduce((sum, other) => sum + Math.max(0, Math.min(to, other.to) - Math.max(from, other.from)), 0);
}
