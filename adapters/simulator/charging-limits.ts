import type { Millis } from '../../gateway/domain/time.ts';
import type { ConnectorSpec, SimTransaction, TransactionId } from './model.ts';

/** A limit over time as the charger keeps it. */
export interface SimProfile {
  id: number;
  /** 0: the whole box, or every connector. */
  connector: number;
  stackLevel: number;
  purpose: 'max' | 'default' | 'tx';
  kind: 'absolute' | 'recurring' | 'relative';
  recurrency: 'daily' | 'weekly' | null;
  /** Transaction it is for; null: whichever runs. */
  transactionId: TransactionId | null;
  validFrom: Millis | null;
  validTo: Millis | null;
  /** Seconds; null: without end. */
  duration: number | null;
  startsAt: Millis | null;
  unit: 'A' | 'W';
  /** `start` in seconds from the schedule's start. */
  periods: { start: number; limit: number; phases: number | null }[];
}

/** What must agree for a profile to be cleared; null: anything. */
export interface ProfileFilter {
  id: number | null;
  connector: number | null;
  purpose: SimProfile['purpose'] | null;
  stackLevel: number | null;
}

/** What a connector is at, as far as its limits depend on it. */
export interface LimitedConnector {
  connector: number;
  spec: ConnectorSpec;
  transaction: SimTransaction | null;
}

export interface ChargingLimits {
  /** False where it is refused: a transaction's profile without one, or a period list that says nothing. */
  set(profile: SimProfile, running: SimTransaction | null): boolean;
  /** How many went. */
  clear(filter: ProfileFilter): number;
  /** How many there are. */
  count(): number;
  /** The transaction has ended: its profiles go. */
  ended(connector: number): void;
  /** Watts at an instant; Infinity where nothing limits it. */
  limitW(at: Millis, where: LimitedConnector): number;
  /** The limits of the coming `seconds`, where they change; nothing where nothing limits. */
  schedule(from: Millis, seconds: number, where: LimitedConnector): { start: number; limitW: number }[];
}

const DAY = 86_400_000;

/** So many profiles are kept; real boxes keep far fewer than that. */
export const MOST_PROFILES = 50;

/** Makes a charger's store of charging profiles (OCPP 1.6 §3.13), empty; calls `beforeChange` while the old limits still hold. */
export function createChargingLimits(beforeChange: () => void): ChargingLimits {
  let profiles: SimProfile[] = [];

  function set(profile: SimProfile, running: SimTransaction | null): boolean {
    const [first] = profile.periods;
    if (!first || first.start !== 0) return false;
    if (
      profile.purpose === 'tx' &&
      (!running || (profile.transactionId !== null && profile.transactionId !== running.id))
    )
      return false;
    const same = (other: SimProfile): boolean =>
      other.id === profile.id ||
      (other.purpose === profile.purpose &&
        other.stackLevel === profile.stackLevel &&
        other.connector === profile.connector);
    const others = profiles.filter((other) => !same(other));
    if (others.length >= MOST_PROFILES) return false;
    beforeChange();
    profiles = [...others, profile];
    return true;
  }

  /** The highest stack level that has something to say counts. */
  function amperesOrWatts(purpose: SimProfile['purpose'], at: Millis, where: LimitedConnector): number | null {
    const said = profiles
      .filter((profile) => profile.purpose === purpose && [0, where.connector].includes(profile.connector))
      .toSorted((a, b) => b.stackLevel - a.stackLevel || b.connector - a.connector)
      .map((profile) => limitOf(profile, at, where))
      .find((limit) => limit !== null);
    return said ?? null;
  }

  function limitW(at: Millis, where: LimitedConnector): number {
    const own = (where.transaction ? amperesOrWatts('tx', at, where) : null) ?? amperesOrWatts('default', at, where);
    return Math.min(own ?? Infinity, amperesOrWatts('max', at, where) ?? Infinity);
  }

  return {
    set,
    clear({ id, connector, purpose, stackLevel }) {
      const before = profiles.length;
      beforeChange();
      profiles = profiles.filter(
        (profile) =>
          !(
            (id === null || profile.id === id) &&
            (connector === null || profile.connector === connector) &&
            (purpose === null || profile.purpose === purpose) &&
            (stackLevel === null || profile.stackLevel === stackLevel)
          ),
      );
      return before - profiles.length;
    },
    count: () => profiles.length,
    ended(connector) {
      profiles = profiles.filter((profile) => profile.purpose !== 'tx' || profile.connector !== connector);
    },
    limitW,
    schedule(from, seconds, where) {
      const steps: { start: number; limitW: number }[] = [];
      for (const start of instants(profiles, from, seconds, where)) {
        const limit = limitW(from + start * 1000, where);
        if (steps.at(-1)?.limitW !== limit) steps.push({ start, limitW: limit });
      }
      return steps.every(({ limitW: limit }) => limit === Infinity) ? [] : steps;
    },
  };
}

/** Watts that one profile allows at an instant; null where it says nothing about it. */
function limitOf(profile: SimProfile, at: Millis, where: LimitedConnector): number | null {
  if (profile.transactionId !== null && profile.transactionId !== where.transaction?.id) return null;
  if ((profile.validFrom ?? -Infinity) > at || (profile.validTo ?? Infinity) <= at) return null;
  const begun = beginning(profile, at, where);
  if (begun === null || begun > at) return null;
  const seconds = (at - begun) / 1000;
  if (profile.duration !== null && seconds >= profile.duration) return null;
  const period = profile.periods.findLast(({ start }) => start <= seconds);
  if (!period) return null;
  if (profile.unit === 'W') return period.limit;
  const lines = where.spec.dc ? 1 : Math.min(where.spec.phases, period.phases ?? 3);
  return period.limit * where.spec.volts * lines;
}

/** When the schedule that is in force at an instant began. */
function beginning(profile: SimProfile, at: Millis, where: LimitedConnector): Millis | null {
  const { kind, startsAt, recurrency } = profile;
  if (kind === 'relative') return where.transaction?.startedAt ?? null;
  // without a start of its own it counts from where the transaction began (OCPP 1.6 §7.13)
  if (startsAt === null) return where.transaction?.startedAt ?? at;
  if (kind === 'absolute') return startsAt;
  const length = recurrency === 'weekly' ? 7 * DAY : DAY;
  return startsAt + Math.floor((at - startsAt) / length) * length;
}

/** Seconds from `from` at which a limit may change. */
function instants(profiles: SimProfile[], from: Millis, seconds: number, where: LimitedConnector): number[] {
  const candidates = new Set([0]);
  for (const profile of profiles) {
    for (const at of [profile.validFrom, profile.validTo]) if (at !== null) candidates.add((at - from) / 1000);
    for (let day = 0; day <= seconds + 86_400; day += 86_400) {
      const begun = beginning(profile, from + day * 1000, where);
      if (begun === null) continue;
      const offset = (begun - from) / 1000;
      for (const { start } of profile.periods) candidates.add(offset + start);
      if (profile.duration !== null) candidates.add(offset + profile.duration);
    }
  }
  return [...candidates].filter((at) => at >= 0 && at < seconds).toSorted((a, b) => a - b);
}
