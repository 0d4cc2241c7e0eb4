import type { Tariff } from '../../../gateway/domain/tariff.ts';
import type { Leg } from '../../../gateway/pricing/price.ts';
import { share } from '../../../gateway/pricing/decimal.ts';
import type { Hold, Stretch } from '../../../gateway/pricing/usage.ts';
import { field, list, maybe, refuse, remark, whole, type Place } from './fields.ts';
import type { ReadPeriod } from './periods.ts';
import type { Version } from '../request.ts';
import { tariffAt } from './tariff.ts';
import { usageAt, type PeriodUsage } from './usage.ts';

const MOST_TARIFFS = 100;

/** What a session used under which tariff, and how a bay was kept for it. */
export interface ReadUsage {
  legs: Leg[];
  holds: Hold[];
  /** Does a period say how long it charged or parked? */
  timed: boolean;
  /** Does one say how much energy? */
  metered: boolean;
  /** Was a bay kept under another tariff than the last one, which prices all that? */
  heldElsewhere: boolean;
}

/** Finds the tariff of a period; null, with the reason told, where there is none. */
export type TariffOf = (period: ReadPeriod) => Tariff | null;

/** One tariff for all that a CDR says. */
export function onlyTariff(tariff: Tariff): TariffOf {
  return () => tariff;
}

/**
 * The tariff that a period names among those of its CDR; where it names none, that of the period before, else the first.
 * Tariffs that no period goes by are not read, and what is wrong with the others is told in `faults`.
 */
export function tariffsAt(at: Place, version: Version, faults: Place['found']): TariffOf {
  const places = maybe(at, (given) => list(given, MOST_TARIFFS)) ?? [];
  const read = new Map<Place, Tariff>();
  let last: Place | undefined;
  return (period) => {
    const { tariffId } = period;
    const place = tariffId === null ? (last ?? places[0]) : places.find((each) => isNamed(each, tariffId));
    if (place === undefined && tariffId !== null)
      refuse(field(period.at, 'tariff_id'), `there is no tariff ${tariffId}`);
    else if (place === undefined) refuse(at, 'the CDR holds no tariff; give one that it goes by');
    if (place === undefined) return null;
    if (tariffId === null && places.length > 1) remark(period.at, `it names no tariff; it is priced by ${place.path}`);
    last = place;
    const tariff = read.get(place) ?? tariffAt({ ...place, found: faults }, version);
    read.set(place, tariff);
    return tariff;
  };
}

/** Ids do not tell capitals from small letters (OCPI 2.3.0 types, CiString). */
function isNamed(place: Place, id: string): boolean {
  const { value } = field(place, 'id');
  return typeof value === 'string' && value.toLowerCase() === id.toLowerCase();
}

/** Lays the periods into legs, a new one where the tariff changes. `booked`: the bay was booked, not reserved. */
export function legsOf(periods: readonly ReadPeriod[], tariffOf: TariffOf, booked: boolean): ReadUsage {
  const legs: { tariff: Tariff; stretches: PeriodUsage['stretches'] }[] = [];
  const holds: PeriodUsage['holds'] = [];
  const holders = new Set<Tariff>();
  for (const period of periods) {
    const tariff = tariffOf(period);
    if (!tariff) continue;
    const used = usageAt(period, tariff, booked);
    for (const hold of used.holds) addHold(holds, hold);
    if (used.holds.length > 0) holders.add(tariff);
    const leg = legs.at(-1);
    if (leg?.tariff === tariff) leg.stretches.push(...used.stretches);
    else if (leg?.stretches.length === 0) legs.splice(-1, 1, { tariff, ...used });
    else legs.push({ tariff, stretches: used.stretches });
  }
  const charged = legs.some(({ stretches }) => stretches.length > 0);
  return {
    legs,
    holds: holds.map(({ expired, ...hold }) => ({ ...hold, outcome: expired || !charged ? 'expired' : 'used' })),
    timed: periods.some(({ volumes }) => volumes.has('TIME') || volumes.has('PARKING_TIME')),
    metered: periods.some(({ volumes }) => volumes.has('ENERGY')),
    heldElsewhere: [...holders].some((tariff) => tariff !== legs.at(-1)?.tariff),
  };
}

/**
 * Lays the energy of a whole session into its legs where no period tells its own: evenly over the time of charging, to the
 * thousandth of a Wh.
 */
export function spreadEnergy(legs: readonly Leg[], milliWh: number): Leg[] {
  const all = legs.flatMap(({ stretches }) => stretches);
  const charging = all.filter(({ kind }) => kind === 'charging');
  const bearers = charging.length > 0 ? charging : all;
  const time = bearers.reduce((sum, { from, to }) => sum + to - from, 0);
  const energy = new Map<Stretch, number>();
  let [passed, laid] = [0, 0];
  for (const stretch of bearers) {
    passed += stretch.to - stretch.from;
    const until = time === 0 ? milliWh : share(milliWh, passed, time);
    energy.set(stretch, until - laid);
    laid = until;
  }
  return legs.map(({ tariff, stretches }) => ({
    tariff,
    stretches: stretches.map((stretch) => ({ ...stretch, milliWh: energy.get(stretch) ?? 0 })),
  }));
}

/** Periods that follow each other keep one bay. */
function addHold(holds: PeriodUsage['holds'], hold: PeriodUsage['holds'][number]): void {
  const last = holds.at(-1);
  if (last?.kind === hold.kind && last.to === hold.from && last.expired === hold.expired) last.to = hold.to;
  else holds.push(hold);
}

/** Findings of their own, to be told apart from those of the rest. */
export function newFindings(): Place['found'] {
  return whole(null).found;
}
