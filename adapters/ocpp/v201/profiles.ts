import type { Answers, ChargingProfile } from '../../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../../gateway/domain/time.ts';
import { isRecord } from '../lenient.ts';
import { profileWords, readSchedule, scheduleWords } from '../schedules.ts';
import type { ChargingProfileType } from '../schemas/generated/v201.ts';

export const PURPOSE = {
  'charge-point-max': 'ChargingStationMaxProfile',
  'tx-default': 'TxDefaultProfile',
  tx: 'TxProfile',
} as const;

/** A charging profile as OCPP 2.0.1 part 2 has it (ChargingProfileType). */
export function encodeProfile(profile: ChargingProfile, time: TimeFormat): ChargingProfileType {
  const { id, wireId, purpose } = profile;
  return {
    id,
    ...(wireId !== null && { transactionId: wireId }),
    chargingProfilePurpose: PURPOSE[purpose],
    ...profileWords({ ...profile, kind: kindOf(profile) }, time),
    chargingSchedule: [{ id, ...scheduleWords(profile, time) }],
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
