import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Cdr, PowerType, Session, SessionPlace } from '../../../gateway/domain/types.ts';
import type { Tariff } from '../../../gateway/domain/tariff.ts';
import { toNumber } from '../numbers.ts';
import { inAscii } from './ascii.ts';
import { coordinates, NEAREST_STANDARD, type Presenter, type SiteState, type Wire, type WireToken } from './shared.ts';
import { clip, clipId, optional } from './text.ts';
import { v221 } from './v221.ts';

/** Plugs that 2.1.1 can name (OCPI 2.1.1 mod_locations ConnectorType). */
const STANDARDS = words(
  'CHADEMO DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H DOMESTIC_I DOMESTIC_J',
  'DOMESTIC_K DOMESTIC_L IEC_60309_2_single_16 IEC_60309_2_three_16 IEC_60309_2_three_32 IEC_60309_2_three_64',
  'IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C TESLA_R TESLA_S',
);
const CAPABILITIES = words(
  'CHARGING_PROFILE_CAPABLE CREDIT_CARD_PAYABLE REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER UNLOCK_CAPABLE',
);
const LOCATION_TYPES = words('ON_STREET PARKING_GARAGE UNDERGROUND_GARAGE PARKING_LOT');
const FACILITIES = words(
  'HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BUS_STOP TAXI_STAND TRAIN_STATION AIRPORT',
  'CARPOOL_PARKING FUEL_STATION WIFI',
);
const POWER_TYPES: Record<PowerType, string> = {
  AC_1_PHASE: 'AC_1_PHASE',
  // Two phases are not known there; what each of them gives is what one does.
  AC_2_PHASE: 'AC_1_PHASE',
  AC_2_PHASE_SPLIT: 'AC_1_PHASE',
  AC_3_PHASE: 'AC_3_PHASE',
  DC: 'DC',
};

/** OCPI 2.1.1: what 2.2.1 says, in the fields and words that there were before. */
export const v211: Presenter = {
  location: (state) => inAscii(presentLocation(state)),
  evse(evse) {
    const wire = v221.evse(evse);
    const presented = wire && presentEvse(wire);
    return presented && inAscii(presented);
  },
  connector(connector) {
    const wire = v221.connector(connector);
    return wire && presentConnector(wire);
  },
  session: (session, site) => inAscii(presentSession(session, site)),
  cdr: (cdr, site) => inAscii(presentCdr(cdr, site)),
  tariff: (tariff, site) => inAscii(presentTariff(tariff, site)),
  token: presentToken,
};

/** OCPI 2.1.1 mod_locations Location object. */
function presentLocation(state: SiteState): Wire {
  const wire = v221.location(state);
  const facilities = known(wire['facilities'], FACILITIES);
  const evses = list(wire['evses']).flatMap((evse) => presentEvse(evse) ?? []);
  return {
    ...pick(wire, 'id name city country coordinates operator owner time_zone energy_mix last_updated'),
    type: locationType(state.site.parkingType),
    address: clip(state.site.address, 45),
    // Required there, and there is no word for "none".
    postal_code: wire['postal_code'] ?? '',
    ...(evses.length === 0 ? {} : { evses }),
    ...(facilities.length === 0 ? {} : { facilities }),
    ...optional('opening_times', openingTimes(wire['opening_times'])),
  };
}

/** OCPI 2.1.1 mod_locations EVSE object, of a 2.2.1 one. */
function presentEvse(wire: Wire): Wire | null {
  const connectors = list(wire['connectors']).flatMap((connector) => presentConnector(connector) ?? []);
  if (connectors.length === 0) return null;
  return {
    ...pick(wire, 'uid evse_id status floor_level physical_reference parking_restrictions last_updated'),
    capabilities: known(wire['capabilities'], CAPABILITIES),
    connectors,
  };
}

/** OCPI 2.1.1 mod_locations Connector object, of a 2.2.1 one. */
function presentConnector(wire: Wire): Wire | null {
  const standard = plug(String(wire['standard']));
  if (standard === null) return null;
  const tariffs: unknown[] = Array.isArray(wire['tariff_ids']) ? wire['tariff_ids'] : [];
  return {
    ...pick(wire, 'id format last_updated'),
    standard,
    power_type: POWER_TYPES[wire['power_type'] as PowerType],
    voltage: wire['max_voltage'],
    amperage: wire['max_amperage'],
    ...optional('tariff_id', tariffs[0]),
  };
}

/** OCPI 2.1.1 mod_sessions Session object. */
function presentSession(session: Session, site: SiteSettings): Wire {
  const wire = v221.session(session, site);
  const status = session.status === 'ACTIVE' ? 'CHARGING' : 'UNKNOWN';
  return {
    ...pick(wire, 'id kwh meter_id currency last_updated'),
    start_datetime: wire['start_date_time'],
    ...optional('end_datetime', wire['end_date_time']),
    auth_id: clipId(session.token.contractId, 36),
    auth_method: authMethod(session),
    location: placeLocation(session.place, session.updatedAt, status),
    ...(wire['charging_periods'] === undefined ? {} : { charging_periods: periods(wire['charging_periods']) }),
    ...(session.cost === null ? {} : { total_cost: toNumber(session.cost.total.beforeTaxes) }),
    // A reserved place is not charged at yet.
    status: wire['status'] === 'RESERVATION' ? 'PENDING' : wire['status'],
  };
}

/** OCPI 2.1.1 mod_cdrs CDR object. */
function presentCdr(cdr: Cdr, site: SiteSettings): Wire {
  const wire = v221.cdr(cdr, site);
  return {
    ...pick(
      wire,
      'id start_date_time meter_id currency total_energy total_time total_parking_time remark last_updated',
    ),
    stop_date_time: wire['end_date_time'],
    auth_id: clipId(cdr.token.contractId, 36),
    auth_method: authMethod(cdr),
    location: placeLocation(cdr.place, cdr.updatedAt, 'UNKNOWN'),
    ...(cdr.tariff === null ? {} : { tariffs: [presentTariff(cdr.tariff, site)] }),
    charging_periods: periods(wire['charging_periods']),
    total_cost: toNumber(cdr.cost.total.beforeTaxes),
  };
}

/** OCPI 2.1.1 mod_tariffs Tariff object: without VAT and price limits. */
function presentTariff(tariff: Tariff, site: SiteSettings): Wire {
  const wire = v221.tariff(tariff, site);
  return {
    ...pick(wire, 'id currency tariff_alt_text tariff_alt_url energy_mix last_updated'),
    elements: list(wire['elements']).map((element) => ({
      ...element,
      price_components: list(element['price_components']).map((each) => pick(each, 'type price step_size')),
    })),
  };
}

/** OCPI 2.1.1 mod_tokens Token object: whose it is, only the URL says. */
function presentToken(token: WireToken): Wire {
  const { country_code: _country, party_id: _party, group_id: _group, contract_id, ...rest } = v221.token(token);
  return { ...rest, type: token.body['type'] ?? (token.type === 'RFID' ? 'RFID' : 'OTHER'), auth_id: contract_id };
}

/** Results that there were (OCPI 2.1.1 mod_commands CommandResponseType). */
const RESULTS = words('ACCEPTED REJECTED NOT_SUPPORTED TIMEOUT UNKNOWN_SESSION');

/** OCPI 2.1.1 mod_commands CommandResponse, at once and later alike, of a later version's CommandResponse or CommandResult. */
export function commandResponseV211(wire: unknown): Wire {
  const result = String(record(wire)['result']);
  return { result: RESULTS.has(result) ? result : 'REJECTED' };
}

/**
 * The whole Location that a session and a CDR carry there, with the one EVSE and connector. It says where that was, as it
 * was then, so `at` is when the session or CDR was last told.
 */
function placeLocation(place: SessionPlace, at: Millis, status: string): Wire {
  const last_updated = toUtc(at);
  const connector = {
    id: String(place.connector),
    standard: plug(place.standard) ?? NEAREST_STANDARD,
    format: place.format,
    power_type: POWER_TYPES[place.powerType],
    // Places that were kept before these were have none.
    voltage: place.maxVoltage ?? 0,
    amperage: place.maxAmperage ?? 0,
    last_updated,
  };
  const evse = {
    uid: place.evseUid,
    ...optional('evse_id', place.evseId === '' ? null : clipId(place.evseId, 48)),
    status,
    connectors: [connector],
    last_updated,
  };
  return {
    id: clipId(place.siteId, 36),
    type: locationType(null),
    ...optional('name', place.siteName && clip(place.siteName, 255)),
    address: clip(place.address, 45),
    city: clip(place.city, 45),
    postal_code: clip(place.postalCode ?? '', 10),
    country: place.country,
    coordinates: coordinates(place),
    evses: [evse],
    time_zone: place.timeZone,
    last_updated,
  };
}

function locationType(parking: string | null): string {
  if (parking === null) return 'UNKNOWN';
  return LOCATION_TYPES.has(parking) ? parking : 'OTHER';
}

function plug(standard: string): string | null {
  // The same plug, before it became a standard.
  if (standard === 'SAE_J3400') return 'TESLA_S';
  return STANDARDS.has(standard) ? standard : null;
}

/** A start that the eMSP asked for is one that it authorised (OCPI 2.1.1 mod_cdrs AuthMethod). */
function authMethod({ authMethod: method }: Session | Cdr): string {
  return method === 'WHITELIST' ? 'WHITELIST' : 'AUTH_REQUEST';
}

/** One of the two, never both (OCPI 2.1.1 mod_locations Hours). */
function openingTimes(hours: unknown): Wire | null {
  if (hours === undefined) return null;
  const { twentyfourseven, ...rest } = record(hours);
  return twentyfourseven === true ? { twentyfourseven } : rest;
}

function periods(wire: unknown): Wire[] {
  return list(wire).map((period) => pick(period, 'start_date_time dimensions'));
}

function pick(wire: Wire, names: string): Wire {
  return Object.fromEntries(names.split(' ').flatMap((name) => (wire[name] === undefined ? [] : [[name, wire[name]]])));
}

function known(values: unknown, names: ReadonlySet<string>): unknown[] {
  return Array.isArray(values) ? values.filter((value) => names.has(String(value))) : [];
}

function list(value: unknown): Wire[] {
  return Array.isArray(value) ? (value as Wire[]) : [];
}

function record(value: unknown): Wire {
  return typeof value === 'object' && value !== null ? (value as Wire) : {};
}

function words(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}
