import { toUtc } from '../../gateway/domain/time.ts';
import { status } from './answers.ts';
import type { SimProfile } from './charging-limits.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { readSchedule, tellSchedule } from './schedules.ts';
import { asRecord, asText, asWhole } from './wire.ts';

const PURPOSES: Record<string, SimProfile['purpose']> = {
  ChargePointMaxProfile: 'max',
  TxDefaultProfile: 'default',
  TxProfile: 'tx',
};

/** SetChargingProfile (OCPP 1.6 §5.16). */
export function setProfile(control: Control, payload: Record<string, unknown>): Answer {
  const connector = asWhole(payload['connectorId']) ?? 0;
  const where = control.connector(connector);
  if (connector !== 0 && !where) return status('Rejected');
  const profile = readProfile(connector, payload['csChargingProfiles']);
  if (!profile || (profile.purpose === 'max' && connector !== 0)) return status('Rejected');
  const taken = control.limits.set(profile, where?.transaction ?? null);
  return taken ? status('Accepted', control.review) : status('Rejected');
}

/** Null: it says nothing that can be kept. */
export function readProfile(connector: number, value: unknown): SimProfile | null {
  const profile = asRecord(value);
  const schedule = asRecord(profile['chargingSchedule']);
  const id = asWhole(profile['chargingProfileId']);
  const purpose = PURPOSES[asText(profile['chargingProfilePurpose']) ?? ''];
  if (id === null || !purpose) return null;
  const kind = asText(profile['chargingProfileKind']);
  return {
    id,
    connector,
    purpose,
    kind: kind === 'Relative' ? 'relative' : kind === 'Recurring' ? 'recurring' : 'absolute',
    transactionId: asWhole(profile['transactionId']),
    ...readSchedule(profile, schedule, 0),
  };
}

/** ClearChargingProfile (OCPP 1.6 §5.5). */
export function clearProfiles(control: Control, payload: Record<string, unknown>): Answer {
  const gone = control.limits.clear({
    id: asWhole(payload['id']),
    connector: asWhole(payload['connectorId']),
    purpose: PURPOSES[asText(payload['chargingProfilePurpose']) ?? ''] ?? null,
    stackLevel: asWhole(payload['stackLevel']),
  });
  return gone > 0 ? status('Accepted', control.review) : status('Unknown');
}

/** GetCompositeSchedule (OCPP 1.6 §5.7); for connector 0 nothing is worked out. */
export function compositeSchedule(control: Control, payload: Record<string, unknown>): Answer {
  const connector = asWhole(payload['connectorId']) ?? 0;
  const seconds = asWhole(payload['duration']) ?? 0;
  const where = control.connector(connector);
  if (!where) return status('Rejected');
  const from = control.clock();
  const told = tellSchedule(control, where, from, seconds, payload['chargingRateUnit']);
  return {
    payload: {
      status: 'Accepted',
      connectorId: connector,
      scheduleStart: toUtc(from),
      chargingSchedule: {
        duration: seconds,
        startSchedule: toUtc(from),
        ...told,
      },
    },
  };
}
