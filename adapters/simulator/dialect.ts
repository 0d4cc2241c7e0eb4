import type { CardList } from './card-list.ts';
import type { ChargingLimits } from './charging-limits.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import type { KeyStore } from './key-store.ts';
import type {
  BootReason,
  Card,
  ConnectorState,
  Fact,
  Grant,
  Identity,
  Reading,
  Settings,
  SimReservation,
  StartPoint,
  StatusReport,
  TransactionId,
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

/** An order to charge. */
export interface RemoteStart {
  connector: number | null;
  card: Card;
  remoteStartId: number | null;
}

/** An order to charge that can be followed. */
export interface RemoteStarting {
  connector: number;
  /** Of a transaction that the cable has begun already. */
  id: TransactionId | null;
  /** Resolves when it has begun, or waits for the cable, or was refused. */
  followUp: () => Promise<void>;
}

/** What a gateway may order; each returns at once, and what follows from it happens after the answer. */
export interface Control {
  settings: Settings;
  /** The ways to begin a transaction that there are. */
  startPoints: readonly StartPoint[];
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
  connector(number: number): ConnectorState | null;
  /** Connector 0: whichever is free. */
  reserve(connector: number, reservation: SimReservation): 'Accepted' | 'Occupied' | 'Unavailable' | 'Rejected';
  /** Null: there is no such reservation. */
  cancelReservation(id: number): (() => void) | null;
  /** The password from the next socket on. */
  setPassword(password: string): void;
  /** Null connector: any free one. Null when it cannot start; else what to do after the answer. */
  remoteStart(order: RemoteStart): RemoteStarting | null;
  remoteStop(id: TransactionId): (() => void) | null;
  /** Does it run, and how much is yet to be told of it? Null: of all there are. */
  progress(id: TransactionId | null): { running: boolean; untold: boolean };
  /** Ends what runs and starts anew; `patient`: once all is told. */
  reset(reason: 'SoftReset' | 'HardReset', patient: boolean): () => void;
  /** Starts anew once nothing runs. */
  resetWhenIdle(): { scheduled: boolean; followUp: () => void };
  /** Ends what runs there. */
  unlock(connector: number): () => void;
  /** Lets the cable go; null: somebody charges there, so it stays. */
  letGo(connector: number): (() => void) | null;
  /** Connector 0: all. `scheduled` where a transaction runs. */
  setOperative(connector: number, operative: boolean): { scheduled: boolean; followUp: () => void };
  triggerBoot(): void;
  triggerHeartbeat(): void;
  /** Null: connector 0 and every connector. */
  triggerStatus(connector: number | null): void;
  /** As part of its transaction where one runs. */
  triggerSample(connector: number | null): void;
  /** Readings on their own, whatever runs. */
  triggerMeter(connector: number | null): void;
  /** After limits changed: each connector shows what they make of its charge. */
  review(): void;
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
  /** When a transaction may begin; the first is the usual one. */
  startPoints: readonly StartPoint[];
  /** The id of a new transaction; `serial` counts from 1. */
  transactionId(serial: number): TransactionId;
  boot(identity: Identity, reason: BootReason): WireCall;
  readBoot(payload: unknown): BootAnswer;
  heartbeat(): WireCall;
  /** What this version calls it; null: it does not tell this. Told again only when the word changes. */
  statusWord(report: StatusReport): string | null;
  status(report: StatusReport, word: string): WireCall;
  authorize(card: Card): WireCall;
  readAuthorize(payload: unknown): Grant;
  /** Null: this version does not tell it. The same fact is worded the same, but for an id that came meanwhile. */
  tell(fact: Fact): WireCall | null;
  /** What the answer to a fact says: another id for the transaction, whether its card is good. */
  readTold(fact: Fact, payload: unknown): { id: TransactionId | null; grant: Grant | null };
  /** Readings outside of a transaction. */
  meterValues(reading: Reading, measurands: string[]): WireCall;
  /** A reservation ended by itself; null: this version does not tell it. */
  reservationOver(id: number, why: 'expired' | 'removed'): WireCall | null;
  answer(control: Control, action: string, payload: unknown): Answer | Promise<Answer>;
}
