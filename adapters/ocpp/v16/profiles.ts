import type { ChargingProfile } from '../../../gateway/domain/orders.ts';
import { toUtcSeconds } from '../../../gateway/domain/time.ts';
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
export function encodeProfile(profile: ChargingProfile): WireProfile {
  const { wireId, recurrency, validFrom, validTo, duration, startsAt, minRate } = profile;
  return {
    chargingProfileId: profile.id,
    ...(wireId !== null && { transactionId: Number(wireId) }),
    stackLevel: profile.stackLevel,
    chargingProfilePurpose: PURPOSE[profile.purpose],
    chargingProfileKind: KIND[profile.kind],
    ...(recurrency !== null && { recurrencyKind: RECURRENCY[recurrency] }),
    ...(validFrom !== null && { validFrom: toUtcSeconds(validFrom) }),
    ...(validTo !== null && { validTo: toUtcSeconds(validTo) }),
    chargingSchedule: {
      ...(duration !== null && { duration }),
      ...(startsAt !== null && { startSchedule: toUtcSeconds(startsAt) }),
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

/** Never more than was allowed: rounded down. */
function tenths(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}
