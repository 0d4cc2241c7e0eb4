import { ANY_BAY, findPlace } from '../../../gateway/booking-places.ts';
import { findOffer, firstBookable, listOffers, refreshOffers } from '../../../gateway/booking-offers.ts';
import type { BookingOffer } from '../../../gateway/domain/booking-offers.ts';
import type { BookingPlace, BookingRequest } from '../../../gateway/domain/bookings.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { bookForPeer, listPeerBookings } from '../../../gateway/peer-bookings.ts';
import { siteView } from '../../../gateway/site.ts';
import { readBookingRequest, type BookingRequestBody } from '../booking-body.ts';
import { toBookingWire } from '../booking-wire.ts';
import { invalid, notFound, OcpiFault, STATUS, success } from '../envelope.ts';
import { same } from '../headers.ts';
import { instant, pageAnswer, parsePaging, toListQuery } from '../paging.ts';
import { presentBookingLocation, presentCalendar } from '../present/bookings.ts';
import type { Handler, OcpiContext, OcpiRequest } from '../request.ts';
import { owns } from '../token-body.ts';
import { moduleUrl } from '../urls.ts';
import { listAnswer } from './list.ts';

const VERSION = '2.3.0';

/** Bookings that were changed, this peer's own unless it sees all (OCPI 2.3.0 mod_bookings, GET Bookings). */
export const getBookings: Handler = published((context, request) =>
  listAnswer(context, request, VERSION, 'bookings', listPeerBookings, toBookingWire(context.gw)),
);

/**
 * A new booking, a change of it or its end; the answer is the booking as it is now (OCPI 2.3.0 mod_bookings, POST). 2001 for what
 * does not fit or is for a party of others, 2003 for a place that is not known.
 */
export const postBooking: Handler = published(async (context, request) => {
  const { gw } = context;
  const wanted = readBookingRequest(request.body);
  const { countryCode, partyId } = wanted.asked;
  if (!owns(gw, request.peer, countryCode, partyId))
    throw invalid(`BookingRequest: ${countryCode}/${partyId} is not a party of this connection`);
  const place = placeOf(context, request, wanted);
  const booking = await refusedAs2001(() =>
    bookForPeer(gw, { ...wanted.asked, place, peer: request.peer.name, receivedAt: gw.clock() }),
  );
  return success(toBookingWire(gw)(booking));
});

/** Where one can book and when it is free (OCPI 2.3.0 mod_bookings, GET BookingLocations). */
export const listBookingLocations: Handler = published(async (context, request) => {
  const { gw, options } = context;
  const page = parsePaging(request.query, options.pageLimit);
  const [from, to] = [instant(request.query, 'timeslot_from'), instant(request.query, 'timeslot_to')];
  await refreshOffers(gw);
  const first = firstBookable(gw);
  const least = gw.settings.bookings.terms.minDuration * 60_000;
  const found = isVisible(context, request)
    ? listOffers(gw, {
        ...toListQuery(page, request),
        ...((from ?? to) !== null && { free: { from: from ?? 0, to: to ?? Number.MAX_SAFE_INTEGER, first, least } }),
      })
    : { items: [], total: 0, next: null };
  return pageAnswer(
    { ...found, items: found.items.map((offer) => presentBookingLocation(offer, gw.settings.site, first)) },
    page,
    `${moduleUrl(request.baseUrl, VERSION, 'bookings')}/booking_locations`,
    request.query,
    options.pageLimit,
  );
});

/** One of them. */
export const getBookingLocation: Handler = published(async (context, request) => {
  const { gw } = context;
  return success(presentBookingLocation(await offerNamed(context, request), gw.settings.site, firstBookable(gw)));
});

/** When one of them is free; 404 as well where nothing is, since a Calendar has at least one time. */
export const getCalendar: Handler = published(async (context, request) => {
  const offer = await offerNamed(context, request);
  const id = request.params['calendar'] ?? '';
  const calendar = same(offer.id, id) ? presentCalendar(offer, firstBookable(context.gw)) : null;
  if (!calendar) throw notFound(`booking location ${offer.id} has no calendar ${id}`);
  return success(calendar);
});

/** The module is there only where the site takes bookings of peers. */
function published(handler: Handler): Handler {
  return (context, request) => {
    if (!context.gw.settings.bookings.publish) throw notFound('this site takes no bookings over OCPI');
    return handler(context, request);
  };
}

/** A private site is for the CPO's own cloud only (OCPI 2.3.0 mod_locations, private charging locations). */
function isVisible({ gw }: OcpiContext, { peer }: OcpiRequest): boolean {
  return gw.settings.site.publish || peer.visibility === 'all';
}

async function offerNamed(context: OcpiContext, request: OcpiRequest): Promise<BookingOffer> {
  const id = request.params['place'] ?? '';
  await refreshOffers(context.gw);
  const offer = isVisible(context, request) ? findOffer(context.gw, id) : null;
  if (!offer) throw notFound(`there is no booking location ${id}`);
  return offer;
}

/** The place that is asked for, which has to have what is asked of it. What is to be cancelled may be at one that is no more. */
function placeOf(context: OcpiContext, request: OcpiRequest, { asked, where, option }: BookingRequestBody): string {
  const { gw } = context;
  if (!same(where.location, gw.settings.site.id) || !isVisible(context, request))
    throw unknownPlace(`location ${where.location}`);
  // The first edition of the module had no booking locations in its requests.
  const id = where.place ?? asked.evseUid ?? ANY_BAY;
  const place = findPlace(gw, id);
  if (asked.cancel) return place?.id ?? id;
  if (!place) throw unknownPlace(`booking location ${id}`);
  assertFits(context, place, asked, option);
  return place.id;
}

/** Any bay of the place may be the one that is kept, so all of them have to be what is asked for. */
function assertFits(
  { gw }: OcpiContext,
  place: BookingPlace,
  { evseUid }: Pick<BookingRequest, 'evseUid'>,
  { standards, powerTypes, formats }: BookingRequestBody['option'],
): void {
  const bays = new Set(
    place.bays.filter((bay) => evseUid === null || same(bay.evseUid, evseUid)).map((bay) => bay.evseUid),
  );
  const evses = siteView(gw).evses.filter(({ uid }) => bays.has(uid));
  const unfit = evses.find(
    ({ connectors }) =>
      !connectors.some(
        ({ standard, powerType, format }) =>
          isOneOf(standard, standards) && isOneOf(powerType, powerTypes) && isOneOf(format, formats),
      ),
  );
  if (unfit)
    throw invalid(
      `BookingRequest.booking_option: EVSE ${unfit.uid} of ${place.id} has no such connector; book one bay`,
    );
}

function isOneOf(value: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((each) => same(each, value));
}

function unknownPlace(what: string): OcpiFault {
  return new OcpiFault({ http: 200, status: STATUS.unknownLocation, message: `${what} is not known here` });
}

async function refusedAs2001<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'BOOKING_REFUSED') throw invalid(error.message);
    throw error;
  }
}
