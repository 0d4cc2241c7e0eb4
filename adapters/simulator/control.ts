import type { Connector } from './connector.ts';
import type { Control, WireCall } from './dialect.ts';
import type { Grant, Settings } from './model.ts';

/** What orders from the gateway act on. */
export interface ControlOptions {
  settings: Settings;
  connectors: Connector[];
  registered: () => boolean;
  authorize: (uid: string, connector: number) => Promise<Grant>;
  track: <T>(work: Promise<T>) => Promise<T>;
  send: (call: WireCall) => void;
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
    connectors: numbers,
    registered: options.registered,
    remoteStart(connector, uid) {
      const found = connector === null ? freeConnector() : connectors[connector - 1];
      if (!found || !options.registered() || !startable(found)) return null;
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
    clearCache: options.clearCache,
    settingsChanged: options.settingsChanged,
  };
}
