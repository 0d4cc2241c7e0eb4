/** OCPP 2.0.1 and 2.1: orders of operators and clouds, as they go out and as their answers come back. */
import { afterEach, describe, expect, test } from 'vitest';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { followAvailability } from '../../gateway/change-availability.ts';
import { expireStarts } from '../../gateway/remote-start.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { listVendorData } from '../../gateway/vendor-data.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';
import type { Payload } from '../harness/scripted-charger.ts';
import { registerPeer, resultOf, send, startOn, untilStatus } from '../ocpi/commands-harness.ts';
import { api } from '../provisioning/scripted-charger.ts';
import { at, card, dialV2, register, type V2Charger, type Version } from './v2-charger.ts';

const ALL = { offset: 0, limit: 100 };

let site: TestSite;
let now: number;
const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await site.cleanUp();
});

/** A charger of two EVSEs, which nobody described: EVSE 2 has two connectors. */
async function depot(version: Version, id = 'BAY-1'): Promise<V2Charger> {
  now = Date.now();
  site = await startTestSite({
    clock: () => now,
    yaml: `
ocpp:
  host: 127.0.0.1
  port: 0
  unknown-chargers: accept
  provisioning: false
  vendor-data: [{ vendor: Acme }]
`,
  });
  const charger = await dialV2(site.urls.ocpp, id, version, () => now);
  open.push(charger.raw);
  await charger.boot();
  await charger.status(1, 'Available');
  await charger.status(2, 'Available');
  if (id !== 'BAY-1') await charger.status(2, 'Available', 2);
  return charger;
}

const order = (verb: string, body: object = {}, id = 'BAY-1') => ask(site, `chargers/${id}/${verb}`, body);

async function charging(charger: V2Charger, uid = 'CARD1', id = 'T-1'): Promise<void> {
  const begun = { ...at(1), ...card(uid), ...register(1, new Date(now).toISOString()) };
  await charger.event(id, 'Started', 'Authorized', { ...begun, info: { chargingState: 'Charging' } });
}

const REASON = { status: 'Rejected', statusInfo: { reasonCode: 'InvalidProfile', additionalInfo: 'too many periods' } };

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('orders over %s', (version) => {
  test('unlock: the plug of an EVSE, and each answer as it came', async () => {
    const charger = await depot(version);
    for (const status of ['Unlocked', 'UnlockFailed', 'OngoingAuthorizedTransaction', 'UnknownConnector']) {
      charger.script(() => ({ status }));
      expect(await order('unlock', { evse: 2 })).toEqual({ status: 200, body: { status } });
    }
    expect(await charger.called('UnlockConnector')).toEqual({ evseId: 2, connectorId: 1 });
    const peer = await cloud();
    for (const [status, result] of [
      ['Unlocked', 'ACCEPTED'],
      ['UnlockFailed', 'FAILED'],
      ['OngoingAuthorizedTransaction', 'REJECTED'],
    ]) {
      charger.script(() => ({ status }));
      const sent = await send(peer, 'UNLOCK_CONNECTOR', { location_id: 'L1', evse_uid: 'BAY-1-2', connector_id: '1' });
      expect(await resultOf(peer, sent)).toMatchObject({ result });
    }
  });

  test('status is asked of each connector by its number (F06.FR.12); readings of an EVSE', async () => {
    const charger = await depot(version, 'NEW');
    await order('trigger', { message: 'status' }, 'NEW');
    for (const evse of [
      { id: 1, connectorId: 1 },
      { id: 2, connectorId: 1 },
      { id: 2, connectorId: 2 },
    ])
      expect(await charger.called('TriggerMessage')).toEqual({ requestedMessage: 'StatusNotification', evse });
    await order('trigger', { message: 'status', evse: 2 }, 'NEW');
    for (const connectorId of [1, 2])
      expect(await charger.called('TriggerMessage')).toMatchObject({ evse: { id: 2, connectorId } });
    await order('trigger', { message: 'meter-values', evse: 2 }, 'NEW');
    expect(await charger.called('TriggerMessage')).toEqual({ requestedMessage: 'MeterValues', evse: { id: 2 } });
    await order('trigger', { message: 'sign-certificate' }, 'NEW');
    expect(await charger.called('TriggerMessage')).toEqual({ requestedMessage: 'SignChargingStationCertificate' });
  });

  test('availability of an EVSE: what is scheduled is asked for once more where it does not follow (Q63)', async () => {
    const charger = await depot(version);
    await charging(charger);
    charger.script(() => ({ status: 'Scheduled' }));
    expect(await order('availability', { evse: 1, operative: false })).toMatchObject({ body: { status: 'Scheduled' } });
    const asked = { operationalStatus: 'Inoperative', evse: { id: 1 } };
    expect(await charger.called('ChangeAvailability')).toEqual(asked);
    await charger.event('T-1', 'Ended', 'EVDeparted', register(2, new Date(now).toISOString()));
    await followAvailability(site.gateway);
    now += 31_000;
    await followAvailability(site.gateway);
    expect(await charger.called('ChangeAvailability')).toEqual(asked);
    charger.script(() => ({ status: 'Accepted' }));
    await order('availability', { operative: true });
    expect(await charger.called('ChangeAvailability')).toEqual({ operationalStatus: 'Operative' });
  });

  test('reset, cache: what they say, and what is answered', async () => {
    const charger = await depot(version);
    charger.script(() => ({ status: 'Scheduled' }));
    expect(await order('reset')).toMatchObject({ status: 200, body: { status: 'Scheduled' } });
    await order('reset', { hard: true });
    expect(charger.calls.slice(-2)).toEqual([
      ['Reset', { type: 'OnIdle' }],
      ['Reset', { type: 'Immediate' }],
    ]);
    // Any call goes out that its version has: to begin again where it was is of 2.1 alone.
    const resume = { action: 'Reset', payload: { type: 'ImmediateAndResume' } };
    expect((await order('calls', resume)).status).toBe(version === 'ocpp2.1' ? 200 : 422);
    charger.script(() => 'NotSupported');
    expect(await order('clear-cache')).toMatchObject({ status: 502, body: { code: 'NotSupported' } });
  });

  test('vendor data of any JSON, both ways', async () => {
    const charger = await depot(version);
    for (const [data, kept] of [
      [{ a: [1, 'x'] }, '{"a":[1,"x"]}'],
      ['plain', 'plain'],
      [[true], '[true]'],
      [7, '7'],
    ] as const) {
      expect(await charger.send('DataTransfer', { vendorId: 'Acme', messageId: 'M', data })).toEqual({
        status: 'Accepted',
      });
      expect(listVendorData(site.gateway, { offset: 0, limit: 1, newestFirst: true }).items[0]).toMatchObject({
        data: kept,
      });
    }
    expect(await charger.send('DataTransfer', { vendorId: 'Other' })).toEqual({ status: 'UnknownVendorId' });
    charger.script(() => ({ status: 'Accepted', data: { b: 1 } }));
    const sent = await order('vendor-data', { vendor: 'Acme', message: 'M', data: '{"a":1}' });
    expect(sent.body).toEqual({ status: 'Accepted', data: { b: 1 } });
    expect(await charger.called('DataTransfer')).toEqual({ vendorId: 'Acme', messageId: 'M', data: '{"a":1}' });
    const raw = { action: 'DataTransfer', payload: { vendorId: 'Acme', data: { a: 1 } } };
    expect((await order('calls', raw)).status).toBe(200);
    expect(await charger.called('DataTransfer')).toEqual({ vendorId: 'Acme', data: { a: 1 } });
  });

  test('limits: for a transaction by its id, by EVSE, for the whole charger; refused ones with their reason', async () => {
    const charger = await depot(version);
    await charging(charger);
    const limit = (body: object) => api<Payload>(site, 'chargers/BAY-1/charging-profile', 'PUT', body);
    expect(await limit({ purpose: 'tx', unit: 'A', limit: 10.25 })).toMatchObject({ status: 200 });
    const tx = await charger.called('SetChargingProfile');
    expect(tx).toMatchObject({
      evseId: 1,
      chargingProfile: {
        transactionId: 'T-1',
        chargingProfilePurpose: 'TxProfile',
        chargingSchedule: [{ chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10.2 }] }],
      },
    });
    await limit({ purpose: 'tx-default', evse: 2, unit: 'W', limit: 7000, kind: 'absolute' });
    // Without a beginning it counts from that of the charge (K01.FR.40).
    expect(await charger.called('SetChargingProfile')).toMatchObject({
      evseId: 2,
      chargingProfile: { chargingProfileKind: 'Relative' },
    });
    await limit({ purpose: 'charge-point-max', unit: 'W', limit: 50_000 });
    const whole = { chargingProfilePurpose: 'ChargingStationMaxProfile', chargingProfileKind: 'Absolute' };
    expect(await charger.called('SetChargingProfile')).toMatchObject({ evseId: 0, chargingProfile: whole });
    charger.script(() => REASON);
    expect((await limit({ purpose: 'tx-default', unit: 'W', limit: 7000 })).body).toMatchObject({ answer: REASON });
    charger.script(() => ({ status: 'Accepted' }));
    await charger.event('T-1', 'Ended', 'EVDeparted', register(2, new Date(now).toISOString()));
    // What was for the transaction alone goes with it (Q61).
    const { id } = tx['chargingProfile'] as { id: number };
    expect(await charger.called('ClearChargingProfile')).toEqual({ chargingProfileId: id });
  });

  test('limits are read and cleared; all of them by each purpose, as nothing may not be said (K10.FR.02)', async () => {
    const charger = await depot(version);
    const schedule = {
      evseId: 1,
      duration: 3600,
      scheduleStart: new Date(now).toISOString(),
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
    };
    charger.script(() => ({ status: 'Accepted', schedule }));
    const path = 'chargers/BAY-1/charging-profile';
    expect((await ask(site, `${path}?evse=1&seconds=3600&unit=A`)).body).toMatchObject({ schedule });
    expect(await charger.called('GetCompositeSchedule')).toEqual({ evseId: 1, duration: 3600, chargingRateUnit: 'A' });
    charger.script((_, { chargingProfileCriteria: which }) => ({
      status:
        (which as Payload | undefined)?.['chargingProfilePurpose'] === 'TxDefaultProfile' ? 'Accepted' : 'Unknown',
    }));
    expect(await api(site, path, 'DELETE')).toEqual({ status: 200, body: { status: 'Accepted' } });
    for (const chargingProfilePurpose of ['TxProfile', 'TxDefaultProfile', 'ChargingStationMaxProfile'])
      expect(await charger.called('ClearChargingProfile')).toEqual({
        chargingProfileCriteria: { chargingProfilePurpose },
      });
    await api(site, `${path}?evse=2&stackLevel=3`, 'DELETE');
    expect(await charger.called('ClearChargingProfile')).toEqual({
      chargingProfileCriteria: { evseId: 2, stackLevel: 3 },
    });
  });

  test('a cloud starts, limits and stops a session; what it is refused for is told', async () => {
    const charger = await depot(version);
    const peer = await cloud();
    await charger.status(1, 'Occupied');
    charger.script(() => ({ status: 'Rejected', statusInfo: { reasonCode: 'CableNotReady' } }));
    expect(await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'))).toMatchObject({
      result: 'REJECTED',
      message: [{ text: 'the charger refused (CableNotReady)' }],
    });
    // The cable was there first: its transaction is in the answer, and is told on under its number.
    await charger.event('T-9', 'Started', 'CablePluggedIn', at(1));
    charger.script(() => ({ status: 'Accepted', transactionId: 'T-9' }));
    expect(await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'))).toMatchObject({ result: 'ACCEPTED' });
    await charger.called('RequestStartTransaction');
    const start = await charger.called('RequestStartTransaction');
    expect(start).toMatchObject({ evseId: 1, idToken: { idToken: 'APP-1', type: 'Central' } });
    const { remoteStartId } = start;
    const begun = { ...card('APP-1'), ...register(1, new Date(now).toISOString()), info: { remoteStartId } };
    expect(await charger.event('T-9', 'Updated', 'RemoteStart', begun)).toMatchObject({
      idTokenInfo: { status: 'Accepted' },
    });
    const id = (await untilStatus(peer, 'ACTIVE'))['id'] as string;

    const profile = { charging_rate_unit: 'A', charging_profile_period: [{ start_period: 0, limit: 8 }] };
    charger.script(() => ({ status: 'Accepted' }));
    expect(await resultOf(peer, await peer.commands.setProfile(id, profile), 'profileResult')).toEqual({
      result: 'ACCEPTED',
    });
    const { chargingProfile } = await charger.called('SetChargingProfile');
    expect(chargingProfile).toMatchObject({ transactionId: 'T-9', chargingProfilePurpose: 'TxProfile' });

    await resultOf(peer, await send(peer, 'STOP_SESSION', { session_id: id }));
    expect(await charger.called('RequestStopTransaction')).toEqual({ transactionId: 'T-9' });
    await charger.event('T-9', 'Ended', 'RemoteStop', {
      ...register(3, new Date(now).toISOString()),
      info: { stoppedReason: 'Remote' },
    });
    expect(listSessions(site.gateway, ALL).items.find((session) => session.id === id)).toMatchObject({
      status: 'COMPLETED',
      energyWh: 2000,
    });
  });

  test('a start by hand goes out with the kind of the card; Q44: one that nothing comes of is noted', async () => {
    const charger = await depot(version);
    for (const [uid, type] of [
      ['04A2B3C4D5E680', 'ISO14443'],
      ['E004010012345678', 'ISO15693'],
      ['01963c8e-77f5-7f2a-9d3e-000000000001', 'Central'],
    ] as const) {
      expect(await order('start', { tokenUid: uid, evse: 2 })).toMatchObject({ status: 200 });
      expect(await charger.called('RequestStartTransaction')).toMatchObject({
        idToken: { idToken: uid, type },
        evseId: 2,
      });
    }
    now += 10 * 60_000;
    expireStarts(site.gateway);
    await api(site, 'frames?charger=BAY-1');
    expect(findCharger(site.gateway, 'BAY-1')?.deviations.map(({ code }) => code)).toContain(
      'START_WITHOUT_TRANSACTION',
    );
    expect(listTransactions(site.gateway, ALL).items).toEqual([]);
  });
});

async function cloud(): Promise<SimulatedPeer> {
  const peer = await registerPeer(site, 'emsp');
  open.unshift(peer);
  return peer;
}
