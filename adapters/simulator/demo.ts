import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../config/load.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { listRunning } from '../../gateway/running.ts';
import { createSimulatedCharger } from './charger.ts';
import type { SimulatedCharger, SimulatedChargerOptions } from './charger.ts';
import { watchCloud } from './cloud-watch.ts';
import type { CloudWatch } from './cloud-watch.ts';
import { driveConnector, pause, seededRandom } from './driver.ts';
import type { Pace } from './driver.ts';
import { kwh, narrate, plural, timeOfDay } from './narrate.ts';
import { createSimulatedPeer } from './peer.ts';
import type { SimulatedPeer } from './peer.ts';
import { drawScreen } from './screen.ts';
import type { ChargerRow, DemoState } from './screen.ts';
import { openPainter, ownTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { timerTicker } from './ticker.ts';

/** The site that the demo runs; the command line loads it. */
export const DEMO_CONFIG = fileURLToPath(new URL('demo.yaml', import.meta.url));

export interface DemoOptions {
  /** End after the first CDR has reached the cloud. */
  once: boolean;
  /** Multiplies energy. */
  speed: number;
  /** Default 4: the ones that demo.yaml describes. */
  chargers?: number;
  /** Port of the console; default any that is free. */
  port?: number;
}

/** What the composition root hands in, as adapters do not start gateways. */
export interface DemoParts {
  startGateway: (config: Config) => Promise<DemoGateway>;
  /** `loadConfig(DEMO_CONFIG)`. */
  config: Config;
  /** Where to draw; default the process's own, null for lines only. */
  terminal?: Terminal | null;
  /** Ends the demo. */
  signal?: AbortSignal;
  pace?: Pace;
}

export interface DemoGateway {
  gateway: Gateway;
  urls: { ocpp: string; ocpi: string; console: string };
  stop(): Promise<void>;
}

const PACE: Pace = { away: [4, 12], fumble: [1, 3], charge: [12, 25], linger: [1, 4] };
const BAYS = ['BAY-1', 'BAY-2', 'BAY-3', 'FAST-1'];
/** Those that do not speak OCPP 1.6. */
const PROTOCOLS: Record<string, SimulatedChargerOptions['protocol']> = { 'BAY-3': 'ocpp2.0.1', 'FAST-1': 'ocpp2.1' };
const CLOUD = 'cloud';
const ROAMING = ['CLOUD-ANNA', 'CLOUD-BO', 'CLOUD-CAMILLE', 'CLOUD-DEV'];
/** Who comes to which bay: customers of the cloud, the depot's own van, and now and then somebody nobody knows. */
const DRIVERS = [['CLOUD-ANNA'], ['CLOUD-BO', 'STRANGER-1'], ['DEPOT-VAN-7'], ['CLOUD-CAMILLE', 'CLOUD-DEV']];
const POLL_MS = 1_000;
const REDRAW_MS = 250;
/** `--once` gives up after so long. */
const PATIENCE_MS = 60_000;
const EVENTS_KEPT = 40;
/** Plain output tells the running price every so many polls. */
const PRICE_EVERY = 4;

/**
 * Runs a whole gateway on a database that is thrown away, with simulated chargers and a cloud that registers and polls.
 * On a terminal a screen that lives, elsewhere a line per event. Returns the exit code: with `once` 0 as soon as a CDR
 * is at the cloud, 1 when none came within a minute; otherwise 0 when the signal ends it.
 */
export async function runDemo(options: DemoOptions, parts: DemoParts, print: (line: string) => void): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'chargegate-demo-'));
  const closers: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  const ending = new AbortController();
  const end = (): void => ending.abort();
  parts.signal?.addEventListener('abort', end, { once: true });
  if (parts.signal?.aborted) end();
  try {
    const { config } = parts;
    const running = await parts.startGateway({
      ...config,
      storage: { ...config.storage, directory },
      console: { ...config.console, port: options.port ?? config.console.port },
    });
    closers.push(() => running.stop());
    const peer = await createSimulatedPeer({ name: 'Simulated cloud' });
    closers.push(() => peer.close());
    await register(running, peer);
    return await play(options, parts, running, watchCloud(peer, CLOUD), ending, print);
  } finally {
    end();
    parts.signal?.removeEventListener('abort', end);
    for (const close of closers.toReversed()) await close();
  }
}

async function register(running: DemoGateway, peer: SimulatedPeer): Promise<void> {
  const { token } = await invitePeer(running.gateway, CLOUD, 'all');
  await peer.register(running.urls.ocpi, token);
  for (const uid of ROAMING) await peer.putToken({ uid });
}

async function play(
  options: DemoOptions,
  parts: DemoParts,
  running: DemoGateway,
  cloud: CloudWatch,
  ending: AbortController,
  print: (line: string) => void,
): Promise<number> {
  const began = wallClock();
  const events: string[] = [];
  const terminal = parts.terminal === undefined ? ownTerminal() : parts.terminal;
  const tell = (line: string): void => {
    events.push(`${timeOfDay(wallClock())}  ${line}`);
    if (events.length > EVENTS_KEPT) events.shift();
    if (!terminal) print(events.at(-1) ?? '');
  };
  const chargers = makeChargers(options, running.urls.ocpp, tell);
  const state = (): DemoState => ({
    seconds: (wallClock() - began) / 1000,
    speed: options.speed,
    urls: running.urls,
    chargers: rowsOf(running.gateway, chargers),
    cloud: cloud.view(),
    events,
  });

  if (!terminal) {
    print(`charger URL  ${running.urls.ocpp}<id>`);
    print(`OCPI URL     ${running.urls.ocpi}`);
    print(`console URL  ${running.urls.console}`);
  }
  const painter = terminal ? openPainter(terminal) : null;
  const redraw =
    painter && terminal
      ? timerTicker.every(REDRAW_MS, () => painter.paint(drawScreen(state(), terminal.size())))
      : null;
  const giveUp = options.once ? timerTicker.after(PATIENCE_MS, () => ending.abort()) : null;
  const driving = drive(chargers, parts.pace ?? PACE, ending.signal);
  try {
    await follow(options, cloud, ending, tell, () => {
      if (!terminal) for (const line of prices(running.gateway)) tell(line);
    });
  } finally {
    redraw?.();
    giveUp?.();
    painter?.leave();
    ending.abort();
    await driving;
    await Promise.all(chargers.map((charger) => charger.close()));
  }
  const { cdrs, lastCdr } = cloud.view();
  print(
    cdrs > 0 ? `the cloud received ${plural(cdrs, 'CDR')}, the last one: ${lastCdr ?? ''}` : 'no CDR reached the cloud',
  );
  return options.once && cdrs === 0 ? 1 : 0;
}

/** Polls until the end, or the first CDR where one is enough. */
async function follow(
  options: DemoOptions,
  cloud: CloudWatch,
  ending: AbortController,
  tell: (line: string) => void,
  sometimes: () => void,
): Promise<void> {
  do {
    try {
      for (const line of await cloud.poll()) tell(line);
    } catch (error) {
      tell(`cloud: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (options.once && cloud.view().cdrs > 0) return;
    if (cloud.view().polls % PRICE_EVERY === 0) sometimes();
  } while (await pause(timerTicker, POLL_MS, ending.signal));
}

function makeChargers(options: DemoOptions, url: string, tell: (line: string) => void): SimulatedCharger[] {
  return Array.from({ length: options.chargers ?? BAYS.length }, (_unused, index) => {
    const id = BAYS[index] ?? `BAY-${index}`;
    return createSimulatedCharger({
      url,
      id,
      speed: options.speed,
      sampleInterval: 1,
      protocol: PROTOCOLS[id] ?? 'ocpp1.6',
      ...(id === 'FAST-1' ? { connectors: [{ dc: true, volts: 400, maxW: 80_000 }] } : {}),
      onEvent(event) {
        const line = narrate(event);
        if (line !== null && event.kind !== 'offline') tell(line);
      },
      onFault: (problem) => tell(`${id}: ${problem}`),
    });
  });
}

async function drive(chargers: SimulatedCharger[], pace: Pace, signal: AbortSignal): Promise<void> {
  for (const charger of chargers) charger.connectPatiently();
  await Promise.all(
    chargers.map((charger, index) =>
      driveConnector(charger, 1, {
        ticker: timerTicker,
        random: seededRandom(41 + index),
        tokens: DRIVERS[index % DRIVERS.length] ?? ROAMING,
        pace,
        firstAfter: 1 + 2 * index,
        signal,
      }),
    ),
  );
}

function rowsOf(gateway: Gateway, chargers: SimulatedCharger[]): ChargerRow[] {
  const sessions = listRunning(gateway);
  return chargers.map((charger) => {
    const session = sessions.find((each) => each.chargerId === charger.id);
    const evse = findCharger(gateway, charger.id)?.evses[0];
    return {
      id: charger.id,
      status: charger.online ? (evse?.visible ?? 'Unknown') : 'away',
      card: session?.token.uid ?? null,
      powerW: charger.sight(1).powerW,
      energyWh: session?.energyWh ?? null,
      cost: session?.cost ? `${session.cost.total.afterTaxes} ${session.currency}` : null,
    };
  });
}

function prices(gateway: Gateway): string[] {
  return listRunning(gateway).flatMap(({ chargerId, energyWh, cost, currency }) =>
    cost ? [`gateway: ${chargerId} so far ${kwh(energyWh)}, ${cost.total.afterTaxes} ${currency}`] : [],
  );
}
