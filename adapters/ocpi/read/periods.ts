import { Big } from 'big.js';
import type { Decimal } from '../../../gateway/domain/tariff.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import { decimal, field, instant, list, maybe, refuse, remark, text, type Place } from './fields.ts';

/** A ChargingPeriod with the time that it lasted. */
export interface ReadPeriod {
  at: Place;
  from: Millis;
  to: Millis;
  tariffId: string | null;
  /** By dimension type; those of one type are added up. */
  volumes: ReadonlyMap<string, Decimal>;
}

const MOST_PERIODS = 10_000;
const MOST_DIMENSIONS = 50;
const MOST_DAYS = 100;

/**
 * Reads charging periods in the order of time. Each ends where the next one begins, the last one with the session (OCPI 2.3.0
 * mod_cdrs ChargingPeriod).
 */
export function periodsAt(at: Place, endedAt: Millis): ReadPeriod[] {
  const starts = list(at, MOST_PERIODS).map((period) => ({
    at: period,
    from: instant(field(period, 'start_date_time')),
    tariffId: maybe(field(period, 'tariff_id'), (id) => text(id, 36)) ?? null,
    volumes: volumesOf(field(period, 'dimensions')),
  }));
  if (at.found.problems.length > 0) return [];
  const sorted = starts.toSorted((one, other) => one.from - other.from);
  if (sorted.some((period, index) => period !== starts[index]))
    remark(at, 'the periods do not stand in the order of time; they are taken in it');
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) refuse(at, 'there is no period, so nothing says what was used');
  else if (last.from > endedAt) refuse(field(last.at, 'start_date_time'), 'the period begins after the session ended');
  else if (endedAt - first.from > MOST_DAYS * 86_400_000)
    refuse(at, `they last more than ${MOST_DAYS} days, which is no session`);
  return sorted.map((period, index) => ({ ...period, to: sorted[index + 1]?.from ?? endedAt }));
}

function volumesOf(at: Place): Map<string, Decimal> {
  const volumes = new Map<string, Decimal>();
  for (const dimension of list(at, MOST_DIMENSIONS)) {
    const type = text(field(dimension, 'type'), 50);
    const volume = decimal(field(dimension, 'volume'));
    volumes.set(type, new Big(volumes.get(type) ?? '0').plus(volume).toFixed());
  }
  return volumes;
}
