import type { Answers, ChargingProfile } from '../../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../../gateway/domain/time.ts';
import { isRecord } from '../lenient.ts';
import { profileWords, readSchedule, scheduleWords } from '../schedules.ts';
import type { Requests } from '../schemas/generated/v16.ts';

type WireProfile = Requests['SetChargingProfile']['csChargingProfiles'];

export const PURPOSE = {
  'charge-point-max': 'ChargePointMaxProfile',
  'tx-default': 'TxDefaultProfile',
  tx: 'TxProfile',
} as const;

/** A charging profile as OCPP 1.6 §7.8 has it. */
export function encodeProfile(profile: ChargingProfile, time: TimeFormat): WireProfile {
  const { id, wireId, purpose } = profile;
  return {
    chargingProfileId: id,
    ...(wireId !== null && { transactionId: Number(wireId) }),
    chargingProfilePurpose: PURPOSE[purpose],
    ...profileWords(profile, time),
    chargingSchedule: scheduleWords(profile, time),
  };
}

/** The schedule in a GetCompositeSchedule answer (OCPP 1.6 §6.20). */
export function decodeSchedule(payload: Record<string, unknown>): Answers['composite-schedule']['limit'] {
  const { chargingSchedule: schedule, scheduleStart } = payload;
  const start =
    typeof scheduleStart === 'string' ? scheduleStart : isRecord(schedule) ? schedule['startSchedule'] : null;
  return readSchedule(schedule, start);
}
