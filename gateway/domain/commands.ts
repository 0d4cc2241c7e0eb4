import type { ActiveLimit } from './orders.ts';
import type { Millis } from './time.ts';
import type { TokenUse } from './types.ts';

/** What a peer can have done here. */
export type CommandKind =
  | 'start'
  | 'stop'
  | 'unlock'
  | 'reserve'
  | 'cancel-reservation'
  | 'set-profile'
  | 'read-profile'
  | 'clear-profile';

/** How a command ended. */
export type CommandOutcome =
  | 'accepted'
  | 'rejected'
  | 'failed'
  | 'timeout'
  | 'occupied'
  | 'inoperative'
  | 'not-supported'
  | 'unknown-reservation'
  /** What was reserved before was called off here. */
  | 'cancelled-reservation'
  /** There was nothing to do, or nobody knows. */
  | 'unknown';

export interface CommandResult {
  outcome: CommandOutcome;
  /** Why, in words for people; null: the outcome says it all. */
  message: string | null;
  /** What was asked for, where the command asks. */
  limit?: ActiveLimit;
}

/** Who sent a command: a party behind a connection. */
export interface Sender {
  countryCode: string;
  partyId: string;
}

/** A peer's command. `dropped`: its result could not be told in time. */
export interface Command {
  id: string;
  peer: string;
  kind: CommandKind;
  /** The session that it is about, where it is about one. */
  sessionId: string | null;
  responseUrl: string;
  sender: Sender | null;
  createdAt: Millis;
  /** Until then its result was promised. */
  deadline: Millis;
  state: 'pending' | 'finished' | 'delivered' | 'dropped';
  result: CommandResult | null;
  finishedAt: Millis | null;
}

/** A start that a peer ordered, until the session that it became has ended. */
export interface PendingStart {
  seq: number;
  sessionId: string;
  peer: string;
  chargerId: string;
  evse: number;
  /** Null: the peer named none. */
  connector: number | null;
  /** The card number that the charger was told. */
  wireUid: string;
  token: TokenUse;
  authorizationReference: string | null;
  /**
   * `ordered`: the charger has not accepted, or did not answer. `accepted`: its session is PENDING. `adopted`: its
   * transaction runs. `over`: given up, and kept in case that the charger tells late that it began.
   */
  state: 'ordered' | 'accepted' | 'adopted' | 'over';
  createdAt: Millis;
  expiresAt: Millis;
}

/** What a peer is answered at once. */
export type CommandAnswer =
  /** `timeout`: seconds within which the result follows. */
  | { kind: 'accepted'; timeout: number }
  | { kind: 'rejected'; message: string }
  | { kind: 'not-supported'; message: string }
  | { kind: 'too-often'; message: string }
  | { kind: 'unknown-session'; message: string };
