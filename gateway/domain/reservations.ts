import type { Sender } from './commands.ts';
import type { Millis } from './time.ts';
import type { TokenUse } from './types.ts';

/**
 * `asked`: its charger has not answered. `held`: the bay is kept. `used`: its driver came. `cancelled`: called off, by whoever
 * asked, the operator or the charger. `failed`: never came about.
 */
export type ReservationState = 'asked' | 'held' | 'used' | 'expired' | 'cancelled' | 'failed';

/** A bay that is kept for somebody, from now on (OCPI 2.3.0 mod_commands RESERVE_NOW). */
export interface Reservation {
  id: string;
  /** As chargers know it: never given out twice. */
  wireId: number;
  /** Null: the operator's. */
  peer: string | null;
  /** The peer's own id of it, within its party. */
  peerKey: string | null;
  peerReservationId: string | null;
  /** Where the peer wants to be told when it is called off here. */
  responseUrl: string | null;
  sender: Sender | null;
  chargerId: string;
  evse: number;
  token: TokenUse;
  /** Whoever is of it may use it. */
  groupId: string | null;
  /** The card number that the charger was told. */
  wireUid: string;
  authorizationReference: string | null;
  sessionId: string;
  bookingId: string | null;
  state: ReservationState;
  /** Held by the gateway alone: its charger cannot. */
  emulated: boolean;
  /** Its charger has it, or may have it. */
  told: boolean;
  reason: string | null;
  createdAt: Millis;
  heldAt: Millis | null;
  expiresAt: Millis;
  endedAt: Millis | null;
  updatedAt: Millis;
}

/** Is it one that keeps a bay? */
export function isLive({ state }: Pick<Reservation, 'state'>): boolean {
  return state === 'asked' || state === 'held';
}
