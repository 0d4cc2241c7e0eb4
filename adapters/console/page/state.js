import { Gone, get } from './api.js';

/** @import { CdrBody, ChargerBody, PeerBody, QuarantineBody, RefusalBody, RunningBody, StatusBody } from '../schemas.ts' */

/** @import { DayPlanBody } from '../booking-schemas.ts' */
/** @import { ReservationBody } from '../reservation-schemas.ts' */

/** @typedef {'status' | 'chargers' | 'running' | 'reservations' | 'plan' | 'cdrs' | 'peers' | 'quarantine' | 'refusals'} Part */

/** What the page knows of the gateway. */
export const state = {
  /** @type {StatusBody | null} */
  status: null,
  /** @type {Map<string, ChargerBody>} */
  chargers: new Map(),
  /** @type {RunningBody[]} */
  running: [],
  /** Those that keep a bay now. @type {ReservationBody[]} */
  reservations: [],
  /** @type {DayPlanBody | null} */
  plan: null,
  /** The day that is looked at; null: today. @type {string | null} */
  planDay: null,
  /** @type {CdrBody[]} */
  cdrs: [],
  /** @type {PeerBody[]} */
  peers: [],
  /** @type {QuarantineBody[]} */
  quarantine: [],
  /** @type {RefusalBody[]} */
  refusals: [],
  /** The gateway's clock less this browser's, milliseconds. */
  ahead: 0,
};

/** @type {Part[]} */
export const ALL = ['status', 'chargers', 'running', 'reservations', 'plan', 'cdrs', 'peers', 'quarantine', 'refusals'];

/** The gateway's time. */
export function now() {
  return Date.now() + state.ahead;
}

/** @template T @typedef {{ items: T[], next: string | null }} List */

/** @type {Record<Part, () => Promise<void>>} */
const LOADERS = {
  async status() {
    /** @type {StatusBody} */
    const status = await get('/api/status');
    state.ahead = Date.parse(status.now) - Date.now();
    state.status = status;
  },
  async chargers() {
    /** @type {List<ChargerBody>} */
    const { items } = await get('/api/chargers?limit=10000');
    state.chargers = new Map(items.map((charger) => [charger.id, charger]));
  },
  async running() {
    /** @type {List<RunningBody>} */
    const { items } = await get('/api/sessions/running');
    state.running = items;
  },
  async reservations() {
    /** @type {List<ReservationBody>} */
    const { items } = await get('/api/reservations?live=true');
    state.reservations = items;
  },
  async plan() {
    const query = state.planDay === null ? '' : `?day=${encodeURIComponent(state.planDay)}`;
    state.plan = await get(`/api/bookings/plan${query}`);
  },
  async cdrs() {
    /** @type {List<CdrBody>} */
    const { items } = await get('/api/cdrs?limit=12');
    state.cdrs = items;
  },
  async peers() {
    /** @type {List<PeerBody>} */
    const { items } = await get('/api/peers');
    state.peers = items;
  },
  async quarantine() {
    /** @type {List<QuarantineBody>} */
    const { items } = await get('/api/quarantine?limit=8');
    state.quarantine = items;
  },
  async refusals() {
    /** @type {List<RefusalBody>} */
    const { items } = await get('/api/refusals');
    state.refusals = items;
  },
};

/** Which parts an event makes stale. @type {Record<string, Part[]>} */
const STALE = {
  'charger.connected': ['status'],
  'charger.disconnected': ['status'],
  'transaction.started': ['running', 'status'],
  'transaction.sampled': ['running'],
  'transaction.stopped': ['running', 'status'],
  'session.changed': ['running'],
  'reservation.changed': ['reservations'],
  'booking.changed': ['plan'],
  'charger.booted': ['status', 'plan'],
  'charger.forgotten': ['status', 'plan'],
  'cdr.issued': ['cdrs', 'running'],
  'peer.changed': ['peers', 'status'],
  'quarantine.added': ['quarantine'],
  'token.refused': ['refusals'],
};

/** More than this many changed chargers are fetched as one list. */
const ONE_BY_ONE = 15;

/** @param {Set<string>} ids */
async function loadChargers(ids) {
  if (ids.size > ONE_BY_ONE) return LOADERS.chargers();
  await Promise.all(
    [...ids].map(async (id) => {
      try {
        /** @type {ChargerBody} */
        const charger = await get(`/api/chargers/${encodeURIComponent(id)}`);
        state.chargers.set(id, charger);
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
        state.chargers.delete(id);
      }
    }),
  );
  state.chargers = new Map([...state.chargers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Collects what events make stale and reads it again: at once, then at most every second, however much happens. What a
 * person has just done is seen at once.
 * @param {(parts: Set<Part>) => void} onLoaded
 * @param {(error: unknown) => void} onFault
 */
export function createRefresher(onLoaded, onFault) {
  /** @type {Set<Part>} */
  let parts = new Set();
  /** @type {Set<string>} */
  let chargers = new Set();
  let busy = false;
  let urgent = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let rest = null;

  async function run() {
    busy = true;
    urgent = false;
    if (rest !== null) clearTimeout(rest);
    rest = null;
    const [wanted, ids] = [parts, chargers];
    [parts, chargers] = [new Set(), new Set()];
    try {
      const loads = [...wanted].map((part) => LOADERS[part]());
      if (ids.size > 0 && !wanted.has('chargers')) loads.push(loadChargers(ids));
      await Promise.all(loads);
      if (ids.size > 0) wanted.add('chargers');
      onLoaded(wanted);
    } catch (error) {
      onFault(error);
    }
    if (urgent) return void run();
    rest = setTimeout(() => {
      rest = null;
      busy = false;
      if (parts.size > 0 || chargers.size > 0) void run();
    }, 1000);
  }

  return {
    /** @param {Part[]} wanted */
    refresh(wanted) {
      for (const part of wanted) parts.add(part);
      if (!busy) void run();
    },
    /** For what a person did: without the pause. @param {Part[]} wanted */
    refreshNow(wanted) {
      for (const part of wanted) parts.add(part);
      if (!busy || rest !== null) void run();
      else urgent = true;
    },
    /** @param {string} name @param {Record<string, unknown>} data */
    onEvent(name, data) {
      if (typeof data.chargerId === 'string' && /^(charger|evse|transaction\.st)/.test(name))
        chargers.add(data.chargerId);
      this.refresh(STALE[name] ?? []);
    },
  };
}
