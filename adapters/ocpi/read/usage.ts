import { Big } from 'big.js';
import type { Decimal, Tariff } from '../../../gateway/domain/tariff.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import type { Hold, Stretch } from '../../../gateway/pricing/usage.ts';
import { refuse, remark } from './fields.ts';
import type { ReadPeriod } from './periods.ts';

/** What a period says was used. How a hold ended, only the whole bill says. */
export interface PeriodUsage {
  stretches: Stretch[];
  holds: (Omit<Hold, 'outcome'> & { expired: boolean })[];
}

/** A kind of time that a period holds. */
interface Share {
  kind: 'hold' | 'expired' | 'charging' | 'parking';
  /** Null: the period does not say how long, so that no time is billed. */
  millis: number | null;
}

/** In the order in which they follow each other where a period holds several; the last two are of the bookings extension. */
const KINDS = [
  ['RESERVATION_TIME', 'hold'],
  ['RESERVATION_EXPIRES', 'expired'],
  ['TIME', 'charging'],
  ['PARKING_TIME', 'parking'],
] as const;

/** The last digit of an hour with four decimals: 0.36 s. */
const GRAIN = 360;

const MOST_KWH = 100_000;
const MOST_HOURS = 2400;

/**
 * What a period says was used (OCPI 2.3.0 mod_cdrs CdrDimensionType). Volumes are rounded to four decimals: where the clock
 * agrees with them within that, the clock counts, else the volume. `booked`: the bay was booked, not reserved; so it is too
 * where the tariff prices nothing but bookings.
 */
export function usageAt(period: ReadPeriod, tariff: Tariff, booked: boolean): PeriodUsage {
  const { at, volumes, to } = period;
  const energy = big(volumes, 'ENERGY') ?? new Big(0);
  const overtime = millisOf(volumes, 'RESERVATION_OVERTIME');
  if (energy.lt(0)) refuse(at, 'energy flowed back into the grid, which no tariff prices');
  if (energy.gt(MOST_KWH)) refuse(at, `${energy.toFixed()} kWh are more than a period can have`);
  const shares = overtime > 0 && volumes.size === 1 ? [] : sharesOf(volumes, energy);
  const times = [overtime, ...shares.map(({ millis }) => millis ?? 0)];
  if (times.some((millis) => millis < 0 || millis > MOST_HOURS * 3_600_000))
    refuse(at, `its time is below 0 or above ${MOST_HOURS} h`);
  if (at.found.problems.length > 0) return { stretches: [], holds: [] };
  if (shares.length > 1) remark(at, 'it holds several kinds of time, which are taken one after the other');
  const ends = endsOf(period, shares);
  const pieces = shares.map((share, index) => ({
    ...share,
    from: ends[index - 1] ?? period.from,
    to: ends[index] ?? to,
  }));
  const used = pieces.flatMap(({ kind, ...rest }) =>
    kind === 'charging' || kind === 'parking' ? [{ kind, ...rest }] : [],
  );
  const momentary = used.length > 0 ? momentaryOf(period, tariff, energy) : null;
  const hold = booked || pricesBookings(tariff) ? ('booking' as const) : ('reservation' as const);
  return {
    stretches: used.map(({ kind, millis, from, to: until }, index) => ({
      kind,
      from,
      to: until,
      // Of several, the first is charging.
      ...(index === 0
        ? { milliWh: units(energy, 1_000_000), milliW: momentary?.milliW ?? null, milliA: momentary?.milliA ?? null }
        : { milliWh: 0, milliW: 0, milliA: 0 }),
      ...billedOf(period, millis, until - from),
    })),
    holds: [
      ...pieces.flatMap(({ kind, millis, from, to: until }) => {
        if (kind === 'charging' || kind === 'parking') return [];
        const { billedMillis = until - from } = billedOf(period, millis, until - from);
        return [{ kind: hold, from, to: from + billedMillis, expired: kind === 'expired' }];
      }),
      ...overtimeOf(period, overtime),
    ],
  };
}

function pricesBookings({ elements }: Tariff): boolean {
  const rules = elements.map(({ restrictions = {} }) => restrictions);
  return (
    rules.some(({ booking }) => booking !== undefined) && rules.every(({ reservation }) => reservation === undefined)
  );
}

/** It runs beside what else the period holds, at its end. */
function overtimeOf({ from, to }: ReadPeriod, overtime: number): PeriodUsage['holds'] {
  if (overtime <= 0) return [];
  const all = overtime >= to - from - GRAIN;
  return [{ kind: 'overtime', from: all ? from : to - toSecond(overtime), to, expired: false }];
}

function sharesOf(volumes: ReadPeriod['volumes'], energy: Big): Share[] {
  const given = KINDS.flatMap(([type, kind]): Share[] =>
    volumes.has(type) ? [{ kind, millis: millisOf(volumes, type) }] : [],
  );
  const positive = given.filter(({ millis }) => millis !== 0);
  const shares = positive.length > 0 ? positive : given.slice(0, 1);
  const charged = shares.some(({ kind }) => kind === 'charging' || kind === 'parking');
  return shares.length === 0 || (energy.gt(0) && !charged) ? [...shares, { kind: 'charging', millis: null }] : shares;
}

/** Where each share ends: after its own time where they fill the period, else in proportion. */
function endsOf({ from, to }: ReadPeriod, shares: readonly Share[]): Millis[] {
  const total = shares.reduce((sum, { millis }) => sum + (millis ?? 0), 0);
  const fills = Math.abs(total - (to - from)) <= GRAIN * shares.length;
  let sum = 0;
  return shares.map(({ millis }, index) => {
    sum += millis ?? 0;
    if (index === shares.length - 1) return to;
    const after = fills || total === 0 ? sum : Number(new Big(to - from).times(sum).div(total).round(0));
    return Math.min(to, from + after);
  });
}

/** The time to be billed where it is not that of the clock. */
function billedOf({ at }: ReadPeriod, millis: number | null, clock: number): { billedMillis?: number } {
  if (millis === null) return clock === 0 ? {} : { billedMillis: 0 };
  if (Math.abs(millis - clock) <= GRAIN) return {};
  remark(at, 'its time is not that by the clock; what it says is billed');
  return { billedMillis: toSecond(millis) };
}

/** A whole second where rounding an hour to four decimals can have made this of it, so that steps are not begun by accident. */
function toSecond(millis: number): number {
  const second = Math.round(millis / 1000) * 1000;
  return Math.abs(second - millis) <= GRAIN / 2 ? second : millis;
}

/**
 * Power and current that restrictions are held against. The average where it is told; between least and most the mean power,
 * or the middle of the current; else the one that is told.
 */
function momentaryOf(period: ReadPeriod, tariff: Tariff, energy: Big): Pick<Stretch, 'milliW' | 'milliA'> {
  const { volumes, from, to } = period;
  const power = { average: big(volumes, 'POWER'), least: big(volumes, 'MIN_POWER'), most: big(volumes, 'MAX_POWER') };
  const current = {
    average: big(volumes, 'CURRENT'),
    least: big(volumes, 'MIN_CURRENT'),
    most: big(volumes, 'MAX_CURRENT'),
  };
  const limits = tariff.elements.map(({ restrictions = {} }) => restrictions);
  tellStraddle(
    period,
    'power',
    power,
    limits.flatMap((r) => [r.minPower, r.maxPower]),
  );
  tellStraddle(
    period,
    'current',
    current,
    limits.flatMap((r) => [r.minCurrent, r.maxCurrent]),
  );
  const mean = to === from ? undefined : energy.times(3_600_000).div(to - from);
  const middle = current.least && current.most?.plus(current.least).div(2);
  const [kilowatts, amperes] = [pick(power, mean), pick(current, middle)];
  return {
    milliW: kilowatts === undefined ? null : units(kilowatts, 1_000_000),
    milliA: amperes === undefined ? null : units(amperes, 1000),
  };
}

interface Range {
  average: Big | undefined;
  least: Big | undefined;
  most: Big | undefined;
}

function pick({ average, least, most }: Range, between: Big | undefined): Big | undefined {
  if (average) return average;
  if (!least || !most || !between) return most ?? least;
  if (between.lt(least)) return least;
  return between.gt(most) ? most : between;
}

function tellStraddle({ at }: ReadPeriod, what: string, { least, most }: Range, limits: (Decimal | undefined)[]): void {
  if (!least || !most) return;
  if (limits.some((limit) => limit !== undefined && least.lt(limit) && most.gte(limit)))
    remark(at, `its ${what} was on both sides of a limit of the tariff; one side counts for the whole period`);
}

function big(volumes: ReadPeriod['volumes'], type: string): Big | undefined {
  const volume = volumes.get(type);
  return volume === undefined ? undefined : new Big(volume);
}

function millisOf(volumes: ReadPeriod['volumes'], type: string): number {
  return units(big(volumes, type) ?? new Big(0), 3_600_000);
}

/** So many units of it as a whole number, halves away from zero. */
function units(value: Big, each: number): number {
  return Number(value.times(each).round(0, Big.roundHalfUp).toFixed());
}
