import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { SimulatedChargerOptions } from '../../adapters/simulator/charger.ts';
import { startCounterpart, type Counterpart } from './counterpart.ts';
import { startCounterpart21 } from './counterpart21.ts';

const START = Date.UTC(2026, 2, 1, 8, 0, 0);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const starters = {
  'ocpp2.0.1': (port?: number) => startCounterpart(port, 'ocpp2.0.1'),
  'ocpp2.1': startCounterpart21,
};

async function setUp(protocol: keyof typeof starters, options: Partial<SimulatedChargerOptions> = {}) {
  const server = await starters[protocol]();
  cleanups.push(() => server.stop());
  let now = START;
  const violations: string[] = [];
  const charger = createSimulatedCharger({
    url: server.url,
    id: 'SIM-1',
    protocol,
    clock: () => now,
    strict: true,
    power: () => () => 10_000,
    reconnect: { minMs: 5, maxMs: 20 },
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
  return { server, charger, pass };
}

interface Told {
  eventType: string;
  triggerReason: string;
  seqNo: number;
  offline?: boolean;
  timestamp: string;
  transactionInfo: { transactionId: string; chargingState: string; stoppedReason?: string; remoteStartId?: number };
  idToken?: { idToken: string; type: string };
  meterValue?: { sampledValue: { value: number; context: string }[] }[];
}

const events = (server: Counterpart) => server.of('TransactionEvent') as unknown as Told[];

/** The gist of each event: number, stage, trigger, state, card. */
const gist = (server: Counterpart) =>
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

const statuses = (server: Counterpart, evseId = 1) =>
  server
    .of('StatusNotification')
    .filter((payload) => payload['evseId'] === evseId)
    .map((payload) => payload['connectorStatus']);

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('%s', (protocol) => {
  test('boots with its reason and tells each EVSE once', async () => {
    const { server, charger } = await setUp(protocol, { connectors: 2 });
    const chargingStation = { model: 'Simulator', vendorName: 'Chargegate', serialNumber: 'SIM-1' };
    expect(server.of('BootNotification')).toEqual([
      { reason: 'PowerUp', chargingStation: { ...chargingStation, firmwareVersion: '1.0.0' } },
    ]);
    expect([statuses(server, 0), statuses(server, 1), statuses(server, 2)]).toEqual([[], ['Available'], ['Available']]);
    await charger.reboot();
    await charger.idle();
    charger.powerCut();
    await charger.reboot();
    expect(server.of('BootNotification').map((boot) => boot['reason'])).toEqual(['PowerUp', 'LocalReset', 'PowerUp']);
  });

  test('a session that begins with the card: every event numbered, readings as numbers', async () => {
    const { server, charger, pass } = await setUp(protocol);
    await charger.plugIn(1);
    expect(await charger.tap('CARD1', 1)).toBe('started');
    pass(1800);
    await charger.sampleNow(1);
    await charger.suspendEv(1);
    await charger.resume(1);
    pass(1800);
    expect(await charger.tap('CARD1', 1)).toBe('stopped');
    await charger.unplug(1);

    expect(gist(server)).toEqual([
      '0 Started Authorized EVConnected CARD1',
      '1 Updated ChargingStateChanged Charging',
      '2 Updated MeterValuePeriodic Charging',
      '3 Updated ChargingStateChanged SuspendedEV',
      '4 Updated ChargingStateChanged Charging',
      '5 Ended StopAuthorized EVConnected CARD1 Local',
    ]);
    const [started] = events(server);
    const ended = events(server).at(-1);
    expect(started?.transactionInfo.transactionId).toMatch(UUID);
    expect(new Set(events(server).map((event) => event.transactionInfo.transactionId)).size).toBe(1);
    expect(started).toMatchObject({ evse: { id: 1, connectorId: 1 }, idToken: { idToken: 'CARD1', type: 'ISO14443' } });
    expect(started?.meterValue?.[0]?.sampledValue).toEqual([reading(0, 'Transaction.Begin')]);
    expect(ended?.meterValue?.[0]?.sampledValue).toEqual([reading(10_000, 'Transaction.End')]);
    expect(events(server)[2]?.meterValue?.[0]?.sampledValue[0]).toEqual(reading(5000, 'Sample.Periodic'));
    expect(events(server).some((event) => 'offline' in event)).toBe(false);
    expect(statuses(server)).toEqual(['Available', 'Occupied', 'Available']);
    expect(charger.transactionId(1)).toBeNull();
  });

  test('a session that begins with the cable has its card later', async () => {
    const { server, charger } = await setUp(protocol, { txStartPoint: 'EVConnected' });
    await charger.plugIn(1);
    expect(charger.transactionId(1)).toMatch(UUID);
    await charger.tap('CARD1', 1);
    await charger.unplug(1);
    expect(gist(server)).toEqual([
      '0 Started CablePluggedIn EVConnected',
      '1 Updated Authorized EVConnected CARD1',
      '2 Updated ChargingStateChanged Charging',
      '3 Ended EVCommunicationLost Idle EVDisconnected',
    ]);
    expect(statuses(server)).toEqual(['Available', 'Occupied', 'Available']);
  });
});

const reading = (value: number, context: string) => ({
  value,
  context,
  measurand: 'Energy.Active.Import.Register',
  location: 'Outlet',
  unitOfMeasure: { unit: 'Wh' },
});
