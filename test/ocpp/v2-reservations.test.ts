/** Reservations at chargers of OCPP 2.0.1 and 2.1: from a peer's server or the operator to a socket and back. */
import { describe, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { listReservations } from '../../gateway/reservations.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { siteView } from '../../gateway/site.ts';
import { ask } from '../harness/operator.ts';
import { cleanUpAfterEach, resultOf, startOn, token, until, untilStatus, type Item } from '../ocpi/commands-harness.ts';
import { at, card, register } from './v2-charger.ts';
import {
  ALL,
  inMinutes,
  newest,
  reserveAt,
  reserved,
  results,
  setUp,
  verdictOf,
  VERSIONS,
  visible,
} from './v2-reservation-harness.ts';

cleanUpAfterEach();

describe.each(VERSIONS)('a reservation over %s', (version) => {
  test('H01, H03 card first: free again by its status once the card was held to it, the same session becomes ACTIVE', async () => {
    const setting = await setUp(version);
    const { peer, charger, bays } = setting;
    const expiry_date = inMinutes(30);
    const sent = await reserveAt(peer, bays[1], { authorization_reference: 'REF-1', expiry_date });
    expect(await resultOf(peer, sent)).toMatchObject({ result: 'ACCEPTED' });
    const asked = await charger.called('ReserveNow');
    expect(asked).toEqual({
      id: expect.any(Number),
      evseId: 2,
      idToken: { idToken: 'DRIVER-1', type: 'Central' },
      expiryDateTime: expect.any(String),
    });
    expect(Math.floor(Date.parse(String(asked['expiryDateTime'])) / 1000)).toBe(
      Math.floor(Date.parse(expiry_date) / 1000),
    );
    await charger.status(2, 'Reserved');
    expect(visible(setting)).toEqual(['Available', 'Reserved']);
    const told = await untilStatus(peer, 'RESERVATION');
    expect(told).toMatchObject({ evse_uid: bays[1], auth_method: 'COMMAND', authorization_reference: 'REF-1' });

    await charger.status(2, 'Available');
    expect(verdictOf(await charger.send('Authorize', card('DRIVER-1')))).toBe('Accepted');
    expect([visible(setting)[1], newest(setting)?.state]).toEqual(['Reserved', 'held']);
    await charger.status(2, 'Occupied');
    const begun = { ...at(2), ...card('DRIVER-1'), reservationId: asked['id'], ...register(1, inMinutes(0)) };
    expect(verdictOf(await charger.event('T1', 'Started', 'CablePluggedIn', begun))).toBe('Accepted');
    expect((await untilStatus(peer, 'ACTIVE'))['id']).toBe(told['id']);
    await charger.event('T1', 'Ended', 'EVDeparted', register(6, inMinutes(0)));
    expect(await untilStatus(peer, 'COMPLETED')).toMatchObject({ id: told['id'], kwh: 5 });
    expect(newest(setting)).toMatchObject({ state: 'used' });
    expect([charger.count('CancelReservation'), results(setting)]).toEqual([0, ['ACCEPTED']]);
  });

  test('without an EVSE one that is free is chosen, and named', async () => {
    const setting = await setUp(version);
    await setting.charger.status(1, 'Occupied');
    await resultOf(setting.peer, await reserveAt(setting.peer, undefined));
    expect(await setting.charger.called('ReserveNow')).toMatchObject({ evseId: 2 });
  });

  test('H03 cable first: the transaction runs before the card is held to it', async () => {
    const setting = await setUp(version);
    const { peer, charger } = setting;
    const { id } = await reserved(setting);
    const told = await untilStatus(peer, 'RESERVATION');
    await charger.event('T1', 'Started', 'CablePluggedIn', { ...at(1), info: { chargingState: 'EVConnected' } });
    expect(newest(setting)?.state).toBe('held');
    await charger.status(1, 'Occupied');
    const authorized = { ...card('DRIVER-1'), reservationId: id, ...register(1, inMinutes(0)) };
    expect(verdictOf(await charger.event('T1', 'Updated', 'Authorized', authorized))).toBe('Accepted');
    expect((await untilStatus(peer, 'ACTIVE'))['id']).toBe(told['id']);
    expect(peer.told('sessions')).toHaveLength(1);
  });

  test('a start that the same driver orders goes on with its session', async () => {
    const setting = await setUp(version);
    const { peer, charger, bays } = setting;
    await reserved(setting);
    const told = await untilStatus(peer, 'RESERVATION');
    await (
      await startOn(peer, 'DRIVER-1', bays[0] ?? '')
    ).result;
    const { idToken } = await charger.called('RequestStartTransaction');
    await charger.event('T1', 'Started', 'RemoteStart', { ...at(1), idToken });
    expect((await untilStatus(peer, 'ACTIVE'))['id']).toBe(told['id']);
  });

  test('nobody else charges there, elsewhere everybody does; a stranger’s cable changes nothing', async () => {
    const setting = await setUp(version);
    const { charger } = setting;
    await reserved(setting);
    expect(verdictOf(await charger.event('T1', 'Started', 'Authorized', { ...at(2), ...card('CARD1') }))).toBe(
      'Accepted',
    );
    await charger.event('T2', 'Started', 'CablePluggedIn', { ...at(1), info: { chargingState: 'EVConnected' } });
    expect(verdictOf(await charger.event('T2', 'Updated', 'Authorized', card('CARD1')))).toBe('NotAtThisLocation');
    await charger.event('T2', 'Ended', 'EVDeparted', { info: { stoppedReason: 'EVDisconnected' } });
    expect([visible(setting)[0], newest(setting)?.state]).toEqual(['Reserved', 'held']);
    expect(
      listSessions(setting.site.gateway, ALL)
        .items.map(({ status }) => status)
        .toSorted(),
    ).toEqual(['ACTIVE', 'RESERVATION']);
  });

  test('what names its reservation and no EVSE, and no card, is where and whose the reservation is (Q48)', async () => {
    const setting = await setUp(version);
    const { id } = await reserved(setting, 2);
    const told = await untilStatus(setting.peer, 'RESERVATION');
    const info = { chargingState: 'Charging' };
    await setting.charger.event('T1', 'Started', 'RemoteStart', { reservationId: id, info });
    expect(await untilStatus(setting.peer, 'ACTIVE')).toMatchObject({
      id: told['id'],
      evse_uid: setting.bays[1],
      cdr_token: { uid: 'DRIVER-1' },
    });
  });

  test('another card of the group arrives: ReserveNow names the group', async () => {
    const setting = await setUp(version, '\ntokens: [{ uid: VAN1, group: FLEET }, { uid: VAN2, group: FLEET }]\n');
    const { charger, site } = setting;
    const made = await ask(site, 'reservations', { charger: 'BAY-1', evse: 1, tokenUid: 'VAN1', minutes: 30 });
    expect(made).toMatchObject({ status: 201, body: { status: 'held', emulated: false } });
    const asked = await charger.called('ReserveNow');
    expect(asked).toMatchObject({ evseId: 1, groupIdToken: { idToken: 'FLEET', type: 'Central' } });
    expect(await charger.send('Authorize', card('VAN2'))).toMatchObject({
      idTokenInfo: { status: 'Accepted', groupIdToken: { idToken: 'FLEET' } },
    });
    await charger.event('T1', 'Started', 'Authorized', { ...at(1), ...card('VAN2'), reservationId: asked['id'] });
    expect(newest(setting)).toMatchObject({ state: 'used', sessionId: made.body['sessionId'] });
    expect(listSessions(site.gateway, ALL).items).toMatchObject([{ id: made.body['sessionId'], status: 'ACTIVE' }]);
  });

  test('each EVSE of a station is kept for its own driver, whichever way its status is told', async () => {
    const setting = await setUp(version);
    const { charger, peer } = setting;
    const first = await reserved(setting, 1);
    await resultOf(peer, await reserveAt(peer, setting.bays[1], { reservation_id: 'R2', token: token('DRIVER-2') }));
    const second = await charger.called('ReserveNow');
    await charger.notify(2, 'Reserved');
    expect([first['evseId'], second['evseId'], visible(setting)]).toEqual([1, 2, ['Reserved', 'Reserved']]);
    expect(
      siteView(setting.site.gateway)
        .evses.map(({ status }) => status)
        .slice(0, 2),
    ).toEqual(['Reserved', 'Reserved']);
    const begin = (id: string, evse: number, uid: string, more: Item = {}) =>
      charger.event(id, 'Started', 'Authorized', { ...at(evse), ...card(uid), ...more });
    expect(verdictOf(await begin('X', 1, 'DRIVER-2'))).toBe('NotAtThisLocation');
    await charger.event('X', 'Ended', 'Deauthorized', { info: { stoppedReason: 'DeAuthorized' } });
    expect(verdictOf(await begin('T2', 2, 'DRIVER-2', { reservationId: second['id'] }))).toBe('Accepted');
    expect(verdictOf(await begin('T1', 1, 'DRIVER-1', { reservationId: first['id'] }))).toBe('Accepted');
    expect(listReservations(setting.site.gateway, 10, null).map(({ state }) => state)).toEqual(['used', 'used']);
  });

  test('the same reservation_id: another time under the same number; another bay, and the first is let go at its charger', async () => {
    const setting = await setUp(version);
    const { peer, charger, bays } = setting;
    const first = await reserved(setting);
    const later = inMinutes(90);
    await resultOf(peer, await reserveAt(peer, bays[0], { expiry_date: later }));
    const second = await charger.called('ReserveNow');
    expect(second['id']).toBe(first['id']);
    expect(Date.parse(String(second['expiryDateTime']))).toBe(Math.floor(Date.parse(later) / 1000) * 1000);
    await resultOf(peer, await reserveAt(peer, bays[1]));
    const third = await charger.called('ReserveNow');
    expect(third).toMatchObject({ evseId: 2 });
    expect(third['id']).not.toBe(first['id']);
    expect(await charger.called('CancelReservation')).toEqual({ reservationId: first['id'] });
    await charger.status(1, 'Available');
    expect(visible(setting)).toEqual(['Available', 'Reserved']);
    await untilStatus(peer, 'RESERVATION');
    expect(peer.told('sessions')).toHaveLength(1);
  });

  test('a charger that keeps to the standard shows it, keeps others out and lets its driver in', async () => {
    const setting = await setUp(version);
    const { site } = setting;
    setting.charger.raw.destroy();
    await until(() => site.gateway.connections.find('BAY-1') === undefined);
    const violations: string[] = [];
    const charger = createSimulatedCharger({
      url: site.urls.ocpp,
      id: 'BAY-1',
      protocol: version,
      connectors: 2,
      strict: true,
      power: () => () => 10_000,
      onViolation: (problem) => violations.push(problem),
    });
    try {
      await charger.connect();
      await charger.idle();
      const reserve = { charger: 'BAY-1', evse: 2, tokenUid: '04A2245AB43580', minutes: 30 };
      const made = await ask(site, 'reservations', reserve);
      expect(made).toMatchObject({ status: 201, body: { emulated: false } });
      await charger.idle();
      expect(siteView(site.gateway).evses[1]?.status).toBe('Reserved');
      await charger.plugIn(2);
      await charger.tap('CARD1', 2);
      await charger.idle();
      expect(listSessions(site.gateway, ALL).items.map(({ status }) => status)).toEqual(['RESERVATION']);
      await charger.tap('04A2245AB43580', 2);
      await charger.idle();
      expect(listSessions(site.gateway, ALL).items).toMatchObject([{ id: made.body['sessionId'], status: 'ACTIVE' }]);
      const second = await ask(site, 'reservations', { ...reserve, evse: 1, tokenUid: 'X1' });
      await charger.idle();
      const url = new URL(`api/reservations/${String(second.body['id'])}`, site.urls.console);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
      await charger.idle();
      expect(siteView(site.gateway).evses[0]?.status).toBe('Available');
      expect(violations).toEqual([]);
    } finally {
      await charger.close();
    }
  });
});
