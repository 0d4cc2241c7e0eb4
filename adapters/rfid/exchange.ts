import type { Millis } from '../../gateway/domain/time.ts';
import { elapsed } from './elapsed.ts';
import type { Outcome } from './reader.ts';

/** One of several readers on a line; null where there is but one. */
export type Station = number | null;

/** A question or an order, and how long its answer may take. */
export interface Request<K> {
  purpose: K;
  bytes: Uint8Array;
  patience: Millis;
}

/** A request to be made `after` milliseconds from now. */
export interface Step<K> {
  after: Millis;
  request: Request<K>;
}

export interface ExchangeOptions<K> {
  /** At least one, each once. */
  stations: readonly Station[];
  /** From an answer to the next poll of the same reader. */
  interval: Millis;
  /** Asks whether a card is there. */
  poll(station: Station): Request<K>;
  /** What a reader has to be told first: after opening, and after it did not answer, for it may have been without power. */
  greet(station: Station): Request<K>[];
}

/** What was asked last and is not answered yet. */
export interface Pending<K> {
  station: Station;
  request: Request<K>;
}

/** Talks to readers that speak only when asked: one request at a time on the line, the readers in turn. */
export interface Exchange<K> {
  open(now: Millis): void;
  pending(): Pending<K> | null;
  /** What was asked is answered. Tells `alive` where the reader was not known to be there. */
  answered(now: Millis): Outcome;
  /** Orders for one reader, instead of those that are still to be made from before. */
  order(station: Station, steps: readonly Step<K>[], now: Millis): void;
  /** Gives up waiting, which may find a reader `lost`, and asks what comes next. */
  tick(now: Millis): Outcome;
}

/** A reader is lost when it left two requests or more unanswered for this long. */
const LOST_AFTER: Millis = 5_000;
const LOST_MISSES = 2;
/** A reader that is lost is asked so seldom that the others on its line are not kept waiting. */
const LOST_INTERVAL: Millis = 1_000;

interface StationState<K> {
  station: Station;
  /** It is there, it is not, or that is not known yet. */
  state: 'alive' | 'lost' | 'unknown';
  heardAt: Millis;
  /** When its last poll ended, answered or not; null: it was not polled yet. */
  polledAt: Millis | null;
  misses: number;
  greeting: Request<K>[];
  orders: { since: Millis; after: Millis; request: Request<K> }[];
}

export function createExchange<K>(options: ExchangeOptions<K>): Exchange<K> {
  const states = options.stations.map((station) => fresh<K>(station));
  let pending: (Pending<K> & { state: StationState<K>; askedAt: Millis }) | null = null;
  /** Whose turn it is. */
  let turn = 0;

  function giveUp(now: Millis): Station[] {
    if (pending === null || !elapsed(pending.askedAt, now, pending.request.patience)) return [];
    const { state } = pending;
    pending = null;
    state.misses += 1;
    state.polledAt = now;
    state.greeting = options.greet(state.station);
    state.orders = [];
    if (state.state === 'lost' || state.misses < LOST_MISSES || !elapsed(state.heardAt, now, LOST_AFTER)) return [];
    state.state = 'lost';
    return [state.station];
  }

  function next(state: StationState<K>, now: Millis): Request<K> | null {
    const pause = state.state === 'lost' ? LOST_INTERVAL : options.interval;
    const isDue = state.polledAt === null || elapsed(state.polledAt, now, pause);
    if (state.greeting.length > 0) return state.misses === 0 || isDue ? (state.greeting.shift() ?? null) : null;
    const order = state.orders.findIndex(({ since, after }) => elapsed(since, now, after));
    if (order >= 0) return state.orders.splice(order, 1)[0]?.request ?? null;
    return isDue ? options.poll(state.station) : null;
  }

  function ask(now: Millis): Uint8Array[] {
    for (let tried = 0; pending === null && tried < states.length; tried += 1) {
      const state = states[turn];
      turn = (turn + 1) % states.length;
      const request = state === undefined ? null : next(state, now);
      if (state !== undefined && request !== null) {
        pending = { station: state.station, request, state, askedAt: now };
        return [request.bytes];
      }
    }
    return [];
  }

  return {
    open(now) {
      pending = null;
      for (const state of states) {
        Object.assign(state, fresh<K>(state.station), { heardAt: now, greeting: options.greet(state.station) });
      }
    },
    pending: () => pending,
    answered(now) {
      if (pending === null) return {};
      const { state } = pending;
      pending = null;
      const isNews = state.state !== 'alive';
      state.state = 'alive';
      state.heardAt = now;
      state.misses = 0;
      state.polledAt = now;
      return isNews ? { alive: [state.station] } : {};
    },
    order(station, steps, now) {
      const state = states.find((one) => one.station === station);
      if (state === undefined || state.state !== 'alive') return;
      state.orders = steps.map(({ after, request }) => ({ since: now, after, request }));
    },
    tick(now) {
      const lost = giveUp(now);
      return { write: ask(now), lost };
    },
  };
}

function fresh<K>(station: Station): StationState<K> {
  return { station, state: 'unknown', heardAt: 0, polledAt: null, misses: 0, greeting: [], orders: [] };
}
