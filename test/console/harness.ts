/** A gateway on a real database in a directory of its own, with the console on a free port. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsoleServer } from '../../adapters/console/server.ts';
import type { ConsoleOptions } from '../../adapters/console/server.ts';
import { loadConfig, resolveConfigPath } from '../../config/load.ts';
import { applyConfig } from '../../gateway/apply-config.ts';
import { createBus } from '../../gateway/bus.ts';
import { bootCharger, connectCharger } from '../../gateway/chargers.ts';
import { createConnections } from '../../gateway/connections.ts';
import type { CallOutcome, Connection } from '../../gateway/connections.ts';
import { createDiagnostics } from '../../gateway/diagnostics.ts';
import type { Settings } from '../../gateway/domain/settings.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import type { Sample } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createSessionPace } from '../../gateway/session-pace.ts';
import { openDb } from '../../gateway/store/db.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface Site {
  gw: Gateway;
  url: string;
  /** A request to the console, JSON in and out. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  close(): Promise<void>;
}

export interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

export interface SiteOptions extends Partial<ConsoleOptions> {
  clock?: Clock;
  settings?: Partial<Settings>;
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const { clock = wallClock, settings, ...rest } = options;
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-console-'));
  const gw = openGateway(directory, clock, { ...loadConfig(resolveConfigPath(undefined, {})).settings, ...settings });
  await applyConfig(gw);
  const server = createConsoleServer(gw, { host: '127.0.0.1', port: 0, token: null, ...rest });
  const { url } = await server.listen();
  return {
    gw,
    url,
    api: (method, path, body, headers = {}) => request(`${url}${path.slice(1)}`, method, body, headers),
    async close() {
      await server.close();
      gw.db.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function openGateway(directory: string, clock: Clock, settings: Settings): Gateway {
  const bus = createBus((error) => {
    throw error;
  });
  return {
    settings,
    db: openDb({ directory, clock, publish: (event) => bus.publish(event) }),
    bus,
    clock,
    log: silent,
    connections: createConnections(clock()),
    diagnostics: createDiagnostics(clock, settings.framesPerCharger),
    pace: createSessionPace(clock),
    peersSeen: new Map(),
    siteUpdatedAt: 0,
  };
}

async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
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
    lastSeenAt: () => gw.clock(),
    call: (action, payload) => Promise.resolve(answer(action, payload)),
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
