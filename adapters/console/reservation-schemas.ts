import Type from 'typebox';
import type { Static } from 'typebox';
import type { Reservation } from '../../gateway/domain/reservations.ts';
import { toUtc } from '../../gateway/domain/time.ts';

const Text = Type.String();
const Maybe = Type.Union([Text, Type.Null()]);
const Time = Type.String({ description: 'RFC 3339, UTC' });
const MaybeTime = Type.Union([Time, Type.Null()]);

export const ReservationBody = Type.Object({
  id: Text,
  wireId: Type.Integer({ description: 'as its charger knows it' }),
  chargerId: Text,
  evse: Type.Integer(),
  tokenUid: Type.String({ description: 'for whom' }),
  groupId: Type.Union([Text, Type.Null()], { description: 'whoever is of it may use it too' }),
  status: Type.Enum(['asked', 'held', 'used', 'expired', 'cancelled', 'failed'], {
    description: 'asked: its charger has not answered; held: the bay is kept; failed: it never came about',
  }),
  emulated: Type.Boolean({ description: 'kept by the gateway alone: its charger cannot' }),
  reason: Type.Union([Text, Type.Null()], { description: 'how it ended, where there is more to say' }),
  sessionId: Type.Union([Text, Type.Null()], { description: 'its session; null: it was never kept' }),
  bookingId: Maybe,
  peer: Type.Union([Text, Type.Null()], { description: "who asked for it; null: the operator, or a site's booking" }),
  createdAt: Time,
  heldAt: MaybeTime,
  expiresAt: Time,
  endedAt: MaybeTime,
  updatedAt: Time,
});
export type ReservationBody = Static<typeof ReservationBody>;

export function presentReservation(reservation: Reservation): ReservationBody {
  const { heldAt, endedAt } = reservation;
  return {
    id: reservation.id,
    wireId: reservation.wireId,
    chargerId: reservation.chargerId,
    evse: reservation.evse,
    tokenUid: reservation.token.uid,
    groupId: reservation.groupId,
    status: reservation.state,
    emulated: reservation.emulated,
    reason: reservation.reason,
    sessionId: heldAt === null ? null : reservation.sessionId,
    bookingId: reservation.bookingId,
    peer: reservation.peer,
    createdAt: toUtc(reservation.createdAt),
    heldAt: heldAt === null ? null : toUtc(heldAt),
    expiresAt: toUtc(reservation.expiresAt),
    endedAt: endedAt === null ? null : toUtc(endedAt),
    updatedAt: toUtc(reservation.updatedAt),
  };
}
