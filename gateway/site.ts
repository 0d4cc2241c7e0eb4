import type { SiteSettings } from './domain/settings.ts';
import type { Millis } from './domain/time.ts';
import { listChargers, listForgottenEvses, type EvseView } from './chargers.ts';
import type { Gateway } from './gateway.ts';
import { listChargersWith } from './store/configuration.ts';

/** The one place this gateway serves, with the EVSEs of its accepted chargers. */
export interface SiteView {
  site: SiteSettings;
  /** Removed ones too: their end has to be told (OCPI 2.3.0 mod_locations Status REMOVED). */
  evses: EvseView[];
  /** At least that of every EVSE and connector. */
  updatedAt: Millis;
}

/** The site as it stands now. */
export function siteView(gw: Gateway): SiteView {
  const limitable = new Set(listChargersWith(gw.db, 'smart-charging'));
  const evses = listChargers(gw)
    // Of a charger that was dropped, the end of its EVSEs still has to be told.
    .flatMap(({ registration, evses: own }) => (registration === 'accepted' ? own : own.filter((e) => e.removed)))
    .concat(listForgottenEvses(gw))
    .map((evse) => ({ ...evse, limitable: limitable.has(evse.chargerId) }));
  const updatedAt = evses.reduce(
    (latest, evse) => Math.max(latest, evse.updatedAt, ...evse.connectors.map((connector) => connector.updatedAt)),
    gw.siteUpdatedAt,
  );
  return { site: gw.settings.site, evses, updatedAt };
}
