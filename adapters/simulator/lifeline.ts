import type { BootAnswer, Dialect } from './dialect.ts';
import type { BootReason, Identity, Settings } from './model.ts';
import { ConnectRefused, openRpcLink } from './rpc-client.ts';
import type { Outcome, RpcLink, RpcOptions } from './rpc-client.ts';
import type { Cancel, Ticker } from './ticker.ts';

/** Waits between attempts to connect again: doubles from `minMs` up to `maxMs`. */
export interface Backoff {
  minMs: number;
  maxMs: number;
}

export interface LifelineOptions {
  rpc: Omit<RpcOptions, 'onClose'>;
  dialect: Dialect;
  identity: Identity;
  settings: Settings;
  ticker: Ticker;
  /** Null: a lost socket stays lost until `connect`. */
  reconnect: Backoff | null;
  /** Boot on every socket, not only after a start. */
  bootOnReconnect: boolean;
  /** Where the gateway does not say when to boot again. */
  bootRetrySeconds: number;
  /** The box's way out: applies quirks, remembers answers. */
  call: (action: string, payload: Record<string, unknown>) => Promise<Outcome>;
  track: <T>(work: Promise<T>) => Promise<T>;
  onOnline: () => void;
  onOffline: (reason: string) => void;
  onFault: (problem: string) => void;
}

/** A charger's tie to its gateway: socket, boot, heartbeat, coming back. */
export interface Lifeline {
  /** Opens the socket now and boots if that has not happened; throws ConnectRefused and does not try again by itself. */
  connect(): Promise<void>;
  /** Opens the socket, trying again as long as it takes. */
  connectPatiently(): void;
  /** Connected and accepted: all messages may go. */
  online(): boolean;
  registered(): boolean;
  send(action: string, payload: unknown): Promise<Outcome>;
  bootAgain(): void;
  restartHeartbeat(): void;
  /** The socket is gone as by a cut cable; comes back by the backoff. */
  drop(): void;
  /** The box itself is off: no socket, not registered, nothing scheduled. `next`: why it will start again. */
  cut(next: BootReason): void;
  close(): Promise<void>;
}

/** Makes the tie; opens nothing yet. */
export function createLifeline(options: LifelineOptions): Lifeline {
  const { dialect, settings, ticker } = options;
  let link: RpcLink | null = null;
  let registered = false;
  let bootReason: BootReason = 'PowerUp';
  // attempts and sockets of an earlier generation no longer count
  let generation = 0;
  let failures = 0;
  let heartbeat: Cancel | null = null;
  let later: Cancel | null = null;

  function schedule(ms: number, fn: () => void): void {
    later?.();
    later = ticker.after(ms, () => {
      later = null;
      fn();
    });
  }

  function detach(): RpcLink | null {
    const former = link;
    generation += 1;
    link = null;
    heartbeat?.();
    later?.();
    heartbeat = null;
    later = null;
    return former;
  }

  function comeBack(): void {
    if (!options.reconnect) return;
    const { minMs, maxMs } = options.reconnect;
    schedule(Math.min(maxMs, minMs * 2 ** Math.min(failures, 20)), connectPatiently);
  }

  function lost(mine: number, reason: string): void {
    if (mine !== generation) return;
    detach();
    options.onOffline(reason);
    comeBack();
  }

  async function open(): Promise<void> {
    detach();
    const mine = generation;
    const opened = await openRpcLink({
      ...options.rpc,
      onClose: (code, reason) => lost(mine, `closed ${code} ${reason}`.trim()),
    });
    if (mine !== generation) {
      opened.destroy();
      throw new ConnectRefused(null, 'the charger gave up while it was connecting');
    }
    link = opened;
    failures = 0;
    if (registered && !options.bootOnReconnect) announce();
    else await boot(opened, registered ? 'Unknown' : bootReason);
  }

  function connectPatiently(): void {
    const opening = open();
    const mine = generation;
    const attempt = opening.catch((error: unknown) => {
      // the box was switched off, or something else connects
      if (mine !== generation) return;
      options.onFault(error instanceof Error ? error.message : String(error));
      failures += 1;
      comeBack();
    });
    void options.track(attempt);
  }

  async function boot(on: RpcLink, reason: BootReason): Promise<void> {
    const { action, payload } = dialect.boot(options.identity, reason);
    const outcome = await options.call(action, payload);
    if (link !== on) return;
    const answer: BootAnswer | null = outcome.kind === 'result' ? dialect.readBoot(outcome.payload) : null;
    if (answer?.registration !== 'Accepted') {
      registered = false;
      const seconds = answer && answer.interval > 0 ? answer.interval : options.bootRetrySeconds;
      if (answer) options.onFault(`not accepted (${answer.registration}), asks again every ${seconds} s`);
      schedule(seconds * 1000, () => void options.track(boot(on, reason)));
      return;
    }
    if (answer.interval > 0) settings.heartbeatSeconds = answer.interval;
    later?.();
    later = null;
    const first = !registered || options.bootOnReconnect;
    registered = true;
    if (first) announce();
    else restartHeartbeat();
  }

  function announce(): void {
    restartHeartbeat();
    options.onOnline();
  }

  function restartHeartbeat(): void {
    heartbeat?.();
    heartbeat = null;
    if (!link || settings.heartbeatSeconds <= 0) return;
    heartbeat = ticker.every(settings.heartbeatSeconds * 1000, () => {
      const { action, payload } = dialect.heartbeat();
      void options.call(action, payload);
    });
  }

  return {
    async connect() {
      if (link) return;
      await options.track(open());
    },
    connectPatiently,
    online: () => link !== null && registered,
    registered: () => registered,
    send: async (action, payload) => (link ? link.call(action, payload) : { kind: 'lost' }),
    bootAgain() {
      if (link) void options.track(boot(link, 'Triggered'));
    },
    restartHeartbeat,
    drop() {
      if (!link) return;
      detach()?.destroy();
      options.onOffline('socket dropped');
      comeBack();
    },
    cut(next) {
      bootReason = next;
      const former = detach();
      registered = false;
      failures = 0;
      former?.destroy();
      if (former) options.onOffline('the box is off');
    },
    async close() {
      const former = detach();
      await former?.close();
      if (former) options.onOffline('closed by the charger');
    },
  };
}
