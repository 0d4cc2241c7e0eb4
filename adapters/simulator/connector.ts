import type { EvseStatus } from '../../gateway/domain/status.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type {
  Card,
  CardStart,
  Cause,
  ConnectorSpec,
  ConnectorState,
  Happening,
  Reading,
  SimReservation,
  SimTransaction,
  StopReason,
} from './model.ts';
import type { Box, Connector, TapResult } from './outlet.ts';
import { charge } from './power.ts';
import type { PowerCurve } from './power.ts';

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
    closed: false,
    paused: false,
    reservation: null,
    suspendedByEv: false,
    operative: true,
    inoperativeNext: false,
    accruedAt: box.clock(),
  };

  const full = (): boolean => state.vehicle !== null && state.vehicle.soc >= 1;
  const halted = (): boolean => state.paused || box.limitW(number) <= 0;
  const delivering = (): boolean =>
    box.powered() && state.closed && state.vehicle !== null && !state.suspendedByEv && !state.paused && !full();
  // the sum of slices is a hair off; a meter that stands at 5000 Wh must not show 4999
  const registerNow = (): number => Math.floor(state.register + 1e-6);
  let pluggedShown = false;

  function setStatus(status: EvseStatus): void {
    const plugged = state.vehicle !== null;
    const fresh = status !== state.status;
    if (!fresh && plugged === pluggedShown) return;
    state.status = status;
    pluggedShown = plugged;
    box.onStatus({ connector: number, status, plugged, at: box.clock() }, fresh);
  }

  function accrue(until: Millis): void {
    const seconds = (until - state.accruedAt) / 1000;
    if (seconds <= 0) return;
    state.accruedAt = until;
    if (delivering() && state.vehicle) state.register += charge(state.vehicle, curve, seconds * box.speed);
  }

  function happened(stage: 'started' | 'updated', cause: Cause, more: Partial<Happening> = {}): void {
    if (!state.transaction) return;
    const blank = { card: null, reading: null, stop: null };
    box.onTransaction(state.transaction, { ...blank, stage, cause, at: box.clock(), ...more });
  }

  function idleStatus(): EvseStatus {
    if (!state.operative) return 'Unavailable';
    if (state.reservation) return 'Reserved';
    return state.vehicle || state.armed ? 'Preparing' : 'Available';
  }

  function chargingNow(): 'Charging' | 'SuspendedEV' | 'SuspendedEVSE' {
    if (state.suspendedByEv || full()) return 'SuspendedEV';
    return halted() ? 'SuspendedEVSE' : 'Charging';
  }

  /** Shows what the car and the limits make of a charge. */
  function settle(cause: Cause = 'stateChange'): void {
    const { transaction, closed } = state;
    if (!transaction || !closed) return;
    const next = chargingNow();
    setStatus(next);
    if (transaction.chargingState === next) return;
    transaction.chargingState = next;
    happened('updated', cause);
  }

  function disarm(): void {
    state.armed?.disarm();
    state.armed = null;
  }

  function arm(start: CardStart, lapsed: () => void): void {
    disarm();
    const cancel = box.ticker.after(box.settings.connectionTimeoutSeconds * 1000, () => {
      state.armed = null;
      lapsed();
    });
    state.armed = { start, disarm: cancel };
  }

  /** A reserved connector takes its own card, and others of that card's group. */
  function isFor(uid: string, parent: string | null): boolean {
    const { reservation } = state;
    if (!reservation || reservation.uid.toLowerCase() === uid.toLowerCase()) return true;
    return parent !== null && parent === reservation.parent;
  }

  function lapse(): number | null {
    const id = state.reservation?.id ?? null;
    state.reservation?.lapse();
    state.reservation = null;
    return id;
  }

  function release(): void {
    if (lapse() !== null && !state.transaction) setStatus(idleStatus());
  }

  function reserve(reservation: SimReservation): 'Accepted' | 'Occupied' | 'Unavailable' {
    if (!state.operative) return 'Unavailable';
    const others = state.reservation !== null && state.reservation.id !== reservation.id;
    if (others || state.transaction || state.vehicle || state.armed) return 'Occupied';
    lapse();
    const wait = Math.max(0, reservation.expiresAt - box.clock());
    const expire = (): void => {
      release();
      box.onReservationOver(reservation.id, 'expired');
    };
    state.reservation = { ...reservation, lapse: box.ticker.after(wait, expire) };
    setStatus('Reserved');
    return 'Accepted';
  }

  function begin(start: CardStart, cause: Cause = start.cause): TapResult {
    if (state.transaction?.card || !state.operative) return 'ignored';
    if (!isFor(start.card.uid, start.parent)) return 'refused';
    if (!state.vehicle && box.settings.startPoint !== 'Authorized') {
      arm(start, () => setStatus(idleStatus()));
      setStatus(idleStatus());
      return 'armed';
    }
    disarm();
    if (state.transaction) admit(state.transaction, start);
    else open(start, cause);
    if (state.vehicle) closePath();
    else arm(start, () => stop('Timeout'));
    return 'started';
  }

  function open(start: CardStart | null, cause: Cause): void {
    const at = box.clock();
    state.accruedAt = at;
    state.transaction = {
      id: box.newTransactionId(),
      connector: number,
      card: start?.card ?? null,
      parent: start?.parent ?? null,
      startedAt: at,
      meterStart: registerNow(),
      reservationId: start ? lapse() : null,
      remoteStartId: start?.remoteStartId ?? null,
      told: 0,
      chargingState: state.vehicle ? 'EVConnected' : 'Idle',
    };
    if (start || !state.reservation) setStatus('Preparing');
    happened('started', cause, { card: start?.card ?? null, reading: reading('Transaction.Begin') });
  }

  /** A card comes to a transaction that the cable began. */
  function admit(transaction: SimTransaction, { card, parent, cause, remoteStartId }: CardStart): void {
    Object.assign(transaction, { card, parent, remoteStartId, reservationId: lapse() });
    happened('updated', cause, { card });
  }

  /** Cable and card are there: energy may flow. */
  function closePath(): void {
    state.accruedAt = box.clock();
    state.suspendedByEv = false;
    state.closed = true;
    settle();
  }

  function stop(reason: StopReason, card: Card | null = null): void {
    const { transaction } = state;
    if (!transaction) return;
    const at = box.clock();
    accrue(at);
    disarm();
    const last = reading('Transaction.End');
    state.transaction = null;
    state.closed = false;
    state.suspendedByEv = false;
    state.paused = false;
    transaction.chargingState = state.vehicle && reason !== 'EVDisconnected' ? 'EVConnected' : 'Idle';
    box.onTransaction(transaction, {
      stage: 'ended',
      cause: 'stop',
      at,
      card,
      reading: last,
      stop: { at, meterStop: registerNow(), reason, card },
    });
    setStatus(state.vehicle ? 'Finishing' : idleStatus());
    if (state.inoperativeNext) setOperative(false);
  }

  function setOperative(operative: boolean): void {
    state.inoperativeNext = !operative && state.transaction !== null;
    if (state.transaction) return;
    state.operative = operative;
    if (!operative) disarm();
    const removed = operative ? null : lapse();
    setStatus(idleStatus());
    if (removed !== null) box.onReservationOver(removed, 'removed');
  }

  async function tap(card: Card): Promise<TapResult> {
    const transaction = state.transaction?.card ? state.transaction : null;
    if (transaction?.card?.uid === card.uid) {
      stop('Local', card);
      return 'stopped';
    }
    if (!state.operative) return 'ignored';
    if (!state.transaction && !state.reservation) setStatus('Preparing');
    const grant = await box.authorize(card, number);
    if (transaction) {
      const sameGroup = grant.accepted && grant.parent !== null && grant.parent === transaction.parent;
      if (!sameGroup || state.transaction !== transaction) return 'ignored';
      stop('Local', card);
      return 'stopped';
    }
    if (grant.accepted && isFor(card.uid, grant.parent))
      return begin({ card, parent: grant.parent, cause: 'card', remoteStartId: null });
    if (!state.transaction) setStatus(idleStatus());
    return 'refused';
  }

  function reading(context: Reading['context']): Reading {
    const powerW = currentPower();
    const lines = spec.dc ? 1 : spec.phases;
    return {
      at: box.clock(),
      connector: number,
      registerWh: registerNow(),
      powerW,
      amperes: powerW / (spec.volts * lines),
      spec,
      soc: spec.dc && state.vehicle ? Math.round(state.vehicle.soc * 100) : null,
      context,
    };
  }

  function sample(context: 'Sample.Periodic' | 'Trigger'): void {
    accrue(box.clock());
    settle();
    if (!state.transaction) box.onReading(reading(context));
    else happened('updated', context === 'Trigger' ? 'trigger' : 'periodic', { reading: reading(context) });
  }

  function currentPower(): number {
    return delivering() && state.vehicle ? curve(state.vehicle.chargedSeconds, state.vehicle.soc) : 0;
  }

  return {
    state,
    plugIn(vehicle) {
      if (state.vehicle) return;
      state.vehicle = { capacityWh: vehicle.capacityWh ?? 60_000, soc: vehicle.soc ?? 0.3, chargedSeconds: 0 };
      if (state.transaction) {
        disarm();
        state.transaction.chargingState = 'EVConnected';
        setStatus('Preparing');
        happened('updated', 'cableIn');
        closePath();
        return;
      }
      setStatus(idleStatus());
      if (state.armed) begin(state.armed.start, 'cableIn');
      else if (box.settings.startPoint === 'EVConnected' && state.operative) open(null, 'cableIn');
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
      if (!state.closed) return;
      state.suspendedByEv = true;
      settle();
    },
    resume() {
      accrue(box.clock());
      if (!state.closed || full()) return;
      state.suspendedByEv = false;
      settle();
    },
    sample,
    meter() {
      accrue(box.clock());
      box.onReading(reading('Trigger'));
    },
    pause() {
      accrue(box.clock());
      state.paused = true;
      settle('deauthorized');
    },
    unlock: () => happened('updated', 'unlock'),
    count: () => accrue(box.clock()),
    review() {
      accrue(box.clock());
      settle();
    },
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
      // who waits for the cable began with memory that is gone
      if (state.transaction && !state.vehicle) stop('Timeout');
      state.status = state.closed ? chargingNow() : idleStatus();
    },
  };
}
