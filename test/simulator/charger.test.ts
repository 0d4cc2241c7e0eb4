import { afterEach, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { SimulatedCharger, SimulatedChargerOptions } from '../../adapters/simulator/charger.ts';
import type { SimulatorEvent } from '../../adapters/simulator/model.ts';
import { createSteppedTime } from '../../adapters/simulator/ticker.ts';
import { startCounterpart } from './counterpart.ts';
import type { Counterpart } from './counterpart.ts';

const START = Date.UTC(2026, 2, 1, 8, 0, 0);
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function setUp(options: Partial<SimulatedChargerOptions> = {}) {
  const server = await startCounterpart();
  cleanups.push(() => server.stop());
  let now = START;
  const violations: string[] = [];
  const events: SimulatorEvent[] = [];
  const charger = createSimulatedCharger({
    url: server.url,
    id: 'SIM-1',
    clock: () => now,
    strict: true,
    power: () => () => 10_000,
    reconnect: { minMs: 5, maxMs: 20 },
    onViolation: (problem) => violations.push(problem),
    onEvent: (event) => events.push(event),
    ...options,
  });
  cleanups.push(() => charger.close());
  const pass = (seconds: number) => {
    now += seconds * 1000;
  };
  return { server, charger, pass, violations, events };
}

async function charging(charger: SimulatedCharger) {
  await charger.connect();
  await charger.plugIn(1);
  await charger.tap('CARD1', 1);
  await charger.idle();
}

const statuses = (server: Counterpart, connector: number) =>
  server
    .of('StatusNotification')
    .filter((payload) => payload['connectorId'] === connector)
    .map((payload) => payload['status']);

const actions = (server: Counterpart) => server.received.map((each) => each.action);

test('a whole session is schema-valid, in order, with a rising register', async () => {
  const { server, charger, pass, violations } = await setUp();
  await charging(charger);
  expect(charger.transactionId(1)).toBe(101);
  pass(1800);
  await charger.advance(1, 1800);
  pass(1800);
  await charger.sampleNow(1);
  expect(await charger.tap('CARD1', 1)).toBe('stopped');
  await charger.unplug(1);
  await charger.idle();

  expect(actions(server)).toEqual([
    'BootNotification',
    'StatusNotification',
    'StatusNotification',
    'StatusNotification',
    'Authorize',
    'StartTransaction',
    'StatusNotification',
    'MeterValues',
    'MeterValues',
    'StopTransaction',
    'StatusNotification',
    'StatusNotification',
  ]);
  expect(statuses(server, 0)).toEqual(['Available']);
  expect(statuses(server, 1)).toEqual(['Available', 'Preparing', 'Charging', 'Finishing', 'Available']);
  expect(server.of('StartTransaction')).toEqual([
    { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp: '2026-03-01T08:00:00Z' },
  ]);
  expect(server.of('StopTransaction')).toEqual([
    { transactionId: 101, idTag: 'CARD1', meterStop: 10_000, timestamp: '2026-03-01T09:00:00Z', reason: 'Local' },
  ]);
  const registers = server.of('MeterValues').map((payload) => JSON.stringify(payload).match(/"value":"(\d+)"/)?.[1]);
  expect(registers).toEqual(['5000', '10000']);
  expect(charger.registerWh(1)).toBe(10_000);
  expect([...server.violations, ...violations]).toEqual([]);
});

test('a tap before the plug arms the connector, and the card lapses after the connection timeout', async () => {
  const time = createSteppedTime(START);
  const { server, charger } = await setUp({ clock: time.clock, ticker: time.ticker });
  await charger.connect();
  expect(await charger.tap('CARD1', 1)).toBe('armed');
  expect(charger.status(1)).toBe('Preparing');
  time.step(60_000);
  expect(charger.status(1)).toBe('Available');
  expect(await charger.tap('CARD1', 1)).toBe('armed');
  await charger.plugIn(1);
  await charger.idle();
  expect(server.of('StartTransaction')).toHaveLength(1);
});

test('readings are taken by the ticker at the sample interval, all phases and power told', async () => {
  const time = createSteppedTime(START);
  const { server, charger } = await setUp({ clock: time.clock, ticker: time.ticker, sampleInterval: 30 });
  await charging(charger);
  time.step(90_000);
  await charger.idle();
  expect(server.of('MeterValues')).toHaveLength(3);
  expect(server.of('MeterValues')[0]).toEqual({
    connectorId: 1,
    transactionId: 101,
    meterValue: [
      {
        timestamp: '2026-03-01T08:00:30Z',
        sampledValue: [
          sampled('Energy.Active.Import.Register', '83', 'Wh'),
          sampled('Power.Active.Import', '10000', 'W'),
          { ...sampled('Current.Import', '14.5', 'A'), phase: 'L1' },
          { ...sampled('Current.Import', '14.5', 'A'), phase: 'L2' },
          { ...sampled('Current.Import', '14.5', 'A'), phase: 'L3' },
        ],
      },
    ],
  });
});

test('readings come at least so often, whatever time the central system sets', async () => {
  const time = createSteppedTime(START);
  const { server, charger } = await setUp({ clock: time.clock, ticker: time.ticker, sampleAtLeast: 10 });
  await charger.connect();
  await server.call('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '60' });
  await charging(charger);
  time.step(30_000);
  await charger.idle();
  expect(server.of('MeterValues')).toHaveLength(3);
  const asked = await server.call('GetConfiguration', { key: ['MeterValueSampleInterval'] });
  expect(asked).toMatchObject({ configurationKey: [{ value: '60' }] });
});

const sampled = (measurand: string, value: string, unit: string) => ({
  measurand,
  value,
  unit,
  context: 'Sample.Periodic',
  location: 'Outlet',
});

test('a DC charger tells the state of charge', async () => {
  const { server, charger } = await setUp({ connectors: [{ dc: true, volts: 400, maxW: 100_000 }] });
  await charging(charger);
  await charger.advance(1, 60);
  expect(JSON.stringify(server.of('MeterValues')[0])).toContain(
    '"value":"30","context":"Sample.Periodic","measurand":"SoC"',
  );
  expect(server.violations).toEqual([]);
});

test('a refused card starts nothing', async () => {
  const { server, charger } = await setUp();
  server.respond('Authorize', () => ({ idTagInfo: { status: 'Blocked' } }));
  await charger.connect();
  await charger.plugIn(1);
  expect(await charger.tap('CARD1', 1)).toBe('refused');
  expect(charger.transactionId(1)).toBeNull();
  expect(charger.status(1)).toBe('Preparing');
});

test('a start answered with a refused card ends as DeAuthorized', async () => {
  const { server, charger } = await setUp();
  server.respond('StartTransaction', () => ({ transactionId: 7, idTagInfo: { status: 'Invalid' } }));
  await charging(charger);
  expect(server.of('StopTransaction')).toMatchObject([{ transactionId: 7, reason: 'DeAuthorized' }]);
});

test('where it is set so, a start answered with a refused card stays open without energy', async () => {
  const { server, charger, pass } = await setUp({ settings: { stopOnInvalidId: false } });
  server.respond('StartTransaction', () => ({ transactionId: 7, idTagInfo: { status: 'Invalid' } }));
  await charging(charger);
  pass(3600);
  await charger.sampleNow(1);
  expect([charger.status(1), charger.transactionId(1), charger.registerWh(1)]).toEqual(['SuspendedEVSE', 7, 0]);
});

test('a car that stops drawing shows as SuspendedEV and takes no energy', async () => {
  const { server, charger, pass } = await setUp();
  await charging(charger);
  await charger.suspendEv(1);
  pass(3600);
  await charger.sampleNow(1);
  expect(charger.registerWh(1)).toBe(0);
  await charger.resume(1);
  pass(3600);
  await charger.sampleNow(1);
  expect(charger.registerWh(1)).toBe(10_000);
  expect(statuses(server, 1)).toEqual(['Available', 'Preparing', 'Charging', 'SuspendedEV', 'Charging']);
});

test('messages queue in order while the gateway is away and keep their times', async () => {
  const { server, charger, pass, violations } = await setUp();
  await charger.connect();
  await charger.idle();
  await server.stop();
  await charger.plugIn(1);
  expect(await charger.tap('CARD1', 1)).toBe('started');
  expect(charger.transactionId(1)).toBeLessThan(0);
  pass(600);
  await charger.sampleNow(1);
  pass(600);
  await charger.unplug(1);
  await charger.plugIn(1);
  pass(60);
  await charger.tap('CARD2', 1);
  expect(charger.queueLength).toBe(4);

  const back = await startCounterpart(server.port);
  cleanups.push(() => back.stop());
  await charger.idle();
  expect(actions(back).filter((action) => action !== 'StatusNotification')).toEqual([
    'StartTransaction',
    'MeterValues',
    'StopTransaction',
    'StartTransaction',
  ]);
  expect(back.of('StartTransaction').map((each) => each['timestamp'])).toEqual([
    '2026-03-01T08:00:00Z',
    '2026-03-01T08:21:00Z',
  ]);
  expect(back.of('MeterValues')[0]).toMatchObject({ transactionId: 101 });
  expect(back.of('StopTransaction')).toMatchObject([{ transactionId: 101, reason: 'EVDisconnected' }]);
  expect(charger.transactionId(1)).toBe(102);
  expect([...back.violations, ...server.violations, ...violations]).toEqual([]);
});

test('a message whose answer was lost goes again with the same content', async () => {
  const { server, charger } = await setUp();
  let drop = true;
  server.respond('StartTransaction', async () => {
    if (drop) {
      drop = false;
      charger.dropSocket();
    }
    return { transactionId: 55, idTagInfo: { status: 'Accepted' } };
  });
  await charger.connect();
  await charger.plugIn(1);
  await charger.tap('CARD1', 1);
  await charger.whenOnline();
  await charger.idle();
  const [first, second] = server.of('StartTransaction');
  expect(second).toEqual(first);
  expect(server.of('BootNotification')).toHaveLength(1);
  expect(charger.transactionId(1)).toBe(55);
});

test('a power cut in mid-session ends it with PowerLoss at the time of the cut', async () => {
  const { server, charger, pass } = await setUp();
  await charging(charger);
  pass(1800);
  charger.powerCut();
  pass(7200);
  await charger.reboot();
  await charger.idle();
  expect(server.of('BootNotification')).toHaveLength(2);
  expect(server.of('StopTransaction')).toEqual([
    { transactionId: 101, meterStop: 5000, timestamp: '2026-03-01T08:30:00Z', reason: 'PowerLoss' },
  ]);
  expect(charger.status(1)).toBe('Preparing');
});

test('a power cut in mid-session continues it where the box resumes', async () => {
  const { server, charger, pass } = await setUp({ afterPowerLoss: 'resume' });
  await charging(charger);
  pass(1800);
  charger.powerCut();
  pass(7200);
  await charger.reboot();
  expect(charger.transactionId(1)).toBe(101);
  pass(1800);
  await charger.tap('CARD1', 1);
  await charger.idle();
  expect(server.of('StartTransaction')).toHaveLength(1);
  expect(server.of('StopTransaction')).toMatchObject([{ transactionId: 101, meterStop: 10_000 }]);
});

test('a box that is cut off while it connects stays dark until it is started', async () => {
  const time = createSteppedTime(START);
  const { server, charger } = await setUp({ clock: time.clock, ticker: time.ticker });
  charger.connectPatiently();
  charger.powerCut();
  await charger.idle();
  time.step(60_000);
  charger.dropSocket();
  time.step(60_000);
  await charger.idle();
  expect(server.received).toEqual([]);
  await charger.reboot();
  expect(server.of('BootNotification')).toHaveLength(1);
});

test('remote start and stop', async () => {
  const { server, charger } = await setUp({ connectors: 2 });
  await charger.connect();
  await charger.plugIn(2);
  expect(await server.call('RemoteStartTransaction', { idTag: 'APP1' })).toEqual({ status: 'Accepted' });
  await charger.idle();
  expect(charger.status(2)).toBe('Charging');
  expect(await server.call('RemoteStopTransaction', { transactionId: 999 })).toEqual({ status: 'Rejected' });
  expect(await server.call('RemoteStopTransaction', { transactionId: 101 })).toEqual({ status: 'Accepted' });
  await charger.idle();
  expect(server.of('StartTransaction')).toMatchObject([{ connectorId: 2, idTag: 'APP1' }]);
  expect(server.of('StopTransaction')).toMatchObject([{ reason: 'Remote' }]);
  expect(server.violations).toEqual([]);
});

test('a reset ends transactions with its reason and boots again', async () => {
  const { server, charger } = await setUp();
  await charging(charger);
  expect(await server.call('Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' });
  await server.waitFor('BootNotification', 2);
  await charger.idle();
  expect(server.of('StopTransaction')).toMatchObject([{ reason: 'SoftReset' }]);

  await charger.tap('CARD1', 1);
  expect(await server.call('Reset', { type: 'Hard' })).toEqual({ status: 'Accepted' });
  await server.waitFor('BootNotification', 3);
  await charger.whenOnline();
  await charger.idle();
  expect(server.of('StopTransaction').at(-1)).toMatchObject({ reason: 'HardReset' });
});

test('a pending charger sends nothing but boots until it is accepted', async () => {
  const time = createSteppedTime(START);
  const { server, charger } = await setUp({ clock: time.clock, ticker: time.ticker });
  server.respond('BootNotification', () => ({ status: 'Pending', interval: 10, currentTime: '2026-03-01T00:00:00Z' }));
  await charger.connect();
  await charger.plugIn(1);
  expect(actions(server)).toEqual(['BootNotification']);
  server.respond('BootNotification', () => ({ status: 'Accepted', interval: 20, currentTime: '2026-03-01T00:00:00Z' }));
  time.step(10_000);
  await charger.whenOnline();
  await charger.idle();
  expect(statuses(server, 1)).toEqual(['Preparing']);
  time.step(40_000);
  await charger.idle();
  expect(server.of('Heartbeat')).toHaveLength(2);
});

test('orders are answered as the schemas want and do what they say', async () => {
  const { server, charger, violations } = await setUp();
  await charging(charger);
  const ask = (action: string, payload: unknown) => server.call(action, payload);
  expect(await ask('GetConfiguration', { key: ['HeartbeatInterval', 'Nonsense'] })).toEqual({
    configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '300' }],
    unknownKey: ['Nonsense'],
  });
  expect((await ask('GetConfiguration', {}))['configurationKey']).toHaveLength(34);
  expect(await ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '5' })).toEqual({
    status: 'Accepted',
  });
  expect(await ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: 'x' })).toEqual({
    status: 'Rejected',
  });
  expect(await ask('ChangeConfiguration', { key: 'Nonsense', value: '5' })).toEqual({ status: 'NotSupported' });
  expect(await ask('TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 1 })).toEqual({
    status: 'Accepted',
  });
  expect(await ask('TriggerMessage', { requestedMessage: 'Heartbeat' })).toEqual({ status: 'Accepted' });
  expect(await ask('DataTransfer', { vendorId: 'x' })).toEqual({ status: 'UnknownVendorId' });
  expect(await ask('ClearCache', {})).toEqual({ status: 'Accepted' });
  expect(await ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual({ status: 'Scheduled' });
  expect(await ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' });
  await charger.idle();
  expect(charger.status(1)).toBe('Unavailable');
  expect(server.of('StopTransaction')).toMatchObject([{ reason: 'UnlockCommand' }]);
  expect(server.of('MeterValues')).toHaveLength(1);
  expect(server.of('Heartbeat')).toHaveLength(1);
  await expect(ask('CancelReservation', { reservationId: 1 })).resolves.toEqual({ status: 'Rejected' });
  expect([...server.violations, ...violations]).toEqual([]);
});

test('a message answered with errors is given up after its attempts, so that the queue goes on', async () => {
  const { server, charger, events } = await setUp({ transactionRetryMs: 1 });
  server.respond('MeterValues', () => {
    throw new Error('no');
  });
  await charging(charger);
  await charger.sampleNow(1);
  await charger.tap('CARD1', 1);
  await charger.idle();
  expect(server.of('MeterValues')).toHaveLength(3);
  expect(server.of('StopTransaction')).toHaveLength(1);
  expect(events.filter((event) => event.kind === 'dropped')).toHaveLength(1);
});
