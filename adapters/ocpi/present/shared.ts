import type { EvseView } from '../../../gateway/chargers.ts';
import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import type { VisibleStatus } from '../../../gateway/domain/status.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type {
  Cdr,
  SessionPlace,
  SignedReading,
  Connector,
  Session,
  Token,
  TokenUse,
} from '../../../gateway/domain/types.ts';
import type { Period, Price, Tariff } from '../../../gateway/domain/tariff.ts';
import { turnCost } from '../../../gateway/pricing/turn.ts';
import { degrees, hours, kwh } from '../numbers.ts';
import { chargingPeriods, isOnlyKept, type TimeDimensions } from './periods.ts';
import { presentSignedData } from './signed-data.ts';
import { clip, clipId, optional } from './text.ts';
import { evseForVisitors, siteForVisitors, type VisitorWords } from './visitors.ts';

/** A JSON object of the wire. */
export type Wire = Record<string, unknown>;

/** The site with its EVSEs, as the use-case tells it. */
export interface SiteState {
  site: SiteSettings;
  evses: EvseView[];
  updatedAt: Millis;
}

/** A peer's token with the wire fields that we only hand back. */
export type WireToken = Token & { body: Wire };

/** Where the versions differ; everything else is written once, below. */
export interface Dialect {
  price(price: Price): Wire;
  tariff(tariff: Tariff, site: SiteSettings): Wire | null;
  /** The dimension of the time of each kind of period; null where this version has none. */
  times: TimeDimensions;
  /** A plug as this version names it; null where it has no name for it. */
  standard(standard: string): string | null;
  tokenType(type: string): string;
  visitors: VisitorWords;
  /** Longest readable part of a signed reading, characters. */
  longestPlain: number;
  /** Does a bill line name the booking that it is of? */
  bookings: boolean;
}

/** One version's wire objects. Pure. */
export interface Presenter {
  location(state: SiteState): Wire;
  /** Null where the EVSE cannot be told: an EVSE has at least one connector. */
  evse(evse: EvseView): Wire | null;
  connector(connector: Connector): Wire | null;
  session(session: Session, site: SiteSettings): Wire;
  /** `signed`: what the meter signed, where it did. `bookingId`: of the booking that its session was of. */
  cdr(cdr: Cdr, site: SiteSettings, signed?: readonly SignedReading[], bookingId?: string | null): Wire;
  /** Null where none of its elements can be told. */
  tariff(tariff: Tariff, site: SiteSettings): Wire | null;
  token(token: WireToken): Wire;
}

/** OCPI's word where data cannot exist (OCPI 2.3.0 transport_and_format, no data available). */
export const NOT_AVAILABLE = '#NA';

/** Where a version has no name for a plug, a bill line still needs one: the nearest high-power one. */
export const NEAREST_STANDARD = 'IEC_62196_T2_COMBO';

const STATUS: Record<VisibleStatus, string> = {
  Available: 'AVAILABLE',
  // A cable or a card is already there, so nobody else can use it.
  Preparing: 'CHARGING',
  Charging: 'CHARGING',
  SuspendedEV: 'CHARGING',
  SuspendedEVSE: 'CHARGING',
  Finishing: 'CHARGING',
  Reserved: 'RESERVED',
  Unavailable: 'INOPERATIVE',
  Faulted: 'OUTOFORDER',
  Unknown: 'UNKNOWN',
};

/** What every charger we serve can do; the rest is advertised once it is built. */
const CAPABILITIES = ['RFID_READER', 'REMOTE_START_STOP_CAPABLE', 'RESERVABLE', 'UNLOCK_CAPABLE'];

/** OCPI's status of an EVSE (OCPI 2.3.0 mod_locations Status). */
export function evseStatus(visible: VisibleStatus, removed: boolean): string {
  return removed ? 'REMOVED' : STATUS[visible];
}

/** Builds one version's presenter from what is its own. */
export function createPresenter(dialect: Dialect): Presenter {
  return {
    location: (state) => presentLocation(state, dialect),
    evse: (evse) => presentEvse(evse, dialect),
    connector: (connector) => presentConnector(connector, dialect),
    session: (session, site) => presentSession(session, site, dialect),
    cdr: (cdr, site, signed = [], bookingId = null) =>
      presentCdr(cdr, site, dialect, signed, dialect.bookings ? bookingId : null),
    tariff: (tariff, site) => dialect.tariff(tariff, site),
    token: (token) => presentToken(token, dialect),
  };
}

/** OCPI 2.3.0 mod_locations Location object; its `last_updated` is never before that of an EVSE or connector in it. */
function presentLocation(state: SiteState, dialect: Dialect): Wire {
  const { site } = state;
  const evses = state.evses.flatMap((evse) => presentEvse(evse, dialect) ?? []);
  return {
    country_code: site.countryCode,
    party_id: site.partyId,
    id: clipId(site.id, 36),
    publish: site.publish,
    ...optional('name', site.name && clip(site.name, 255)),
    address: clip(site.address, 255),
    city: clip(site.city, 45),
    ...optional('postal_code', site.postalCode && clip(site.postalCode, 10)),
    ...optional('state', site.state && clip(site.state, 45)),
    country: site.country,
    coordinates: coordinates(site),
    ...(evses.length === 0 ? {} : { evses }),
    operator: {
      name: clip(site.operatorName, 100),
      ...optional('website', site.operatorWebsite),
    },
    ...siteForVisitors(site, state.evses, dialect.visitors),
    time_zone: site.timeZone,
    last_updated: toUtc(Math.max(state.updatedAt, ...state.evses.map(lastChange))),
  };
}

/** OCPI 2.3.0 mod_locations EVSE object. */
function presentEvse(evse: EvseView, dialect: Dialect): Wire | null {
  const connectors = evse.connectors.flatMap((connector) => presentConnector(connector, dialect) ?? []);
  if (connectors.length === 0) return null;
  return {
    uid: evse.uid,
    ...optional('evse_id', evse.evseId === '' ? null : clipId(evse.evseId, 48)),
    status: evseStatus(evse.visible, evse.removed),
    ...evseForVisitors(evse, capabilitiesOf(evse), dialect.visitors),
    connectors,
    last_updated: toUtc(lastChange(evse)),
  };
}

function capabilitiesOf({ connectors, limitable }: EvseView): string[] {
  return [
    ...CAPABILITIES,
    ...(limitable === true ? ['CHARGING_PROFILE_CAPABLE'] : []),
    // A start has to say which of several it is for: place and price are the connector's.
    ...(connectors.length > 1 ? ['START_SESSION_CONNECTOR_REQUIRED'] : []),
  ];
}

/** OCPI 2.3.0 mod_locations Connector object. */
function presentConnector(connector: Connector, dialect: Dialect): Wire | null {
  const standard = dialect.standard(connector.standard);
  if (standard === null) return null;
  return {
    id: String(connector.connector),
    standard,
    format: connector.format,
    power_type: connector.powerType,
    max_voltage: connector.maxVoltage,
    max_amperage: connector.maxAmperage,
    ...optional('max_electric_power', connector.maxPower),
    ...(connector.tariffIds.length === 0 ? {} : { tariff_ids: connector.tariffIds.map((id) => clipId(id, 36)) }),
    last_updated: toUtc(connector.updatedAt),
  };
}

/** OCPI 2.3.0 mod_sessions Session object. */
function presentSession(session: Session, site: SiteSettings, dialect: Dialect): Wire {
  const periods = chargingPeriods(session.periods, session.tariff, dialect.times);
  return {
    country_code: site.countryCode,
    party_id: site.partyId,
    id: session.id,
    start_date_time: toUtc(session.startedAt),
    ...optional('end_date_time', session.endedAt === null ? null : toUtc(session.endedAt)),
    kwh: kwh(session.energyWh),
    cdr_token: cdrToken(session.token, dialect),
    auth_method: session.authMethod,
    ...optional('authorization_reference', session.authorizationReference),
    location_id: clipId(session.place.siteId, 36),
    evse_uid: session.place.evseUid,
    connector_id: String(session.connector),
    currency: session.currency,
    ...(periods.length === 0 ? {} : { charging_periods: periods }),
    ...(session.cost === null ? {} : { total_cost: dialect.price(session.cost.total) }),
    status: session.status,
    last_updated: toUtc(session.updatedAt),
  };
}

/** OCPI 2.3.0 mod_cdrs CDR object; of a credit, all is as in what it takes back but the total (mod_cdrs, Credit CDRs). */
function presentCdr(
  cdr: Cdr,
  site: SiteSettings,
  dialect: Dialect,
  signed: readonly SignedReading[],
  bookingId: string | null,
): Wire {
  const priced = (name: string, price: Price | null): Wire => (price === null ? {} : { [name]: dialect.price(price) });
  const cost = cdr.creditOf === undefined ? cdr.cost : { ...turnCost(cdr.cost), total: cdr.cost.total };
  const periods = chargingPeriods(cdr.periods, cdr.tariff, dialect.times);
  const tariff = cdr.tariff && dialect.tariff(cdr.tariff, site);
  return {
    country_code: site.countryCode,
    party_id: site.partyId,
    id: cdr.id,
    // With the time for which the bay was kept before.
    start_date_time: toUtc(Math.min(cdr.startedAt, ...cdr.periods.map(({ from }) => from))),
    end_date_time: toUtc(cdr.endedAt),
    ...optional('booking_id', bookingId),
    // A reservation that nobody charged on never became a session.
    ...optional('session_id', isOnlyKept(cdr.periods) ? null : cdr.sessionId),
    cdr_token: cdrToken(cdr.token, dialect),
    auth_method: cdr.authMethod,
    ...optional('authorization_reference', cdr.authorizationReference),
    cdr_location: cdrLocation(cdr.place, dialect),
    currency: cdr.currency,
    ...(tariff === null ? {} : { tariffs: [tariff] }),
    charging_periods: periods.length > 0 ? periods : chargingPeriods([wholeOf(cdr)], cdr.tariff, dialect.times),
    ...optional('signed_data', presentSignedData(signed, dialect.longestPlain)),
    total_cost: dialect.price(cost.total),
    ...priced('total_fixed_cost', cost.fixed),
    total_energy: kwh(cdr.energyWh),
    ...priced('total_energy_cost', cost.energy),
    total_time: hours(cdr.seconds * 1000),
    ...priced('total_time_cost', cost.time),
    total_parking_time: hours(cdr.parkingSeconds * 1000),
    ...priced('total_parking_cost', cost.parking),
    ...priced('total_reservation_cost', cost.reservation ?? null),
    ...optional('remark', cdr.remark && clip(cdr.remark, 255)),
    ...(cdr.creditOf !== undefined && { credit: true, credit_reference_id: cdr.creditOf }),
    last_updated: toUtc(cdr.updatedAt),
  };
}

/** OCPI 2.3.0 mod_tokens Token object: ours of it, and what its owner sent besides. */
function presentToken(token: WireToken, dialect: Dialect): Wire {
  return {
    ...token.body,
    country_code: token.countryCode,
    party_id: token.partyId,
    uid: token.uid,
    type: token.body['type'] ?? dialect.tokenType(token.type),
    contract_id: token.contractId,
    ...optional('visual_number', token.visualNumber),
    issuer: token.issuer,
    ...optional('group_id', token.groupId),
    valid: token.valid,
    whitelist: token.whitelist,
    ...optional('language', token.language),
    last_updated: toUtc(token.updatedAt),
  };
}

/** OCPI 2.3.0 mod_cdrs CdrLocation: shorter limits than Location's, and an evse_id that must be there. */
function cdrLocation(place: SessionPlace, dialect: Dialect): Wire {
  return {
    id: clipId(place.siteId, 36),
    ...optional('name', place.siteName && clip(place.siteName, 255)),
    address: clip(place.address, 45),
    city: clip(place.city, 45),
    ...optional('postal_code', place.postalCode && clip(place.postalCode, 10)),
    ...optional('state', place.state && clip(place.state, 20)),
    country: place.country,
    coordinates: coordinates(place),
    evse_uid: place.evseUid,
    evse_id: place.evseId === '' ? NOT_AVAILABLE : clipId(place.evseId, 48),
    connector_id: String(place.connector),
    connector_standard: dialect.standard(place.standard) ?? NEAREST_STANDARD,
    connector_format: place.format,
    connector_power_type: place.powerType,
  };
}

function cdrToken(token: TokenUse, dialect: Dialect): Wire {
  return {
    country_code: token.countryCode,
    party_id: token.partyId,
    uid: clipId(token.uid, 36),
    type: dialect.tokenType(token.type),
    contract_id: clipId(token.contractId, 36),
  };
}

/** A CDR has at least one period, also when nothing was measured in between. */
function wholeOf(cdr: Cdr): Period {
  return { kind: 'charging', from: cdr.startedAt, to: cdr.endedAt, energyWh: cdr.energyWh };
}

/** OCPI 2.3.0 mod_locations GeoLocation. */
export function coordinates(place: { latitude: string; longitude: string }): Wire {
  return { latitude: degrees(place.latitude, 10), longitude: degrees(place.longitude, 11) };
}

function lastChange(evse: EvseView): Millis {
  return Math.max(evse.updatedAt, ...evse.connectors.map((connector) => connector.updatedAt));
}
