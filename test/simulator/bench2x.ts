import { afterEach, expect } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { SimulatedChargerOptions } from '../../adapters/simulator/charger.ts';
import { startCounterpart, type Counterpart } from './counterpart.ts';
import { startCounterpart21 } from './counterpart21.ts';

const START = Date.UTC(2026, 2, 1, 8, 0, 0);
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** What is undone after each test, last first. */
export const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export const PROTOCOLS = ['ocpp2.0.1', 'ocpp2.1'] as const;

export type Protocol2x = (typeof PROTOCOLS)[number];

/** A central system of either version, on a free port or this one. */
export const starters = {
  'ocpp2.0.1': (port?: number) => startCounterpart(port, 'ocpp2.0.1'),
  'ocpp2.1': startCounterpart21,
};

/** A charger that is online at a central system; at the end nothing may have been against the schemas. */
export async function setUp(protocol: Protocol2x, options: Partial<SimulatedChargerOptions> = {}) {
  const server = await starters[protocol]();
  cleanups.push(() => server.stop());
  let now = START;
  let wentOffline = (): void => undefined;
  const violations: string[] = [];
  const charger = createSimulatedCharger({
    url: server.url,
    id: 'SIM-1',
    protocol,
    clock: () => now,
    strict: true,
    power: () => () => 10_000,
    reconnect: { minMs: 5, maxMs: 20 },
    onEvent: (event) => event.kind === 'offline' && wentOffline(),
    onViolation: (problem) => violations.push(problem),
    ...options,
  });
  cleanups.push(async () => {
    await charger.close();
    expect([...violations, ...server.violations]).toEqual([]);
  });
  await charger.connect();
  await charger.idle();
  const pass = (seconds: number) => {
    now += seconds * 1000;
  };
  /** The central system is gone and another takes its place. */
  async function replaced(during: () => Promise<void>): Promise<Counterpart> {
    const noticed = new Promise<void>((resolve) => (wentOffline = resolve));
    await server.stop();
    await noticed;
    await during();
    const back = await starters[protocol](server.port);
    cleanups.push(() => back.stop());
    await charger.idle();
    expect(back.violations).toEqual([]);
    return back;
  }
  return { server, charger, pass, replaced };
}

/** A TransactionEvent as far as the tests look into it. */
export interface Told {
  eventType: string;
  triggerReason: string;
  seqNo: number;
  offline?: boolean;
  timestamp: string;
  transactionInfo: { transactionId: string; chargingState: string; stoppedReason?: string; remoteStartId?: number };
  idToken?: { idToken: string; type: string };
  meterValue?: { sampledValue: { value: number; context: string }[] }[];
}

/** What was told of transactions, in order. */
export const events = (server: Counterpart) => server.of('TransactionEvent') as unknown as Told[];

/** The gist of each event: number, stage, trigger, state, card. */
export const gist = (server: Counterpart) =>
  events(server).map((event) =>
    [
      event.seqNo,
      event.eventType,
      event.triggerReason,
      event.transactionInfo.chargingState,
      event.idToken?.idToken,
      event.transactionInfo.stoppedReason,
    ]
      .filter((each) => each !== undefined)
      .join(' '),
  );

/** What was told of an EVSE's connector, in order. */
export const statuses = (server: Counterpart, evseId = 1) =>
  server
    .of('StatusNotification')
    .filter((payload) => payload['evseId'] === evseId)
    .map((payload) => payload['connectorStatus']);

/** The energy register as one sampled value. */
export const register = (value: number, context: string) => ({
  value,
  context,
  measurand: 'Energy.Active.Import.Register',
  location: 'Outlet',
  unitOfMeasure: { unit: 'Wh' },
});

export const card = (idToken: string, type = 'ISO14443') => ({ idToken, type });
