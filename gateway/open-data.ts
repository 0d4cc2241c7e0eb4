import { createHash } from 'node:crypto';
import type { EvseView } from './chargers.ts';
import type { SiteSettings } from './domain/settings.ts';
import type { Millis } from './domain/time.ts';
import type { Connector } from './domain/types.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Gateway } from './gateway.ts';
import { chooseTariff } from './pricing/choose.ts';
import { siteView } from './site.ts';
import { findTariff } from './tariffs.ts';

/** What everybody may know of the site: no session, no card, no reading. */
export interface OpenSite {
  site: SiteSettings;
  /** Each with the EVSEs that are there; the order stays. */
  chargers: EvseView[][];
  /** What those pay who come without a contract, now: the one that each connector refers to. */
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
  const offers = offersOf(gw);
  const here = evses
    .filter(({ removed, connectors }) => !removed && connectors.length > 0)
    .map((evse) => withoutUse({ ...evse, connectors: evse.connectors.map(offers.at) }));
  const connectors = here.flatMap((evse) => evse.connectors);
  const tariffs = offers.made().toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const described = {
    site,
    tariffs,
    describedAt: Math.max(gw.siteUpdatedAt, ...[...connectors, ...tariffs].map((part) => part.updatedAt)),
  };
  const fixed = here.map(({ visible: _visible, status: _status, updatedAt: _updatedAt, ...rest }) => rest);
  return {
    ...described,
    chargers: [...Map.groupBy(here, (evse) => evse.chargerId).values()],
    updatedAt: Math.max(updatedAt, ...[...connectors, ...tariffs].map((part) => part.updatedAt)),
    version: createHash('sha256')
      .update(JSON.stringify([described, fixed]))
      .digest('hex')
      .slice(0, 16),
  };
}

interface Offers {
  /** A connector with the one tariff of its own that holds there for whoever comes now. */
  at(connector: Connector): Connector;
  /** Those that were found. */
  made(): Tariff[];
}

/** What holds now for drivers without a contract (OCPI 2.3.0 mod_tariffs TariffType AD_HOC_PAYMENT, else one for everybody). */
function offersOf(gw: Gateway): Offers {
  const now = gw.clock();
  const known = new Map<string, Tariff | null>();
  const made = new Map<string, Tariff>();
  const find = (id: string): Tariff | null => {
    const tariff = known.get(id) ?? findTariff(gw, id);
    known.set(id, tariff);
    return tariff;
  };
  return {
    at(connector) {
      const all = connector.tariffIds.flatMap((id) => find(id) ?? []);
      const tariff = chooseTariff(all, { type: 'AD_HOC_PAYMENT', at: now });
      if (!tariff) return connector;
      made.set(tariff.id, withoutBookings(tariff));
      // Another tariff may have come into force since the connector itself was changed.
      const turns = all.flatMap(({ startsAt = 0, endsAt = 0 }) => [startsAt, endsAt]).filter((at) => at <= now);
      return { ...connector, tariffIds: [tariff.id], updatedAt: Math.max(connector.updatedAt, ...turns) };
    },
    made: () => [...made.values()],
  };
}

/** Nobody books without a contract, and readers of open data need not know that some prices are of bookings only. */
function withoutBookings(tariff: Tariff): Tariff {
  return { ...tariff, elements: tariff.elements.filter(({ restrictions }) => restrictions?.booking === undefined) };
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
