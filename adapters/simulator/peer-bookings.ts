import type { Listing, OcpiAnswer } from './peer-client.ts';
import { asRecord } from './wire.ts';

type Item = Record<string, unknown>;

/** What of a list is wanted; the names are OCPI's. */
export type BookingQuery = Partial<
  Record<'date_from' | 'date_to' | 'timeslot_from' | 'timeslot_to' | 'offset' | 'limit', string | number>
>;

/** An eMSP's side of bookings (OCPI 2.3.0 mod_bookings). */
export interface Booker {
  /** Sends a BookingRequest, new, changed or with `canceled`; gives the Booking. Throws OcpiCallFailed. */
  request(body: Item): Promise<Item>;
  /** Its bookings, following Links. */
  list(query?: BookingQuery): Promise<Listing>;
  /** Where it may book, following Links. */
  locations(query?: BookingQuery): Promise<Listing>;
  /** One of them, or its calendar. Throws OcpiCallFailed. */
  location(id: string, calendar?: string): Promise<Item>;
}

export interface BookerOptions {
  /** Who asks. */
  party: { country_code: string; party_id: string };
  /** URL of the gateway's endpoint. */
  endpoint: () => string;
  request: (method: string, url: string, body?: unknown) => Promise<OcpiAnswer>;
  list: (url: string) => Promise<Listing>;
}

/** Makes it, with nothing booked. */
export function createBooker({ party, endpoint, request, list }: BookerOptions): Booker {
  const { country_code, party_id } = party;

  function listed(path: string, query: BookingQuery): Promise<Listing> {
    const url = new URL(`${endpoint()}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return list(url.href);
  }

  return {
    request: async (body) => asRecord((await request('POST', endpoint(), { country_code, party_id, ...body })).data),
    list: (query = {}) => listed('', query),
    locations: (query = {}) => listed('/booking_locations', query),
    async location(id, calendar) {
      const path = [id, ...(calendar === undefined ? [] : [calendar])].map(encodeURIComponent).join('/');
      return asRecord((await request('GET', `${endpoint()}/booking_locations/${path}`)).data);
    },
  };
}
