import type { PeerQuirk } from './peer-quirks.ts';
import type { QuirkFlags } from './quirks.ts';
import type { Connector } from './types.ts';
import type { BookingTerms } from './bookings.ts';
import type { ReaderSettings } from './readers.ts';
import type { Tariff } from './tariff.ts';
import type { EvseForVisitors, SiteForVisitors } from './visitors.ts';

/** Site data as OCPI tells it of a Location. */
export interface SiteSettings extends SiteForVisitors {
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

export interface EvseSettings extends Pick<EvseForVisitors, 'parkingRestrictions'> {
  evse: number;
  uid: string | null;
  evseId: string | null;
  connectors: ConnectorSettings[];
}

/** OCPP security profiles: none, Basic, TLS with Basic, TLS with a certificate of the charger's own. */
export type SecurityProfile = 0 | 1 | 2 | 3;

/** A value that a charger's configuration key is to have. */
export interface DesiredKey {
  key: string;
  value: string;
}

/** What goes for every charger of a make. `*` stands for any text; null: any. */
export interface ModelSettings {
  vendor: string;
  model: string | null;
  firmware: string | null;
  configuration: DesiredKey[];
  quirks: QuirkFlags;
}

/** A charger that the config file describes. */
export interface ChargerSettings extends Pick<EvseForVisitors, 'payment' | 'vehicleTypes'> {
  id: string;
  /** Basic password; null: none is asked (security profile 0). */
  password: string | null;
  /** Lowest OCPP security profile it may use; null: the site's. */
  securityProfile: SecurityProfile | null;
  configuration: DesiredKey[];
  quirks: QuirkFlags;
  /** Empty: taken from what the charger reports. */
  evses: EvseSettings[];
}

/** How bays are booked ahead. */
export interface BookingSettings {
  /** May peers book? */
  publish: boolean;
  horizonDays: number;
  terms: BookingTerms;
  /** A bay that is booked within so many minutes is not for who comes without one. */
  walkInMinutes: number;
  walkIns: 'refuse' | 'allow';
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
  quirks: PeerQuirk[];
}

/** What the use-cases need to know of the configuration. */
export interface Settings {
  site: SiteSettings;
  unknownChargers: 'accept' | 'pending' | 'reject';
  unknownTokens: 'deny' | 'accept';
  /** Who is asked first of a peer's card: what is known here, its owner, or never its owner. */
  authorizationOrder: 'local-first' | 'upstream-first' | 'local-only';
  /** Whom to let charge whose owner has to be asked and cannot be. */
  offlineCards: 'known-only' | 'previously-accepted' | 'any' | 'none';
  /** Seconds within which a card is answered, whoever is asked. */
  authorizationTimeout: number;
  /** Are the chargers' own lists of cards kept as the cards that may charge here are, or left alone? */
  localLists: 'keep' | 'leave';
  /** May a card charge on several EVSEs at once? */
  concurrentUse: 'allow' | 'refuse';
  /** Seconds between heartbeats asked of chargers. */
  heartbeatInterval: number;
  /** Seconds until an absent charger's EVSEs are shown as unknown. */
  disconnectedGrace: number;
  /** Seconds a pending charger is asked to wait before it boots again. */
  bootRetryInterval: number;
  /** Connector assumed where nothing describes one. */
  defaultConnector: ConnectorSettings;
  chargers: ChargerSettings[];
  models: ModelSettings[];
  /** Lowest OCPP security profile that any charger may use. */
  securityProfile: SecurityProfile;
  /** Seconds that a charger's old password is still good after it was told a new one. */
  passwordGrace: number;
  /** Are chargers asked for their configuration after boot, and given what they should have? */
  provisioning: boolean;
  /** Seconds after a boot before a charger is asked anything by itself. */
  quietAfterBoot: number;
  /** Seconds between meter readings asked of every charger; 0: as it is. */
  meterInterval: number;
  /** Is the energy of each transaction compared with its power and its connector's rating (Q51)? */
  energyCheck: boolean;
  /** Keys that every charger should have; those of a model and of a charger come before. */
  configuration: DesiredKey[];
  /** DataTransfer messages that are taken and published; message null: every one of that vendor. */
  vendorData: { vendor: string; message: string | null }[];
  bookings: BookingSettings;
  /** Card readers on serial ports of this machine. */
  readers: ReaderSettings[];
  tariffs: TariffSettings[];
  tokens: TokenSettings[];
  peers: PeerSettings[];
  /** May everybody read the site's data, without login? */
  publishOpenData: boolean;
  /** Seconds between pushes of a session that only goes on. */
  sessionPushInterval: number;
  /** Raw frames kept per charger. */
  framesPerCharger: number;
}
