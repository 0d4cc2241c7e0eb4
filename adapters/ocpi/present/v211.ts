import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Cdr, PowerType, Session, SessionPlace } from '../../../gateway/domain/types.ts';
import type { Tariff } from '../../../gateway/domain/tariff.ts';
import { LANGUAGES, primaryOf, type Language } from '../../../gateway/wording/language.ts';
import { tariffInWords } from '../../../gateway/wording/tariff.ts';
import { kwh, toNumber } from '../numbers.ts';
import { inAscii } from './ascii.ts';
import { coordinates, NEAREST_STANDARD, type Presenter, type SiteState, type Wire, type WireToken } from './shared.ts';
import { canTell, RESTRICTIONS_V211, type TariffWords, withinValidity } from './tariff.ts';
import { clip, clipId, optional } from './text.ts';
import { presentTariffV221, v221 } from './v221.ts';

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

/** Those of ours that OCPI 2.1.1 mod_cdrs CdrDimensionType has. */
const DIMENSIONS = words('ENERGY PARKING_TIME TIME');
const TARIFF_WORDS: TariffWords = { restrictions: new Set(RESTRICTIONS_V211), withoutTax: true };

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
  tariff(tariff, site) {
    const wire = presentTariff({ ...tariff, altText: withLost(tariff) }, site);
    return wire && inAscii(wire);
  },
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
  const told = periods(wire['charging_periods']);
  return {
    ...pick(wire, 'id kwh meter_id currency last_updated'),
    start_datetime: wire['start_date_time'],
    ...optional('end_datetime', wire['end_date_time']),
    auth_id: clipId(session.token.contractId, 36),
    auth_method: authMethod(session),
    location: placeLocation(session.place, session.updatedAt, status),
    ...(told.length === 0 ? {} : { charging_periods: told }),
    ...(session.cost === null ? {} : { total_cost: toNumber(session.cost.total.beforeTaxes) }),
    // A reserved place is not charged at yet.
    status: wire['status'] === 'RESERVATION' ? 'PENDING' : wire['status'],
  };
}

/** OCPI 2.1.1 mod_cdrs CDR object. */
function presentCdr(cdr: Cdr, site: SiteSettings): Wire {
  const wire = v221.cdr(cdr, site);
  const tariff = cdr.tariff && presentTariff(cdr.tariff, site);
  const told = periods(wire['charging_periods']);
  const start_date_time = toUtc(cdr.startedAt);
  return {
    ...pick(wire, 'id meter_id currency total_energy total_time total_parking_time last_updated'),
    start_date_time,
    stop_date_time: wire['end_date_time'],
    auth_id: clipId(cdr.token.contractId, 36),
    auth_method: authMethod(cdr),
    location: placeLocation(cdr.place, cdr.updatedAt, 'UNKNOWN'),
    ...(tariff === null ? {} : { tariffs: [tariff] }),
    // One there has to be, also where nobody charged.
    charging_periods:
      told.length > 0 ? told : [{ start_date_time, dimensions: [{ type: 'ENERGY', volume: kwh(cdr.energyWh) }] }],
    total_cost: toNumber(cdr.cost.total.beforeTaxes),
    ...optional('remark', remarkOn(cdr)),
  };
}

/** What the bay was kept for has no field of its own there, and is in the total. */
function remarkOn({ cost, currency, remark }: Cdr): string | null {
  const kept = cost.reservation?.beforeTaxes ?? '0';
  if (toNumber(kept) === 0) return remark && clip(remark, 255);
  return clip([`${kept} ${currency} of it for the reservation`, ...(remark === null ? [] : [remark])].join('; '), 255);
}

/** OCPI 2.1.1 mod_tariffs Tariff object: without VAT and price limits; its validity is that of its elements, in days. */
function presentTariff(tariff: Tariff, site: SiteSettings): Wire | null {
  const wire = presentTariffV221(withinValidity(tariff, site.timeZone), site, TARIFF_WORDS);
  if (wire === null) return null;
  return {
    ...pick(wire, 'id currency tariff_alt_text tariff_alt_url energy_mix last_updated'),
    elements: list(wire['elements']).map((element) => ({
      ...element,
      price_components: list(element['price_components']).map((each) => pick(each, 'type price step_size')),
    })),
  };
}

/** The tariff's own texts with what there is no field for: price limits, and elements that are left out. */
function withLost(tariff: Tariff): Tariff['altText'] {
  const elements = tariff.elements.filter(({ restrictions = {} }) => canTell(restrictions, TARIFF_WORDS));
  if (elements.length === tariff.elements.length && !tariff.minPrice && !tariff.maxPrice) return tariff.altText;
  const rest = { ...tariff, elements, minPrice: null, maxPrice: null };
  const lost = (language: Language): string => {
    const told = new Set(tariffInWords(rest, language));
    return tariffInWords(tariff, language)
      .filter((sentence) => !told.has(sentence))
      .join('. ');
  };
  const own = tariff.altText.map((each) => {
    const language = LANGUAGES.find((known) => known === primaryOf(each.language));
    const more = language === undefined ? '' : lost(language);
    return { text: more === '' ? each.text : `${each.text.replace(/[.\s]+$/, '')}. ${more}`, language: each.language };
  });
  const isTold = own.some(({ text }, index) => text !== tariff.altText[index]?.text);
  const words = lost('en');
  return isTold || words === '' ? own : [...own, { language: 'en', text: words }];
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

/** Nobody can be told there that a bay was kept: a period of nothing else is left out. */
function periods(wire: unknown): Wire[] {
  return list(wire).flatMap((period) => {
    const dimensions = list(period['dimensions']).filter(({ type }) => DIMENSIONS.has(String(type)));
    return dimensions.length === 0 ? [] : [{ start_date_time: period['start_date_time'], dimensions }];
  });
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
