import type { Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import type { Finding } from './finding.ts';
import { dayAfter, firstDay, lintClock, lintValidity } from './lint-clock.ts';
import { lintMoney } from './lint-money.ts';
import { lintReach } from './lint-reach.ts';

export type { Finding, FindingCode } from './finding.ts';
export { lintSet, type TariffUse } from './lint-set.ts';

/**
 * What a tariff will never do, or probably does not mean. A plain one has no findings, and what is said never to be used
 * is certain (OCPI 2.3.0 mod_tariffs).
 *
 * @param tariff one that `checkTariff` finds nothing wrong with
 * @param zone IANA time zone of the site; without it nothing is said of nights in which clocks change
 * @param now without it nothing is said of what is over
 * @throws RangeError for a zone that does not exist
 */
export function lintTariff(tariff: Tariff, zone?: string, now?: Millis): Finding[] {
  const dates = { from: firstDay(tariff.startsAt, now, zone), to: dayAfter(tariff.endsAt, zone) };
  return [
    ...lintValidity(tariff, zone, now),
    ...lintReach(tariff, dates),
    ...lintClock(tariff, zone, now ?? tariff.updatedAt),
    ...lintMoney(tariff),
  ];
}
