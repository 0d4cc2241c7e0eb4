import { toUtc } from '../../gateway/domain/time.ts';
import { status } from './answers.ts';
import type { SimProfile } from './charging-limits.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { readSchedule, tellSchedule } from './schedules.ts';
import { asList, asRecord, asText, asWhole } from './wire.ts';

/** What a gateway may set: limits from outside the site come by another way (K01.FR.22). */
const PURPOSES: Record<string, SimProfile['purpose']> = {
  ChargingStationMaxProfile: 'max',
  TxDefaultProfile: 'default',
  TxProfile: 'tx',
};

const KINDS: Record<string, SimProfile['kind']> = {
  Absolute: 'absolute',
  Recurring: 'recurring',
  Relative: 'relative',
};

/** SetChargingProfile (K01). */
export function setProfile(control: Control, payload: Record<string, unknown>): Answer {
  const evse = asWhole(payload['evseId']) ?? 0;
  const where = control.connector(evse);
  if (evse !== 0 && !where) return status('Rejected');
  const profile = readProfile(evse, payload['chargingProfile']);
  if (!profile || (profile.purpose === 'max' && evse !== 0)) return status('Rejected');
  // a transaction's profile names it (K01.FR.03)
  if (profile.purpose === 'tx' && profile.transactionId === null) return status('Rejected');
  const taken = control.limits.set(profile, where?.transaction ?? null);
  return taken ? status('Accepted', control.review) : status('Rejected');
}

/** Null: it says nothing that can be kept. Of several schedules, which are for the car to choose from, the first holds. */
export function readProfile(evse: number, value: unknown): SimProfile | null {
  const profile = asRecord(value);
  const schedule = asRecord(asList(profile['chargingSchedule'])[0]);
  const id = asWhole(profile['id']);
  const purpose = PURPOSES[asText(profile['chargingProfilePurpose']) ?? ''];
  const kind = KINDS[asText(profile['chargingProfileKind']) ?? ''];
  if (id === null || !purpose || !kind) return null;
  return {
    id,
    connector: evse,
    purpose,
    kind,
    transactionId: asText(profile['transactionId']),
    // 2.1 may leave a limit out, which limits nothing
    ...readSchedule(profile, schedule, Infinity),
  };
}

/** ClearChargingProfile (K10). */
export function clearProfiles(control: Control, payload: Record<string, unknown>): Answer {
  const criteria = asRecord(payload['chargingProfileCriteria']);
  const gone = control.limits.clear({
    id: asWhole(payload['chargingProfileId']),
    connector: asWhole(criteria['evseId']),
    purpose: PURPOSES[asText(criteria['chargingProfilePurpose']) ?? ''] ?? null,
    stackLevel: asWhole(criteria['stackLevel']),
  });
  return gone > 0 ? status('Accepted', control.review) : status('Unknown');
}

/** GetCompositeSchedule (K08); for the box as a whole nothing is worked out. */
export function compositeSchedule(control: Control, payload: Record<string, unknown>): Answer {
  const evseId = asWhole(payload['evseId']) ?? 0;
  const duration = asWhole(payload['duration']) ?? 0;
  const where = control.connector(evseId);
  if (!where) return status('Rejected');
  const from = control.clock();
  const told = tellSchedule(control, where, from, duration, payload['chargingRateUnit']);
  const schedule = { evseId, duration, scheduleStart: toUtc(from), ...told };
  return { payload: { status: 'Accepted', schedule } };
}
