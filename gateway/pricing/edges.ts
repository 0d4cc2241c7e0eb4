import type { Restrictions, Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import { conditionsOf } from './conditions.ts';

/** Instants strictly between the beginning of a session and another at which its price may change by the clock or by its length, rising. */
export function edgesOf(tariff: Tariff, zone: string, startedAt: Millis, until: Millis): Millis[] {
  if (!tariff.elements.some(({ restrictions }) => restrictions)) return [];
  const { calendar, millis } = conditionsOf(tariff, isOfSession, zone, startedAt, until);
  const instants = [...calendar.edges, ...millis.map((each) => startedAt + each)];
  return [...new Set(instants)].filter((at) => at > startedAt && at < until).toSorted((one, other) => one - other);
}

/** Does the price go by energy, power or current, so that every reading of the meter may change it? */
export function needsReadings(tariff: Tariff): boolean {
  return tariff.elements.some(
    ({ restrictions = {} }) => isOfSession(restrictions) && READ.some((key) => key in restrictions),
  );
}

const READ = ['minKwh', 'maxKwh', 'minPower', 'maxPower', 'minCurrent', 'maxCurrent'] as const;

function isOfSession({ reservation, booking }: Restrictions): boolean {
  return reservation === undefined && booking === undefined;
}
