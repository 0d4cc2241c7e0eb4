import { describe, expect, test } from 'vitest';
import { createSteppedTime } from '../../adapters/simulator/ticker.ts';
import type { Counterpart } from './counterpart.ts';
import { card, events, gist, PROTOCOLS, setUp, statuses, UUID } from './bench2x.ts';

const START = Date.UTC(2026, 2, 1, 8, 0, 0);
const evse = (id: number) => ({ id, connectorId: 1 });
const variable = (component: string, name: string, instance?: string) => ({
  component: { name: component },
  variable: { name, ...(instance !== undefined && { instance }) },
});

/** The last thing told of a transaction, in short. */
const last = (server: Counterpart) => gist(server).at(-1);

describe.each(PROTOCOLS)('%s orders', (protocol) => {
  test('a remote start names its order in the first event; a remote stop takes the charger’s own id', async () => {
    const { server, charger } = await setUp(protocol, { connectors: 2 });
    await charger.plugIn(2);
    const start = { idToken: card('APP1', 'Central'), remoteStartId: 77 };
    expect(await server.call('RequestStartTransaction', start)).toEqual({ status: 'Accepted' });
    await charger.idle();
    expect(gist(server)[0]).toBe('0 Started RemoteStart EVConnected APP1');
    expect(events(server)[0]).toMatchObject({
      transactionInfo: { remoteStartId: 77 },
      evse: evse(2),
      idToken: { type: 'Central' },
    });
    expect(events(server)[1]?.transactionInfo.remoteStartId).toBeUndefined();
    expect(await server.call('RequestStartTransaction', { ...start, evseId: 2 })).toEqual({ status: 'Rejected' });

    const transactionId = charger.transactionId(2);
    expect(await server.call('GetTransactionStatus', { transactionId })).toEqual({
      ongoingIndicator: true,
      messagesInQueue: false,
    });
    expect(await server.call('GetTransactionStatus', {})).toEqual({ messagesInQueue: false });
    expect(await server.call('RequestStopTransaction', { transactionId: 'none' })).toEqual({ status: 'Rejected' });
    expect(await server.call('RequestStopTransaction', { transactionId })).toEqual({ status: 'Accepted' });
    await charger.idle();
    expect(last(server)).toBe('2 Ended RemoteStop EVConnected Remote');
    expect(await server.call('GetTransactionStatus', { transactionId })).toMatchObject({ ongoingIndicator: false });
  });

  test('a remote start takes over the transaction that the cable began, and brings a limit', async () => {
    const { server, charger } = await setUp(protocol, { txStartPoint: 'EVConnected' });
    await charger.plugIn(1);
    const transactionId = charger.transactionId(1);
    const answer = await server.call('RequestStartTransaction', {
      evseId: 1,
      idToken: card('APP1', 'Central'),
      remoteStartId: 5,
      chargingProfile: profile(1, 'TxProfile', [{ startPeriod: 0, limit: 4000 }]),
    });
    expect(answer).toEqual({ status: 'Accepted', transactionId });
    await charger.idle();
    expect(gist(server)[1]).toBe('1 Updated RemoteStart EVConnected APP1');
    expect(charger.sight(1).powerW).toBe(4000);
  });

  test('a reset at once ends transactions; one on idle waits for them', async () => {
    const { server, charger } = await setUp(protocol);
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    expect(await server.call('Reset', { type: 'Immediate' })).toEqual({ status: 'Accepted' });
    await server.waitFor('BootNotification', 2);
    await charger.whenOnline();
    expect(last(server)).toBe('2 Ended ResetCommand EVConnected ImmediateReset');
    expect(server.of('BootNotification')[1]).toMatchObject({ reason: 'RemoteReset' });

    await charger.tap('CARD1', 1);
    expect(await server.call('Reset', { type: 'OnIdle' })).toEqual({ status: 'Scheduled' });
    await charger.idle();
    expect(server.of('BootNotification')).toHaveLength(2);
    await charger.tap('CARD1', 1);
    await server.waitFor('BootNotification', 3);
    expect(last(server)).toBe('2 Ended StopAuthorized EVConnected CARD1 Local');
    expect(await server.call('Reset', { type: 'OnIdle', evseId: 1 })).toEqual({ status: 'Rejected' });
  });

  test('triggers, availability, unlocking, and orders nobody knows', async () => {
    const { server, charger } = await setUp(protocol, { connectors: 2, txStartPoint: 'EVConnected' });
    const trigger = (requestedMessage: string, id?: number) =>
      server.call('TriggerMessage', { requestedMessage, ...(id !== undefined && { evse: evse(id) }) });
    expect(await trigger('BootNotification')).toEqual({ status: 'Rejected' });
    expect(await trigger('TransactionEvent', 1)).toEqual({ status: 'Rejected' });
    expect(await trigger('SignV2GCertificate')).toEqual({ status: 'NotImplemented' });
    await charger.plugIn(1);
    for (const each of ['TransactionEvent', 'MeterValues', 'StatusNotification', 'Heartbeat', 'LogStatusNotification'])
      expect(await trigger(each)).toEqual({ status: 'Accepted' });
    await charger.idle();
    expect(last(server)).toBe('1 Updated Trigger EVConnected');
    expect(server.of('MeterValues').map((each) => each['evseId'])).toEqual([1, 2]);
    expect([statuses(server, 1), statuses(server, 2)]).toEqual([
      ['Available', 'Occupied', 'Occupied'],
      ['Available', 'Available'],
    ]);

    const unlock = (evseId: number) => server.call('UnlockConnector', { evseId, connectorId: 1 });
    expect([await unlock(1), await unlock(3)]).toEqual([{ status: 'Unlocked' }, { status: 'UnknownConnector' }]);
    await charger.idle();
    expect(last(server)).toBe('2 Updated UnlockCommand EVConnected');
    await charger.tap('CARD1', 1);
    expect(await unlock(1)).toEqual({ status: 'OngoingAuthorizedTransaction' });

    const inoperative = { operationalStatus: 'Inoperative' };
    expect(await server.call('ChangeAvailability', { ...inoperative, evse: { id: 2 } })).toEqual({
      status: 'Accepted',
    });
    expect(await server.call('ChangeAvailability', inoperative)).toEqual({ status: 'Scheduled' });
    await charger.unplug(1);
    expect([statuses(server, 1).at(-1), statuses(server, 2).at(-1)]).toEqual(['Unavailable', 'Unavailable']);
    expect(await server.call('DataTransfer', { vendorId: 'x' })).toEqual({ status: 'UnknownVendorId' });
    expect(await server.call('ClearCache', {})).toEqual({ status: 'Accepted' });
    await expect(server.call('GetMonitoringReport', { requestId: 1 })).rejects.toMatchObject({
      rpcErrorCode: 'NotImplemented',
    });
  });

  test('the list of cards decides while the gateway is away', async () => {
    const { server, charger, replaced } = await setUp(protocol, { settings: { allowOfflineUnknown: false } });
    const entry = (uid: string, status: string) => ({ idToken: card(uid), idTokenInfo: { status } });
    const send = (versionNumber: number, updateType: string, localAuthorizationList: object[]) =>
      server.call('SendLocalList', { versionNumber, updateType, localAuthorizationList });
    expect(await send(3, 'Full', [entry('CARD1', 'Accepted'), entry('CARD2', 'Blocked')])).toEqual({
      status: 'Accepted',
    });
    expect(await send(3, 'Differential', [{ idToken: card('CARD2') }])).toEqual({ status: 'VersionMismatch' });
    expect(await send(4, 'Differential', [{ idToken: card('CARD2') }])).toEqual({ status: 'Accepted' });
    expect(await server.call('GetLocalListVersion', {})).toEqual({ versionNumber: 4 });
    const many = Array.from({ length: 101 }, (_unused, index) => entry(`C${index}`, 'Accepted'));
    await expect(send(5, 'Full', many)).rejects.toMatchObject({ rpcErrorCode: 'OccurrenceConstraintViolation' });
    const back = await replaced(async () => {
      await charger.plugIn(1);
      expect(await charger.tap('CARD2', 1)).toBe('refused');
      expect(await charger.tap('CARD1', 1)).toBe('started');
    });
    expect(gist(back)[0]).toBe('0 Started Authorized EVConnected CARD1');
  });

  test('a reservation is kept, used, cancelled, expires, and goes with its EVSE', async () => {
    const time = createSteppedTime(START);
    const { server, charger } = await setUp(protocol, { connectors: 2, clock: time.clock, ticker: time.ticker });
    const reserve = (id: number, more: object = {}) =>
      server.call('ReserveNow', { id, expiryDateTime: '2026-03-01T09:00:00Z', idToken: card('CARD1'), ...more });
    expect(await reserve(1, { evseId: 1 })).toEqual({ status: 'Accepted' });
    expect(await reserve(2, { evseId: 1 })).toEqual({ status: 'Occupied' });
    expect(await reserve(2, { connectorType: 'cCCS2' })).toEqual({ status: 'Rejected' });
    expect(await charger.tap('CARD2', 1)).toBe('refused');
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    expect(events(server)[0]).toMatchObject({ reservationId: 1, idToken: card('CARD1') });
    expect(events(server)[1]).not.toHaveProperty('reservationId');

    expect(await reserve(3)).toEqual({ status: 'Accepted' });
    expect(await server.call('CancelReservation', { reservationId: 3 })).toEqual({ status: 'Accepted' });
    expect(await server.call('CancelReservation', { reservationId: 3 })).toEqual({ status: 'Rejected' });
    await charger.idle();
    expect(server.of('ReservationStatusUpdate')).toEqual([]);

    expect(await reserve(4, { evseId: 2 })).toEqual({ status: 'Accepted' });
    time.step(3_600_000);
    await charger.idle();
    expect(await reserve(5, { evseId: 2, expiryDateTime: '2026-03-01T10:00:00Z' })).toEqual({ status: 'Accepted' });
    await server.call('ChangeAvailability', { operationalStatus: 'Inoperative', evse: { id: 2 } });
    await charger.idle();
    expect(server.of('ReservationStatusUpdate')).toEqual([
      { reservationId: 4, reservationUpdateStatus: 'Expired' },
      { reservationId: 5, reservationUpdateStatus: 'Removed' },
    ]);
    expect(statuses(server, 2)).toEqual([
      'Available',
      'Reserved',
      'Available',
      'Reserved',
      'Available',
      'Reserved',
      'Unavailable',
    ]);
  });

  test('charging profiles limit what flows, and a limit of nothing suspends', async () => {
    const { server, charger, pass } = await setUp(protocol);
    await charger.plugIn(1);
    await charger.tap('CARD1', 1);
    const transactionId = charger.transactionId(1);
    const set = (chargingProfile: object) => server.call('SetChargingProfile', { evseId: 1, chargingProfile });
    const steps = [
      { startPeriod: 0, limit: 6000 },
      { startPeriod: 1800, limit: 3000 },
    ];
    expect(await set(profile(1, 'TxProfile', steps))).toEqual({ status: 'Rejected' });
    pass(1800);
    expect(await set({ ...profile(1, 'TxProfile', steps), transactionId })).toEqual({ status: 'Accepted' });
    await charger.idle();
    expect([charger.registerWh(1), charger.sight(1).powerW]).toEqual([5000, 3000]);
    expect(
      await server.call('GetCompositeSchedule', { evseId: 1, duration: 600, chargingRateUnit: 'W' }),
    ).toMatchObject({
      status: 'Accepted',
      schedule: { evseId: 1, duration: 600, chargingSchedulePeriod: [{ startPeriod: 0, limit: 3000 }] },
    });
    await set({ ...profile(1, 'TxProfile', [{ startPeriod: 0, limit: 0 }]), transactionId });
    await charger.idle();
    expect(last(server)).toBe('2 Updated ChargingStateChanged SuspendedEVSE');
    const cleared = { chargingProfileCriteria: { chargingProfilePurpose: 'TxProfile' } };
    expect(await server.call('ClearChargingProfile', cleared)).toEqual({ status: 'Accepted' });
    expect(await server.call('ClearChargingProfile', cleared)).toEqual({ status: 'Unknown' });
    await charger.idle();
    expect(last(server)).toBe('3 Updated ChargingStateChanged Charging');
  });

  test('variables are read, set, refused, and reported in parts', async () => {
    const { server, charger } = await setUp(protocol, { connectors: 2 });
    const get = async (...asked: object[]) =>
      ((await server.call('GetVariables', { getVariableData: asked }))['getVariableResult'] as object[]).map((each) => [
        (each as { attributeStatus: string }).attributeStatus,
        (each as { attributeValue?: string }).attributeValue,
      ]);
    const set = async (attributeValue: string, asked: object) =>
      (
        (await server.call('SetVariables', { setVariableData: [{ ...asked, attributeValue }] }))[
          'setVariableResult'
        ] as { attributeStatus: string }[]
      )[0]?.attributeStatus;
    const interval = variable('SampledDataCtrlr', 'TxUpdatedInterval');
    const password = variable('SecurityCtrlr', 'BasicAuthPassword');
    expect(await set('30', interval)).toBe('Accepted');
    expect(await set('soon', interval)).toBe('Rejected');
    expect(await set('x'.repeat(20), password)).toBe('Accepted');
    expect(await set('9', variable('LocalAuthListCtrlr', 'ItemsPerMessage'))).toBe('Rejected');
    expect(await set('EVConnected', variable('TxCtrlr', 'TxStartPoint'))).toBe('Accepted');
    expect(
      await get(
        interval,
        variable('txctrlr', 'TXSTARTPOINT'),
        variable('DeviceDataCtrlr', 'ItemsPerMessage', 'GetVariables'),
        { ...variable('EVSE', 'Power'), component: { name: 'EVSE', evse: { id: 2 } } },
        password,
        variable('NoCtrlr', 'X'),
        variable('TxCtrlr', 'X'),
        { ...interval, attributeType: 'Target' },
      ),
    ).toEqual([
      ['Accepted', '30'],
      ['Accepted', 'EVConnected'],
      ['Accepted', '50'],
      ['Accepted', '22000'],
      ['Rejected', undefined],
      ['UnknownComponent', undefined],
      ['UnknownVariable', undefined],
      ['NotSupportedAttributeType', undefined],
    ]);
    await expect(get(...Array.from({ length: 51 }, () => interval))).rejects.toMatchObject({
      rpcErrorCode: 'OccurrenceConstraintViolation',
    });
    await charger.plugIn(1);
    expect(charger.transactionId(1)).toMatch(UUID);

    const report = { requestId: 9, reportBase: 'FullInventory' };
    expect(await server.call('GetBaseReport', report)).toEqual({ status: 'Accepted' });
    await charger.idle();
    const parts = server.of('NotifyReport');
    expect(parts.map((part) => part['seqNo'])).toEqual(parts.map((_part, index) => index));
    expect(parts.map((part) => part['tbc'])).toEqual(parts.map((_part, index) => index < parts.length - 1));
    expect(parts.length).toBeGreaterThan(2);
    const told = JSON.stringify(parts);
    expect(told).toContain(
      '"name":"BasicAuthPassword"},"variableAttribute":[{"type":"Actual","mutability":"WriteOnly"}]',
    );
    expect(told).not.toContain('xxxxx');

    const some = { requestId: 10, componentVariable: [{ component: { name: 'TxCtrlr' } }] };
    expect(await server.call('GetReport', some)).toEqual({ status: 'Accepted' });
    await charger.idle();
    expect(JSON.stringify(server.of('NotifyReport').at(-1)).match(/"component":\{"name":"TxCtrlr"\}/g)).toHaveLength(5);
    const troubled = { requestId: 11, componentCriteria: ['Problem'] };
    expect(await server.call('GetReport', troubled)).toEqual({ status: 'EmptyResultSet' });
  });
});

function profile(id: number, chargingProfilePurpose: string, chargingSchedulePeriod: object[]) {
  const chargingSchedule = [
    { id: 1, startSchedule: '2026-03-01T08:00:00Z', chargingRateUnit: 'W', chargingSchedulePeriod },
  ];
  return { id, stackLevel: 0, chargingProfilePurpose, chargingProfileKind: 'Absolute', chargingSchedule };
}
