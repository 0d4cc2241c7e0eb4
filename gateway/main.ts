import { pino } from 'pino';
import { createConsoleServer } from '../adapters/console/server.ts';
import { createOcpiServer } from '../adapters/ocpi/server.ts';
import { VENDOR_QUIRKS } from '../adapters/ocpp/quirks/index.ts';
import { createOcppServer } from '../adapters/ocpp/server.ts';
import type { Config } from '../config/load.ts';
import { applyConfig } from './apply-config.ts';
import { expireAbsent } from './chargers.ts';
import { urlForOthers } from './lan-address.ts';
import { createGateway } from './create-gateway.ts';
import { flushDiagnostics } from './frames.ts';
import { wallClock, type Clock } from './domain/time.ts';
import type { Gateway, Log } from './gateway.ts';
import { followDue, recoverSamples } from './samples.ts';
import { refreshAll } from './sessions.ts';

export interface StartOptions {
  clock?: Clock;
  log?: Log;
}

/** A gateway that serves. */
export interface RunningGateway {
  gateway: Gateway;
  /** Where this machine reaches it; `ocpp` is what a charger's id is appended to. */
  urls: { ocpp: string; ocpi: string; console: string };
  /** Answers what was received, writes what is waiting, closes everything. */
  stop(): Promise<void>;
}

/** Sessions that were put off are brought up to their samples. */
const EVERY_SECOND = 1000;

/** Frames and deviations are stored, absent chargers noticed. */
const EVERY_FIVE_SECONDS = 5000;

/**
 * Starts the whole gateway: database, what the config declares, then the doors. The only place where adapters and core
 * meet. Errors: those of the database and of ports (PORT_IN_USE), TARIFF_UNPRICEABLE; nothing is left open then.
 */
export async function startGateway(config: Config, options: StartOptions = {}): Promise<RunningGateway> {
  const gateway = createGateway({
    settings: config.settings,
    directory: config.storage.directory,
    maxBytes: config.storage.maxMegabytes * 1_000_000,
    vendorQuirks: VENDOR_QUIRKS,
    clock: options.clock ?? wallClock,
    log: options.log ?? pino({ level: config.log.level, base: null }),
  });
  const closers: (() => Promise<void>)[] = [async () => gateway.db.close()];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => gateway.log.error({ err: error }, 'something did not close in order'));
  };
  try {
    await applyConfig(gateway);
    await recoverSamples(gateway);
    await refreshAll(gateway);
    closers.push(startUpkeep(gateway));

    const ocpi = createOcpiServer(gateway, config.ocpi);
    closers.push(() => ocpi.close());
    const ocpiUrl = `${(await ocpi.listen()).url}/ocpi/versions`;

    const ocpp = createOcppServer(gateway, config.ocpp);
    closers.push(() => ocpp.close());
    const ocppUrl = `ws://${hostOf(config.ocpp.host)}:${(await ocpp.listen()).port}/ocpp/`;

    const urls = { ocpp: ocppUrl, ocpi: config.ocpi.publicUrl ?? ocpiUrl };
    const operator = createConsoleServer(gateway, {
      ...config.console,
      urls: { ocpp: urlForOthers(ocppUrl, config.ocpp.host), ocpi: urlForOthers(urls.ocpi, config.ocpi.host) },
    });
    closers.push(() => operator.close());
    return { gateway, urls: { ...urls, console: (await operator.listen()).url }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The gateway's own regular work; the closer stops it and stores what is left. */
function startUpkeep(gw: Gateway): () => Promise<void> {
  const absent = new Set<string>();
  const guarded = (what: string, work: () => Promise<void>) => (): void => {
    work().catch((error: unknown) => gw.log.error({ err: error }, `${what} failed`));
  };
  const timers = [
    setInterval(
      guarded('bringing sessions up to date', () => followDue(gw)),
      EVERY_SECOND,
    ),
    setInterval(
      guarded('storing diagnostics', () => flushDiagnostics(gw)),
      EVERY_FIVE_SECONDS,
    ),
    setInterval(
      guarded('noticing absent chargers', () => expireAbsent(gw, absent)),
      EVERY_FIVE_SECONDS,
    ),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await followDue(gw).catch((error: unknown) => gw.log.error({ err: error }, 'bringing sessions up to date failed'));
    await flushDiagnostics(gw).catch((error: unknown) => gw.log.error({ err: error }, 'storing diagnostics failed'));
  };
}

function hostOf(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}
