import type { Millis } from './time.ts';
import type { Sample } from './types.ts';

/** What the vehicle and the EVSE do during a transaction, where the charger tells it with its events. */
export const CHARGING_STATES = ['idle', 'connected', 'charging', 'suspended-ev', 'suspended-evse'] as const;

export type ChargingState = (typeof CHARGING_STATES)[number];

/** What one connector can say of itself, where that is less than an EVSE can. */
export type ConnectorStatus = 'available' | 'occupied' | 'reserved' | 'unavailable' | 'faulted';

/** Something that happened in a transaction of which the charger gives the id. */
export interface TransactionEvent {
  chargerId: string;
  /** The charger's id of the transaction. */
  wireId: string;
  type: 'started' | 'updated' | 'ended';
  /** What makes a re-sent event the same one: a number alone does not, some send 0 in each. */
  key: string;
  /** The charger's clock. */
  reportedAt: Millis;
  receivedAt: Millis;
  /** Null: it does not say again where. */
  evse: number | null;
  connector: number | null;
  /** The card that was held to it; '' for a charge that needs none. Null: no card in this event. */
  tokenUid: string | null;
  reservationId: number | null;
  state: ChargingState | null;
  /** Why it ended, in the charger's words. */
  stopReason: string | null;
  samples: Sample[];
  /** The message as received, for the quarantine. */
  payload: unknown;
}
