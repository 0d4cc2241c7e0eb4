import type { Answers, ChargingProfile } from '../../../gateway/domain/orders.ts';
import { parseTime, type TimeFormat } from '../../../gateway/domain/time.ts';
import { isRecord } from '../lenient.ts';
import type { Requests } from '../schemas/generated/v16.ts';

type WireProfile = Requests['SetChargingProfile']['csChargingProfiles'];

export const PURPOSE = {
  'charge-point-max': 'ChargePointMaxProfile',
  'tx-default': 'TxDefaultProfile',
  tx: 'TxProfile',
} as const;

const KIND = { absolute: 'Absolute', recurring: 'Recurring', relative: 'Relative' } as const;
const RECURRENCY = { daily: 'Daily', weekly: 'Weekly' } as const;

/** A charging profile as OCPP 1.6 §7.8 has it; limits are sent with at most one decimal. */
export function encodeProfile(profile: ChargingProfile, time: TimeFormat): WireProfile {
  const { wireId, recurrency, validFrom, validTo, duration, startsAt, minRate } = profile;
  return {
    chargingProfileId: profile.id,
    ...(wireId !== null && { transactionId: Number(wireId) }),
    stackLevel: profile.stackLevel,
    chargingProfilePurpose: PURPOSE[profile.purpose],
    chargingProfileKind: KIND[profile.kind],
    ...(recurrency !== null && { recurrencyKind: RECURRENCY[recurrency] }),
    ...(validFrom !== null && { validFrom: time(validFrom) }),
    ...(validTo !== null && { validTo: time(validTo) }),
    chargingSchedule: {
      ...(duration !== null && { duration }),
      ...(startsAt !== null && { startSchedule: time(startsAt) }),
      chargingRateUnit: profile.unit,
      chargingSchedulePeriod: profile.periods.map(({ start, limit, phases }) => ({
        startPeriod: start,
        limit: tenths(limit),
        ...(phases !== null && { numberPhases: phases }),
      })),
      ...(minRate !== null && { minChargingRate: tenths(minRate) }),
    },
  };
}

/** More periods than these no charger computes. */
const MOST_PERIODS = 1000;

/** The schedule in a GetCompositeSchedule answer (OCPP 1.6 §6.20), numbers also where they are written as text; null where there is none. */
export function decodeSchedule(payload: Record<string, unknown>): Answers['composite-schedule']['limit'] {
  const { chargingSchedule: schedule, scheduleStart } = payload;
  if (!isRecord(schedule)) return null;
  const unit = schedule['chargingRateUnit'];
  const told = schedule['chargingSchedulePeriod'];
  if ((unit !== 'A' && unit !== 'W') || !Array.isArray(told)) return null;
  const periods = told
    .slice(0, MOST_PERIODS)
    .filter(isRecord)
    .map((period) => ({ start: numberOf(period['startPeriod']), limit: numberOf(period['limit']) }))
    .flatMap(({ start, limit }) => (start === null || limit === null ? [] : [{ start, limit }]));
  const at = [scheduleStart, schedule['startSchedule']].find((time) => typeof time === 'string');
  return {
    startsAt: (typeof at === 'string' && parseTime(at)?.at) || null,
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
