/** OCPI 2.1.1 (release-2.1.1-bugfixes), from the specification's tables. */
import { Type } from 'typebox';
import * as is from './common.ts';

/** Strings are printable ASCII there (types, string). */
const string = (maxLength: number) => Type.String({ maxLength, pattern: '^[\\x20-\\x7e]*$' });
const currency = Type.String({ pattern: '^[A-Z]{3}$' });

const image = is.strict({
  url: is.url,
  thumbnail: is.opt(is.url),
  category: is.oneOf('CHARGER ENTRANCE LOCATION NETWORK OPERATOR OTHER OWNER'),
  type: string(4),
  width: is.opt(is.int),
  height: is.opt(is.int),
});
const displayText = is.strict({ language: string(2), text: string(512) });
const businessDetails = is.strict({ name: string(100), website: is.opt(is.url), logo: is.opt(image) });
const energyMix = is.strict({
  is_green_energy: is.boolean,
  energy_sources: is.many(
    is.strict({
      source: is.oneOf('NUCLEAR GENERAL_FOSSIL COAL GAS GENERAL_GREEN SOLAR WIND WATER'),
      percentage: is.number,
    }),
  ),
  environ_impact: is.many(is.strict({ source: is.oneOf('NUCLEAR_WASTE CARBON_DIOXIDE'), amount: is.number })),
  supplier_name: is.opt(string(64)),
  energy_product_name: is.opt(string(64)),
});
const exceptions = {
  exceptional_openings: is.many(is.strict({ period_begin: is.dateTime, period_end: is.dateTime })),
  exceptional_closings: is.many(is.strict({ period_begin: is.dateTime, period_end: is.dateTime })),
};
/** One of the two: the hours, or that there are no closed ones. */
const hours = Type.Union([
  is.strict({ twentyfourseven: Type.Literal(true), ...exceptions }),
  is.strict({
    regular_hours: is.some(is.strict({ weekday: is.int, period_begin: string(5), period_end: string(5) })),
    ...exceptions,
  }),
]);

const status = is.oneOf('AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN');
const connector = is.strict({
  id: string(36),
  standard: is.oneOf(
    'CHADEMO DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H DOMESTIC_I ' +
      'DOMESTIC_J DOMESTIC_K DOMESTIC_L IEC_60309_2_single_16 IEC_60309_2_three_16 IEC_60309_2_three_32 ' +
      'IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 IEC_62196_T2_COMBO IEC_62196_T3A ' +
      'IEC_62196_T3C TESLA_R TESLA_S',
  ),
  format: is.oneOf('SOCKET CABLE'),
  power_type: is.oneOf('AC_1_PHASE AC_3_PHASE DC'),
  voltage: is.int,
  amperage: is.int,
  tariff_id: is.opt(string(36)),
  terms_and_conditions: is.opt(is.url),
  last_updated: is.dateTime,
});
const evse = is.strict({
  uid: string(39),
  evse_id: is.opt(string(48)),
  status,
  status_schedule: is.many(is.strict({ period_begin: is.dateTime, period_end: is.opt(is.dateTime), status })),
  capabilities: is.many(
    is.oneOf(
      'CHARGING_PROFILE_CAPABLE CREDIT_CARD_PAYABLE REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER UNLOCK_CAPABLE',
    ),
  ),
  connectors: is.some(connector),
  floor_level: is.opt(string(4)),
  coordinates: is.opt(is.geoLocation),
  physical_reference: is.opt(string(16)),
  directions: is.many(displayText),
  parking_restrictions: is.many(is.oneOf('EV_ONLY PLUGGED DISABLED CUSTOMERS MOTORCYCLES')),
  images: is.many(image),
  last_updated: is.dateTime,
});
const location = is.strict({
  id: string(39),
  type: is.oneOf('ON_STREET PARKING_GARAGE UNDERGROUND_GARAGE PARKING_LOT OTHER UNKNOWN'),
  name: is.opt(string(255)),
  address: string(45),
  city: string(45),
  postal_code: string(10),
  country: Type.String({ pattern: '^[A-Z]{3}$' }),
  coordinates: is.geoLocation,
  related_locations: is.many(is.strict({ ...is.geoLocation.properties, name: is.opt(displayText) })),
  evses: is.many(evse),
  directions: is.many(displayText),
  operator: is.opt(businessDetails),
  suboperator: is.opt(businessDetails),
  owner: is.opt(businessDetails),
  facilities: is.many(
    is.oneOf(
      'HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BUS_STOP TAXI_STAND TRAIN_STATION ' +
        'AIRPORT CARPOOL_PARKING FUEL_STATION WIFI',
    ),
  ),
  time_zone: is.opt(string(255)),
  opening_times: is.opt(hours),
  charging_when_closed: is.opt(is.boolean),
  images: is.many(image),
  energy_mix: is.opt(energyMix),
  last_updated: is.dateTime,
});

const authMethod = is.oneOf('AUTH_REQUEST WHITELIST');
const chargingPeriod = is.strict({
  start_date_time: is.dateTime,
  dimensions: is.some(
    is.strict({ type: is.oneOf('ENERGY FLAT MAX_CURRENT MIN_CURRENT PARKING_TIME TIME'), volume: is.number }),
  ),
});
const tariff = is.strict({
  id: string(36),
  currency,
  tariff_alt_text: is.many(displayText),
  tariff_alt_url: is.opt(is.url),
  elements: is.some(
    is.strict({
      price_components: is.some(
        is.strict({ type: is.oneOf('ENERGY FLAT PARKING_TIME TIME'), price: is.number, step_size: is.int }),
      ),
      restrictions: is.restrictions(is.restrictionFields),
    }),
  ),
  energy_mix: is.opt(energyMix),
  last_updated: is.dateTime,
});

/** A session's and a CDR's location has the one EVSE with the one connector (mod_sessions, mod_cdrs). */
const place = is.strict({
  ...location.properties,
  evses: Type.Array(
    is.strict({ ...evse.properties, connectors: Type.Array(connector, { minItems: 1, maxItems: 1 }) }),
    { minItems: 1, maxItems: 1 },
  ),
});

/** The answer at once and the result later are one object there (mod_commands CommandResponse). */
const command = is.strict({ result: is.oneOf('NOT_SUPPORTED REJECTED ACCEPTED TIMEOUT UNKNOWN_SESSION') });

export const V211 = {
  commandResponse: command,
  commandResult: command,
  envelope: is.envelope,
  versions: is.versions,
  details: is.strict({
    version: string(10),
    endpoints: is.some(
      is.strict({ identifier: is.oneOf('cdrs commands credentials locations sessions tariffs tokens'), url: is.url }),
    ),
  }),
  credentials: is.strict({
    token: is.credentialsToken,
    url: is.url,
    business_details: businessDetails,
    party_id: string(3),
    country_code: string(2),
  }),
  connector,
  evse,
  location,
  session: is.strict({
    id: string(36),
    start_datetime: is.dateTime,
    end_datetime: is.opt(is.dateTime),
    kwh: is.number,
    auth_id: string(36),
    auth_method: authMethod,
    location: place,
    meter_id: is.opt(string(255)),
    currency,
    charging_periods: is.many(chargingPeriod),
    total_cost: is.opt(is.number),
    status: is.oneOf('ACTIVE COMPLETED INVALID PENDING'),
    last_updated: is.dateTime,
  }),
  cdr: is.strict({
    id: is.ciString(36),
    start_date_time: is.dateTime,
    stop_date_time: is.dateTime,
    auth_id: string(36),
    auth_method: authMethod,
    location: place,
    meter_id: is.opt(string(255)),
    currency,
    tariffs: is.many(tariff),
    charging_periods: is.some(chargingPeriod),
    total_cost: is.number,
    total_energy: is.number,
    total_time: is.number,
    total_parking_time: is.opt(is.number),
    remark: is.opt(string(255)),
    last_updated: is.dateTime,
  }),
  tariff,
  /** What a peer sent beyond the table is handed back, so other fields may be there; these may not. */
  token: Type.Object({
    uid: string(36),
    type: is.oneOf('OTHER RFID'),
    auth_id: string(36),
    visual_number: is.opt(string(64)),
    issuer: string(64),
    valid: is.boolean,
    whitelist: is.oneOf('ALWAYS ALLOWED ALLOWED_OFFLINE NEVER'),
    language: is.opt(string(2)),
    last_updated: is.dateTime,
    country_code: is.opt(Type.Never()),
    party_id: is.opt(Type.Never()),
    contract_id: is.opt(Type.Never()),
  }),
};
