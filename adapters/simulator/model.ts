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
  | 'UnlockCommand';

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
  /** Negative, the charger's own, until the gateway's answer gives `wireId`. */
  localId: number;
  wireId: number | null;
  connector: number;
  uid: string;
  parent: string | null;
  startedAt: Millis;
  meterStart: number;
  /** The reservation that it used up; null: none. */
  reservationId: number | null;
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
  uid: string | null;
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
  context: 'Sample.Periodic' | 'Trigger';
}

/** A status as reported; connector 0 is the whole box. */
export interface StatusReport {
  connector: number;
  status: EvseStatus;
  at: Millis;
}

/** May this card charge, and in which group is it? */
export interface Grant {
  accepted: boolean;
  /** As the gateway worded it: `Accepted`, `Blocked`, … */
  verdict: string;
  parent: string | null;
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
  armed: { uid: string; parent: string | null; disarm: () => void } | null;
  transaction: SimTransaction | null;
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
  | { kind: 'started'; charger: string; at: Millis; connector: number; uid: string; meterStart: number }
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
  /** While away, may a card charge that was never seen? Seen ones always may. */
  allowOfflineUnknown: boolean;
  measurands: string[];
}
