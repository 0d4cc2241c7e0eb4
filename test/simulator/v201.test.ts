import { describe, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSteppedTime } from '../../adapters/simulator/ticker.ts';
import { card, events, gist, PROTOCOLS, register, setUp, statuses, UUID } from './bench2x.ts';

describe.each(PROTOCOLS)('%s', (protocol) => {
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
    expect(started?.meterValue?.[0]?.sampledValue).toEqual([register(0, 'Transaction.Begin')]);
    expect(ended?.meterValue?.[0]?.sampledValue).toEqual([register(10_000, 'Transaction.End')]);
    expect(events(server)[2]?.meterValue?.[0]?.sampledValue[0]).toEqual(register(5000, 'Sample.Periodic'));
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

  test('a card before the cable begins it too; without a cable it lapses after the connection timeout', async () => {
    const time = createSteppedTime(Date.UTC(2026, 2, 1, 8, 0, 0));
    const { server, charger } = await setUp(protocol, { clock: time.clock, ticker: time.ticker, sampleInterval: 0 });
    expect(await charger.tap('CARD1', 1)).toBe('started');
    expect(statuses(server)).toEqual(['Available']);
    await charger.plugIn(1);
    await charger.unplug(1);
    await charger.tap('CARD1', 1);
    time.step(60_000);
    await charger.idle();
    expect(gist(server)).toEqual([
      '0 Started Authorized Idle CARD1',
      '1 Updated CablePluggedIn EVConnected',
      '2 Updated ChargingStateChanged Charging',
      '3 Ended EVCommunicationLost Idle EVDisconnected',
      '0 Started Authorized Idle CARD1',
      '1 Ended EVConnectTimeout Idle Timeout',
    ]);
  });

  test('what happens while the gateway is away is told afterwards, marked, in order and at its time', async () => {
    const { server, charger, pass, replaced } = await setUp(protocol);
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    const id = charger.transactionId(1);
    const back = await replaced(async () => {
      pass(600);
      await charger.sampleNow(1);
      pass(600);
      await charger.unplug(1);
      await charger.plugIn(1);
      await charger.tap('CARD2', 1);
      expect(charger.queueLength).toBe(4);
    });
    expect(gist(server)).toHaveLength(2);
    expect(gist(back)).toEqual([
      '2 Updated MeterValuePeriodic Charging',
      '3 Ended EVCommunicationLost Idle EVDisconnected',
      '0 Started Authorized EVConnected CARD2',
      '1 Updated ChargingStateChanged Charging',
    ]);
    const told = events(back);
    expect(told.map((event) => event.offline)).toEqual([true, true, true, true]);
    expect(told.slice(0, 3).map((event) => event.timestamp)).toEqual([
      '2026-03-01T08:10:00Z',
      '2026-03-01T08:20:00Z',
      '2026-03-01T08:20:00Z',
    ]);
    expect(told[0]?.transactionInfo.transactionId).toBe(id);
    expect(told[2]?.transactionInfo.transactionId).toBe(charger.transactionId(1));
  });

  test('an event whose answer was lost goes again with the same content, though the gateway was away since', async () => {
    const { server, charger } = await setUp(protocol);
    let drop = true;
    server.respond('TransactionEvent', () => {
      if (drop) charger.dropSocket();
      drop = false;
      return {};
    });
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    await charger.whenOnline();
    await charger.idle();
    const [first, again, next] = events(server);
    expect(again).toEqual(first);
    expect(next).toMatchObject({ seqNo: 1 });
  });

  test('a power cut ends the transaction at its time; the box tells so when it is back', async () => {
    const { server, charger, pass } = await setUp(protocol);
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    pass(1800);
    charger.powerCut();
    pass(7200);
    await charger.reboot();
    await charger.idle();
    expect(gist(server).at(-1)).toBe('2 Ended AbnormalCondition EVConnected PowerLoss');
    expect(events(server).at(-1)).toMatchObject({ offline: true, timestamp: '2026-03-01T08:30:00Z' });
  });

  test('a refused card ends its transaction, or stops its energy where it is set so', async () => {
    const { server, charger, pass } = await setUp(protocol, { connectors: 2 });
    server.respond('TransactionEvent', (event) => ('idToken' in event ? { idTokenInfo: { status: 'Blocked' } } : {}));
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    await charger.idle();
    expect(gist(server).at(-1)).toBe('2 Ended Deauthorized EVConnected DeAuthorized');

    const stop = { component: { name: 'TxCtrlr' }, variable: { name: 'StopTxOnInvalidId' }, attributeValue: 'false' };
    await server.call('SetVariables', { setVariableData: [stop] });
    await charger.plugIn(2);
    await charger.tap('CARD2', 2);
    pass(3600);
    await charger.idle();
    expect(gist(server).at(-1)).toBe('2 Updated Deauthorized SuspendedEVSE');
    await charger.sampleNow(2);
    expect(charger.registerWh(2)).toBe(0);
    expect(charger.transactionId(2)).not.toBeNull();
  });

  test('a card of the same group stops it, and is told with the end', async () => {
    const { server, charger } = await setUp(protocol);
    const idTokenInfo = { status: 'Accepted', groupIdToken: card('FLEET', 'Central') };
    server.respond('Authorize', () => ({ idTokenInfo }));
    server.respond('TransactionEvent', (event) => ('idToken' in event ? { idTokenInfo } : {}));
    await charger.plugIn(1);
    await charger.tap('CARD1', 1, 'eMAID');
    expect(await charger.tap('CARD2', 1)).toBe('stopped');
    expect(server.of('Authorize')).toEqual([{ idToken: card('CARD1', 'eMAID') }, { idToken: card('CARD2') }]);
    expect(gist(server).at(-1)).toBe('2 Ended StopAuthorized EVConnected CARD2 Local');
  });

  test('a start point that 1.6 does not know is refused at once', () => {
    const options = { url: 'ws://127.0.0.1:1', id: 'X', txStartPoint: 'Authorized' as const };
    expect(() => createSimulatedCharger(options)).toThrow(RangeError);
  });
});

test('2.1 takes any word for the kind of a token', async () => {
  const { server, charger } = await setUp('ocpp2.1');
  await charger.plugIn(1);
  await charger.tap('0042', 1, 'DirectPayment');
  expect(events(server)[0]?.idToken).toEqual(card('0042', 'DirectPayment'));
});
