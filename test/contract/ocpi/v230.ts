/** OCPI 2.3.0 (core, edition 2), from the specification's tables. OpenEnums take any name, as there. */
import type { TProperties } from 'typebox';
import { BOOKINGS } from './bookings.ts';
import { COMMANDS } from './commands.ts';
import * as is from './common.ts';

const openEnum = is.ciString(255);
const price = is.strict({
  before_taxes: is.number,
  taxes: is.many(
    is.strict({
      name: is.text(255),
      account_number: is.opt(is.text(255)),
      percentage: is.opt(is.number),
      amount: is.number,
    }),
  ),
});
const priceLimit = is.strict({ before_taxes: is.number, after_taxes: is.opt(is.number) });
const cdrToken = is.cdrTokenSchema(openEnum);
const connector = is.strict({ ...is.connectorFields, standard: openEnum, capabilities: is.many(openEnum) });
const evse = is.strict({
  ...is.evseFields,
  capabilities: is.many(openEnum),
  connectors: is.some(connector),
  parking_restrictions: is.many(openEnum),
  parking: is.many(is.strict({ parking_id: is.ciString(36), evse_position: is.opt(is.oneOf('LEFT RIGHT CENTER')) })),
  accepted_service_providers: is.many(is.text(50)),
});
const parking = is.strict({
  id: is.ciString(36),
  physical_reference: is.opt(is.text(12)),
  vehicle_types: is.some(openEnum),
  restricted_to_type: is.boolean,
  reservation_required: is.boolean,
  time_limit: is.opt(is.number),
  roofed: is.opt(is.boolean),
  lighting: is.opt(is.boolean),
});
const tariffOf = <P extends TProperties>(restricted: P) =>
  is.strict({
    ...is.tariffFields({ ...is.restrictionFieldsV221, ...restricted }),
    // Of its payments.
    preauthorize_amount: is.opt(is.number),
    min_price: is.opt(priceLimit),
    max_price: is.opt(priceLimit),
    tax_included: is.oneOf('YES NO N/A'),
  });
const tariff = tariffOf({});
/** With what its bookings add. */
const bookedTariff = tariffOf({
  booking: is.opt(is.oneOf('BOOKING BOOKING_EXPIRES BOOKING_CANCELLATION_FEES BOOKING_OVERTIME')),
});
const session = is.strict({
  ...is.sessionFields,
  charging_periods: is.sessionPeriods(),
  cdr_token: cdrToken,
  total_cost: is.opt(price),
});
const cdrParts = { price, cdrToken, standard: openEnum, plain: 5000 };

export const V230 = {
  ...COMMANDS,
  clientInfo: is.clientInfo,
  envelope: is.envelope,
  versions: is.versions,
  details: is.versionDetails('Booking'),
  credentials: is.strict({
    token: is.credentialsToken,
    url: is.url,
    hub_party_id: is.opt(is.ciString(5)),
    roles: is.some(is.credentialsRole('CPO EMSP NAP NSP OTHER SCSP')),
  }),
  connector,
  evse,
  location: is.strict({
    ...is.locationFields,
    evses: is.many(evse),
    help_phone: is.opt(is.ciString(25)),
    parking_places: is.many(parking),
  }),
  session,
  cdr: is.cdrSchema({ ...cdrParts, tariff }),
  tariff,
  bookedSession: is.strict({ ...session.properties, charging_periods: is.sessionPeriods(is.BOOKING_DIMENSIONS) }),
  bookedCdr: is.strict({
    ...is.cdrSchema({ ...cdrParts, tariff: bookedTariff, dimensions: is.BOOKING_DIMENSIONS }).properties,
    booking_id: is.opt(is.ciString(36)),
  }),
  bookedTariff,
  ...BOOKINGS,
  token: is.tokenSchema(openEnum),
};
