import type { CardList } from './card-list.ts';
import type { ChargingLimits } from './charging-limits.ts';
import type { Connector } from './connector.ts';
import type { Control, WireCall } from './dialect.ts';
import type { KeyStore } from './key-store.ts';
import type { Grant, Identity, Settings } from './model.ts';
import type { Transfers } from './transfers.ts';
import type { Clock } from '../../gateway/domain/time.ts';

/** What orders from the gateway act on. */
export interface ControlOptions {
  settings: Settings;
  identity: Identity;
  clock: Clock;
  limits: ChargingLimits;
  cards: CardList;
  transfers: Transfers;
  keys: KeyStore;
  setPassword: (password: string) => void;
  connectors: Connector[];
  registered: () => boolean;
  authorize: (uid: string, connector: number) => Promise<Grant>;
  track: <T>(work: Promise<T>) => Promise<T>;
  send: (call: WireCall) => Promise<unknown>;
  reportStatus: (connector: number) => void;
  bootAgain: () => void;
  heartbeat: () => void;
  /** Resolves when all is told, or the gateway is away. */
  drained: () => Promise<void>;
  reboot: () => Promise<void>;
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
    return transaction === null && operative && armed === null;
  }

  // a cable that is in already says where the driver stands
  function freeConnector(): Connector | undefined {
    const free = connectors.filter(startable);
    return free.find((found) => found.state.vehicle) ?? free[0];
  }

  async function remoteBegin(found: Connector, uid: string): Promise<void> {
    const grant = settings.authorizeRemoteTx ? await options.authorize(uid, found.state.connector) : null;
    if (grant && !grant.accepted) return;
    found.begin(uid, grant?.parent ?? null);
  }

  return {
    settings,
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
    remoteStart(connector, uid) {
      const found = connector === null ? freeConnector() : connectors[connector - 1];
      if (!found || !options.registered() || !startable(found)) return null;
      const { reservation } = found.state;
      if (reservation && reservation.uid.toLowerCase() !== uid.toLowerCase()) return null;
      return () => void options.track(remoteBegin(found, uid));
    },
    remoteStop(wireId) {
      const found = connectors.find((one) => one.state.transaction?.wireId === wireId);
      return found ? () => found.stop('Remote') : null;
    },
    reset(kind) {
      return () => {
        each(null, (found) => found.stop(kind === 'Soft' ? 'SoftReset' : 'HardReset'));
        if (kind === 'Hard') void options.reboot();
        else void options.drained().then(options.reboot);
      };
    },
    unlock(connector) {
      return () => each(connector, (found) => found.stop('UnlockCommand'));
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
    send: options.send,
    track: (work) => void options.track(work),
    clearCache: options.clearCache,
    settingsChanged: options.settingsChanged,
  };
}
