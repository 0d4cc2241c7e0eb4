import type { Tariff, TariffType } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';

/** What a session wants of a tariff: who it is for, and when the session begins. */
export interface Wanted {
  type: TariffType;
  at: Millis;
}

/**
 * The one tariff of a connector's that a session is priced by, from its start to its end (OCPI 2.3.0 mod_tariffs, Tariff
 * type and validity). In force at the start: of the wanted type before one for everybody, else a regular one, else any; of
 * several the one that came into force last. Where none is in force, the one that was last, else the first to come: a price
 * that is not known must not mean free. Null without any tariff. Among equals the first in the list.
 */
export function chooseTariff(tariffs: readonly Tariff[], wanted: Wanted): Tariff | null {
  const inForce = tariffs.filter((tariff) => startOf(tariff) <= wanted.at && wanted.at < endOf(tariff));
  const past = tariffs.filter((tariff) => endOf(tariff) <= wanted.at);
  const byFit = (a: Tariff, b: Tariff): number => fitOf(a, wanted.type) - fitOf(b, wanted.type);
  const [chosen] =
    inForce.length > 0
      ? inForce.toSorted((a, b) => byFit(a, b) || compare(startOf(b), startOf(a)))
      : past.length > 0
        ? past.toSorted((a, b) => compare(endOf(b), endOf(a)) || byFit(a, b))
        : tariffs.toSorted((a, b) => compare(startOf(a), startOf(b)) || byFit(a, b));
  return chosen ?? null;
}

/** 0 fits best. */
function fitOf({ type }: Tariff, wanted: TariffType): number {
  if (type === wanted) return 0;
  if (type === undefined) return 1;
  return type === 'REGULAR' ? 2 : 3;
}

function startOf({ startsAt }: Tariff): number {
  return startsAt ?? -Infinity;
}

function endOf({ endsAt }: Tariff): number {
  return endsAt ?? Infinity;
}

/** Infinities too, whose difference is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
