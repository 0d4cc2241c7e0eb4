import type { Tariff } from './domain/tariff.ts';
import type { Gateway } from './gateway.ts';
import { lintAll, type TariffFinding } from './pricing/lint-all.ts';
import { lintTariff, type Finding } from './pricing/lint.ts';
import { siteView } from './site.ts';
import { listTariffs } from './store/tariffs.ts';

/** What is odd about one tariff at this site, now. */
export function findingsOf(gw: Gateway, tariff: Tariff): Finding[] {
  return lintTariff(tariff, gw.settings.site.timeZone, gw.clock());
}

/** What is odd about all tariffs and about where they are used, now. */
export function tariffFindings(gw: Gateway): TariffFinding[] {
  const connectors = siteView(gw)
    .evses.filter(({ removed }) => !removed)
    .flatMap(({ connectors: own }) => own)
    .map(({ chargerId, evse, connector, tariffIds }) => ({ place: `${chargerId}/${evse}/${connector}`, tariffIds }));
  const { items } = listTariffs(gw.db, { offset: 0, limit: 10_000 });
  return lintAll(items, connectors, gw.settings.site.timeZone, gw.clock());
}
