import type { BookingOffer } from '../../../gateway/domain/booking-offers.ts';
import type { AccessInformation, Booking, BookingRequest, BookingTerms } from '../../../gateway/domain/bookings.ts';
import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { toUtc, type Millis } from '../../../gateway/domain/time.ts';
import type { TokenUse } from '../../../gateway/domain/types.ts';
import { NOT_AVAILABLE, type Wire } from './shared.ts';
import { clip, clipId, optional } from './text.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** OCPI 2.3.0 mod_bookings BookingLocation object, with what is free from `first` on. */
export function presentBookingLocation(offer: BookingOffer, site: SiteSettings, first: Millis): Wire {
  const calendar = presentCalendar(offer, first);
  return {
    country_code: site.countryCode,
    party_id: site.partyId,
    id: clipId(offer.id, 36),
    location_id: clipId(site.id, 36),
    booking_option: {
      // One of several is not said by leaving it out: no EVSE is called for.
      ...(offer.single ? { evse_uid: offer.id } : {}),
      ...some('vehicle_types', offer.vehicleTypes),
      ...some('connector_format', offer.formats),
      ...some('connector_types', offer.standards),
      ...some('power_types', offer.powerTypes),
    },
    // Who comes without a booking may charge where nobody else is to.
    policy: { reservation_required: false },
    ...some(
      'tariff_ids',
      offer.tariffIds.map((id) => clipId(id, 36)),
    ),
    booking_terms: presentTerms(offer.terms),
    ...(calendar === null ? {} : { calendars: [calendar] }),
    last_updated: toUtc(offer.updatedAt),
  };
}

/**
 * OCPI 2.3.0 mod_bookings Calendar object, named as its place; null where nothing is free, as it has at least one time. What is
 * before `first` is left out: that time goes by is no change.
 */
export function presentCalendar({ id, from, to, free, terms, updatedAt }: BookingOffer, first: Millis): Wire | null {
  const write = minuteWriter();
  const slots = free
    .map(([begin, end]) => ({ startsAt: Math.max(begin, first), endsAt: end }))
    .filter(({ startsAt, endsAt }) => endsAt - startsAt >= terms.minDuration * MINUTE)
    .map(({ startsAt, endsAt }) => ({ start_date_time: write(startsAt), end_date_time: write(endsAt) }));
  if (slots.length === 0) return null;
  return {
    id: clipId(id, 36),
    begin_from: toUtc(from),
    end_before: toUtc(to),
    timeslot_increment: terms.increment,
    available_timeslots: slots,
    last_updated: toUtc(updatedAt),
  };
}

/**
 * OCPI 2.3.0 mod_bookings Booking object.
 *
 * @param evseUid the bay as far as it is settled; null: any of the place so far
 * @param tariffIds of the bays that it may be at
 */
export function presentBooking(
  booking: Booking,
  site: SiteSettings,
  evseUid: string | null,
  tariffIds: readonly string[],
): Wire {
  return {
    id: booking.id,
    country_code: site.countryCode,
    party_id: site.partyId,
    request_id: clipId(booking.requestId, 36),
    booking_option: { evse_uid: evseUid ?? NOT_AVAILABLE },
    location_id: clipId(site.id, 36),
    ...some('booking_tokens', booking.tokens.map(presentToken)),
    ...some(
      'tariff_ids',
      tariffIds.map((id) => clipId(id, 36)),
    ),
    period: period(booking),
    reservation_status: booking.state,
    ...optional('canceled', presentCancellation(booking.canceled)),
    ...some('access_information', booking.access.map(presentAccess)),
    authorization_reference: clipId(booking.authorizationReference, 36),
    booking_terms: presentTerms(booking.terms),
    booking_requests: booking.requests.map(({ state, request }) => ({
      request_status: state,
      booking_request: presentRequest(request, site),
      request_received: toUtc(request.receivedAt),
    })),
    last_updated: toUtc(booking.updatedAt),
  };
}

/** OCPI 2.3.0 mod_bookings BookingRequest, as it was received. */
function presentRequest(request: BookingRequest, site: SiteSettings): Wire {
  return {
    country_code: request.countryCode,
    party_id: request.partyId,
    request_id: clipId(request.requestId, 36),
    ...(request.evseUid === null ? {} : { booking_option: { evse_uid: request.evseUid } }),
    location_id: clipId(site.id, 36),
    booking_location_id: clipId(request.place, 36),
    ...some('tokens', request.tokens.map(presentToken)),
    ...some('access_information', request.access.map(presentAccess)),
    period: period(request),
    authorization_reference: clipId(request.authorizationReference, 36),
    ...optional('power_required', request.powerKw),
    ...optional('canceled', presentCancellation(request.cancel)),
  };
}

/** OCPI 2.3.0 mod_bookings BookingTerms: cards and commands both open a booked bay, nothing else is asked for. */
function presentTerms(terms: BookingTerms): Wire {
  return {
    rfid_auth_required: false,
    token_groups_supported: terms.groups,
    remote_auth_supported: true,
    supported_access_methods: ['TOKEN'],
    change_until_minutes: terms.changeUntil,
    cancel_until_minutes: terms.cancelUntil,
    change_not_allowed: !terms.changeAllowed,
    early_start_allowed: terms.earlyStart > 0,
    early_start_time: terms.earlyStart,
    ...optional('noshow_timeout', terms.noShowTimeout),
    noshow_fee: terms.noShowFee,
    late_stop_allowed: terms.lateStop > 0,
    late_stop_time: terms.lateStop,
    overlapping_bookings_allowed: terms.overlapping,
    min_booking_duration: terms.minDuration,
    max_booking_duration: terms.maxDuration,
    ...optional('booking_terms', terms.url),
  };
}

/** OCPI 2.3.0 mod_bookings BookingToken. */
function presentToken(token: TokenUse): Wire {
  return {
    country_code: token.countryCode,
    party_id: token.partyId,
    uid: clipId(token.uid, 36),
    type: token.type,
    contract_id: clipId(token.contractId, 36),
  };
}

function presentAccess({ method, value }: AccessInformation): Wire {
  return { method, ...optional('value', value && clip(value, 255)) };
}

function presentCancellation(canceled: Booking['canceled']): Wire | null {
  return canceled && { cancellation_reason: canceled.reason, who_canceled: canceled.by };
}

/** As `toUtc`, several times as fast for many times on whole minutes of a few days. */
function minuteWriter(): (at: Millis) => string {
  const days = new Map<number, string>();
  return (at) => {
    const day = Math.floor(at / DAY);
    const minute = (at - day * DAY) / MINUTE;
    if (!Number.isInteger(minute)) return toUtc(at);
    let date = days.get(day);
    if (date === undefined) days.set(day, (date = toUtc(day * DAY).slice(0, 11)));
    const [hours, minutes] = [Math.floor(minute / 60), minute % 60];
    return `${date}${hours < 10 ? '0' : ''}${hours}:${minutes < 10 ? '0' : ''}${minutes}:00Z`;
  };
}

function period({ startsAt, endsAt }: Pick<Booking, 'startsAt' | 'endsAt'>): Wire {
  return { start_date_time: toUtc(startsAt), end_date_time: toUtc(endsAt) };
}

/** A list that has something in it: an empty one is left out. */
function some<K extends string>(name: K, list: readonly unknown[]): Wire {
  return list.length === 0 ? {} : { [name]: list };
}
