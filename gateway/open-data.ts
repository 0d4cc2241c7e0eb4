import { createHash } from 'node:crypto';
import type { EvseView } from './chargers.ts';
import type { SiteSettings } from './domain/settings.ts';
import type { Millis } from './domain/time.ts';
import type { Connector } from './domain/types.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Gateway } from './gateway.ts';
import { siteView } from './site.ts';
import { findTariff } from './tariffs.ts';

/** What everybody may know of the site: no session, no card, no reading. */
export interface OpenSite {
  site: SiteSettings;
  /** Each with the EVSEs that are there; the order stays. */
  chargers: EvseView[][];
  /** Those that a connector refers to. */
  tariffs: Tariff[];
  updatedAt: Millis;
  /** When site, connectors or tariffs last changed. */
  describedAt: Millis;
  /** Names everything but status and the time of its change: what is described alike has the same, also after a restart. */
  version: string;
}

/** The site for the public; null where it is not to be published. */
export function openSite(gw: Gateway): OpenSite | null {
  return gw.settings.site.publish ? publicView(gw) : null;
}

/** What the public would see of the site, published or not. */
export function publicView(gw: Gateway): OpenSite {
  const { site, evses, updatedAt } = siteView(gw);
  const here = evses.filter(({ removed, connectors }) => !removed && connectors.length > 0).map(withoutUse);
  const connectors = here.flatMap((evse) => evse.connectors);
  const named = new Set(connectors.flatMap(({ tariffIds }) => tariffIds));
  const tariffs = [...named].toSorted().flatMap((id) => findTariff(gw, id) ?? []);
  const described = {
    site,
    tariffs,
    describedAt: Math.max(gw.siteUpdatedAt, ...[...connectors, ...tariffs].map((part) => part.updatedAt)),
  };
  const fixed = here.map(({ visible: _visible, status: _status, updatedAt: _updatedAt, ...rest }) => rest);
  return {
    ...described,
    chargers: [...Map.groupBy(here, (evse) => evse.chargerId).values()],
    updatedAt: Math.max(updatedAt, ...tariffs.map((tariff) => tariff.updatedAt)),
    version: createHash('sha256')
      .update(JSON.stringify([described, fixed]))
      .digest('hex')
      .slice(0, 16),
  };
}

/** Names the state that everybody sees: another status, another name. */
export function stateOf(open: OpenSite): string {
  const states = open.chargers.flat().map(({ visible, updatedAt }) => [visible, updatedAt]);
  const text = JSON.stringify([open.version, open.updatedAt, states]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Watts that a connector gives at most. Volts are between a phase and neutral where there are three. */
export function connectorPower({ maxPower, maxVoltage, maxAmperage, powerType }: Connector): number {
  const conductors = powerType === 'AC_3_PHASE' ? 3 : powerType.startsWith('AC_2_PHASE') ? 2 : 1;
  return maxPower ?? conductors * maxVoltage * maxAmperage;
}

/** Watts that an EVSE gives at most, over whichever of its connectors. */
export function evsePower(evse: EvseView): number {
  return Math.max(0, ...evse.connectors.map(connectorPower));
}

/** An EVSE as strangers may see it: that it is in use, not who by, nor what its meter shows. */
function withoutUse(evse: EvseView): EvseView {
  return { ...evse, transactionId: null, meterWh: null, errorCode: null, statusAt: null };
}
