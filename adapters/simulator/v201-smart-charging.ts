import { toUtc } from '../../gateway/domain/time.ts';
import type { SimProfile } from './charging-limits.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { asInstant, asList, asNumber, asRecord, asText, asWhole } from './wire.ts';

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

const status = (value: string, followUp?: () => void): Answer => ({
  payload: { status: value },
  ...(followUp && { followUp }),
});

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
    stackLevel: asWhole(profile['stackLevel']) ?? 0,
    recurrency: profile['recurrencyKind'] === 'Weekly' ? 'weekly' : 'daily',
    transactionId: asText(profile['transactionId']),
    validFrom: asInstant(profile['validFrom']),
    validTo: asInstant(profile['validTo']),
    duration: asWhole(schedule['duration']),
    startsAt: asInstant(schedule['startSchedule']),
    unit: schedule['chargingRateUnit'] === 'W' ? 'W' : 'A',
    periods: asList(schedule['chargingSchedulePeriod']).map((each) => {
      const period = asRecord(each);
      return {
        start: asWhole(period['startPeriod']) ?? 0,
        // 2.1 may leave it out, which limits nothing
        limit: asNumber(period['limit']) ?? Infinity,
        phases: asWhole(period['numberPhases']),
      };
    }),
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
  const { spec } = where;
  const chargingRateUnit = payload['chargingRateUnit'] === 'A' ? 'A' : 'W';
  const scale = chargingRateUnit === 'A' ? spec.volts * (spec.dc ? 1 : spec.phases) : 1;
  const steps = control.limits.schedule(from, duration, where);
  const chargingSchedulePeriod = (steps.length > 0 ? steps : [{ start: 0, limitW: spec.maxW }]).map((step) => ({
    startPeriod: step.start,
    limit: Math.floor((Math.min(step.limitW, spec.maxW) / scale) * 10) / 10,
  }));
  const schedule = { evseId, duration, scheduleStart: toUtc(from), chargingRateUnit, chargingSchedulePeriod };
  return { payload: { status: 'Accepted', schedule } };
}
