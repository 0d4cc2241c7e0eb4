import { chargerLetGo, type LetGo } from '../../../gateway/reservation-upkeep.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v201.ts';
import type { Block } from './table.ts';

/** `NoTransaction` is one of 2.1 alone (H03.FR.11). */
const WHY: Record<string, LetGo> = { Expired: 'expired', Removed: 'removed', NoTransaction: 'not-begun' };

/** A charger says what became of a reservation that it kept (OCPP 2.0.1 part 2, H04). */
async function update({ gw, chargerId }: MessageContext, request: Requests['ReservationStatusUpdate']) {
  const { reservationId, reservationUpdateStatus } = request;
  await chargerLetGo(gw, chargerId, reservationId, WHY[reservationUpdateStatus] ?? 'removed');
  return {};
}

export const reservations = {
  ReservationStatusUpdate: { handle: update, fallback: {} },
} satisfies Block;
