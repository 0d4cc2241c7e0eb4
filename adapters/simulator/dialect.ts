import type { CardList } from './card-list.ts';
import type { ChargingLimits, LimitedConnector } from './charging-limits.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import type { KeyStore } from './key-store.ts';
import type {
  Grant,
  Identity,
  Reading,
  Settings,
  SimReservation,
  SimStop,
  SimTransaction,
  StatusReport,
} from './model.ts';
import type { Answer } from './rpc-client.ts';
import type { Transfers } from './transfers.ts';

/** A call as it goes on the wire. */
export interface WireCall {
  action: string;
  payload: Record<string, unknown>;
}

export interface BootAnswer {
  registration: 'Accepted' | 'Pending' | 'Rejected';
  /** Seconds: heartbeats when accepted, else until the next boot; 0 leaves it to the charger. */
  interval: number;
}

/** What a gateway may order; each returns at once, and what follows from it happens after the answer. */
export interface Control {
  settings: Settings;
  identity: Identity;
  clock: Clock;
  limits: ChargingLimits;
  cards: CardList;
  transfers: Transfers;
  keys: KeyStore;
  /** Connector numbers, from 1. */
  connectors: number[];
  registered(): boolean;
  /** Null: there is none of that number. */
  connector(number: number): LimitedConnector | null;
  /** Connector 0: whichever is free. */
  reserve(connector: number, reservation: SimReservation): 'Accepted' | 'Occupied' | 'Unavailable' | 'Rejected';
  /** Null: there is no such reservation. */
  cancelReservation(id: number): (() => void) | null;
  /** The password from the next socket on. */
  setPassword(password: string): void;
  /** Null connector: any free one. Null when it cannot start; else what to do after the answer. */
  remoteStart(connector: number | null, uid: string): (() => void) | null;
  remoteStop(wireId: number): (() => void) | null;
  reset(kind: 'Soft' | 'Hard'): () => void;
  unlock(connector: number): () => void;
  /** Connector 0: all. `scheduled` where a transaction runs. */
  setOperative(connector: number, operative: boolean): { scheduled: boolean; followUp: () => void };
  triggerBoot(): void;
  triggerHeartbeat(): void;
  /** Null: connector 0 and every connector. */
  triggerStatus(connector: number | null): void;
  triggerSample(connector: number | null): void;
  /** Resolves when it is answered, or lost. */
  send(call: WireCall): Promise<unknown>;
  /** Counts as under way until it is done. */
  track(work: Promise<unknown>): void;
  clearCache(): void;
  /** Settings changed: timers start anew. */
  settingsChanged(): void;
}

/** One OCPP version's wording. The charger behind it is the same. */
export interface Dialect {
  protocol: string;
  boot(identity: Identity): WireCall;
  readBoot(payload: unknown): BootAnswer;
  heartbeat(): WireCall;
  status(report: StatusReport): WireCall;
  authorize(uid: string): WireCall;
  readAuthorize(payload: unknown): Grant;
  start(transaction: SimTransaction): WireCall;
  readStart(payload: unknown): { wireId: number | null; grant: Grant };
  /** Null transaction: readings outside of one. */
  sample(transaction: SimTransaction | null, reading: Reading, measurands: string[]): WireCall;
  stop(transaction: SimTransaction, stop: SimStop): WireCall;
  answer(control: Control, action: string, payload: unknown): Answer | Promise<Answer>;
}
