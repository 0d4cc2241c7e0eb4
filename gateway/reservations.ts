import { randomUUID } from 'node:crypto';
import { refusesReservations } from './configuration.ts';
import type { OrderOutcome } from './connections.ts';
import type { CommandResult, Sender } from './domain/commands.ts';
import { GatewayError } from './domain/errors.ts';
import { isLive, type Reservation } from './domain/reservations.ts';
import type { EvseStatus } from './domain/status.ts';
import type { Millis } from './domain/time.ts';
import type { TokenUse } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { wireUidOf } from './pending-starts.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { brokenBay, noteBay } from './reserved-bays.ts';
import { endReserved, openReserved } from './reserved-sessions.ts';
import { findBooking } from './store/bookings.ts';
import { findEvse } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/reservations.ts';
import { findTokens } from './store/tokens.ts';
import { findOpenAt } from './store/transactions.ts';

/** What is to be kept, for whom. */
export interface ReservationWish {
  /** Null: the operator's. */
  peer: string | null;
  /** With which the peer names it, and its party: the same again replaces it. */
  peerKey: string | null;
  peerReservationId: string | null;
  responseUrl: string | null;
  sender: Sender | null;
  chargerId: string;
  evse: number;
  token: TokenUse;
  authorizationReference: string | null;
  bookingId: string | null;
  expiresAt: Millis;
  /** The session that goes on with it. */
  sessionId?: string | null;
}

/** Tokens are told to chargers that are not connected in this length. */
const USUAL_TOKEN = 20;

/**
 * Takes a reservation down, inside the write at hand, so that nobody else gets the bay meanwhile; a peer's own of the same name
 * is replaced by it. Null with the reason where the bay is not free.
 */
export function claimBay(gw: Gateway, tx: Tx, wish: ReservationWish): Reservation | { refused: CommandResult } {
  const before =
    wish.peer !== null && wish.peerKey !== null ? store.findLiveOfPeer(gw.db, wish.peer, wish.peerKey) : undefined;
  const there = store.findLiveAt(gw.db, wish.chargerId, wish.evse);
  const evse = findEvse(gw.db, wish.chargerId, wish.evse);
  if (!evse || evse.removed) return refused('rejected', 'there is no such EVSE');
  const broken = brokenBay(gw, wish.chargerId, wish.evse);
  if (broken) return refused('inoperative', `the EVSE is ${broken.toLowerCase()}`);
  if (there && there.id !== before?.id) return refused('occupied', 'the EVSE is reserved for somebody else');
  if (findOpenAt(gw.db, wish.chargerId, wish.evse)) return refused('occupied', 'somebody charges there');
  if (wish.expiresAt <= tx.now) return refused('rejected', 'it would have expired already');
  // At another bay it is another one for the chargers; the driver sees the same session go on.
  const moved = before && (before.chargerId !== wish.chargerId || before.evse !== wish.evse);
  if (before && moved) {
    letGo(gw, tx, before, 'cancelled', MOVED);
    if (before.told) tx.emit({ name: 'reservation.owed', data: { reservationId: before.id } });
  }
  const { sessionId, ...wanted } = wish;
  const claimed = {
    ...wanted,
    groupId: groupOf(gw, wish),
    wireUid: uidAt(gw, wish),
    state: 'asked' as const,
    emulated: false,
    told: false,
    reason: null,
    heldAt: before?.heldAt ?? null,
    endedAt: null,
    updatedAt: tx.stamp,
  };
  if (before && !moved) {
    const replaced = { ...before, ...claimed, told: before.told };
    store.updateReservation(gw.db, replaced);
    return replaced;
  }
  const fresh = {
    ...claimed,
    id: randomUUID(),
    sessionId: before?.sessionId ?? sessionId ?? randomUUID(),
    createdAt: before?.createdAt ?? tx.now,
  };
  return { ...fresh, wireId: store.insertReservation(gw.db, fresh) };
}

function refused(outcome: CommandResult['outcome'], message: string): { refused: CommandResult } {
  return { refused: { outcome, message } };
}

/** As its charger can be told it. */
function uidAt(gw: Gateway, { chargerId, token }: Pick<Reservation, 'chargerId' | 'token'>): string {
  return wireUidOf(token, gw.connections.find(chargerId)?.tokenLimit ?? USUAL_TOKEN);
}

/** Who else may use it; null: nobody, which goes for a booking by its terms. */
function groupOf(gw: Gateway, { token, bookingId }: ReservationWish): string | null {
  const booked = bookingId === null ? undefined : findBooking(gw.db, bookingId);
  if (booked && !booked.terms.groups) return null;
  return (
    findTokens(gw.db, token.uid).find((t) => t.countryCode === token.countryCode && t.partyId === token.partyId)
      ?.groupId ?? null
  );
}

/**
 * Has its charger keep the bay; one that cannot, or that could know one of several cards only, is stood in for. To be settled
 * with `settleHold`. Never rejects.
 */
export async function askToHold(gw: Gateway, reservation: Reservation): Promise<HoldResult> {
  const { chargerId, evse, wireId, groupId, expiresAt, bookingId } = reservation;
  const wireUid = gw.connections.find(chargerId) ? uidAt(gw, reservation) : reservation.wireUid;
  // It was away when the bay was claimed, or speaks another version since.
  if (wireUid !== reservation.wireUid) await gw.db.write((tx) => renameCard(gw, tx, reservation.id, wireUid));
  const cards = bookingId === null ? 1 : findBooking(gw.db, bookingId)?.tokens.length;
  const order = { kind: 'reserve' as const, reservationId: wireId, evse, tokenUid: wireUid, groupId, expiresAt };
  const hold: HoldResult =
    cards !== 1 || refusesReservations(gw, chargerId)
      ? { kind: 'emulated' }
      : holdResult(await orderCharger(gw, chargerId, order));
  return hold.kind === 'emulated' && isTaken(gw, reservation)
    ? { kind: 'failed', result: { outcome: 'occupied', message: 'a vehicle stands there' }, maybeTold: false }
    : hold;
}

function renameCard(gw: Gateway, tx: Tx, id: string, wireUid: string): void {
  const now = store.findReservation(gw.db, id);
  if (now) store.updateReservation(gw.db, { ...now, wireUid, updatedAt: tx.stamp });
}

/** Does somebody stand where a charger that cannot say so is to keep a bay? For a booking they may leave in time. */
function isTaken(gw: Gateway, { chargerId, evse, bookingId, heldAt }: Reservation): boolean {
  const status = findEvse(gw.db, chargerId, evse)?.status ?? 'Available';
  return bookingId === null && heldAt === null && !FREE.has(status);
}

const FREE: ReadonlySet<EvseStatus> = new Set(['Available', 'Reserved']);

/**
 * How a charger took it. `emulated`: it cannot, and the gateway refuses everybody else there. `maybeTold`: it may keep it all the
 * same.
 */
export type HoldResult =
  | { kind: 'held' }
  | { kind: 'emulated'; maybeTold?: boolean }
  | { kind: 'failed'; result: CommandResult; maybeTold: boolean };

function holdResult(outcome: OrderOutcome<'reserve'> | Unreached): HoldResult {
  const failed = (result: CommandResult, maybeTold = false): HoldResult => ({ kind: 'failed', result, maybeTold });
  if (outcome.kind === 'answered') {
    switch (outcome.answer.status) {
      case 'accepted':
        return { kind: 'held' };
      case 'occupied':
        return failed({ outcome: 'occupied', message: 'the charger says that the EVSE is in use' });
      case 'faulted':
      case 'unavailable':
        return failed({ outcome: 'inoperative', message: `the EVSE is ${outcome.answer.status}` });
      default:
        // OCPP 1.6 ReservationStatus Rejected: it is not set up to take reservations.
        return { kind: 'emulated' };
    }
  }
  if (outcome.kind === 'error') return { kind: 'emulated' };
  if (outcome.kind === 'timeout')
    return failed({ outcome: 'timeout', message: 'the charger did not answer in time' }, true);
  if (outcome.kind === 'disconnected')
    return failed({ outcome: 'failed', message: 'the charger lost its connection' }, true);
  return failed({ outcome: 'failed', message: 'the charger is not connected' });
}

/**
 * Files how its charger took a reservation, inside the write at hand. One that ended meanwhile stays as it is, and its charger is
 * to let go of it.
 */
export function settleHold(gw: Gateway, tx: Tx, id: string, hold: HoldResult): Reservation | null {
  const reservation = store.findReservation(gw.db, id);
  if (!reservation) return null;
  const told = hold.kind === 'held' || hold.maybeTold === true;
  if (!isLive(reservation)) {
    if (told) {
      store.updateReservation(gw.db, { ...reservation, told, updatedAt: tx.stamp });
      tx.emit({ name: 'reservation.owed', data: { reservationId: id } });
    }
    return null;
  }
  if (hold.kind === 'failed') {
    letGo(gw, tx, { ...reservation, told: reservation.told || told }, 'failed', hold.result.message ?? 'failed');
    return null;
  }
  const held: Reservation = {
    ...reservation,
    state: 'held',
    emulated: hold.kind === 'emulated',
    told: told || reservation.told,
    heldAt: reservation.heldAt ?? tx.now,
    updatedAt: tx.stamp,
  };
  store.updateReservation(gw.db, held);
  openReserved(gw, tx, held);
  noteBay(gw, tx, held);
  return held;
}

/**
 * Keeps a bay now, for the operator or for a booking whose time has come. Errors: EVSE_UNKNOWN, RESERVATION_REFUSED.
 */
export async function reserve(gw: Gateway, wish: ReservationWish): Promise<Reservation> {
  const claimed = await gw.db.write((tx) => claimBay(gw, tx, wish));
  if ('refused' in claimed) throw notKept(claimed.refused);
  const hold = await askToHold(gw, claimed);
  const held = await gw.db.write((tx) => settleHold(gw, tx, claimed.id, hold));
  if (held) return held;
  throw notKept(hold.kind === 'failed' ? hold.result : { outcome: 'failed', message: 'it was called off meanwhile' });
}

function notKept({ outcome, message }: CommandResult): GatewayError {
  return new GatewayError('RESERVATION_REFUSED', `the bay cannot be kept: ${message ?? outcome}`);
}

/**
 * Calls a reservation off. Its charger is told now, or when it is back; here it is over at once. Errors: NOT_FOUND,
 * RESERVATION_ENDED.
 */
export async function cancelReservation(gw: Gateway, id: string, reason: string): Promise<Reservation> {
  const ended = await gw.db.write((tx) => {
    const reservation = store.findReservation(gw.db, id);
    if (!reservation)
      throw new GatewayError('NOT_FOUND', `there is no reservation ${id}: /api/reservations lists them`);
    if (!isLive(reservation))
      throw new GatewayError(
        'RESERVATION_ENDED',
        `reservation ${id} is ${reservation.state}: there is nothing to cancel`,
      );
    if (reservation.bookingId !== null)
      throw new GatewayError(
        'RESERVATION_REFUSED',
        `the bay is kept for booking ${reservation.bookingId}: cancel that`,
      );
    return letGo(gw, tx, reservation, 'cancelled', reason);
  });
  await tellEnded(gw, ended);
  return ended;
}

/** Ends a reservation, inside the write at hand: its session is billed for what was kept, or INVALID where that is nothing. */
export function letGo(
  gw: Gateway,
  tx: Tx,
  reservation: Reservation,
  state: 'expired' | 'cancelled' | 'failed',
  reason: string,
): Reservation {
  // Kept until its time, also where the gateway was off when that came.
  const endedAt = state === 'expired' ? Math.min(tx.now, reservation.expiresAt) : tx.now;
  const ended = { ...reservation, state, reason, endedAt, updatedAt: tx.stamp };
  store.updateReservation(gw.db, ended);
  if (reason !== MOVED) endReserved(gw, tx, ended);
  noteBay(gw, tx, ended);
  tx.emit({ name: 'reservation.ended', data: { reservationId: ended.id, state, reason } });
  return ended;
}

const UNHEARD_OF = /^not(implemented|supported)$/i;

/** Its session goes on elsewhere. */
export const MOVED = 'moved to another EVSE';

/** Has its charger forget one that is over; what cannot be told now is told when it is back. Never rejects. */
export async function tellEnded(gw: Gateway, { id, wireId, chargerId, told, expiresAt }: Reservation): Promise<void> {
  if (!told) return;
  const outcome = await orderCharger(gw, chargerId, { kind: 'cancel-reservation', reservationId: wireId });
  // Rejected is one that it does not know: there is nothing to forget.
  const forgotten = outcome.kind === 'answered' || (outcome.kind === 'error' && UNHEARD_OF.test(outcome.code));
  // One that would not hear now, as before its boot is accepted, is told again until its time is over there too.
  if (!forgotten && !(outcome.kind === 'error' && expiresAt <= gw.clock())) return;
  await gw.db.write((tx) => {
    const reservation = store.findReservation(gw.db, id);
    if (reservation && !isLive(reservation))
      store.updateReservation(gw.db, { ...reservation, told: false, updatedAt: tx.stamp });
  });
}

/** Reservations, newest first; `before`: below this number. */
export function listReservations(gw: Gateway, limit: number, before: number | null): Reservation[] {
  return store.listReservations(gw.db, limit, before);
}

/** One reservation; null when there is none of this id. */
export function findReservation(gw: Gateway, id: string): Reservation | null {
  return store.findReservation(gw.db, id) ?? null;
}
