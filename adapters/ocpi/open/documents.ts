import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { openSite, stateOf, type OpenSite } from '../../../gateway/open-data.ts';
import { toUtc, type Millis } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { STATUS } from '../envelope.ts';
import { v230 } from '../present/v230.ts';
import { datexMessage, datexStatus, datexTable, type TableMemory } from './datex.ts';
import { geoJson } from './geojson.ts';

/** What is served at one path. */
export interface OpenDocument {
  path: string;
  type: string;
  description: string;
  /** Seconds that a cache may give it out without asking. */
  maxAge: number;
  /** `at`: when this state of the site was taken. */
  write(open: OpenSite, at: Millis, memory: TableMemory): string;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const XML_TYPE = 'application/xml; charset=utf-8';

/** One second for what tells of availability, ten minutes for what changes with the configuration only. */
const LIVE = 1;
const DESCRIBED = 600;

/** Everything that the public can read. */
export const OPEN_DOCUMENTS: readonly OpenDocument[] = [
  {
    path: '/open/ocpi/locations',
    type: JSON_TYPE,
    description: 'OCPI 2.3.0 Location objects with the status of each EVSE',
    maxAge: LIVE,
    write: (open, at) =>
      envelope([v230.location({ site: open.site, evses: open.chargers.flat(), updatedAt: open.updatedAt })], at),
  },
  {
    path: '/open/ocpi/tariffs',
    type: JSON_TYPE,
    description: 'OCPI 2.3.0 Tariff objects, what drivers without a contract pay now at connectors of the location',
    maxAge: DESCRIBED,
    write: (open, at) =>
      envelope(
        open.tariffs.map((tariff) => v230.tariff(tariff, open.site)).filter((tariff) => tariff !== null),
        at,
      ),
  },
  {
    path: '/open/locations.geojson',
    type: 'application/geo+json; charset=utf-8',
    description: 'GeoJSON FeatureCollection (RFC 7946) with status, power and prices',
    maxAge: LIVE,
    write: (open) => JSON.stringify(geoJson(open)),
  },
  {
    path: '/open/datex2.xml',
    type: XML_TYPE,
    description: 'DATEX II 3.7 message: table and status of the recharging infrastructure',
    maxAge: LIVE,
    write: datexMessage,
  },
  {
    path: '/open/datex2/table.xml',
    type: XML_TYPE,
    description: 'DATEX II 3.7 EnergyInfrastructureTablePublication',
    maxAge: DESCRIBED,
    write: datexTable,
  },
  {
    path: '/open/datex2/status.xml',
    type: XML_TYPE,
    description: 'DATEX II 3.7 EnergyInfrastructureStatusPublication',
    maxAge: LIVE,
    write: datexStatus,
  },
];

/** A document as it stands now. */
export interface Edition {
  /** Weak: the same state is the same document, whenever it was written and however it is packed. */
  etag: string;
  /** Whole seconds, epoch milliseconds; null where an earlier edition could have borne the same. */
  modifiedAt: Millis | null;
  /** The document, gzip: the one form that is kept, as the plain one is up to a hundred times as large. */
  packed(): Promise<Buffer>;
}

export interface Editions {
  /** Null: the site is not for the public. */
  current(document: OpenDocument): Edition | null;
}

interface State {
  open: OpenSite;
  hash: string;
  takenAt: Millis;
  modifiedAt: Millis | null;
  editions: Map<string, Edition>;
}

/** How long a look at the site lasts, milliseconds: however many ask, the work stays bounded. */
const LOOK = 400;
/** After a look that took long, rests so many times as long; but a change is to be seen within a second. */
const REST = 8;
const LONGEST_REST = 900;

const pack = promisify(gzip);

/** Keeps each document for as long as the site is what it was. */
export function createEditions(gw: Gateway): Editions {
  let state: State | null = null;
  let lookedUntil = -Infinity;
  const memory: TableMemory = { version: null, table: [] };

  function look(): State | null {
    const begin = performance.now();
    if (begin < lookedUntil) return state;
    const open = openSite(gw);
    state = open && nextState(open, state, gw.clock());
    const end = performance.now();
    lookedUntil = end + Math.min(LONGEST_REST, Math.max(LOOK, (end - begin) * REST));
    return state;
  }

  return {
    current(document) {
      const now = look();
      if (!now) return null;
      const known = now.editions.get(document.path);
      if (known) return known;
      const made = edition(document, now, memory);
      now.editions.set(document.path, made);
      return made;
    },
  };
}

function nextState(open: OpenSite, before: State | null, now: Millis): State {
  const hash = stateOf(open);
  if (before?.hash === hash) return before;
  const second = Math.floor(now / 1000) * 1000;
  // Of two states in one second, the second must not pass for the first.
  const told = before !== null && second <= Math.floor(before.takenAt / 1000) * 1000;
  return { open, hash, takenAt: now, modifiedAt: told ? null : second, editions: new Map() };
}

function edition(document: OpenDocument, { open, hash, takenAt, modifiedAt }: State, memory: TableMemory): Edition {
  let packed: Promise<Buffer> | null = null;
  return {
    etag: `W/"${hash}"`,
    modifiedAt,
    packed: () => (packed ??= pack(document.write(open, takenAt, memory))),
  };
}

/** OCPI's response format, so that whoever reads OCPI reads this (OCPI 2.3.0 transport_and_format). */
function envelope(data: unknown[], at: Millis): string {
  return JSON.stringify({ data, status_code: STATUS.success, status_message: 'Success', timestamp: toUtc(at) });
}
