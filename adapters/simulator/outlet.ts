import type { Clock } from '../../gateway/domain/time.ts';
import type {
  Card,
  CardStart,
  ConnectorSpec,
  ConnectorState,
  Grant,
  Happening,
  Reading,
  Settings,
  SimReservation,
  SimTransaction,
  StatusReport,
  StopReason,
  TransactionId,
} from './model.ts';
import type { PowerCurve, Vehicle } from './power.ts';
import type { Ticker } from './ticker.ts';

/** What a tap led to. `armed`: accepted, waits for the cable. `ignored`: the reader is not listening. */
export type TapResult = 'started' | 'armed' | 'stopped' | 'refused' | 'ignored';

/** What a connector needs of the box it sits in. */
export interface Box {
  clock: Clock;
  ticker: Ticker;
  settings: Settings;
  /** Multiplies energy, and with it the car's progress along its curve; never the timestamps. */
  speed: number;
  curve: (spec: ConnectorSpec) => PowerCurve;
  /** Watts that charging profiles allow a connector now. */
  limitW: (connector: number) => number;
  /** False between a power cut and the next start. */
  powered: () => boolean;
  authorize: (card: Card, connector: number) => Promise<Grant>;
  newTransactionId: () => TransactionId;
  /** `fresh`: the status itself changed, not only whether a cable is in. */
  onStatus: (report: StatusReport, fresh: boolean) => void;
  onTransaction: (transaction: SimTransaction, happening: Happening) => void;
  /** Readings outside of a transaction. */
  onReading: (reading: Reading) => void;
  /** A reservation ended without having been used or cancelled. */
  onReservationOver: (id: number, why: 'expired' | 'removed') => void;
}

/** One outlet as a state machine: cable, card, car, meter. */
export interface Connector {
  state: ConnectorState;
  plugIn(vehicle: Partial<Pick<Vehicle, 'capacityWh' | 'soc'>>): void;
  unplug(): void;
  tap(card: Card): Promise<TapResult>;
  /** Starts with a card that needs no asking (remote start); waits for the cable where none is in. */
  begin(start: CardStart): TapResult;
  stop(reason: StopReason): void;
  suspend(): void;
  resume(): void;
  /** Reads the meter, as part of the transaction if one runs. */
  sample(context: 'Sample.Periodic' | 'Trigger'): void;
  /** Reads the meter, whatever runs. */
  meter(): void;
  /** The gateway refused the card: the transaction stays, without energy. */
  pause(): void;
  /** The cable is let go; who has not pulled it yet may do so. */
  unlock(): void;
  /** Counts energy up to now. */
  count(): void;
  /** Limits changed: shows what that makes of the charge. */
  review(): void;
  advance(seconds: number): void;
  setOperative(operative: boolean): void;
  /** Keeps the connector for a card; one of the same id is replaced. */
  reserve(reservation: SimReservation): 'Accepted' | 'Occupied' | 'Unavailable';
  /** Lets go of the reservation, whatever becomes of the connector. */
  release(): void;
  /** Watts flowing now. */
  powerW(): number;
  /** Whole Wh. */
  registerWh(): number;
  /** Power has gone: what is only in memory is lost; counts energy up to now. */
  blackout(): void;
  /** Power is back: shows what is true, without reporting it. */
  wake(): void;
}
