import type { Connector, Tariff } from './types.ts';

/** Site data as OCPI tells it of a Location. */
export interface SiteSettings {
  id: string;
  name: string | null;
  address: string;
  city: string;
  postalCode: string | null;
  state: string | null;
  /** ISO 3166 alpha-3. */
  country: string;
  latitude: string;
  longitude: string;
  /** IANA name. */
  timeZone: string;
  publish: boolean;
  /** The CPO: whose location, sessions and CDRs these are. */
  countryCode: string;
  partyId: string;
  operatorName: string;
  operatorWebsite: string | null;
}

export type ConnectorSettings = Omit<Connector, 'chargerId' | 'evse' | 'updatedAt'>;

export interface EvseSettings {
  evse: number;
  uid: string | null;
  evseId: string | null;
  connectors: ConnectorSettings[];
}

/** A charger that the config file describes. */
export interface ChargerSettings {
  id: string;
  /** Basic password; null: none is asked (security profile 0). */
  password: string | null;
  /** Empty: taken from what the charger reports. */
  evses: EvseSettings[];
}

export type TariffSettings = Omit<Tariff, 'updatedAt'>;

export interface TokenSettings {
  uid: string;
  type: 'RFID' | 'APP_USER' | 'OTHER';
  valid: boolean;
  groupId: string | null;
  expiresAt: number | null;
  payment: string | null;
}

export interface PeerSettings {
  name: string;
  visibility: 'all' | 'own';
  versionsUrl: string | null;
  inboundToken: string | null;
  outboundToken: string | null;
}

/** What the use-cases need to know of the configuration. */
export interface Settings {
  site: SiteSettings;
  unknownChargers: 'accept' | 'pending' | 'reject';
  unknownTokens: 'deny' | 'accept';
  /** Seconds between heartbeats asked of chargers. */
  heartbeatInterval: number;
  /** Seconds until an absent charger's EVSEs are shown as unknown. */
  disconnectedGrace: number;
  /** Seconds a pending charger is asked to wait before it boots again. */
  bootRetryInterval: number;
  /** Connector assumed where nothing describes one. */
  defaultConnector: ConnectorSettings;
  chargers: ChargerSettings[];
  tariffs: TariffSettings[];
  tokens: TokenSettings[];
  peers: PeerSettings[];
  /** Raw frames kept per charger. */
  framesPerCharger: number;
}
