import type { ChargingProfile } from './orders.ts';
import type { Millis } from './time.ts';
import type { PowerType } from './types.ts';

/** What is known for certain of the current a profile limits. Volts are line to neutral. */
export interface Supply {
  powerType: PowerType;
  volts: number;
}

/** One way to say the same limit. `name` for people: `as asked`, `stack level 0, in A`. */
export interface Rung {
  name: string;
  profile: ChargingProfile;
}

interface Variant {
  name: string | null;
  profile: ChargingProfile;
}

/** The grid may be so far off its nominal voltage (EN 50160). */
const GRID_TOLERANCE = 0.1;

/** Below it no vehicle charges, and some chargers end the transaction (IEC 61851-1, Q46). */
const LEAST_AMPS = 6;

const MINUTE = 60_000;

/**
 * Ways to tell a charger one and the same limit, the one that was asked first (Q60): chargers that know only stack level 0,
 * only one kind of schedule or only one unit reject the others. None allows more than was asked. `supply` null: not known
 * for certain, so units stay.
 */
export function profileLadder(asked: ChargingProfile, now: Millis, supply: Supply | null): Rung[] {
  const start: Variant = { name: null, profile: asked };
  return units(start, supply)
    .flatMap((variant) => kinds(variant, now))
    .flatMap(levels)
    .map(({ name, profile }) => ({ name: name ?? 'as asked', profile }));
}

function vary({ name, profile }: Variant, how: string, change: Partial<ChargingProfile>): Variant {
  return { name: name === null ? how : `${name}, ${how}`, profile: { ...profile, ...change } };
}

function levels(variant: Variant): Variant[] {
  return variant.profile.stackLevel === 0 ? [variant] : [variant, vary(variant, 'stack level 0', { stackLevel: 0 })];
}

/** Only a limit that is the same at all times means the same in every kind of schedule. */
function kinds(variant: Variant, now: Millis): Variant[] {
  const { kind, periods, duration, startsAt, purpose } = variant.profile;
  const flat = kind !== 'recurring' && periods.length === 1 && periods[0]?.start === 0 && duration === null;
  if (!flat || (startsAt !== null && startsAt > now)) return [variant];
  const ago = now - MINUTE;
  const said = kind === 'absolute' && startsAt !== null && startsAt <= ago;
  return [
    variant,
    // A minute ago: a charger whose clock is behind would take now for later.
    ...(said ? [] : [vary(variant, 'absolute from a minute ago', { kind: 'absolute', startsAt: ago })]),
    // What limits the whole charger is relative to nothing (OCPP 1.6 §3.13.1).
    ...(kind === 'relative' || purpose === 'charge-point-max'
      ? []
      : [vary(variant, 'relative', { kind: 'relative', startsAt: null })]),
  ];
}

function units(variant: Variant, supply: Supply | null): Variant[] {
  const { unit, periods } = variant.profile;
  if (!supply) return [variant];
  const converted = periods.map(({ limit, ...rest }) => ({
    ...rest,
    limit: limit === 0 ? 0 : unit === 'W' ? toAmps(limit, supply) : toWatts(limit, supply),
  }));
  const safe = converted.flatMap(({ limit, ...rest }) => (limit === null ? [] : [{ ...rest, limit }]));
  if (safe.length < periods.length) return [variant];
  const other = unit === 'W' ? 'A' : 'W';
  return [variant, vary(variant, `in ${other}`, { unit: other, periods: safe, minRate: null })];
}

/** Amperes a phase that never draw more than these watts, at any voltage the grid may have; null where nothing would flow. */
function toAmps(watts: number, { powerType, volts }: Supply): number | null {
  const phases = PHASES[powerType];
  if (phases === null) return null;
  const amps = Math.floor((watts / (volts * (1 + GRID_TOLERANCE) * phases)) * 10) / 10;
  return amps < LEAST_AMPS ? null : amps;
}

/**
 * Watts that never draw more than these amperes on a phase. Only on a single phase: where there are three, a vehicle that
 * uses one could draw all the watts from it, three times its amperes.
 */
function toWatts(amps: number, { powerType, volts }: Supply): number | null {
  if (PHASES[powerType] !== 1) return null;
  const watts = Math.floor(amps * volts * (1 - GRID_TOLERANCE));
  return watts < LEAST_AMPS * volts ? null : watts;
}

/** Phases at most; null: amperes and watts are not tied by the grid's voltage. */
const PHASES: Record<PowerType, number | null> = {
  AC_1_PHASE: 1,
  AC_2_PHASE: 2,
  AC_2_PHASE_SPLIT: null,
  AC_3_PHASE: 3,
  DC: null,
};
