import type { Millis } from '../../gateway/domain/time.ts';
import type { LimitedConnector, SimProfile } from './charging-limits.ts';
import type { Control } from './dialect.ts';
import { asInstant, asList, asNumber, asRecord, asText, asWhole } from './wire.ts';

type Common = Omit<SimProfile, 'id' | 'connector' | 'purpose' | 'kind' | 'transactionId'>;

/** What all versions say alike of a charging profile and its schedule; `unsaid`: the limit of a period that tells none. */
export function readSchedule(
  profile: Record<string, unknown>,
  schedule: Record<string, unknown>,
  unsaid: number,
): Common {
  return {
    stackLevel: asWhole(profile['stackLevel']) ?? 0,
    recurrency: asText(profile['recurrencyKind']) === 'Weekly' ? 'weekly' : 'daily',
    validFrom: asInstant(profile['validFrom']),
    validTo: asInstant(profile['validTo']),
    duration: asWhole(schedule['duration']),
    startsAt: asInstant(schedule['startSchedule']),
    unit: schedule['chargingRateUnit'] === 'W' ? 'W' : 'A',
    periods: asList(schedule['chargingSchedulePeriod']).map((each) => {
      const period = asRecord(each);
      return {
        start: asWhole(period['startPeriod']) ?? 0,
        limit: asNumber(period['limit']) ?? unsaid,
        phases: asWhole(period['numberPhases']),
      };
    }),
  };
}

/** The limits of the coming seconds as they are written: in the unit that is asked for, never above what the connector gives. */
export function tellSchedule(
  control: Control,
  where: LimitedConnector,
  from: Millis,
  seconds: number,
  wanted: unknown,
): { chargingRateUnit: 'A' | 'W'; chargingSchedulePeriod: { startPeriod: number; limit: number }[] } {
  const { volts, dc, phases, maxW } = where.spec;
  const chargingRateUnit = wanted === 'A' ? 'A' : 'W';
  const scale = chargingRateUnit === 'A' ? volts * (dc ? 1 : phases) : 1;
  const steps = control.limits.schedule(from, seconds, where);
  const chargingSchedulePeriod = (steps.length > 0 ? steps : [{ start: 0, limitW: maxW }]).map(({ start, limitW }) => ({
    startPeriod: start,
    limit: Math.floor((Math.min(limitW, maxW) / scale) * 10) / 10,
  }));
  return { chargingRateUnit, chargingSchedulePeriod };
}
