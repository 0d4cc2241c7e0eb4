import type { EvseStatus } from '../../gateway/domain/status.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Vehicle } from './power.ts';

/** Why a simulated charger ended a transaction. */
export type StopReason =
  | 'Local'
  | 'EVDisconnected'
  | 'Remote'
  | 'SoftReset'
  | 'HardReset'
  | 'Reboot'
  | 'PowerLoss'
  | 'DeAuthorized'
  | 'UnlockCommand'
  /** The card was good, but no cable came. */
  | 'Timeout';

/** When a transaction begins: with the cable, with the card, or once both are there (the only way of 1.6). */
export type StartPoint = 'EVConnected' | 'Authorized' | 'PowerPathClosed';

/** Why a box starts. */
export type BootReason = 'PowerUp' | 'RemoteReset' | 'LocalReset' | 'FirmwareUpdate' | 'Triggered' | 'Unknown';

/** A number in 1.6, a text in 2.x. */
export type TransactionId = number | string;

/** What a person holds to the reader, or an order names. */
export interface Card {
  uid: string;
  /** What kind of token it is, where the version tells; null: the version's usual one. */
  type: string | null;
}

/** What the charger says of itself at boot. */
export interface Identity {
  vendor: string;
  model: string;
  serial: string;
  firmware: string;
}

/** One outlet of the simulated box. */
export interface ConnectorSpec {
  maxW: number;
  phases: 1 | 3;
  dc: boolean;
  /** Line to neutral for AC. */
  volts: number;
}

/** A transaction as the charger knows it. */
export interface SimTransaction {
  /** As the wire has it. In 1.6 negative, the charger's own, until the gateway's answer gives one. */
  id: TransactionId;
  connector: number;
  /** Null until a card is accepted, where a cable alone begins a transaction. */
  card: Card | null;
  parent: string | null;
  startedAt: Millis;
  meterStart: number;
  /** The reservation that it used up; null: none. */
  reservationId: number | null;
  /** The order that set it off; null: none. */
  remoteStartId: number | null;
  /** How much has been told of it: numbers what is told next. */
  told: number;
  chargingState: ChargingState;
}

/** How far a transaction is from delivering. */
export type ChargingState = 'Idle' | 'EVConnected' | 'Charging' | 'SuspendedEV' | 'SuspendedEVSE';

/** What set off the next thing to tell of a transaction. */
export type Cause =
  | 'cableIn'
  | 'card'
  | 'remoteStart'
  | 'stateChange'
  | 'periodic'
  | 'trigger'
  | 'deauthorized'
  | 'unlock'
  | 'stop';

/** Something that happened to a transaction, as the connector sees it. */
export interface Happening {
  stage: 'started' | 'updated' | 'ended';
  cause: Cause;
  at: Millis;
  /** The card that was presented and accepted, where one was. */
  card: Card | null;
  reading: Reading | null;
  /** With `ended`. */
  stop: SimStop | null;
}

/** A happening as it is kept until the gateway has it: its content never changes. */
export interface Fact extends Happening {
  transaction: SimTransaction;
  /** From 0 within its transaction. */
  seq: number;
  /** Did it happen while the gateway was away? */
  offline: boolean;
  chargingState: ChargingState;
  reservationId: number | null;
  remoteStartId: number | null;
  measurands: string[];
}

/** A connector kept for a card. */
export interface SimReservation {
  id: number;
  uid: string;
  parent: string | null;
  expiresAt: Millis;
}

/** How a transaction ended. */
export interface SimStop {
  at: Millis;
  /** Wh. */
  meterStop: number;
  reason: StopReason;
  /** With which it was stopped; null: without one. */
  card: Card | null;
}

/** One instant's readings at a connector. */
export interface Reading {
  at: Millis;
  connector: number;
  registerWh: number;
  powerW: number;
  amperes: number;
  spec: ConnectorSpec;
  /** Percent; null where the box cannot know it (AC). */
  soc: number | null;
  context: 'Sample.Periodic' | 'Trigger' | 'Transaction.Begin' | 'Transaction.End';
}

/** A status as reported; connector 0 is the whole box. */
export interface StatusReport {
  connector: number;
  status: EvseStatus;
  /** Is a cable in? */
  plugged: boolean;
  at: Millis;
}

/** May this card charge, and in which group is it? */
export interface Grant {
  accepted: boolean;
  /** As the gateway worded it: `Accepted`, `Blocked`, … */
  verdict: string;
  parent: string | null;
}

/** A card that may start here, and how that came about. */
export interface CardStart {
  card: Card;
  parent: string | null;
  cause: 'card' | 'remoteStart';
  remoteStartId: number | null;
}

/** What the charger keeps of a connector. */
export interface ConnectorState {
  connector: number;
  spec: ConnectorSpec;
  /** The car on the cable, null when none is. */
  vehicle: Vehicle | null;
  /** Wh with fractions inside; reported as whole Wh. Only rises. */
  register: number;
  status: EvseStatus;
  /** Card that may start once the cable is in. */
  armed: { start: CardStart; disarm: () => void } | null;
  transaction: SimTransaction | null;
  /** Contactor closed: energy flows as far as the car and the limits let it. */
  closed: boolean;
  /** The gateway refused the card of the transaction, which stays open without energy. */
  paused: boolean;
  reservation: (SimReservation & { lapse: () => void }) | null;
  suspendedByEv: boolean;
  operative: boolean;
  /** Taken out of service as soon as its transaction ends. */
  inoperativeNext: boolean;
  /** Up to when energy has been counted. */
  accruedAt: Millis;
}

/** Something a person watching the charger would see. */
export type SimulatorEvent =
  | { kind: 'online' | 'offline' | 'booted' | 'powerCut'; charger: string; at: Millis; detail: string }
  | { kind: 'status'; charger: string; at: Millis; connector: number; status: EvseStatus }
  | { kind: 'authorized' | 'refused'; charger: string; at: Millis; connector: number; uid: string; verdict: string }
  | { kind: 'started'; charger: string; at: Millis; connector: number; uid: string | null; meterStart: number }
  | { kind: 'sampled'; charger: string; at: Millis; connector: number; registerWh: number; powerW: number }
  | { kind: 'stopped'; charger: string; at: Millis; connector: number; energyWh: number; reason: StopReason }
  | { kind: 'dropped'; charger: string; at: Millis; detail: string };

/** What a charger is set to do; the protocol's configuration keys are a view on this. */
export interface Settings {
  heartbeatSeconds: number;
  sampleSeconds: number;
  connectionTimeoutSeconds: number;
  authorizeRemoteTx: boolean;
  stopOnInvalidId: boolean;
  /** Is the charger's own list of cards asked before the gateway? */
  localPreAuthorize: boolean;
  /** Is there a list at all? */
  localList: boolean;
  startPoint: StartPoint;
  /** While away, may a card charge that was never seen? Seen ones always may. */
  allowOfflineUnknown: boolean;
  measurands: string[];
}
