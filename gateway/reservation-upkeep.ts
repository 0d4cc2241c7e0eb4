import { isLive, type Reservation } from './domain/reservations.ts';
import type { Gateway } from './gateway.ts';
import { endBooking } from './bookings.ts';
import { takesBay } from './domain/bookings.ts';
import { bayNamed, nameOf } from './booking-places.ts';
import { askToHold, letGo, MOVED, settleHold, tellEnded, type HoldResult } from './reservations.ts';
import { findBooking } from './store/bookings.ts';
import { findEvse } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/reservations.ts';

/** A charger whose clock is ahead lets go so much before the time, ms. */
const EARLY = 90_000;

const EVERY_SECOND = 1000;

/** Why a charger keeps a bay no more: its time was up, something took it, or its driver came and began nothing. */
export type LetGo = 'expired' | 'removed' | 'not-begun';

/** What each bay was last shown as reserved for by its charger, since that was told to keep it. */
type Shown = Map<string, string>;

/** Ends reservations in time, tells chargers that were away, and notices bays that fail; gives what ends that. */
export function startReservationUpkeep(gw: Gateway): () => void {
  const shown = shownNow(gw);
  const guarded = (work: Promise<void>): void => {
    work.catch((error: unknown) => gw.log.error({ err: error }, 'looking after reservations failed'));
  };
  const ends = [
    gw.bus.on('charger.booted', ({ chargerId, registration }) => {
      // What it shows now is no answer to what it was told before.
      for (const bay of shown.keys()) if (bayNamed(bay).chargerId === chargerId) shown.delete(bay);
      if (registration === 'accepted') guarded(tellAgain(gw, chargerId, true));
    }),
    gw.bus.on('charger.connected', ({ chargerId }) => guarded(tellAgain(gw, chargerId, false))),
    gw.bus.on('reservation.owed', ({ reservationId }) => {
      const reservation = store.findReservation(gw.db, reservationId);
      if (reservation) guarded(tellEnded(gw, reservation));
    }),
    gw.bus.on('evse.status', ({ chargerId, evse, to }) => {
      const dropped = noteShown(gw, shown, { chargerId, evse }, to);
      if (dropped || isBroken(to)) guarded(noticeBay(gw, chargerId, evse, to));
    }),
    // Also where it is the charger as a whole that fails.
    gw.bus.on('evse.changed', ({ chargerId, evse, status }) => {
      if (isBroken(status)) guarded(noticeBay(gw, chargerId, evse, status));
    }),
  ];
  const timer = setInterval(() => guarded(expireReservations(gw)), EVERY_SECOND).unref();
  return () => {
    clearInterval(timer);
    for (const end of ends) end();
  };
}

/** Ends those whose time is up; every second. */
export async function expireReservations(gw: Gateway): Promise<void> {
  if (store.listExpired(gw.db, gw.clock()).length === 0) return;
  const ended = await gw.db.write((tx) =>
    store.listExpired(gw.db, tx.now).map((each) => {
      const over = letGo(gw, tx, each, 'expired', 'nobody came in time');
      const booking = each.bookingId === null ? undefined : findBooking(gw.db, each.bookingId);
      if (booking && takesBay(booking)) endBooking(gw, tx, booking, 'NO_SHOW', null, 'nobody came in time');
      return over;
    }),
  );
  // Chargers let go by themselves at the same time; to tell them does no harm where their clocks go slow.
  await Promise.all(ended.map((each) => tellEnded(gw, each)));
}

/**
 * A charger that comes back is told what it was not told while it was away; one that booted may have forgotten what it kept, and
 * is told all of it anew, under the same numbers.
 */
async function tellAgain(gw: Gateway, chargerId: string, booted: boolean): Promise<void> {
  // First: the next one may be for the same bay.
  for (const reservation of store.listOwed(gw.db, chargerId)) await tellEnded(gw, reservation);
  for (const reservation of store.listLiveOf(gw.db, chargerId)) {
    if (reservation.state !== 'held' || !(booted || reservation.emulated)) continue;
    const hold = await askToHold(gw, reservation);
    await gw.db.write((tx) => refile(gw, tx, reservation.id, hold));
  }
}

/** Whatever its charger says now, a bay that is kept stays so: the gateway refuses everybody else. */
function refile(gw: Gateway, tx: Tx, id: string, hold: HoldResult): void {
  const now = store.findReservation(gw.db, id);
  if (now?.state !== 'held') return void settleHold(gw, tx, id, hold);
  const emulated = hold.kind !== 'held';
  const told = now.told || !emulated || hold.maybeTold === true;
  if (emulated === now.emulated && told === now.told) return;
  store.updateReservation(gw.db, { ...now, emulated, told, updatedAt: tx.stamp });
}

const isBroken = (status: string): boolean => status === 'Faulted' || status === 'Unavailable';

/** A bay that breaks, or that its charger lets go, is nobody's any more: whoever waits for it is told. */
async function noticeBay(gw: Gateway, chargerId: string, evse: number, status: string): Promise<void> {
  const reservation = store.findLiveAt(gw.db, chargerId, evse);
  if (reservation?.state !== 'held') return;
  const broken = isBroken(status) ? `the EVSE is ${status.toLowerCase()}` : null;
  const ended = await gw.db.write((tx) =>
    endNow(gw, reservation, broken, (state, reason) => letGo(gw, tx, reservation, state, reason)),
  );
  if (ended) await tellEnded(gw, ended);
}

/** As far as it is known at the start. */
function shownNow(gw: Gateway): Shown {
  const kept = store.listLive(gw.db).filter(({ emulated }) => !emulated);
  const seen = kept.filter(({ chargerId, evse }) => findEvse(gw.db, chargerId, evse)?.status === 'Reserved');
  return new Map(seen.map((each) => [nameOf(each), each.id]));
}

/**
 * Notes what a charger shows of a bay; true where it lets go of what it kept there. That is so only of what it was seen to keep:
 * else `Available` is of the reservation before, or of its boot. One whose version tells of it does not mean that by its status:
 * a bay is free again once its driver has held the card to it (OCPP 2.0.1 part 2, H03.FR.10).
 */
function noteShown(gw: Gateway, shown: Shown, at: { chargerId: string; evse: number }, to: string): boolean {
  const live = store.findLiveAt(gw.db, at.chargerId, at.evse);
  const bay = nameOf(at);
  const before = shown.get(bay);
  shown.delete(bay);
  if (live && to === 'Reserved') shown.set(bay, live.id);
  const says = gw.connections.find(at.chargerId)?.tellsReservationEnds === true;
  return to === 'Available' && !says && live !== undefined && before === live.id && !live.emulated;
}

/**
 * Takes in that a charger keeps a bay no more (OCPP 2.x ReservationStatusUpdate). One that it does not hold for us, or that ended
 * here before, changes nothing.
 */
export async function chargerLetGo(gw: Gateway, chargerId: string, wireId: number, why: LetGo): Promise<void> {
  const known = store.findByWireId(gw.db, chargerId, wireId);
  if (known?.state !== 'held') return;
  await gw.db.write((tx) => {
    // It has let go already: nothing is to be told to it.
    const letGoNow = (state: 'expired' | 'cancelled', reason: string): Reservation =>
      letGo(gw, tx, { ...known, told: false }, state, reason);
    const early = known.expiresAt - gw.clock() > EARLY;
    return endNow(gw, known, null, (state, reason) => {
      if (reason === MOVED) return letGoNow(state, reason);
      if (why === 'not-begun') return letGoNow('cancelled', 'its driver came and began nothing');
      return why === 'expired' && !early ? letGoNow('expired', 'nobody came in time') : letGoNow(state, reason);
    });
  });
}

function endNow(
  gw: Gateway,
  reservation: Reservation,
  broken: string | null,
  end: (state: 'expired' | 'cancelled', reason: string) => Reservation,
): Reservation | null {
  const now = store.findReservation(gw.db, reservation.id);
  if (!now || !isLive(now)) return null;
  if (now.bookingId !== null) {
    // Its charger's clock is ahead: the gateway alone keeps it for the rest.
    if (broken === null && now.expiresAt - gw.clock() <= EARLY) {
      store.updateReservation(gw.db, { ...now, emulated: true, told: false });
      return null;
    }
    // Another bay is kept for a booking, where there is one.
    return end('cancelled', MOVED);
  }
  if (broken !== null) return end('cancelled', broken);
  if (now.expiresAt - gw.clock() <= EARLY) return end('expired', 'nobody came in time');
  return end('cancelled', 'its charger let go of it');
}

/** What was asked of a charger when the gateway stopped: nobody knows whether it took it; at start-up, before anybody connects. */
export async function recoverReservations(gw: Gateway): Promise<void> {
  await gw.db.write((tx) => {
    for (const reservation of store.listLive(gw.db))
      if (reservation.state === 'asked') {
        if (reservation.heldAt === null)
          letGo(gw, tx, { ...reservation, told: true }, 'failed', 'the gateway was restarted meanwhile');
        else settleHold(gw, tx, reservation.id, { kind: 'emulated' });
      }
  });
}
