import type { Tariff, TariffType } from './domain/tariff.ts';
import type { Millis } from './domain/time.ts';
import type { Connector, Evse, SessionPlace, TokenType } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { chooseTariff } from './pricing/choose.ts';
import { listConnectorsOf } from './store/chargers.ts';
import { findTariff } from './store/tariffs.ts';

/** Which tariffs are for whom: ad hoc ones for who pays on the spot (OCPI 2.3.0 mod_tariffs TariffType). */
export function tariffTypeFor(token: TokenType): TariffType {
  return token === 'AD_HOC_USER' ? 'AD_HOC_PAYMENT' : 'REGULAR';
}

/** Place of an EVSE's connector as it is now, and its price for a session of such a type that begins at `at`. */
export function offerAt(
  gw: Gateway,
  evse: Evse,
  number: number,
  type: TariffType,
  at: Millis,
): { connector: number; currency: string; tariff: Tariff | null; place: SessionPlace } {
  const connectors = listConnectorsOf(gw.db, evse.chargerId).filter((c) => c.evse === evse.evse);
  // A connector that nobody described has the price of the one beside it: unknown must not mean free.
  const known = connectors.find((c) => c.connector === number) ?? connectors[0] ?? null;
  const tariffs = (known?.tariffIds ?? []).flatMap((id) => findTariff(gw.db, id) ?? []);
  const tariff = chooseTariff(tariffs, { type, at });
  const connector = known?.connector ?? number;
  return {
    connector,
    currency: tariff?.currency ?? gw.settings.tariffs[0]?.currency ?? 'EUR',
    tariff,
    place: placeOf(gw, evse, connector, known),
  };
}

function placeOf(gw: Gateway, evse: Evse, number: number, connector: Connector | null): SessionPlace {
  const { site, defaultConnector } = gw.settings;
  const { standard, format, powerType, maxVoltage, maxAmperage } = connector ?? defaultConnector;
  return {
    siteId: site.id,
    siteName: site.name,
    address: site.address,
    city: site.city,
    postalCode: site.postalCode,
    state: site.state,
    country: site.country,
    latitude: site.latitude,
    longitude: site.longitude,
    timeZone: site.timeZone,
    evseUid: evse.uid,
    evseId: evse.evseId,
    connector: number,
    standard,
    format,
    powerType,
    maxVoltage,
    maxAmperage,
  };
}
