import type { EvseStatus } from '../../gateway/domain/status.ts';
import type { Clock, Millis } from '../../gateway/domain/time.ts';
import type {
  ConnectorSpec,
  ConnectorState,
  Grant,
  Reading,
  Settings,
  SimReservation,
  SimStop,
  SimTransaction,
  StopReason,
} from './model.ts';
import { charge } from './power.ts';
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
  authorize: (uid: string, connector: number) => Promise<Grant>;
  nextLocalId: () => number;
  onStatus: (connector: number, status: EvseStatus) => void;
  onStart: (transaction: SimTransaction) => void;
  onSample: (transaction: SimTransaction | null, reading: Reading) => void;
  onStop: (transaction: SimTransaction, stop: SimStop) => void;
}

/** One outlet as a state machine: cable, card, car, meter. */
export interface Connector {
  state: ConnectorState;
  plugIn(vehicle: Partial<Pick<Vehicle, 'capacityWh' | 'soc'>>): void;
  unplug(): void;
  tap(uid: string): Promise<TapResult>;
  /** Starts with a card that needs no asking (remote start); arms where no cable is in. */
  begin(uid: string, parent: string | null): TapResult;
  stop(reason: StopReason): void;
  suspend(): void;
  resume(): void;
  sample(context: Reading['context']): void;
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

/** Makes a connector; it does nothing by itself but disarm a card after the connection timeout. */
export function createConnector(box: Box, number: number, spec: ConnectorSpec, registerWh: number): Connector {
  const carCurve = box.curve(spec);
  const curve: PowerCurve = (seconds, soc) => Math.min(carCurve(seconds, soc), box.limitW(number));
  const state: ConnectorState = {
    connector: number,
    spec,
    vehicle: null,
    register: registerWh,
    status: 'Available',
    armed: null,
    transaction: null,
    reservation: null,
    suspendedByEv: false,
    operative: true,
    inoperativeNext: false,
    accruedAt: box.clock(),
  };

  const full = (): boolean => state.vehicle !== null && state.vehicle.soc >= 1;
  const delivering = (): boolean =>
    box.powered() && state.transaction !== null && state.vehicle !== null && !state.suspendedByEv && !full();
  // the sum of slices is a hair off; a meter that stands at 5000 Wh must not show 4999
  const registerNow = (): number => Math.floor(state.register + 1e-6);

  function setStatus(status: EvseStatus): void {
    if (status === state.status) return;
    state.status = status;
    box.onStatus(number, status);
  }

  function accrue(until: Millis): void {
    const seconds = (until - state.accruedAt) / 1000;
    if (seconds <= 0) return;
    state.accruedAt = until;
    if (delivering() && state.vehicle) state.register += charge(state.vehicle, curve, seconds * box.speed);
  }

  function idleStatus(): EvseStatus {
    if (!state.operative) return 'Unavailable';
    if (state.reservation) return 'Reserved';
    return state.vehicle || state.armed ? 'Preparing' : 'Available';
  }

  function disarm(): void {
    state.armed?.disarm();
    state.armed = null;
  }

  function arm(uid: string, parent: string | null): TapResult {
    disarm();
    const cancel = box.ticker.after(box.settings.connectionTimeoutSeconds * 1000, () => {
      state.armed = null;
      setStatus(idleStatus());
    });
    state.armed = { uid, parent, disarm: cancel };
    setStatus(idleStatus());
    return 'armed';
  }

  /** A reserved connector takes its own card, and others of that card's group. */
  function isFor(uid: string, parent: string | null): boolean {
    const { reservation } = state;
    if (!reservation || reservation.uid.toLowerCase() === uid.toLowerCase()) return true;
    return parent !== null && parent === reservation.parent;
  }

  function lapse(): void {
    state.reservation?.lapse();
    state.reservation = null;
  }

  function release(): void {
    if (!state.reservation) return;
    lapse();
    setStatus(idleStatus());
  }

  function reserve(reservation: SimReservation): 'Accepted' | 'Occupied' | 'Unavailable' {
    if (!state.operative) return 'Unavailable';
    const others = state.reservation !== null && state.reservation.id !== reservation.id;
    if (others || state.transaction || state.vehicle || state.armed) return 'Occupied';
    lapse();
    const wait = Math.max(0, reservation.expiresAt - box.clock());
    state.reservation = { ...reservation, lapse: box.ticker.after(wait, release) };
    setStatus('Reserved');
    return 'Accepted';
  }

  function begin(uid: string, parent: string | null): TapResult {
    if (state.transaction || !state.operative) return 'ignored';
    if (!isFor(uid, parent)) return 'refused';
    if (!state.vehicle) return arm(uid, parent);
    disarm();
    const reservationId = state.reservation?.id ?? null;
    lapse();
    const at = box.clock();
    state.accruedAt = at;
    state.suspendedByEv = false;
    const transaction: SimTransaction = {
      localId: box.nextLocalId(),
      wireId: null,
      connector: number,
      uid,
      parent,
      startedAt: at,
      meterStart: registerNow(),
      reservationId,
    };
    state.transaction = transaction;
    if (state.status !== 'Preparing') setStatus('Preparing');
    box.onStart(transaction);
    setStatus(full() ? 'SuspendedEV' : 'Charging');
    return 'started';
  }

  function stop(reason: StopReason, uid: string | null = null): void {
    const { transaction } = state;
    if (!transaction) return;
    const at = box.clock();
    accrue(at);
    state.transaction = null;
    state.suspendedByEv = false;
    box.onStop(transaction, { at, meterStop: registerNow(), reason, uid });
    setStatus('Finishing');
    if (state.inoperativeNext) setOperative(false);
  }

  function setOperative(operative: boolean): void {
    state.inoperativeNext = !operative && state.transaction !== null;
    if (state.transaction) return;
    state.operative = operative;
    if (!operative) disarm();
    setStatus(idleStatus());
  }

  async function tap(uid: string): Promise<TapResult> {
    const { transaction } = state;
    if (transaction?.uid === uid) {
      stop('Local', uid);
      return 'stopped';
    }
    if (!state.operative) return 'ignored';
    if (!transaction && !state.reservation) setStatus('Preparing');
    const grant = await box.authorize(uid, number);
    if (transaction) {
      const sameGroup = grant.accepted && grant.parent !== null && grant.parent === transaction.parent;
      if (!sameGroup || state.transaction !== transaction) return 'ignored';
      stop('Local', uid);
      return 'stopped';
    }
    if (grant.accepted && isFor(uid, grant.parent)) return begin(uid, grant.parent);
    if (!state.transaction) setStatus(idleStatus());
    return 'refused';
  }

  function sample(context: Reading['context']): void {
    accrue(box.clock());
    if (state.transaction && full()) setStatus('SuspendedEV');
    const powerW = currentPower();
    const lines = spec.dc ? 1 : spec.phases;
    box.onSample(state.transaction, {
      at: box.clock(),
      connector: number,
      registerWh: registerNow(),
      powerW,
      amperes: powerW / (spec.volts * lines),
      spec,
      soc: spec.dc && state.vehicle ? Math.round(state.vehicle.soc * 100) : null,
      context,
    });
  }

  function currentPower(): number {
    return delivering() && state.vehicle ? curve(state.vehicle.chargedSeconds, state.vehicle.soc) : 0;
  }

  return {
    state,
    plugIn(vehicle) {
      if (state.vehicle) return;
      state.vehicle = { capacityWh: vehicle.capacityWh ?? 60_000, soc: vehicle.soc ?? 0.3, chargedSeconds: 0 };
      if (state.armed) begin(state.armed.uid, state.armed.parent);
      else setStatus(idleStatus());
    },
    unplug() {
      if (!state.vehicle) return;
      stop('EVDisconnected');
      state.vehicle = null;
      setStatus(idleStatus());
    },
    tap,
    begin,
    stop,
    suspend() {
      accrue(box.clock());
      if (!state.transaction) return;
      state.suspendedByEv = true;
      setStatus('SuspendedEV');
    },
    resume() {
      accrue(box.clock());
      if (!state.transaction || full()) return;
      state.suspendedByEv = false;
      setStatus('Charging');
    },
    sample,
    advance(seconds) {
      const at = Math.max(state.accruedAt, box.clock() - seconds * 1000);
      accrue(at);
      accrue(at + seconds * 1000);
      sample('Sample.Periodic');
    },
    setOperative,
    reserve,
    release,
    powerW: currentPower,
    registerWh: registerNow,
    blackout() {
      accrue(box.clock());
      disarm();
    },
    wake() {
      state.accruedAt = box.clock();
      const charging = state.suspendedByEv || full() ? 'SuspendedEV' : 'Charging';
      state.status = state.transaction ? charging : idleStatus();
    },
  };
}
