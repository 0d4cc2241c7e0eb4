import type { Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import { lintSet, lintTariff, type Finding, type TariffUse } from './lint.ts';

/** Something that is odd about a tariff; null: about several, or how they are used. */
export interface TariffFinding extends Finding {
  tariff: string | null;
}

/**
 * What is odd about tariffs and about where they are used. Places that use the same tariffs are told of once; without any
 * place nothing is said of use.
 *
 * @param zone IANA time zone of the site, where it is known
 */
export function lintAll(
  tariffs: readonly Tariff[],
  uses: readonly TariffUse[],
  zone: string | undefined,
  now: Millis,
): TariffFinding[] {
  const alike = [...Map.groupBy(uses, ({ tariffIds }) => JSON.stringify(tariffIds)).values()].flatMap(
    ([first, ...others]) => (first ? [{ ...first, place: first.place + more(others.length) }] : []),
  );
  return [
    ...tariffs.flatMap((tariff) => lintTariff(tariff, zone, now).map((found) => ({ tariff: tariff.id, ...found }))),
    ...(uses.length === 0 ? [] : lintSet(tariffs, alike, now).map((found) => ({ tariff: null, ...found }))),
  ];
}

function more(count: number): string {
  return count === 0 ? '' : ` and ${count} more`;
}
