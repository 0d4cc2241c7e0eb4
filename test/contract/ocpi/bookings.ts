/** OCPI 2.3.0 bookings 1.1: objects of its module, from the specification's tables. */
import { Type } from 'typebox';
import * as is from './common.ts';

const country = is.ciString(2);
const party = is.ciString(3);
const id = is.ciString(36);
const openEnum = is.ciString(255);
const minutes = Type.Integer({ minimum: 0 });

const token = is.strict({ country_code: country, party_id: party, uid: id, type: openEnum, contract_id: id });
const accessMethod = is.oneOf('OPEN TOKEN LICENSE_PLATE ACCESS_CODE INTERCOM PARKING_TICKET');
const access = is.strict({ method: accessMethod, value: is.opt(is.text(255)) });
const period = { start_date_time: is.dateTime, end_date_time: is.dateTime };
const timeslot = is.strict({
  ...period,
  min_power: is.opt(is.number),
  max_power: is.opt(is.number),
  green_energy_support: is.opt(is.boolean),
});
const cancellation = is.strict({
  cancellation_reason: is.oneOf('POWER_OUTAGE BROKEN_CHARGER FULL BLOCKED TRAFFIC BROKEN_VEHICLE NO_CANCELED UNKNOWN'),
  who_canceled: is.oneOf('CPO EMSP'),
});
const option = is.strict({
  evse_uid: is.opt(id),
  connector_id: is.opt(id),
  parking_id: is.opt(id),
  evse_position: is.many(is.oneOf('LEFT RIGHT CENTER')),
  vehicle_types: is.many(openEnum),
  connector_format: is.many(is.oneOf('SOCKET CABLE')),
  connector_types: is.many(openEnum),
  power_types: is.many(is.oneOf('AC_1_PHASE AC_2_PHASE AC_2_PHASE_SPLIT AC_3_PHASE DC')),
  max_vehicle_weight: is.opt(is.number),
  max_vehicle_height: is.opt(is.number),
  max_vehicle_length: is.opt(is.number),
  max_vehicle_width: is.opt(is.number),
  min_parking_space_length: is.opt(is.number),
  min_parking_space_width: is.opt(is.number),
  dangerous_goods_allowed: is.opt(is.boolean),
  drive_through: is.opt(is.boolean),
  refrigeration_outlet: is.opt(is.boolean),
});
const terms = is.strict({
  rfid_auth_required: is.opt(is.boolean),
  token_groups_supported: is.opt(is.boolean),
  remote_auth_supported: is.opt(is.boolean),
  supported_access_methods: is.some(accessMethod),
  change_until_minutes: minutes,
  cancel_until_minutes: minutes,
  change_not_allowed: is.opt(is.boolean),
  early_start_allowed: is.opt(is.boolean),
  early_start_time: is.opt(minutes),
  noshow_timeout: is.opt(minutes),
  noshow_fee: is.opt(is.boolean),
  late_stop_allowed: is.opt(is.boolean),
  late_stop_time: is.opt(minutes),
  overlapping_bookings_allowed: is.opt(is.boolean),
  min_booking_duration: is.opt(minutes),
  max_booking_duration: is.opt(minutes),
  booking_terms: is.opt(is.url),
});
const request = is.strict({
  country_code: country,
  party_id: party,
  request_id: id,
  booking_option: is.opt(option),
  location_id: id,
  booking_location_id: id,
  tokens: is.many(token),
  access_information: is.many(access),
  period: is.strict(period),
  authorization_reference: id,
  power_required: is.opt(is.int),
  canceled: is.opt(cancellation),
});
const calendar = is.strict({
  id,
  begin_from: is.dateTime,
  end_before: is.dateTime,
  timeslot_increment: is.opt(is.int),
  available_timeslots: is.some(timeslot),
  last_updated: is.dateTime,
});

export const BOOKINGS = {
  calendar,
  bookingLocation: is.strict({
    country_code: country,
    party_id: party,
    id,
    location_id: id,
    // It has this or, in the text that came before the table, an EVSE of its own.
    booking_option: option,
    policy: is.opt(is.strict({ reservation_required: is.boolean, ad_hoc: is.opt(is.number) })),
    tariff_ids: is.many(id),
    booking_terms: is.opt(terms),
    calendars: is.many(calendar),
    last_updated: is.dateTime,
  }),
  booking: is.strict({
    id,
    country_code: country,
    party_id: party,
    request_id: id,
    booking_option: is.opt(option),
    location_id: id,
    booking_tokens: is.many(token),
    tariff_ids: is.many(id),
    period: timeslot,
    reservation_status: is.oneOf('PENDING RESERVED CANCELED FAILED NO_SHOW FULFILLED REJECTED UNKNOWN'),
    canceled: is.opt(cancellation),
    access_information: is.many(access),
    authorization_reference: id,
    booking_terms: terms,
    booking_requests: is.some(
      is.strict({
        request_status: is.oneOf('PENDING ACCEPTED DECLINED FAILED'),
        booking_request: request,
        request_received: is.dateTime,
      }),
    ),
    last_updated: is.dateTime,
  }),
};
