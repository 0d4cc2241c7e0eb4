import type { Tariff } from './domain/tariff.ts';
import { toUtc } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { lintAll, type TariffFinding } from './pricing/lint-all.ts';
import { lintTariff, type Finding } from './pricing/lint.ts';
import { siteView } from './site.ts';
import { readMeta } from './store/meta.ts';
import { listTariffs } from './store/tariffs.ts';

/** Something odd, of pricing's or of how the tariff came here. */
export type SiteFinding = Omit<Finding, 'code'> & { code: Finding['code'] | 'replaced' };

/** Where it is noted that the config file's tariff took the place of one that the operator had brought. */
export function replacedKey(id: string): string {
  return `replaced tariff ${id.toLowerCase()}`;
}

/** What is odd about one tariff at this site, now. */
export function findingsOf(gw: Gateway, tariff: Tariff): SiteFinding[] {
  return [...replaced(gw, tariff.id), ...lintTariff(tariff, gw.settings.site.timeZone, gw.clock())];
}

function replaced(gw: Gateway, id: string): SiteFinding[] {
  const note = readMeta(gw.db, replacedKey(id));
  if (!note?.value) return [];
  const since = toUtc(note.updatedAt);
  const text = `the operator had brought a tariff of this id; since ${since} the one in the config file counts in its place. Bring it under another id if it is still wanted`;
  return [{ code: 'replaced', path: 'id', text }];
}

/** What is odd about all tariffs and about where they are used, now. */
export function tariffFindings(gw: Gateway): (SiteFinding & Pick<TariffFinding, 'tariff'>)[] {
  const connectors = siteView(gw)
    .evses.filter(({ removed }) => !removed)
    .flatMap(({ connectors: own }) => own)
    .map(({ chargerId, evse, connector, tariffIds }) => ({ place: `${chargerId}/${evse}/${connector}`, tariffIds }));
  const { items } = listTariffs(gw.db, { offset: 0, limit: 10_000 });
  return [
    ...items.flatMap(({ id }) => replaced(gw, id).map((found) => ({ tariff: id, ...found }))),
    ...lintAll(items, connectors, gw.settings.site.timeZone, gw.clock()),
  ];
}
