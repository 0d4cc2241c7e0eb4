/** A whole gateway on a database of its own, and a console on a free port beside its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsoleServer } from '../../adapters/console/server.ts';
import type { ConsoleOptions } from '../../adapters/console/server.ts';
import { loadConfig, resolveConfigPath } from '../../config/load.ts';
import { bootCharger, connectCharger } from '../../gateway/chargers.ts';
import type { CallOutcome, Connection } from '../../gateway/connections.ts';
import type { Settings } from '../../gateway/domain/settings.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import type { Sample } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { startGateway } from '../../gateway/main.ts';
import { recordSamples } from '../../gateway/samples.ts';
import { startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { layDatabase } from '../harness/database.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface Site {
  gw: Gateway;
  url: string;
  /** A request to the console, JSON in and out. */
  api<Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<Body>>;
  close(): Promise<void>;
}

export interface Reply<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface SiteOptions extends Partial<ConsoleOptions> {
  clock?: Clock;
  settings?: Partial<Settings>;
  /** Bound of the database. */
  maxMegabytes?: number;
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const { clock = wallClock, settings, maxMegabytes = 0, ...rest } = options;
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-console-'));
  layDatabase(directory);
  const config = loadConfig(resolveConfigPath(undefined, {}));
  const running = await startGateway(
    {
      ...config,
      settings: { ...config.settings, ...settings },
      ocpp: { ...config.ocpp, host: '127.0.0.1', port: 0 },
      ocpi: { ...config.ocpi, host: '127.0.0.1', port: 0 },
      console: { ...config.console, port: 0 },
      storage: { directory, maxMegabytes },
    },
    { clock, log: silent },
  );
  const gw = running.gateway;
  const server = createConsoleServer(gw, { host: '127.0.0.1', port: 0, token: null, ...rest });
  const { url } = await server.listen();
  return {
    gw,
    url,
    api: (method, path, body, headers = {}) => request(`${url}${path.slice(1)}`, method, body, headers),
    async close() {
      await server.close();
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function request<Body>(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply<Body>> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as Body };
}

/** A charger that is connected and booted; what it is asked is answered by `answer`. */
export async function plugIn(
  gw: Gateway,
  chargerId: string,
  answer: (action: string, payload: unknown) => CallOutcome = () => ({ kind: 'timeout' }),
): Promise<Connection> {
  const connection: Connection = {
    chargerId,
    protocol: 'ocpp1.6',
    since: gw.clock(),
    tokenLimit: 20,
    callTimeout: 2,
    lastSeenAt: () => gw.clock(),
    call: (action, payload) => Promise.resolve(answer(action, payload)),
    order: async () => ({ kind: 'timeout' }),
    close: () => undefined,
  };
  gw.connections.add(connection);
  await connectCharger(gw, chargerId, 'ocpp1.6');
  const facts = { vendor: 'Voltan', model: 'Twin 22', serial: `S-${chargerId}`, firmware: '1.4.2' };
  await bootCharger(gw, chargerId, { protocol: 'ocpp1.6', ...facts });
  return connection;
}

/** A reading of the meter. */
export function reading(reportedAt: number, energyWh: number, powerW: number | null = null): Sample {
  return { reportedAt, context: 'Sample.Periodic', energyWh, powerW, currentMa: null, socPercent: null, values: [] };
}

export interface Charge {
  chargerId: string;
  evse?: number;
  tokenUid: string;
  /** The charger's clock, epoch milliseconds. */
  startedAt: number;
  meterStart?: number;
  /** Register and power, a minute apart. */
  readings: [energyWh: number, powerW: number][];
  /** Ends at the last reading. */
  ends?: boolean;
}

/** A transaction as a charger reports it; returns its wire id. */
export async function charge(gw: Gateway, charge: Charge): Promise<string> {
  const { chargerId, evse = 1, tokenUid, startedAt, meterStart = 1000 } = charge;
  const at = (minutes: number): number => startedAt + minutes * 60_000;
  const { wireId } = await startTransaction(gw, {
    chargerId,
    evse,
    connector: 1,
    tokenUid,
    meterStart,
    reportedAt: startedAt,
    receivedAt: startedAt,
    timestamp: new Date(startedAt).toISOString(),
  });
  for (const [index, [energyWh, powerW]] of charge.readings.entries()) {
    const samples = [reading(at(index + 1), energyWh, powerW)];
    await recordSamples(gw, { chargerId, evse, wireId, samples, receivedAt: at(index + 1) });
  }
  if (charge.ends === true) {
    const ended = at(charge.readings.length);
    await stopTransaction(gw, {
      chargerId,
      wireId,
      meterStop: charge.readings.at(-1)?.[0] ?? meterStart,
      reportedAt: ended,
      receivedAt: ended,
      timestamp: new Date(ended).toISOString(),
      reason: 'Local',
      tokenUid,
      samples: [],
      payload: {},
    });
  }
  return wireId;
}
