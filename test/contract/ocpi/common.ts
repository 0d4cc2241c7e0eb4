/** Schemas of OCPI objects, written from the specification's tables, for what is alike in 2.2.1 and 2.3.0. */
import { Type } from 'typebox';
import type { TProperties, TSchema } from 'typebox';

/** An object with these fields and no others. */
export const strict = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
export const opt = <S extends TSchema>(schema: S) => Type.Optional(schema);
/** `*`: any number. We omit empty lists of this kind, so one that is sent may not be null. */
export const many = <S extends TSchema>(schema: S) => Type.Optional(Type.Array(schema));
/** `+`: at least one. */
export const some = <S extends TSchema>(schema: S) => Type.Array(schema, { minItems: 1 });

/** Printable, case sensitive. */
export const text = (maxLength: number) => Type.String({ maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$' });
/** Printable ASCII. */
export const ciString = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[\\x20-\\x7e]+$' });
export const url = Type.String({ maxLength: 255, pattern: '^https?://' });
export const dateTime = Type.String({
  maxLength: 25,
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,4})?Z$',
});
export const number = Type.Number();
export const int = Type.Integer();
export const boolean = Type.Boolean();
export const oneOf = (values: string) => Type.Enum(values.split(' '));

export const displayText = strict({ language: text(2), text: text(512) });
export const geoLocation = strict({
  latitude: Type.String({ maxLength: 10, pattern: '^-?[0-9]{1,2}\\.[0-9]{5,7}$' }),
  longitude: Type.String({ maxLength: 11, pattern: '^-?[0-9]{1,3}\\.[0-9]{5,7}$' }),
});
const image = strict({
  url,
  thumbnail: opt(url),
  category: oneOf('CHARGER ENTRANCE LOCATION NETWORK OPERATOR OTHER OWNER'),
  type: ciString(4),
  width: opt(int),
  height: opt(int),
});
export const businessDetails = strict({ name: text(100), website: opt(url), logo: opt(image) });
const additionalGeoLocation = strict({ ...geoLocation.properties, name: opt(displayText) });
const energyMix = strict({
  is_green_energy: boolean,
  energy_sources: many(
    strict({ source: oneOf('NUCLEAR GENERAL_FOSSIL COAL GAS GENERAL_GREEN SOLAR WIND WATER'), percentage: number }),
  ),
  environ_impact: many(strict({ category: oneOf('NUCLEAR_WASTE CARBON_DIOXIDE'), amount: number })),
  supplier_name: opt(text(64)),
  energy_product_name: opt(text(64)),
});
const exceptionalPeriod = strict({ period_begin: dateTime, period_end: dateTime });
const hours = strict({
  twentyfourseven: boolean,
  regular_hours: many(strict({ weekday: int, period_begin: text(5), period_end: text(5) })),
  exceptional_openings: many(exceptionalPeriod),
  exceptional_closings: many(exceptionalPeriod),
});

export const evseStatus = oneOf('AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN');
export const capability = oneOf(
  'CHARGING_PROFILE_CAPABLE CHARGING_PREFERENCES_CAPABLE CHIP_CARD_SUPPORT CONTACTLESS_CARD_SUPPORT ' +
    'CREDIT_CARD_PAYABLE DEBIT_CARD_PAYABLE PED_TERMINAL REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER ' +
    'START_SESSION_CONNECTOR_REQUIRED TOKEN_GROUP_CAPABLE UNLOCK_CAPABLE',
);
export const CONNECTOR_TYPES =
  'CHADEMO CHAOJI DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H DOMESTIC_I ' +
  'DOMESTIC_J DOMESTIC_K DOMESTIC_L DOMESTIC_M DOMESTIC_N DOMESTIC_O GBT_AC GBT_DC IEC_60309_2_single_16 ' +
  'IEC_60309_2_three_16 IEC_60309_2_three_32 IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 ' +
  'IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C NEMA_5_20 NEMA_6_30 NEMA_6_50 NEMA_10_30 NEMA_10_50 NEMA_14_30 ' +
  'NEMA_14_50 PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN TESLA_R TESLA_S';

export const connectorFields = {
  id: ciString(36),
  format: oneOf('SOCKET CABLE'),
  power_type: oneOf('AC_1_PHASE AC_2_PHASE AC_2_PHASE_SPLIT AC_3_PHASE DC'),
  max_voltage: int,
  max_amperage: int,
  max_electric_power: opt(int),
  tariff_ids: many(ciString(36)),
  terms_and_conditions: opt(url),
  last_updated: dateTime,
};
export const evseFields = {
  uid: ciString(36),
  evse_id: opt(ciString(48)),
  status: evseStatus,
  status_schedule: many(strict({ period_begin: dateTime, period_end: opt(dateTime), status: evseStatus })),
  floor_level: opt(text(4)),
  coordinates: opt(geoLocation),
  physical_reference: opt(text(16)),
  directions: many(displayText),
  images: many(image),
  last_updated: dateTime,
};
export const locationFields = {
  country_code: ciString(2),
  party_id: ciString(3),
  id: ciString(36),
  publish: boolean,
  name: opt(text(255)),
  address: text(255),
  city: text(45),
  postal_code: opt(text(10)),
  state: opt(text(45)),
  country: Type.String({ pattern: '^[A-Z]{3}$' }),
  coordinates: geoLocation,
  related_locations: many(additionalGeoLocation),
  parking_type: opt(oneOf('ALONG_MOTORWAY PARKING_GARAGE PARKING_LOT ON_DRIVEWAY ON_STREET UNDERGROUND_GARAGE')),
  directions: many(displayText),
  operator: opt(businessDetails),
  suboperator: opt(businessDetails),
  owner: opt(businessDetails),
  facilities: many(text(255)),
  time_zone: text(255),
  opening_times: opt(hours),
  charging_when_closed: opt(boolean),
  images: many(image),
  energy_mix: opt(energyMix),
  last_updated: dateTime,
};

export const authMethod = oneOf('AUTH_REQUEST COMMAND WHITELIST');
/** Dimensions of both, and those of sessions alone. */
const DIMENSIONS = 'ENERGY MAX_CURRENT MIN_CURRENT MAX_POWER MIN_POWER PARKING_TIME RESERVATION_TIME TIME';
const SESSION_ONLY = 'CURRENT ENERGY_EXPORT ENERGY_IMPORT POWER STATE_OF_CHARGE';
/** What the bookings extension of 2.3.0 adds. */
export const BOOKING_DIMENSIONS = 'RESERVATION_EXPIRES RESERVATION_OVERTIME';
const chargingPeriod = (types: string) =>
  strict({
    start_date_time: dateTime,
    dimensions: some(strict({ type: oneOf(types), volume: number })),
    tariff_id: opt(ciString(36)),
  });
export const sessionPeriods = (more = '') => many(chargingPeriod(`${DIMENSIONS} ${SESSION_ONLY} ${more}`.trim()));
const cdrPeriods = (more = '') => some(chargingPeriod(`${DIMENSIONS} ${more}`.trim()));

export const sessionFields = {
  country_code: ciString(2),
  party_id: ciString(3),
  id: ciString(36),
  start_date_time: dateTime,
  end_date_time: opt(dateTime),
  kwh: number,
  auth_method: authMethod,
  authorization_reference: opt(ciString(36)),
  location_id: ciString(36),
  evse_uid: ciString(36),
  connector_id: ciString(36),
  meter_id: opt(text(255)),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  charging_periods: sessionPeriods(),
  status: oneOf('ACTIVE COMPLETED INVALID PENDING RESERVATION'),
  last_updated: dateTime,
};
export const cdrLocationFields = {
  id: ciString(36),
  name: opt(text(255)),
  address: text(45),
  city: text(45),
  postal_code: opt(text(10)),
  state: opt(text(20)),
  country: Type.String({ pattern: '^[A-Z]{3}$' }),
  coordinates: geoLocation,
  evse_uid: ciString(36),
  evse_id: ciString(48),
  connector_id: ciString(36),
  connector_format: connectorFields.format,
  connector_power_type: connectorFields.power_type,
};
const signedData = (plain: number) =>
  strict({
    encoding_method: ciString(36),
    encoding_method_version: opt(int),
    public_key: opt(text(512)),
    signed_values: some(strict({ nature: ciString(32), plain_data: text(plain), signed_data: text(5000) })),
    url: opt(text(512)),
  });

/** OCPI mod_cdrs CDR object with one version's price, tariff, token type and plug. */
export function cdrSchema(parts: {
  price: TSchema;
  tariff: TSchema;
  cdrToken: TSchema;
  standard: TSchema;
  plain: number;
  dimensions?: string;
}) {
  const { price } = parts;
  return strict({
    country_code: ciString(2),
    party_id: ciString(3),
    id: ciString(39),
    start_date_time: dateTime,
    end_date_time: dateTime,
    session_id: opt(ciString(36)),
    cdr_token: parts.cdrToken,
    auth_method: authMethod,
    authorization_reference: opt(ciString(36)),
    cdr_location: strict({ ...cdrLocationFields, connector_standard: parts.standard }),
    meter_id: opt(text(255)),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    tariffs: many(parts.tariff),
    charging_periods: cdrPeriods(parts.dimensions),
    signed_data: opt(signedData(parts.plain)),
    total_cost: price,
    total_fixed_cost: opt(price),
    total_energy: number,
    total_energy_cost: opt(price),
    total_time: number,
    total_time_cost: opt(price),
    total_parking_time: opt(number),
    total_parking_cost: opt(price),
    total_reservation_cost: opt(price),
    remark: opt(text(255)),
    invoice_reference_id: opt(ciString(39)),
    credit: opt(boolean),
    credit_reference_id: opt(ciString(39)),
    home_charging_compensation: opt(boolean),
    last_updated: dateTime,
  });
}

export const cdrTokenSchema = (tokenType: TSchema) =>
  strict({
    country_code: ciString(2),
    party_id: ciString(3),
    uid: ciString(36),
    type: tokenType,
    contract_id: ciString(36),
  });

/** OCPI mod_hub_client_info ClientInfo object. */
export const clientInfo = strict({
  party_id: ciString(3),
  country_code: ciString(2),
  role: oneOf('CPO EMSP HUB NAP NSP OTHER SCSP'),
  status: oneOf('CONNECTED OFFLINE PLANNED SUSPENDED'),
  last_updated: dateTime,
});

/** OCPI mod_tokens Token object; what a peer sent beyond the table is handed back, so other fields may be there. */
export const tokenSchema = (tokenType: TSchema) =>
  Type.Object({
    country_code: ciString(2),
    party_id: ciString(3),
    uid: ciString(36),
    type: tokenType,
    contract_id: ciString(36),
    visual_number: opt(text(64)),
    issuer: text(64),
    group_id: opt(ciString(36)),
    valid: boolean,
    whitelist: oneOf('ALWAYS ALLOWED ALLOWED_OFFLINE NEVER'),
    language: opt(text(2)),
    default_profile_type: opt(oneOf('CHEAP FAST GREEN REGULAR')),
    energy_contract: opt(strict({ supplier_name: text(64), contract_id: opt(text(64)) })),
    last_updated: dateTime,
  });

const timeOfDay = Type.String({ pattern: '^([0-1][0-9]|2[0-3]):[0-5][0-9]$' });
const date = Type.String({ pattern: '^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' });
/** TariffRestrictions of 2.1.1; an empty object would say nothing, so it is not sent. */
export const restrictionFields = {
  start_time: opt(timeOfDay),
  end_time: opt(timeOfDay),
  start_date: opt(date),
  end_date: opt(date),
  min_kwh: opt(number),
  max_kwh: opt(number),
  min_power: opt(number),
  max_power: opt(number),
  min_duration: opt(int),
  max_duration: opt(int),
  day_of_week: opt(some(oneOf('MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY'))),
};
export const restrictions = <P extends TProperties>(fields: P) =>
  opt(Type.Object(fields, { additionalProperties: false, minProperties: 1 }));
export const restrictionFieldsV221 = {
  ...restrictionFields,
  min_current: opt(number),
  max_current: opt(number),
  reservation: opt(oneOf('RESERVATION RESERVATION_EXPIRES')),
};
const priceComponent = strict({
  type: oneOf('ENERGY FLAT PARKING_TIME TIME'),
  price: number,
  vat: opt(Type.Number({ minimum: 0 })),
  step_size: Type.Integer({ minimum: 0 }),
});

/** Tariff fields but for the price limits and taxes, with one version's restrictions. */
export const tariffFields = <P extends TProperties>(restricted: P) => ({
  country_code: ciString(2),
  party_id: ciString(3),
  id: ciString(36),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  type: opt(oneOf('AD_HOC_PAYMENT PROFILE_CHEAP PROFILE_FAST PROFILE_GREEN REGULAR')),
  tariff_alt_text: many(displayText),
  tariff_alt_url: opt(url),
  elements: some(strict({ price_components: some(priceComponent), restrictions: restrictions(restricted) })),
  start_date_time: opt(dateTime),
  end_date_time: opt(dateTime),
  energy_mix: opt(energyMix),
  last_updated: dateTime,
});

/** The response format, whatever its data. */
export const envelope = strict({
  data: opt(Type.Unknown()),
  status_code: Type.Integer({ minimum: 1000, maximum: 4999 }),
  status_message: opt(text(1000)),
  timestamp: dateTime,
});
export const versions = some(strict({ version: text(10), url }));
export const versionDetails = (more = '') =>
  strict({
    version: text(10),
    endpoints: some(
      strict({
        identifier: oneOf(
          `cdrs chargingprofiles commands credentials hubclientinfo locations sessions tariffs tokens ${more}`.trim(),
        ),
        role: oneOf('SENDER RECEIVER'),
        url,
      }),
    ),
  });
export const credentialsToken = Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' });
export const credentialsRole = (roles: string) =>
  strict({ role: oneOf(roles), business_details: businessDetails, party_id: ciString(3), country_code: ciString(2) });
