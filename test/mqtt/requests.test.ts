import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listLiveReservations } from '../../gateway/site-reservations.ts';
import { dialScripted, type ScriptedCharger } from '../harness/scripted-charger.ts';
import { hasMosquitto, type Json } from './broker.ts';
import { createRig, type Rig } from './rig.ts';

let asked = 0;

describe.skipIf(!hasMosquitto)('requests over MQTT', () => {
  let rig: Rig;
  let charger: ScriptedCharger;

  beforeEach(async () => {
    rig = await createRig();
    charger = await dialScripted(rig.site.urls.ocpp, 'BAY-1');
    await charger.boot();
    await rig.start();
    await rig.watcher.until(({ topic, text }) => topic.endsWith('BAY-1/availability') && text === 'online');
    charger.calls.splice(0);
  });
  afterEach(() => rig.cleanUp());

  /** Asks as MQTT 5 has it, and gives the response with this correlation. */
  async function ask(what: string, body: unknown, more: object = {}, retain = false): Promise<Json> {
    asked += 1;
    const correlationData = Buffer.from(`asked-${asked}`);
    const properties = { responseTopic: 'building/answers', correlationData, ...more };
    await rig.watcher.publish(`chargegate/request/${what}`, body, { retain, properties });
    const { text } = await rig.watcher.until(
      ({ topic, packet }) =>
        topic === 'building/answers' && packet.properties?.correlationData?.equals(correlationData) === true,
    );
    return JSON.parse(text) as Json;
  }

  test.each<[string, object, string, object]>([
    ['start', { tokenUid: 'CARD1', evse: 2 }, 'RemoteStartTransaction', { idTag: 'CARD1', connectorId: 2 }],
    ['availability', { evse: 1, operative: false }, 'ChangeAvailability', { connectorId: 1, type: 'Inoperative' }],
    ['unlock', { evse: 1 }, 'UnlockConnector', { connectorId: 1 }],
    ['reset', {}, 'Reset', { type: 'Soft' }],
    ['call', { action: 'GetConfiguration', payload: { key: ['A'] } }, 'GetConfiguration', { key: ['A'] }],
  ])('%s: the charger is told, and its answer comes back with the correlation', async (what, body, action, payload) => {
    charger.script(() => (action === 'UnlockConnector' ? { status: 'Unlocked' } : { status: 'Accepted' }));
    if (action === 'GetConfiguration') charger.script(() => ({ unknownKey: ['A'] }));
    const answer = await ask(what, { charger: 'BAY-1', ...body });
    expect(answer).toMatchObject({ request: what, ok: true });
    expect(charger.calls.filter(([name]) => name === action)).toEqual([[action, payload]]);
  });

  test('stop ends the transaction that runs; limit sets one and null takes it away', async () => {
    const wireId = await charger.start(1);
    expect(await ask('limit', { charger: 'BAY-1', evse: 1, unit: 'A', limit: 10 })).toMatchObject({ ok: true });
    expect((await charger.called('SetChargingProfile'))['csChargingProfiles']).toMatchObject({
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }] },
    });
    expect(await ask('limit', { charger: 'BAY-1', evse: 1, limit: null })).toMatchObject({ ok: true });
    await charger.called('ClearChargingProfile');
    expect(await ask('stop', { charger: 'BAY-1', evse: 1 })).toMatchObject({ ok: true });
    expect(await charger.called('RemoteStopTransaction')).toEqual({ transactionId: wireId });
  });

  test('a bay is reserved and let go', async () => {
    const made = await ask('reserve', { charger: 'BAY-1', evse: 1, tokenUid: 'CARD1', minutes: 30 });
    expect(made).toMatchObject({ ok: true, answer: { charger: 'BAY-1', evse: 1 } });
    const { id } = made['answer'] as { id: string };
    expect(listLiveReservations(rig.site.gateway).map((each) => each.id)).toEqual([id]);
    expect(await ask('cancel-reservation', { id })).toMatchObject({ ok: true });
    expect(listLiveReservations(rig.site.gateway)).toEqual([]);
  });

  test.each<[string, string, unknown, string]>([
    ['a broken payload', 'start', '{', 'REQUEST_INVALID'],
    ['an unknown key', 'reset', { charger: 'BAY-1', soft: true }, 'REQUEST_INVALID'],
    ['no such request', 'explode', {}, 'NOT_FOUND'],
    ['no such charger', 'reset', { charger: 'NOBODY' }, 'CHARGER_UNKNOWN'],
    ['one that is not connected', 'reset', { charger: 'LOCKED' }, 'CHARGER_NOT_CONNECTED'],
    ['no such EVSE', 'unlock', { charger: 'BAY-1', evse: 9 }, 'EVSE_UNKNOWN'],
    ['no OCPP call', 'call', { charger: 'BAY-1', action: 'Reset', payload: {} }, 'CALL_INVALID'],
  ])('%s is answered with its code, and nothing is sent', async (_what, name, body, code) => {
    expect(await ask(name, body)).toMatchObject({ ok: false, error: { code } });
    expect(charger.calls).toEqual([]);
  });

  test('what is retained, was said long ago, or has an answer go to our own topics is not done', async () => {
    const body = { charger: 'BAY-1' };
    expect(await ask('reset', body, {}, true)).toMatchObject({ ok: false, error: { code: 'REQUEST_STALE' } });
    const at = new Date(Date.now() - 31_000).toISOString();
    expect(await ask('reset', { ...body, at })).toMatchObject({ ok: false, error: { code: 'REQUEST_STALE' } });
    for (const responseTopic of ['chargegate/gateway/state', 'chargegate/request/reset', '$SYS/x'])
      await rig.watcher.publish('chargegate/request/reset', body, { properties: { responseTopic } });
    // Those are taken in order: after this one, they were seen.
    expect(await ask('reset', { ...body, at: new Date().toISOString() })).toMatchObject({ ok: true });
    expect(charger.calls.map(([action]) => action)).toEqual(['Reset']);
  });

  test('without a response topic, as Home Assistant sends it, the answer is below response', async () => {
    await rig.watcher.publish('chargegate/request/reset', { charger: 'BAY-1', hard: true });
    expect(await rig.watcher.json('chargegate/response/reset')).toMatchObject({ ok: true });
    expect(charger.calls).toEqual([['Reset', { type: 'Hard' }]]);
  });

  test('one that expired while those before it were waited for is not done any more', async () => {
    charger.script((action) => (action === 'Reset' ? null : { status: 'Accepted' }));
    const first = ask('reset', { charger: 'BAY-1' });
    const second = ask('unlock', { charger: 'BAY-1', evse: 1 }, { messageExpiryInterval: 1 });
    expect(await first).toMatchObject({ ok: false, error: { code: 'CALL_TIMEOUT' } });
    expect(await second).toMatchObject({ ok: false, error: { code: 'REQUEST_STALE' } });
    expect(charger.calls.map(([action]) => action)).toEqual(['Reset']);
  });
});
