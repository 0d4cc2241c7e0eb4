import { chargerLetGo } from '../../../gateway/reservation-upkeep.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v201.ts';
import type { Block } from './table.ts';

/** A charger says what became of a reservation that it kept (OCPP 2.0.1 part 2, H04). */
async function update({ gw, chargerId }: MessageContext, request: Requests['ReservationStatusUpdate']) {
  await chargerLetGo(gw, chargerId, request.reservationId, request.reservationUpdateStatus === 'Expired');
  return {};
}

export const reservations = {
  ReservationStatusUpdate: { handle: update, fallback: {} },
} satisfies Block;
