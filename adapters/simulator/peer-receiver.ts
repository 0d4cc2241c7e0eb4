import type { PeerAnswer } from './peer-server.ts';
import { asList, asRecord, asText } from './wire.ts';

type Item = Record<string, unknown>;

/** What a peer was told, as an eMSP's platform keeps it. */
export interface PeerReceiver {
  /** `path`: what follows the module in the URL. Null: not a module that is received. */
  handle(module: string, method: string, path: string[], body: unknown): PeerAnswer | null;
  /** Everything it holds of a module, in the order in which it first came. */
  held(module: ReceivedModule): Item[];
  /** Loses everything. */
  clear(): void;
}

const RECEIVED = ['locations', 'sessions', 'cdrs', 'tariffs', 'bookings', 'booking_locations'] as const;
export type ReceivedModule = (typeof RECEIVED)[number];

const good = (data?: unknown, http = 200): PeerAnswer => ({ http, status: 1000, ...(data !== undefined && { data }) });
const missing = (what: string): PeerAnswer => ({ http: 404, status: 2003, message: `${what} is not known here` });

/** Makes it, empty; `base` is its URL up to the version. */
export function createPeerReceiver(base: string): PeerReceiver {
  const store: Record<ReceivedModule, Map<string, Item>> = {
    locations: new Map(),
    sessions: new Map(),
    cdrs: new Map(),
    tariffs: new Map(),
    bookings: new Map(),
    booking_locations: new Map(),
  };

  function whole(module: ReceivedModule, method: string, key: string, body: unknown): PeerAnswer {
    const items = store[module];
    const known = items.get(key);
    if (method === 'GET') return known ? good(known) : missing(key);
    if (method === 'DELETE') return items.delete(key) ? good() : missing(key);
    if (method === 'PATCH' && !known) return missing(key);
    items.set(key, method === 'PATCH' ? { ...known, ...asRecord(body) } : asRecord(body));
    return good(undefined, known ? 200 : 201);
  }

  /** An EVSE or connector is a part of its location; what changes there changes the location. */
  function part(method: string, key: string, path: string[], body: unknown): PeerAnswer {
    const location = store.locations.get(key);
    if (!location) return missing(key);
    const [uid = '', connector] = path;
    const evses = asList(location['evses']).map(asRecord);
    const evse = evses.find((each) => each['uid'] === uid);
    if (connector !== undefined) return evse ? good(evse) : missing(uid);
    if (method === 'GET') return evse ? good(evse) : missing(uid);
    if (method === 'PATCH' && !evse) return missing(uid);
    const changed = method === 'PATCH' ? { ...evse, ...asRecord(body) } : asRecord(body);
    const others = evses.filter((each) => each['uid'] !== uid);
    const last_updated = changed['last_updated'] ?? location['last_updated'];
    store.locations.set(key, { ...location, evses: [...others, changed], last_updated });
    return good(undefined, evse ? 200 : 201);
  }

  /** A calendar is a part of its booking location. */
  function booked(method: string, key: string, calendar: string | undefined, body: unknown): PeerAnswer {
    if (calendar === undefined) return whole('booking_locations', method, key, body);
    const place = store.booking_locations.get(key);
    if (!place) return missing(key);
    const calendars = asList(place['calendars']).map(asRecord);
    const known = calendars.find((each) => each['id'] === calendar);
    if (method === 'GET') return known ? good(known) : missing(calendar);
    if (method === 'PATCH' && !known) return missing(calendar);
    const changed = method === 'PATCH' ? { ...known, ...asRecord(body) } : asRecord(body);
    const others = calendars.filter((each) => each !== known);
    const last_updated = changed['last_updated'] ?? place['last_updated'];
    store.booking_locations.set(key, { ...place, calendars: [...others, changed], last_updated });
    return good(undefined, known ? 200 : 201);
  }

  function bill(method: string, path: string[], body: unknown): PeerAnswer {
    const [asked] = path;
    if (method === 'GET')
      return asked !== undefined && store.cdrs.has(asked) ? good(store.cdrs.get(asked)) : missing('CDR');
    const cdr = asRecord(body);
    const id = asText(cdr['id']) ?? '';
    if (store.cdrs.has(id)) return { http: 200, status: 2001, message: `CDR ${id} already exists` };
    store.cdrs.set(id, cdr);
    return { ...good(undefined, 201), headers: { location: `${base}/cdrs/${encodeURIComponent(id)}` } };
  }

  return {
    handle(module, method, path, body) {
      if (!isReceived(module)) return null;
      if (module === 'cdrs') return bill(method, path, body);
      const [country = '', party = '', id = '', ...rest] = path;
      if (module === 'bookings' && id === 'booking_locations')
        return booked(method, [country, party, rest[0] ?? ''].join('/'), rest[1], body);
      const key = [country, party, id].join('/');
      return module === 'locations' && rest.length > 0
        ? part(method, key, rest, body)
        : whole(module, method, key, body);
    },
    held: (module) => [...store[module].values()],
    clear() {
      for (const items of Object.values(store)) items.clear();
    },
  };
}

function isReceived(module: string): module is ReceivedModule {
  return RECEIVED.some((each) => each === module);
}
