import { isDeepStrictEqual } from 'node:util';
import { createConsoleServer } from '../adapters/console/server.ts';
import { createFileService } from '../adapters/files/service.ts';
import { startReaders } from '../adapters/rfid/service.ts';
import { createOpenDataServer } from '../adapters/ocpi/open/server.ts';
import { createOcpiServer } from '../adapters/ocpi/server.ts';
import { CONFIGURATION_WORDS } from '../adapters/ocpp/configuration-words.ts';
import { VENDOR_QUIRKS } from '../adapters/ocpp/quirks/index.ts';
import { createOcppServer } from '../adapters/ocpp/server.ts';
import type { Config } from '../config/load.ts';
import { applyConfig } from './apply-config.ts';
import { startCertificateUpkeep } from './certificate-upkeep.ts';
import { recoverCommands } from './commands.ts';
import { adoptFilePasswords } from './charger-passwords.ts';
import { expireAbsent } from './chargers.ts';
import { urlForOthers } from './lan-address.ts';
import { createGateway } from './create-gateway.ts';
import { prepareFiles } from './file-store.ts';
import { flushDiagnostics } from './frames.ts';
import { createLog } from './journal.ts';
import { wallClock, type Clock } from './domain/time.ts';
import type { Gateway, Log } from './gateway.ts';
import { startHealth } from './health.ts';
import { startLocalListSync } from './local-list-sync.ts';
import { reviewLogs } from './logs.ts';
import { startOrderUpkeep } from './order-upkeep.ts';
import { startProvisioning } from './provisioning.ts';
import { followDue, recoverSamples } from './samples.ts';
import { reviewImport } from './token-import.ts';
import { refreshAll } from './sessions.ts';
import { reloadConfig } from './reload.ts';
import { selfCheck, type SelfCheck } from './self-check.ts';
import { startBookingUpkeep } from './booking-upkeep.ts';
import { watchReservations } from './reservation-commands.ts';
import { recoverReservations, startReservationUpkeep } from './reservation-upkeep.ts';
import { watchLimits } from './session-limits.ts';
import { startSiteUpkeep } from './upkeep.ts';
import { noticePendingStops } from './stop-pending.ts';
import { packageVersion } from './version.ts';

export interface StartOptions {
  clock?: Clock;
  log?: Log;
}

/** A gateway that serves. */
export interface RunningGateway {
  gateway: Gateway;
  /** Where this machine reaches it; `ocpp` and `ocpps` (null: no TLS) are what a charger's id is appended to. */
  urls: { ocpp: string; ocpps: string | null; ocpi: string; openData: string | null; console: string };
  /**
   * Looks now for new TLS certificates, which it does by itself every half minute; a bad one is logged and not used. With
   * `read`, the configuration is taken over anew first, as far as that goes without a restart. Never rejects: what cannot
   * be read or taken is logged, and changes nothing.
   */
  reload(read?: () => Config): Promise<void>;
  /** What fails now. */
  check(): Promise<SelfCheck>;
  /** How it goes, in a few words. */
  status(): string;
  /** Answers what was received, writes what is waiting, closes everything. */
  stop(): Promise<void>;
}

/** Sessions that were put off are brought up to their samples. */
const EVERY_SECOND = 1000;

/** Frames and deviations are stored, absent chargers noticed. */
const EVERY_FIVE_SECONDS = 5000;
const EVERY_TEN_SECONDS = 10_000;

/** What peers are asked when the gateway stops may take this long, milliseconds. */
const LAST_ASKED = 1000;

/**
 * Starts the whole gateway: database, what the config declares, then the doors. The only place where adapters and core
 * meet. Errors: those of the database and of ports (PORT_IN_USE), TARIFF_UNPRICEABLE, TLS_UNUSABLE; nothing is left open then.
 */
export async function startGateway(config: Config, options: StartOptions = {}): Promise<RunningGateway> {
  const { log, setLevel } = options.log ? { log: options.log, setLevel: () => undefined } : createLog(config.log.level);
  const gateway = createGateway({
    settings: config.settings,
    directory: config.storage.directory,
    maxBytes: config.storage.maxMegabytes * 1_000_000,
    vendorQuirks: VENDOR_QUIRKS,
    configurationWords: CONFIGURATION_WORDS,
    files: {
      linkHours: config.ocpp.files.linkHours,
      maxUploadBytes: config.ocpp.files.maxUploadMegabytes * 1_000_000,
      keepBytes: config.ocpp.files.keepMegabytes * 1_000_000,
    },
    clock: options.clock ?? wallClock,
    log,
  });
  let current = config;
  const closers: (() => Promise<void>)[] = [async () => gateway.db.close()];
  /** Whatever talks to the outside: all of it ends at once, so that none waits for what another one waits for. */
  const doors: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const inOrder = (close: () => Promise<void>): Promise<void> =>
      close().catch((error: unknown) => gateway.log.error({ err: error }, 'something did not close in order'));
    gateway.upkeep?.abort();
    await Promise.all(doors.splice(0).reverse().map(inOrder));
    for (const close of closers.splice(0).reverse()) await inOrder(close);
  };
  let chargersLeft: Promise<void> = Promise.resolve();
  try {
    await prepareFiles(gateway);
    await applyConfig(gateway);
    await adoptFilePasswords(gateway);
    await reviewLogs(gateway);
    reviewImport(gateway);
    await recoverSamples(gateway);
    await refreshAll(gateway);
    await recoverCommands(gateway);
    await recoverReservations(gateway);
    const endHealth = startHealth(gateway);
    closers.push(async () => endHealth());
    closers.push(startSiteUpkeep(gateway, config.storage.directory, config.upkeep));
    closers.push(startUpkeep(gateway));
    closers.push(startCertificateUpkeep(gateway));
    const endReservations = startReservationUpkeep(gateway);
    closers.push(async () => endReservations());
    const endBookings = startBookingUpkeep(gateway);
    closers.push(async () => endBookings());
    const endTelling = watchReservations(gateway);
    closers.push(async () => endTelling());

    const ocpi = createOcpiServer(gateway, config.ocpi);
    // An owner who is asked about a card while we stop has a little time yet.
    doors.push(() => settledWithin(chargersLeft, LAST_ASKED).then(() => ocpi.close()));
    const ocpiUrl = `${(await ocpi.listen()).url}/ocpi/versions`;

    const openData = config.openData.publish ? createOpenDataServer(gateway, config.openData) : null;
    if (openData) doors.push(() => openData.close());
    const openDataUrl = openData && (await openData.listen()).url;

    const files = createFileService(gateway);
    closers.push(() => files.close());
    const ocpp = createOcppServer(gateway, { ...config.ocpp, serveFile: files.serve });
    doors.push(() => (chargersLeft = ocpp.close()));
    const opened = await ocpp.listen();
    const ocppUrl = `ws://${hostOf(config.ocpp.host)}:${opened.port}/ocpp/`;
    const ocppsUrl = opened.tlsPort === null ? null : `wss://${hostOf(config.ocpp.host)}:${opened.tlsPort}/ocpp/`;

    gateway.files.publicUrl = config.ocpp.files.publicUrl;
    gateway.files.ownUrl = urlForOthers(ocppUrl.replace(/^ws(.*)\/ocpp\/$/, 'http$1'), config.ocpp.host);
    doors.push(startProvisioning(gateway));
    if (gateway.settings.localLists === 'keep') doors.push(startLocalListSync(gateway));

    const readers = startReaders(gateway);
    doors.push(() => readers.close());

    const { url: broker } = config.mqtt;
    if (broker !== null) {
      // Only then: the library takes its share of memory.
      const { startMqtt } = await import('../adapters/mqtt/service.ts');
      const mqtt = await startMqtt(gateway, { ...config.mqtt, url: broker }, { version: packageVersion() });
      doors.push(() => mqtt.close());
    }

    const urls = { ocpp: ocppUrl, ocpps: ocppsUrl, ocpi: config.ocpi.publicUrl ?? ocpiUrl, openData: openDataUrl };
    const operator = createConsoleServer(gateway, {
      ...config.console,
      urls: {
        ocpp: urlForOthers(ocppUrl, config.ocpp.host),
        ocpps: ocppsUrl && urlForOthers(ocppsUrl, config.ocpp.host),
        ocpi: urlForOthers(urls.ocpi, config.ocpi.host),
      },
    });
    doors.push(() => operator.close());
    return {
      gateway,
      urls: { ...urls, console: (await operator.listen()).url },
      async reload(read) {
        if (read) current = await takeConfig(gateway, current, read, setLevel);
        await Promise.all([ocpp.reloadCertificate(), ocpi.reload()]);
      },
      check: () => selfCheck(gateway),
      status: () => `serving, ${gateway.connections.all().length} chargers connected`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Takes a configuration over as far as that goes without a restart; gives what counts now. Never rejects. */
async function takeConfig(
  gw: Gateway,
  current: Config,
  read: () => Config,
  setLevel: (level: string) => void,
): Promise<Config> {
  try {
    const next = read();
    // A new peer would be called without the TLS files that its entry names: those are opened at the start.
    const held = isDeepStrictEqual(current.ocpi.peers, next.ocpi.peers) ? [] : (['peers'] as const);
    const { applied, afterRestart } = await reloadConfig(gw, current, next, { held, setLevel });
    gw.log.info({ applied }, `configuration read anew: ${applied.length > 0 ? applied.join(', ') : 'nothing'} changed`);
    if (afterRestart.length > 0)
      gw.log.warn({ afterRestart }, `the configuration says otherwise until a restart: ${afterRestart.join(', ')}`);
    return { ...current, upkeep: next.upkeep, log: next.log };
  } catch (error) {
    gw.log.error({ err: error }, 'the configuration was read anew and not taken: all is as before');
    return current;
  }
}

/** The gateway's own regular work; the closer stops it and stores what is left. */
function startUpkeep(gw: Gateway): () => Promise<void> {
  const absent = new Set<string>();
  const owed = new Set<string>();
  const guarded = (what: string, work: () => Promise<void>) => (): void => {
    work().catch((error: unknown) => gw.log.error({ err: error }, `${what} failed`));
  };
  const endOrders = startOrderUpkeep(gw);
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
    setInterval(
      guarded('stopping sessions at their limits', async () => watchLimits(gw)),
      EVERY_TEN_SECONDS,
    ),
    setInterval(
      guarded('noticing stops that are owed', async () => noticePendingStops(gw, owed)),
      EVERY_FIVE_SECONDS,
    ),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    endOrders();
    await followDue(gw).catch((error: unknown) => gw.log.error({ err: error }, 'bringing sessions up to date failed'));
    await flushDiagnostics(gw).catch((error: unknown) => gw.log.error({ err: error }, 'storing diagnostics failed'));
  };
}

async function settledWithin(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

function hostOf(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}
