import type { CardList } from './card-list.ts';
import type { ChargingLimits } from './charging-limits.ts';
import type { Control, RemoteStart, WireCall } from './dialect.ts';
import type { KeyStore } from './key-store.ts';
import type { BootReason, Card, Grant, Identity, Settings, StartPoint, TransactionId } from './model.ts';
import type { Connector } from './outlet.ts';
import type { Transfers } from './transfers.ts';
import type { Clock } from '../../gateway/domain/time.ts';

/** What orders from the gateway act on. */
export interface ControlOptions {
  settings: Settings;
  startPoints: readonly StartPoint[];
  identity: Identity;
  clock: Clock;
  limits: ChargingLimits;
  cards: CardList;
  transfers: Transfers;
  keys: KeyStore;
  setPassword: (password: string) => void;
  connectors: Connector[];
  registered: () => boolean;
  authorize: (card: Card, connector: number) => Promise<Grant>;
  track: <T>(work: Promise<T>) => Promise<T>;
  send: (call: WireCall) => Promise<unknown>;
  reportStatus: (connector: number) => void;
  bootAgain: () => void;
  heartbeat: () => void;
  /** Resolves when all is told, or the gateway is away. */
  drained: () => Promise<void>;
  /** Resolves as soon as the condition holds. */
  when: (ready: () => boolean) => Promise<void>;
  /** Is anything yet to be told of this transaction, or of any? */
  untold: (id: TransactionId | null) => boolean;
  reboot: (reason: BootReason) => Promise<void>;
  clearCache: () => void;
  settingsChanged: () => void;
}

/** Turns orders into what the charger does; the protocol words them. */
export function createControl(options: ControlOptions): Control {
  const { connectors, settings } = options;
  const numbers = connectors.map((each) => each.state.connector);

  function each(connector: number | null, action: (found: Connector) => void): void {
    for (const found of connectors) {
      if (connector === null || connector === 0 || found.state.connector === connector) action(found);
    }
  }

  function startable(found: Connector): boolean {
    const { transaction, operative, armed } = found.state;
    return !transaction?.card && operative && armed === null;
  }

  // a cable that is in already says where the driver stands
  function freeConnector(): Connector | undefined {
    const free = connectors.filter(startable);
    return free.find((found) => found.state.vehicle) ?? free[0];
  }

  async function remoteBegin(found: Connector, { card, remoteStartId }: RemoteStart): Promise<void> {
    const grant = settings.authorizeRemoteTx ? await options.authorize(card, found.state.connector) : null;
    if (grant && !grant.accepted) return;
    found.begin({ card, parent: grant?.parent ?? null, cause: 'remoteStart', remoteStartId });
  }

  const idle = (): boolean => connectors.every((found) => found.state.transaction === null);

  return {
    settings,
    startPoints: options.startPoints,
    identity: options.identity,
    clock: options.clock,
    limits: options.limits,
    cards: options.cards,
    transfers: options.transfers,
    keys: options.keys,
    setPassword: options.setPassword,
    connector(number) {
      const found = connectors[number - 1];
      return found ? found.state : null;
    },
    reserve(connector, reservation) {
      const holder = connectors.find((found) => found.state.reservation?.id === reservation.id);
      if (connector !== 0) {
        const found = connectors[connector - 1];
        if (!found) return 'Rejected';
        const answer = found.reserve(reservation);
        if (answer === 'Accepted' && holder && holder !== found) holder.release();
        return answer;
      }
      const answers = [...(holder ? [holder] : []), ...connectors].map((found) => () => found.reserve(reservation));
      return answers.some((attempt) => attempt() === 'Accepted') ? 'Accepted' : 'Occupied';
    },
    cancelReservation(id) {
      const holder = connectors.find((found) => found.state.reservation?.id === id);
      return holder ? () => holder.release() : null;
    },
    connectors: numbers,
    registered: options.registered,
    remoteStart(order) {
      const found = order.connector === null ? freeConnector() : connectors[order.connector - 1];
      if (!found || !options.registered() || !startable(found)) return null;
      const { reservation, transaction, connector } = found.state;
      if (reservation && reservation.uid.toLowerCase() !== order.card.uid.toLowerCase()) return null;
      const followUp = (): Promise<void> => options.track(remoteBegin(found, order));
      return { connector, id: transaction?.id ?? null, followUp };
    },
    remoteStop(id) {
      const found = connectors.find((one) => one.state.transaction?.id === id);
      return found ? () => found.stop('Remote') : null;
    },
    progress(id) {
      const running = connectors.some(({ state }) => state.transaction && (id === null || state.transaction.id === id));
      return { running, untold: options.untold(id) };
    },
    reset(reason, patient) {
      return () => {
        each(null, (found) => found.stop(reason));
        if (patient) void options.drained().then(() => options.reboot('RemoteReset'));
        else void options.reboot('RemoteReset');
      };
    },
    resetWhenIdle() {
      const restart = (): Promise<void> => options.drained().then(() => options.reboot('RemoteReset'));
      return { scheduled: !idle(), followUp: () => void options.when(idle).then(restart) };
    },
    unlock(connector) {
      return () => each(connector, (found) => found.stop('UnlockCommand'));
    },
    letGo(connector) {
      const found = connectors[connector - 1];
      return found && !found.state.transaction?.card ? () => found.unlock() : null;
    },
    setOperative(connector, operative) {
      let scheduled = false;
      each(connector, (found) => {
        if (!operative && found.state.transaction) scheduled = true;
      });
      return { scheduled, followUp: () => each(connector, (found) => found.setOperative(operative)) };
    },
    triggerBoot: options.bootAgain,
    triggerHeartbeat: options.heartbeat,
    triggerStatus(connector) {
      if (connector !== null) options.reportStatus(connector);
      else for (const one of [0, ...numbers]) options.reportStatus(one);
    },
    triggerSample: (connector) => each(connector, (found) => found.sample('Trigger')),
    triggerMeter: (connector) => each(connector, (found) => found.meter()),
    review: () => each(null, (found) => found.review()),
    send: options.send,
    track: (work) => void options.track(work),
    clearCache: options.clearCache,
    settingsChanged: options.settingsChanged,
  };
}
