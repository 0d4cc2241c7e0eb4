import type { Config } from '../../config/load.ts';
import { urlForOthers } from '../lan-address.ts';
import type { SelfCheck } from '../self-check.ts';
import type { Output } from './output.ts';
import type { Service } from '../../adapters/systemd/service.ts';

/** A started gateway, as main.ts gives it. */
export interface Running {
  /** `ocpp` and `ocpps` (null: no TLS) are what a charger's id is appended to. */
  urls: { ocpp: string; ocpps: string | null; ocpi: string; openData: string | null; console: string };
  /** Takes the configuration over anew, as far as that goes without a restart, and looks for new TLS certificates. Never rejects. */
  reload(read?: () => Config): Promise<void>;
  /** What fails now. */
  check(): Promise<SelfCheck>;
  /** How it goes, in a few words. */
  status(): string;
  stop(): Promise<void>;
}

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** The process that a daemon runs in. */
export interface Host {
  on(signal: Signal, listener: () => void): void;
  off(signal: Signal, listener: () => void): void;
  /** Is there a terminal? When that is closed, SIGHUP comes too, and is the end. */
  terminal: boolean;
  exit(code: number): void;
  /** Monotonic milliseconds. */
  now(): number;
  /** Who started us, where it wants to be told; null: nobody. */
  service: Service | null;
}

/** A stop that takes longer hangs: everything answered is on disk already. */
const STOP_DEADLINE_MS = 10_000;
/** npm passes on the Ctrl-C that the terminal has sent us too: that is still the first one. */
const SAME_SIGNAL_MS = 1000;

/**
 * Starts the gateway, tells people where it is, and runs until it is told to stop: the first SIGTERM or SIGINT stops it
 * in order, a second one at once. SIGHUP has it take over what `reread` gives as far as that goes, and look for new TLS
 * certificates. Resolves with the exit code.
 */
export async function runDaemon(
  start: (config: Config) => Promise<Running>,
  config: Config,
  out: Output,
  host: Host,
  reread?: () => Config,
): Promise<number> {
  const asked = signals(host);
  const running = await start(config);
  announce(running, config, out);
  const { service } = host;
  let reloading: Promise<void> | null = null;
  const work = (): Promise<void> => running.reload(reread);
  const reloadOnce = (): Promise<void> => (service ? service.reload(work) : work());
  const reload = (): void => {
    // One after the other: what came last counts.
    reloading = reloading === null ? reloadOnce() : reloading.then(reloadOnce);
  };
  if (!host.terminal) host.on('SIGHUP', reload);
  await service?.ready(running);
  await asked.first;
  host.off('SIGHUP', reload);
  // Told beside the stop, which does not wait for it.
  void service?.stopping();
  asked.onSecond(() => host.exit(1));
  const stopped = await within(running.stop(), STOP_DEADLINE_MS);
  asked.release();
  if (stopped) return 0;
  out.complain('chargegate: stopping took too long, it ends now; nothing that was answered is lost');
  host.exit(1);
  return 1;
}

interface Asked {
  first: Promise<void>;
  onSecond(act: () => void): void;
  release(): void;
}

function signals(host: Host): Asked {
  let firstAt: number | null = null;
  let second: () => void = () => undefined;
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const listener = (): void => {
    const now = host.now();
    if (firstAt === null) {
      firstAt = now;
      resolve();
    } else if (now - firstAt > SAME_SIGNAL_MS) second();
  };
  host.on('SIGTERM', listener);
  host.on('SIGINT', listener);
  return {
    first,
    onSecond(act) {
      second = act;
    },
    release() {
      host.off('SIGTERM', listener);
      host.off('SIGINT', listener);
    },
  };
}

async function within(work: Promise<void>, milliseconds: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function announce({ urls }: Running, config: Config, out: Output): void {
  const ocpp = `${urlForOthers(urls.ocpp, config.ocpp.host)}<charger id>`;
  const ocpps = urls.ocpps && `${urlForOthers(urls.ocpps, config.ocpp.host)}<charger id>`;
  const ocpi = urlForOthers(urls.ocpi, config.ocpi.host);
  const openData = urls.openData && urlForOthers(urls.openData, config.openData.host);
  const console = urlForOthers(urls.console, config.console.host);
  const open = config.settings.unknownChargers === 'accept';
  if (out.json)
    return out.print(JSON.stringify({ urls: { ocpp, ocpps, ocpi, openData, console }, unknownChargersAccepted: open }));
  const { name, id } = config.settings.site;
  out.print(
    [
      '',
      `  chargegate serves ${name ?? id} (${config.file})`,
      '',
      `  chargers   ${ocpp}`,
      ...(ocpps === null ? [] : [`             ${ocpps}`]),
      `  clouds     ${ocpi}`,
      ...(openData === null ? [] : [`  everybody  ${openData}`]),
      `  console    ${console}`,
      `  data       ${config.storage.directory}`,
      '',
      ...(open ? LOUD : []),
    ].join('\n'),
  );
}

const LOUD = [
  '  *** WARNING: unknown chargers are accepted. Whoever reaches the charger port can pose as one. ***',
  '  *** For a real site set ocpp.unknown-chargers to pending, and accept each charger once.       ***',
  '',
];
