import { findPlace, nameOf } from './booking-places.ts';
import { endBooking, findBay } from './bookings.ts';
import type { Booking, CancelReason } from './domain/bookings.ts';
import { isLive } from './domain/reservations.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { askToHold, claimBay, settleHold, tellEnded, type HoldResult } from './reservations.ts';
import { brokenBay } from './reserved-bays.ts';
import * as store from './store/bookings.ts';
import { findEvse } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { findLiveAt, findOfBooking, findReservation } from './store/reservations.ts';
import { findSession } from './store/sessions.ts';
import { findOpenAt } from './store/transactions.ts';

const MINUTE = 60_000;
const EVERY_SECOND = 1000;

/** Bays that their charger would not keep for a booking, and when: who stands there may leave in time. */
type Declined = Map<string, Map<string, Millis>>;

/** A bay that was declined is asked for again after this, ms. */
const DECLINED_FOR = MINUTE;

/** Keeps bays for bookings whose time comes, and gives up those that cannot be; gives what ends that. */
export function startBookingUpkeep(gw: Gateway): () => void {
  const declined: Declined = new Map();
  let looking = false;
  const look = (): void => {
    if (looking) return;
    looking = true;
    keepDueBays(gw, declined)
      .catch((error: unknown) => gw.log.error({ err: error }, 'looking after bookings failed'))
      .finally(() => (looking = false));
  };
  const timer = setInterval(look, EVERY_SECOND).unref();
  return () => clearInterval(timer);
}

/** Keeps a bay for every booking whose time has come and that has none; every second. */
export async function keepDueBays(gw: Gateway, declined: Declined = new Map()): Promise<void> {
  const { earlyStart } = gw.settings.bookings.terms;
  const now = gw.clock();
  const due = store.listDue(gw.db, now + earlyStart * MINUTE).filter(({ id }) => !findOfBooking(gw.db, id));
  await Promise.all(due.map((booking) => keepBay(gw, booking, declined)));
  for (const id of declined.keys()) if (!due.some((booking) => booking.id === id)) declined.delete(id);
}

async function keepBay(gw: Gateway, { id }: Booking, declined: Declined): Promise<void> {
  const step = await gw.db.write((tx) => takeBay(gw, tx, id, declinedNow(declined, id, tx.now)));
  if (!step) return;
  if ('freed' in step) return void (step.freed && (await tellEnded(gw, step.freed)));
  const { reservation } = step;
  const hold = await holdFor(gw, reservation.id);
  const held = await gw.db.write((tx) => {
    const settled = settleHold(gw, tx, reservation.id, hold);
    const booking = store.findBooking(gw.db, id);
    if (settled && booking) {
      store.updateBooking(gw.db, { ...booking, sessionId: settled.sessionId, updatedAt: tx.stamp });
      tx.emit({ name: 'booking.changed', data: { bookingId: id } });
    }
    return settled;
  });
  if (held) return;
  const bay = nameOf(reservation);
  declined.set(id, new Map([...(declined.get(id) ?? []), [bay, gw.clock()]]));
  const now = findReservation(gw.db, reservation.id);
  if (now && !isLive(now)) await tellEnded(gw, now);
}

function declinedNow(declined: Declined, id: string, now: Millis): ReadonlySet<string> {
  const bays = [...(declined.get(id) ?? [])];
  return new Set(bays.flatMap(([bay, at]) => (now - at < DECLINED_FOR ? bay : [])));
}

/** A charger that is away, or does not answer, is stood in for. */
async function holdFor(gw: Gateway, reservationId: string): Promise<HoldResult> {
  const reservation = findReservation(gw.db, reservationId);
  const connection = reservation && gw.connections.find(reservation.chargerId);
  if (!connection) return { kind: 'emulated' };
  const hold = await askToHold(gw, reservation);
  const lost = hold.kind === 'failed' && (hold.result.outcome === 'failed' || hold.result.outcome === 'timeout');
  if (!lost) return hold;
  // Where another socket has taken over meanwhile, it is asked there.
  const now = gw.connections.find(reservation.chargerId);
  return now && now !== connection ? holdFor(gw, reservationId) : { kind: 'emulated', maybeTold: hold.maybeTold };
}

/** Finds a bay that can be kept now, inside the write at hand, and claims it; ends a booking that nothing can be done for. */
function takeBay(gw: Gateway, tx: Tx, id: string, declined: ReadonlySet<string>) {
  const booking = store.findBooking(gw.db, id);
  if (booking?.state !== 'RESERVED' || findOfBooking(gw.db, id)) return null;
  const { startsAt, endsAt, terms } = booking;
  const until = terms.noShowTimeout === null ? endsAt : Math.min(endsAt, startsAt + terms.noShowTimeout * MINUTE);
  if (tx.now >= until) return { freed: giveUp(gw, tx, booking) };
  const place = findPlace(gw, booking.place);
  const unusable = new Set([...declined, ...(place?.bays ?? []).filter((bay) => !isUsable(gw, bay)).map(nameOf)]);
  const pinnedTo = booking.pinned && booking.chargerId !== null ? findUid(gw, booking) : null;
  const bay = place && findBay(gw, place, { startsAt, endsAt, evseUid: pinnedTo }, id, tx, unusable);
  const [token] = booking.tokens;
  if (!bay || !token) return null;
  const claimed = claimBay(gw, tx, {
    peer: booking.peer,
    peerKey: null,
    peerReservationId: null,
    responseUrl: null,
    sender: null,
    ...bay,
    token,
    authorizationReference: booking.authorizationReference,
    bookingId: id,
    expiresAt: until,
    sessionId: goingOn(gw, booking),
  });
  if ('refused' in claimed) return null;
  store.updateBooking(gw.db, { ...booking, ...bay, updatedAt: tx.stamp });
  return { reservation: claimed };
}

function findUid(gw: Gateway, { chargerId, evse }: Booking): string | null {
  return chargerId === null || evse === null ? null : (findEvse(gw.db, chargerId, evse)?.uid ?? null);
}

/** The session that a bay was kept under before, which goes on at another. */
function goingOn(gw: Gateway, { sessionId }: Booking): string | null {
  return sessionId !== null && findSession(gw.db, sessionId)?.status === 'RESERVATION' ? sessionId : null;
}

function isUsable(gw: Gateway, { chargerId, evse }: { chargerId: string; evse: number }): boolean {
  return !brokenBay(gw, chargerId, evse) && !findOpenAt(gw.db, chargerId, evse) && !findLiveAt(gw.db, chargerId, evse);
}

/** No bay could be kept in time: the site's doing, so its driver pays nothing. */
function giveUp(gw: Gateway, tx: Tx, booking: Booking) {
  return endBooking(
    gw,
    tx,
    booking,
    'CANCELED',
    { reason: whyNone(gw, booking, tx.now), by: 'CPO' },
    'no bay could be kept',
  );
}

function whyNone(gw: Gateway, { place, endsAt }: Booking, now: Millis): CancelReason {
  if (now >= endsAt) return 'POWER_OUTAGE';
  const bays = findPlace(gw, place)?.bays ?? [];
  const broken = bays.every(({ chargerId, evse }) => brokenBay(gw, chargerId, evse) !== null);
  return broken ? 'BROKEN_CHARGER' : 'FULL';
}
