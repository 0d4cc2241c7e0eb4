import { isLive, type Reservation } from './domain/reservations.ts';
import type { Gateway } from './gateway.ts';
import { endBooking } from './bookings.ts';
import { takesBay } from './domain/bookings.ts';
import { askToHold, letGo, MOVED, settleHold, tellEnded } from './reservations.ts';
import { findBooking } from './store/bookings.ts';
import { findEvse } from './store/chargers.ts';
import * as store from './store/reservations.ts';

/** A charger whose clock is ahead lets go so much before the time, ms. */
const EARLY = 90_000;

const EVERY_SECOND = 1000;

/** Ends reservations in time, tells chargers that were away, and notices bays that fail; gives what ends that. */
export function startReservationUpkeep(gw: Gateway): () => void {
  const guarded = (work: Promise<void>): void => {
    work.catch((error: unknown) => gw.log.error({ err: error }, 'looking after reservations failed'));
  };
  const ends = [
    gw.bus.on('charger.booted', ({ chargerId }) => guarded(tellAgain(gw, chargerId))),
    gw.bus.on('charger.connected', ({ chargerId }) => guarded(tellOwed(gw, chargerId))),
    gw.bus.on('reservation.owed', ({ reservationId }) => {
      const reservation = store.findReservation(gw.db, reservationId);
      if (reservation) guarded(tellEnded(gw, reservation));
    }),
    gw.bus.on('evse.status', ({ chargerId, evse, from, to }) => guarded(noticeBay(gw, chargerId, evse, from, to))),
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

/** A charger that booted may have forgotten what it kept: it is told anew, under the same numbers. */
async function tellAgain(gw: Gateway, chargerId: string): Promise<void> {
  for (const reservation of store.listLiveOf(gw.db, chargerId)) {
    if (reservation.state !== 'held') continue;
    const hold = await askToHold(gw, reservation);
    await gw.db.write((tx) => {
      const now = store.findReservation(gw.db, reservation.id);
      if (!now || !isLive(now)) return;
      // Whatever it says, the bay stays kept: the gateway refuses everybody else.
      const told = hold.kind === 'held' || now.told;
      store.updateReservation(gw.db, { ...now, emulated: hold.kind !== 'held', told, updatedAt: tx.stamp });
    });
  }
  await tellOwed(gw, chargerId);
}

async function tellOwed(gw: Gateway, chargerId: string): Promise<void> {
  for (const reservation of store.listOwed(gw.db, chargerId)) await tellEnded(gw, reservation);
}

/** A bay that breaks, or that its charger lets go, is nobody's any more: whoever waits for it is told. */
async function noticeBay(gw: Gateway, chargerId: string, evse: number, from: string | null, to: string): Promise<void> {
  const reservation = store.findLiveAt(gw.db, chargerId, evse);
  if (!reservation || reservation.state !== 'held') return;
  const broken = to === 'Faulted' || to === 'Unavailable';
  const dropped = from === 'Reserved' && to === 'Available' && !reservation.emulated;
  if (!broken && !dropped) return;
  const ended = await gw.db.write((tx) =>
    endNow(gw, reservation, broken, (state, reason) => letGo(gw, tx, reservation, state, reason)),
  );
  if (ended) await tellEnded(gw, ended);
}

/**
 * Takes in that a charger keeps a bay no more (OCPP 2.x ReservationStatusUpdate); `expired`: its time was up. One that it does
 * not hold for us, or that ended here before, changes nothing.
 */
export async function chargerLetGo(gw: Gateway, chargerId: string, wireId: number, expired: boolean): Promise<void> {
  const known = store.findByWireId(gw.db, chargerId, wireId);
  if (known?.state !== 'held') return;
  await gw.db.write((tx) => {
    // It has let go already: nothing is to be told to it.
    const letGoNow = (state: 'expired' | 'cancelled', reason: string): Reservation =>
      letGo(gw, tx, { ...known, told: false }, state, reason);
    const early = known.expiresAt - gw.clock() > EARLY;
    return endNow(gw, known, false, (state, reason) =>
      expired && !early ? letGoNow('expired', 'nobody came in time') : letGoNow(state, reason),
    );
  });
}

function endNow(
  gw: Gateway,
  reservation: Reservation,
  broken: boolean,
  end: (state: 'expired' | 'cancelled', reason: string) => Reservation,
): Reservation | null {
  const now = store.findReservation(gw.db, reservation.id);
  if (!now || !isLive(now)) return null;
  // Another bay is kept for a booking, where there is one.
  if (now.bookingId !== null) return end('cancelled', MOVED);
  if (broken) {
    const status = findEvse(gw.db, now.chargerId, now.evse)?.status ?? 'broken';
    return end('cancelled', `the EVSE is ${status.toLowerCase()}`);
  }
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
