import { areOffersStale, noteOffers } from './booking-offers.ts';
import { waitsForBill, type Delivery, type OutboxRow, type PushModule } from './domain/outbox.ts';
import type { Millis } from './domain/time.ts';
import type { Peer } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { siteView } from './site.ts';
import { latestOfferChange, listOfferIds } from './store/booking-offers.ts';
import type { Tx } from './store/db.ts';
import { forgetHubClients } from './store/hub-clients.ts';
import * as store from './store/outbox.ts';
import { findPeer } from './store/peers.ts';
import { findSession } from './store/sessions.ts';
import { listTariffs } from './store/tariffs.ts';

export type { OutboxCount } from './store/outbox.ts';

/** An EVSE that flickers is told once. */
const SETTLE = 200;

/** A peer's changes are looked through in steps of so many. */
const STEP = 500;

/** What the peer says no to is offered so often before an operator has to look. */
const MOST_REFUSALS = 5;

const HOUR = 3_600_000;

/** Where those are kept of which only the changed ones are looked through. */
const TABLE = { sessions: 'session', cdrs: 'cdr', bookings: 'booking' } as const;

/** What is free changes with every booking: told of a place so often at most. */
const CALENDAR_PACE = 60_000;

/**
 * Looks through what changed since the last time and marks it as not told, in one write; true when there is more to look
 * through. Changes cannot be missed: `updatedAt` rises with every commit (law 9), the place reached is stored with the
 * marks, and what shares this very commit, which more may join, is left for the next look.
 */
export async function collectChanges(gw: Gateway, peer: Peer, module: PushModule): Promise<boolean> {
  if (!hasChanges(gw, peer, module)) return false;
  return gw.db.write((tx) => {
    if (!isRegistered(gw, peer.name)) return false;
    return COLLECT[module](gw, tx, peer, store.findCursor(gw.db, peer.name, module));
  });
}

/** Whoever unregistered while something was on its way for them is owed nothing, and has nothing. */
const isRegistered = (gw: Gateway, peer: string): boolean => findPeer(gw.db, peer)?.state === 'registered';

/** Spares a write where there is nothing to look at. */
function hasChanges(gw: Gateway, peer: Peer, module: PushModule): boolean {
  if ((module === 'bookings' || module === 'booking-locations') && !gw.settings.bookings.publish) return false;
  const cursor = store.findCursor(gw.db, peer.name, module);
  if (cursor === undefined) return true;
  if (module === 'locations') return Math.max(gw.siteUpdatedAt, store.latestPlaceChange(gw.db)) > cursor;
  if (module === 'tariffs') return changedTariffs(gw, peer, cursor).length > 0;
  if (module === 'booking-locations') return areOffersStale(gw) || latestOfferChange(gw.db) > cursor;
  return store.hasChangedSince(gw.db, TABLE[module], ownerOf(peer), cursor);
}

type Collector = (gw: Gateway, tx: Tx, peer: Peer, cursor: Millis | undefined) => boolean;

const COLLECT: Record<PushModule, Collector> = {
  locations(gw, tx, peer, cursor) {
    const state = siteView(gw);
    const never = store.findDelivery(gw.db, { peer: peer.name, module: 'locations', object: '' }) === undefined;
    if (never || gw.siteUpdatedAt > (cursor ?? 0)) mark(gw, tx, peer, 'locations', '', state.updatedAt, tx.now);
    for (const evse of state.evses) {
      const changedAt = Math.max(evse.updatedAt, ...evse.connectors.map((connector) => connector.updatedAt));
      if (changedAt > (cursor ?? 0) && changedAt < tx.stamp)
        mark(gw, tx, peer, 'locations', evse.uid, changedAt, tx.now + SETTLE);
    }
    // EVSEs of chargers that are not accepted change too, and are told to nobody.
    const seen = Math.max(state.updatedAt, store.latestPlaceChange(gw.db));
    store.setCursor(gw.db, peer.name, 'locations', Math.min(seen, tx.stamp - 1));
    return false;
  },
  tariffs(gw, tx, peer, cursor) {
    for (const { id, updatedAt } of changedTariffs(gw, peer, cursor ?? 0))
      mark(gw, tx, peer, 'tariffs', id, updatedAt ?? tx.stamp, tx.now);
    store.setCursor(gw.db, peer.name, 'tariffs', tx.stamp - 1);
    return false;
  },
  sessions: (gw, tx, peer, cursor) => {
    // A new connection is told what runs, not what has been.
    if (cursor === undefined) {
      for (const { id, updatedAt } of store.liveSessions(gw.db, ownerOf(peer)))
        mark(gw, tx, peer, 'sessions', id, updatedAt, tx.now);
      store.setCursor(gw.db, peer.name, 'sessions', tx.stamp - 1);
      return false;
    }
    return collectRows(gw, tx, peer, 'sessions', cursor, (id) => sessionDue(gw, peer, id, tx.now));
  },
  cdrs: (gw, tx, peer, cursor) => collectRows(gw, tx, peer, 'cdrs', cursor ?? peer.updatedAt, () => tx.now),
  bookings: (gw, tx, peer, cursor) => {
    // A new connection is told what is to come, and whatever changed since it is there.
    if (cursor === undefined)
      for (const { id, updatedAt } of store.liveBookings(gw.db, ownerOf(peer)))
        mark(gw, tx, peer, 'bookings', id, updatedAt, tx.now);
    return collectRows(gw, tx, peer, 'bookings', cursor ?? peer.updatedAt, () => tx.now);
  },
  'booking-locations'(gw, tx, peer, cursor) {
    if (areOffersStale(gw)) noteOffers(gw, tx);
    for (const { id, updatedAt } of listOfferIds(gw.db))
      if (updatedAt > (cursor ?? 0))
        mark(gw, tx, peer, 'booking-locations', id, updatedAt, calendarDue(gw, peer, id, tx.now));
    store.setCursor(gw.db, peer.name, 'booking-locations', tx.stamp - 1);
    return false;
  },
};

function collectRows(
  gw: Gateway,
  tx: Tx,
  peer: Peer,
  module: 'sessions' | 'cdrs' | 'bookings',
  cursor: Millis,
  dueAt: (id: string) => Millis,
): boolean {
  const changed = store.changedBetween(gw.db, TABLE[module], ownerOf(peer), cursor, tx.stamp, STEP);
  for (const { id, updatedAt } of changed) mark(gw, tx, peer, module, id, updatedAt, dueAt(id));
  store.setCursor(gw.db, peer.name, module, changed.at(-1)?.updatedAt ?? cursor);
  return changed.length >= STEP;
}

/** A session that only goes on is told at its pace; a change of status at once. */
function sessionDue(gw: Gateway, peer: Peer, id: string, now: Millis): Millis {
  const told = store.findDelivery(gw.db, { peer: peer.name, module: 'sessions', object: id });
  if (!told || told.mark !== findSession(gw.db, id)?.status) return now;
  return later(told.deliveredAt, gw.settings.sessionPushInterval * 1000, now);
}

function calendarDue(gw: Gateway, peer: Peer, id: string, now: Millis): Millis {
  const told = store.findDelivery(gw.db, { peer: peer.name, module: 'booking-locations', object: id });
  return told ? later(told.deliveredAt, CALENDAR_PACE, now) : now;
}

/** So long after it was told last; a clock that was set back must not keep it waiting. */
function later(deliveredAt: Millis, pace: number, now: Millis): Millis {
  return Math.min(Math.max(now, deliveredAt + pace), now + pace);
}

/** Changed ones, and those that the peer has, we no longer do and that do not wait to be told (`updatedAt` null). */
function changedTariffs(gw: Gateway, peer: Peer, cursor: Millis): { id: string; updatedAt: Millis | null }[] {
  const { items } = listTariffs(gw.db, { offset: 0, limit: 10_000 });
  const known = new Set(items.map(({ id }) => id));
  const gone = store
    .listDelivered(gw.db, peer.name, 'tariffs')
    .filter((id) => !known.has(id) && !store.isWaiting(gw.db, { peer: peer.name, module: 'tariffs', object: id }));
  return [...items.filter(({ updatedAt }) => updatedAt > cursor), ...gone.map((id) => ({ id, updatedAt: null }))];
}

function mark(
  gw: Gateway,
  tx: Tx,
  peer: Peer,
  module: PushModule,
  object: string,
  changedAt: Millis,
  dueAt: Millis,
): void {
  const key = { peer: peer.name, module, object };
  // What waited was told in its latest state, with this change in it, before the look for changes came to it.
  if ((store.findDelivery(gw.db, key)?.changedAt ?? 0) >= changedAt) return;
  store.putDirty(gw.db, key, changedAt, tx.now, dueAt);
}

function ownerOf(peer: Peer): string | null {
  return peer.visibility === 'all' ? null : peer.name;
}

/** What of this module may be told to the peer now; null when nothing is due. */
export function nextDue(gw: Gateway, peer: string, module: PushModule): OutboxRow | null {
  return store.nextDue(gw.db, peer, module, gw.clock()) ?? null;
}

/** What the peer has of an object; null when it never acknowledged it. */
export function findDelivery(gw: Gateway, peer: string, module: PushModule, object: string): Delivery | null {
  return store.findDelivery(gw.db, { peer, module, object }) ?? null;
}

/** An object of which the peer has acknowledged the state of `changedAt`. */
export interface Told {
  object: string;
  changedAt: Millis;
  mark: string;
  location: string | null;
}

/**
 * Notes what the peer has acknowledged, and takes it off the list unless it changed meanwhile. `gone`: the peer holds it
 * no longer.
 */
export async function settleTold(gw: Gateway, row: OutboxRow, told: Told[], gone = false): Promise<void> {
  await gw.db.write((tx) => {
    if (!isRegistered(gw, row.peer)) return;
    for (const { object, changedAt, mark: what, location } of told) {
      const key = { peer: row.peer, module: row.module, object };
      store.removeTold(gw.db, key, changedAt);
      if (row.module === 'cdrs') store.release(gw.db, row.peer, waitsForBill(object), tx.now);
      if (gone) store.deleteDelivery(gw.db, key);
      else store.putDelivery(gw.db, key, { mark: what, location, changedAt, deliveredAt: tx.now });
    }
  });
}

/** Takes off the list what needs no telling: the object is no more, or the peer may not see it. */
export async function dropRow(gw: Gateway, row: OutboxRow): Promise<void> {
  await gw.db.write(() => store.removeTold(gw.db, row, row.changedAt));
}

/**
 * The peer said no. A refusal that another attempt could change is repeated, ever more rarely; one that it could not is
 * given up after a few times, for an operator to see (`dead`).
 */
export async function settleRefused(gw: Gateway, row: OutboxRow, problem: string, final: boolean): Promise<void> {
  const dead = final && row.attempts + 1 >= MOST_REFUSALS;
  const wait = Math.min(HOUR, 2000 * 2 ** Math.min(row.attempts, 20));
  await gw.db.write((tx) => {
    store.setFailed(gw.db, row, dead ? 'dead' : 'dirty', tx.now + wait, problem.slice(0, 500));
    if (dead)
      tx.after(() =>
        gw.log.error(
          { peer: row.peer, module: row.module, object: row.object, problem },
          'a peer refuses an object: it is kept as a dead letter until an operator retries it',
        ),
      );
  });
}

/** Everything that waits, or was given up, by peer, module and object. */
export function listOutbox(
  gw: Gateway,
  after: Pick<OutboxRow, 'peer' | 'module' | 'object'> | null,
  limit: number,
): OutboxRow[] {
  return store.listOutbox(gw.db, after, limit);
}

/** How much waits for each peer, and since when. */
export function countOutbox(gw: Gateway): store.OutboxCount[] {
  return store.countOutbox(gw.db);
}

/** Lets what waits for a peer, or was given up, go at once; gives how many. Null: any module, any object. */
export async function retryOutbox(
  gw: Gateway,
  peer: string,
  module: PushModule | null,
  object: string | null,
): Promise<number> {
  const count = await gw.db.write((tx) => {
    tx.emit({ name: 'outbox.retried', data: { peer } });
    return store.setRetry(gw.db, peer, module, object, tx.now);
  });
  return count;
}

/** Makes everything due anew, as when a peer asks from scratch or holds something else than we think. */
export async function resync(gw: Gateway, peer: string): Promise<void> {
  await gw.db.write((tx) => {
    const known = findPeer(gw.db, peer);
    if (!known) return;
    markAnew(gw, tx, known, ['locations', 'tariffs', 'sessions', 'bookings', 'booking-locations']);
    tx.emit({ name: 'outbox.retried', data: { peer } });
  });
}

/** Marks, inside the write at hand, all of these modules that the peer was ever told as not told. */
export function markAnew(gw: Gateway, tx: Tx, peer: Peer, modules: Exclude<PushModule, 'cdrs'>[]): void {
  for (const module of modules) {
    // Every EVSE is told with its location.
    const objects = module === 'locations' ? [''] : store.listDelivered(gw.db, peer.name, module);
    for (const object of objects) mark(gw, tx, peer, module, object, tx.stamp, tx.now);
  }
}

/** Lets an object wait whose addressee cannot be reached just now; looked at again in an hour where nothing releases it. */
export async function holdRow(gw: Gateway, row: OutboxRow, reason: string): Promise<void> {
  await gw.db.write((tx) => store.setHeld(gw.db, row, tx.now + HOUR, reason));
}

/** Inside the write at hand: from now on a new connection is owed every bill line, also while it cannot be reached yet. */
export function beginOutbox(gw: Gateway, tx: Tx, peer: string): void {
  if (store.findCursor(gw.db, peer, 'cdrs') === undefined) store.setCursor(gw.db, peer, 'cdrs', tx.stamp - 1);
}

/** Inside the write at hand: a connection that ended is owed nothing. */
export function forgetOutbox(gw: Gateway, peer: string): void {
  store.forgetPeer(gw.db, peer);
  forgetHubClients(gw.db, peer);
}
