import type { Answers, ChargingProfile } from '../../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../../gateway/domain/time.ts';
import { isRecord } from '../lenient.ts';
import { readSchedule, tenths } from '../schedules.ts';
import type { ChargingProfileType } from '../schemas/generated/v201.ts';

export const PURPOSE = {
  'charge-point-max': 'ChargingStationMaxProfile',
  'tx-default': 'TxDefaultProfile',
  tx: 'TxProfile',
} as const;

const KIND = { absolute: 'Absolute', recurring: 'Recurring', relative: 'Relative' } as const;
const RECURRENCY = { daily: 'Daily', weekly: 'Weekly' } as const;

/** A charging profile as OCPP 2.0.1 part 2 has it (ChargingProfileType); limits are sent with at most one decimal. */
export function encodeProfile(profile: ChargingProfile, time: TimeFormat): ChargingProfileType {
  const { wireId, recurrency, validFrom, validTo, duration, startsAt, minRate } = profile;
  return {
    id: profile.id,
    ...(wireId !== null && { transactionId: wireId }),
    stackLevel: profile.stackLevel,
    chargingProfilePurpose: PURPOSE[profile.purpose],
    chargingProfileKind: KIND[kindOf(profile)],
    ...(recurrency !== null && { recurrencyKind: RECURRENCY[recurrency] }),
    ...(validFrom !== null && { validFrom: time(validFrom) }),
    ...(validTo !== null && { validTo: time(validTo) }),
    chargingSchedule: [
      {
        id: profile.id,
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
    ],
  };
}

/** Without a beginning it counts from the start of the charge, which here has a kind of its own (K01.FR.40). */
function kindOf({ kind, purpose, startsAt }: ChargingProfile): ChargingProfile['kind'] {
  return kind === 'absolute' && startsAt === null && purpose !== 'charge-point-max' ? 'relative' : kind;
}

/** The schedule in a GetCompositeSchedule answer (OCPP 2.0.1 part 2, CompositeScheduleType). */
export function decodeSchedule(payload: Record<string, unknown>): Answers['composite-schedule']['limit'] {
  const { schedule } = payload;
  return readSchedule(schedule, isRecord(schedule) ? schedule['scheduleStart'] : null);
}
