import { Big } from 'big.js';
import type { Tariff, TariffTax } from '../../../gateway/domain/tariff.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import type { Bill, StatedQuantity, StatedSum } from '../../../gateway/pricing/bill.ts';
import type { Version } from '../request.ts';
import {
  decimal,
  field,
  flag,
  instant,
  isGiven,
  isObject,
  list,
  maybe,
  refuse,
  remark,
  sentencesOf,
  text,
  whole,
  type Place,
} from './fields.ts';
import { legsOf, newFindings, onlyTariff, spreadEnergy, tariffsAt, type ReadUsage } from './legs.ts';
import { periodsAt } from './periods.ts';

/** A CDR as a bill that can be reckoned anew. */
export interface ReadCdr {
  version: Version;
  id: string;
  startedAt: Millis;
  endedAt: Millis;
  /** IANA time zone of the site, which only 2.1.1 has a place for. */
  zone: string | null;
  bill: Bill;
  /** What had to be assumed, a sentence each, beginning with the place in the JSON. */
  notes: string[];
}

/** Why a CDR cannot be reckoned, a sentence each, beginning with the place; `of`: whether the CDR is at fault or its tariff. */
export interface UnreadCdr {
  problems: string[];
  of: 'cdr' | 'tariff';
}

/** How a CDR is read. */
export interface CdrOptions {
  /** Else as the shape of its total cost tells. */
  version?: Version;
  /** Prices all of it, whatever tariffs the CDR holds. */
  tariff?: Tariff;
}

/** Reads a CDR of any platform: what was used, by which tariffs, and what the CDR says it costs (mod_cdrs CDR object). */
export function readCdr(json: unknown, options: CdrOptions = {}): ReadCdr | UnreadCdr {
  const at = whole(json);
  const { problems, notes } = at.found;
  if (!isObject(at)) return { problems: sentencesOf(problems), of: 'cdr' };
  const version = options.version ?? versionOf(at);
  const startedAt = instant(field(at, 'start_date_time'));
  const stop = field(at, 'stop_date_time');
  const endedAt = instant(isGiven(stop) ? stop : field(at, 'end_date_time'));
  const sums = sumsOf(at, version);
  const faults = newFindings();
  const { tariff } = options;
  const tariffOf = tariff ? onlyTariff(tariff) : tariffsAt(field(at, 'tariffs'), version, faults);
  const periods = periodsAt(field(at, 'charging_periods'), endedAt);
  const usage = legsOf(problems.length === 0 ? periods : [], tariffOf, isGiven(field(at, 'booking_id')));
  const cdr = {
    version,
    id: maybe(field(at, 'id'), text) ?? '',
    startedAt,
    endedAt,
    zone: zoneOf(at),
    bill: {
      currency: text(field(at, 'currency'), 3),
      credit: maybe(field(at, 'credit'), flag) ?? false,
      legs: usage.metered ? usage.legs : spreadEnergy(usage.legs, energyOf(field(at, 'total_energy'))),
      holds: usage.holds,
      sums,
      quantities: quantitiesOf(at, usage),
      taxes: taxesOf(field(field(at, 'total_cost'), 'taxes')),
    },
  };
  noteStart(field(at, 'start_date_time'), startedAt, periods[0]?.from);
  noteHolds(field(at, 'charging_periods'), usage);
  if (problems.length > 0) return { problems: sentencesOf(problems), of: 'cdr' };
  if (faults.problems.length > 0) return { problems: sentencesOf(faults.problems), of: 'tariff' };
  return { ...cdr, notes: sentencesOf([...notes, ...faults.notes]) };
}

/** The total is a number in 2.1.1, has `excl_vat` in 2.2.1 and `before_taxes` in 2.3.0. */
function versionOf(at: Place): Version {
  const total = field(at, 'total_cost');
  if (isGiven(field(total, 'before_taxes'))) return '2.3.0';
  if (isGiven(field(total, 'excl_vat'))) return '2.2.1';
  return isGiven(field(at, 'cdr_token')) ? '2.3.0' : '2.1.1';
}

function zoneOf(at: Place): string | null {
  const places = [field(at, 'location'), field(at, 'cdr_location')].map((place) => field(place, 'time_zone'));
  return places.filter(isGiven).map((place) => text(place, 100))[0] ?? null;
}

const PARTS = [
  ['total_fixed_cost', 'fixed'],
  ['total_energy_cost', 'energy'],
  ['total_time_cost', 'time'],
  ['total_parking_cost', 'parking'],
  ['total_reservation_cost', 'reservation'],
] as const;

function sumsOf(at: Place, version: Version): StatedSum[] {
  const total = { name: 'total', ...priceOf(field(at, 'total_cost'), version) } as const;
  const parts = PARTS.flatMap(([wire, name]): StatedSum[] => {
    const place = field(at, wire);
    return isGiven(place) ? [{ name, ...priceOf(place, version) }] : [];
  });
  return [total, ...parts];
}

/** Price in 2.2.1 and 2.3.0, a number without VAT in 2.1.1. */
function priceOf(at: Place, version: Version): Omit<StatedSum, 'name'> {
  if (version === '2.1.1') return { beforeTaxes: decimal(at), afterTaxes: null };
  if (!isObject(at)) return { beforeTaxes: '0', afterTaxes: null };
  if (version === '2.2.1')
    return { beforeTaxes: decimal(field(at, 'excl_vat')), afterTaxes: maybe(field(at, 'incl_vat'), decimal) ?? null };
  const beforeTaxes = decimal(field(at, 'before_taxes'));
  const taxes = maybe(field(at, 'taxes'), (each) => list(each, MOST_TAXES).map((tax) => decimal(field(tax, 'amount'))));
  const afterTaxes = taxes?.reduce((sum, amount) => sum.plus(amount), new Big(beforeTaxes)).toFixed() ?? null;
  return { beforeTaxes, afterTaxes };
}

const MOST_TAXES = 20;

/** Taxes with their rates; null where one has none, or where two of a name have different rates and so are for different parts. */
function taxesOf(at: Place): TariffTax[] | null {
  const taxes = (maybe(at, (given) => list(given, MOST_TAXES)) ?? []).map((tax) => ({
    name: maybe(field(tax, 'name'), text) ?? 'VAT',
    percentage: maybe(field(tax, 'percentage'), decimal) ?? null,
  }));
  const rated = taxes.flatMap(({ name, percentage }) => (percentage === null ? [] : [{ name, percentage }]));
  const names = new Set(taxes.map(({ name }) => name));
  return rated.length < taxes.length || names.size < taxes.length ? null : rated;
}

/** Of the whole session, in thousandths of a Wh. */
function energyOf(at: Place): number {
  const energy = new Big(decimal(at));
  if (energy.gt(0))
    remark(at, 'no period says how much energy it had; this is spread evenly over the time of charging');
  if (energy.gte(0) && energy.lte(MOST_KWH)) return Number(energy.times(1_000_000).round(0, Big.roundHalfUp).toFixed());
  refuse(at, `${energy.toFixed()} kWh are no energy that a session can have`);
  return 0;
}

const MOST_KWH = 1_000_000;

function quantitiesOf(at: Place, { timed, metered }: ReadUsage): StatedQuantity[] {
  const parking = field(at, 'total_parking_time');
  if (isGiven(parking) && !timed) remark(parking, 'no period says how long it charged or parked; this is not compared');
  return [
    ...(metered ? [{ name: 'energy' as const, value: decimal(field(at, 'total_energy')) }] : []),
    { name: 'time', value: decimal(field(at, 'total_time')) },
    ...(isGiven(parking) && timed ? [{ name: 'parkingTime' as const, value: decimal(parking) }] : []),
  ];
}

function noteStart(at: Place, startedAt: Millis, first: Millis | undefined): void {
  if (first === undefined || Math.abs(first - startedAt) < 1000) return;
  remark(
    at,
    first > startedAt
      ? 'the first period begins later; what was before it is not priced'
      : 'the first period begins earlier; it is priced from there',
  );
}

function noteHolds(at: Place, { holds, legs, heldElsewhere }: ReadUsage): void {
  if (holds.length > 0 && legs.every(({ stretches }) => stretches.length === 0))
    remark(at, 'nobody charged, so what was reserved counts as expired');
  if (heldElsewhere) remark(at, 'what was reserved is priced by the last tariff');
}
