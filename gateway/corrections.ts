import { GatewayError } from './domain/errors.ts';
import type { Cost, Period, Tariff } from './domain/tariff.ts';
import { toUtc, type Millis } from './domain/time.ts';
import type { Cdr } from './domain/types.ts';
import { FREE } from './cdrs.ts';
import { apportion, ratio, share } from './pricing/decimal.ts';
import { priceUsage } from './pricing/price.ts';
import { usageOf } from './pricing/usage.ts';

/** What was wrong with a bill line; what is not said stays as it was. */
export interface Correction {
  /** Wh in all. */
  energyWh?: number;
  startedAt?: Millis;
  endedAt?: Millis;
  /** Priced by this one of the site's tariffs, as it is now, instead of the one that was frozen with the line. */
  tariffId?: string;
  /** Nothing is due. */
  free?: true;
  /** For the customer; else it says what it corrects and why. */
  remark?: string;
}

/** What a bill line is for and what that costs. */
export type Bill = Pick<Cdr, 'startedAt' | 'endedAt' | 'currency' | 'tariff' | 'periods' | 'energyWh' | 'cost'> & {
  /** What had to be assumed, a sentence each. */
  notes: string[];
};

/**
 * Prices a bill line anew with what was wrong put right. Other times cut its course, and the energy of what is cut away goes
 * with it, or prolong its first or last period, which adds no energy. Other energy is parted among the periods in proportion,
 * or by how long each charged where there was none, to the Wh. What was measured in between is not known any more: energy
 * flows evenly within each period.
 *
 * @param bounds the session's own start and end, beyond which nothing was measured
 * @param tariff what it is priced by; null: nothing is due
 * @throws GatewayError CORRECTION_REFUSED
 */
export function billAnew(
  cdr: Cdr,
  correction: Correction,
  bounds: { startedAt: Millis; endedAt: Millis },
  tariff: Tariff | null,
): Bill {
  const { startedAt = cdr.startedAt, endedAt = cdr.endedAt } = correction;
  const measured = cdr.periods.filter(isMeasured);
  const kept = cdr.periods.filter((period) => !isMeasured(period));
  checkTimes(startedAt, endedAt, bounds);
  const isTimed = startedAt !== cdr.startedAt || endedAt !== cdr.endedAt;
  if (measured.length === 0 && (isTimed || correction.energyWh !== undefined))
    throw refused('it is not for charging, so that there is no energy and no charging time to correct');
  const timed = isTimed ? within(measured, startedAt, endedAt) : measured;
  const course = correction.energyWh === undefined ? timed : withEnergy(timed, correction.energyWh);
  const { periods, cost, notes } = priced([...kept, ...course], tariff, cdr);
  const energyWh = course.reduce((sum, period) => sum + period.energyWh, 0);
  return { startedAt, endedAt, currency: tariff?.currency ?? cdr.currency, tariff, periods, energyWh, cost, notes };
}

function priced(
  periods: Period[],
  tariff: Tariff | null,
  { place }: Cdr,
): { periods: Period[]; cost: Cost; notes: string[] } {
  if (tariff === null) return { periods, cost: FREE, notes: [] };
  const usage = usageOf(periods);
  if (usage.stretches.length === 0)
    throw refused('it is for a reservation alone, and how that ended is not kept with it: make it free, or credit it');
  return priceUsage(tariff, usage, place.timeZone);
}

function isMeasured({ kind }: Period): boolean {
  return kind === 'charging' || kind === 'parking';
}

function checkTimes(startedAt: Millis, endedAt: Millis, bounds: { startedAt: Millis; endedAt: Millis }): void {
  if (startedAt > endedAt) throw refused(`it would end (${toUtc(endedAt)}) before it begins (${toUtc(startedAt)})`);
  if (startedAt < bounds.startedAt || endedAt > bounds.endedAt)
    throw refused(
      `its session went from ${toUtc(bounds.startedAt)} to ${toUtc(bounds.endedAt)}, and nothing was measured outside of that`,
    );
}

/** The course cut to these times; its first and last period reach to them. */
function within(course: Period[], startedAt: Millis, endedAt: Millis): Period[] {
  const cut = course
    .filter(({ from, to }) => to > startedAt && from < endedAt)
    .map((period) => {
      const [from, to] = [Math.max(period.from, startedAt), Math.min(period.to, endedAt)];
      const millis = period.to - period.from;
      const energyWh = millis === 0 ? period.energyWh : share(period.energyWh, to - from, millis);
      return { ...period, from, to, energyWh, ...(from > period.from && { interpolated: true as const }) };
    });
  const last = cut.length - 1;
  if (last < 0) throw refused(`between ${toUtc(startedAt)} and ${toUtc(endedAt)} it has nothing`);
  return cut.map((period, index) => ({
    ...period,
    ...(index === 0 && { from: startedAt }),
    ...(index === last && { to: endedAt }),
  }));
}

/** The same course with this energy in all. */
function withEnergy(course: Period[], energyWh: number): Period[] {
  const hasEnergy = course.some((period) => period.energyWh > 0);
  const weights = course.map(({ kind, from, to, energyWh: before }) =>
    ratio(hasEnergy ? before : kind === 'charging' ? to - from : 0, 1),
  );
  const parts = apportion(BigInt(energyWh), weights);
  return course.map((period, index) => ({ ...period, energyWh: Number(parts[index] ?? 0n) }));
}

/** The refusal of a correction, with its reason. */
export function refused(why: string): GatewayError {
  return new GatewayError('CORRECTION_REFUSED', `this bill line cannot be corrected like this: ${why}`);
}
