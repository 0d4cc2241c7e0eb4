import type { Answers, ChargingProfile } from '../../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../../gateway/domain/time.ts';
import { isRecord } from '../lenient.ts';
import { readSchedule, tenths } from '../schedules.ts';
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

/** The schedule in a GetCompositeSchedule answer (OCPP 1.6 §6.20). */
export function decodeSchedule(payload: Record<string, unknown>): Answers['composite-schedule']['limit'] {
  const { chargingSchedule: schedule, scheduleStart } = payload;
  const start =
    typeof scheduleStart === 'string' ? scheduleStart : isRecord(schedule) ? schedule['startSchedule'] : null;
  return readSchedule(schedule, start);
}
