import type {
  BookingSettings,
  ConnectorSettings,
  EvseSettings,
  ModelSettings,
  SecurityProfile,
  Settings,
} from '../gateway/domain/settings.ts';
import type { OpeningTimes } from '../gateway/domain/visitors.ts';
import type { ConfigDocument } from './schema.ts';
import { toReader } from './settings-readers.ts';
import { toTariff } from './settings-tariff.ts';

type DescribedConnector = ConfigDocument['chargers'][number]['evses'][number]['connectors'][number];

/** What the use-cases need of a checked document, in the domain's words. */
export function toSettings(document: ConfigDocument): Settings {
  const { site, ocpp, storage, authorization } = document;
  const { operator, openingTimes, ...place } = site;
  const { tariff, tariffs, ...defaults } = document.defaultConnector;
  const defaultConnector: ConnectorSettings = {
    connector: 1,
    ...defaults,
    tariffIds: tariff === null ? tariffs : [tariff],
  };
  return {
    site: {
      ...place,
      operatorName: operator.name ?? `${site.countryCode}*${site.partyId}`,
      operatorWebsite: operator.website,
      openingTimes: toOpeningTimes(openingTimes),
    },
    unknownChargers: ocpp.unknownChargers,
    unknownTokens: authorization.unknownTokens,
    concurrentUse: authorization.concurrent,
    localLists: authorization.localLists,
    authorizationOrder: authorization.order,
    offlineCards: authorization.offline,
    authorizationTimeout: authorization.timeout,
    heartbeatInterval: ocpp.heartbeatInterval,
    disconnectedGrace: ocpp.disconnectedGrace,
    bootRetryInterval: ocpp.bootRetryInterval,
    sessionPushInterval: document.ocpi.sessionPushInterval,
    framesPerCharger: storage.framesPerCharger,
    publishOpenData: document.openData.publish,
    defaultConnector,
    chargers: document.chargers.map(({ evses, securityProfile, ...charger }) => ({
      ...charger,
      securityProfile: securityProfile as SecurityProfile | null,
      evses: evses.map((evse) => toEvse(evse, defaultConnector)),
    })),
    models: document.models satisfies ModelSettings[],
    securityProfile: ocpp.securityProfile as SecurityProfile,
    passwordGrace: ocpp.passwordGrace,
    provisioning: ocpp.provisioning,
    quietAfterBoot: ocpp.quietAfterBoot,
    meterInterval: ocpp.meterInterval,
    energyCheck: ocpp.energyCheck,
    configuration: ocpp.configuration,
    vendorData: ocpp.vendorData,
    bookings: toBookings(document.bookings),
    readers: document.readers.map(toReader),
    tariffs: document.tariffs.map(toTariff),
    tokens: document.tokens.map(({ group, expires, ...token }) => ({ ...token, groupId: group, expiresAt: expires })),
    peers: document.peers.map(({ tls: _files, ...peer }) => peer),
  };
}

function toOpeningTimes(times: ConfigDocument['site']['openingTimes']): OpeningTimes | null {
  if (times.twentyFourSeven === true) return 'always';
  return times.hours.length === 0 ? null : times.hours;
}

function toBookings(given: ConfigDocument['bookings']): BookingSettings {
  const { publish, horizonDays, walkInMinutes, walkIns, termsUrl, ...terms } = given;
  return { publish, horizonDays, walkInMinutes, walkIns, terms: { ...terms, url: termsUrl } };
}

function toEvse(evse: ConfigDocument['chargers'][number]['evses'][number], defaults: ConnectorSettings): EvseSettings {
  const { id, uid, evseId, parkingRestrictions } = evse;
  const connectors = evse.connectors.map((connector) => toConnector(connector, defaults));
  return { evse: id, uid, evseId, parkingRestrictions, connectors: connectors.length === 0 ? [defaults] : connectors };
}

function toConnector(given: DescribedConnector, defaults: ConnectorSettings): ConnectorSettings {
  const named = given.tariff === null ? given.tariffs : [given.tariff];
  // The default's power belongs to the default's voltage and current.
  const otherCurrent = (given.powerType ?? given.maxVoltage ?? given.maxAmperage) !== null;
  return {
    connector: given.id,
    standard: given.standard ?? defaults.standard,
    format: given.format ?? defaults.format,
    powerType: given.powerType ?? defaults.powerType,
    maxVoltage: given.maxVoltage ?? defaults.maxVoltage,
    maxAmperage: given.maxAmperage ?? defaults.maxAmperage,
    maxPower: given.maxPower ?? (otherCurrent ? null : defaults.maxPower),
    tariffIds: named.length > 0 ? named : defaults.tariffIds,
  };
}
