/** OCPP 2.0.1 and 2.1: chargers that keep no bays, and every way in which a reservation ends without its driver. */
import { describe, expect, test } from 'vitest';
import { listCdrs } from '../../gateway/cdrs.ts';
import { provisioningOf } from '../../gateway/capabilities.ts';
import { expireReservations } from '../../gateway/reservation-upkeep.ts';
import { listSessions } from '../../gateway/sessions.ts';
import type { Script } from '../harness/scripted-charger.ts';
import { ask } from '../harness/operator.ts';
import { resultOf, send, untilStatus, until, cleanUpAfterEach, type Item } from '../ocpi/commands-harness.ts';
import { PRICED } from '../ocpi/reservation-wishes.ts';
import { at, card, register } from './v2-charger.ts';
import {
  ALL,
  clock,
  dial,
  inMinutes,
  MINUTE,
  newest,
  reserveAt,
  reserved,
  results,
  setUp,
  verdictOf,
  VERSIONS,
  visible,
  type Setting,
} from './v2-reservation-harness.ts';

cleanUpAfterEach();

const bills = ({ site }: Setting) => listCdrs(site.gateway, ALL).items.map(({ cost }) => cost.total.beforeTaxes);

/** A part of the device model, as a report brings it. */
const report = (variables: Record<string, string>): Item => ({
  requestId: 1,
  generatedAt: inMinutes(0),
  seqNo: 0,
  reportData: Object.entries(variables).map(([name, value]) => ({
    component: { name: 'ReservationCtrlr' },
    variable: { name },
    variableAttribute: [{ type: 'Actual', value }],
  })),
});

const answering = (status: Item | string | null) => (action: string) =>
  action === 'ReserveNow' ? status : { status: 'Accepted' };

describe.each(VERSIONS)('what a charger of %s answers', (version) => {
  test.each([
    ['Occupied', 'EVSE_OCCUPIED'],
    ['Faulted', 'EVSE_INOPERATIVE'],
    ['Unavailable', 'EVSE_INOPERATIVE'],
  ])('%s: %s, and nothing is kept', async (status, result) => {
    const setting = await setUp(version);
    setting.charger.script(answering({ status }));
    expect(await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]))).toMatchObject({ result });
    expect(visible(setting)).toEqual(['Available', 'Available']);
    expect(setting.peer.told('sessions')).toEqual([]);
  });

  test('nothing in time: TIMEOUT, and it is told to let go of what it may have taken', async () => {
    const setting = await setUp(version);
    setting.charger.script(answering(null));
    const result = await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]));
    expect(result).toMatchObject({ result: 'TIMEOUT' });
    const { id } = await setting.charger.called('ReserveNow');
    expect(await setting.charger.called('CancelReservation')).toEqual({ reservationId: id });
  });

  test.each([
    ['H01.FR.01 Rejected', { status: 'Rejected' }],
    ['NotSupported', 'NotSupported'],
    ['NotImplemented', 'NotImplemented'],
    ['SecurityError', 'SecurityError'],
  ])('%s: the gateway stands in for it', async (_what, said) => {
    const setting = await setUp(version);
    setting.charger.script(answering(said));
    const result = await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]));
    expect(result).toMatchObject({ result: 'ACCEPTED' });
    const told = await untilStatus(setting.peer, 'RESERVATION');
    expect([visible(setting), newest(setting)?.emulated]).toEqual([['Reserved', 'Available'], true]);
    const tap = (uid: string) => setting.charger.event(uid, 'Started', 'Authorized', { ...at(1), ...card(uid) });
    expect(verdictOf(await tap('CARD1'))).toBe('NotAtThisLocation');
    await setting.charger.event('CARD1', 'Ended', 'Deauthorized');
    expect(verdictOf(await tap('DRIVER-1'))).toBe('Accepted');
    await until(() => setting.peer.told('sessions').some(({ id, status }) => id === told['id'] && status === 'ACTIVE'));
    expect(newest(setting)?.state).toBe('used');
  });

  test.each([
    [{ Available: 'false' }, false],
    [{ Available: 'true', Enabled: 'false' }, false],
    [{ Available: 'true', Enabled: 'true' }, true],
    [{ NonEvseSpecific: 'false' }, true],
  ])('its device model says of ReservationCtrlr %o: is it asked? %s', async (variables, asked) => {
    const setting = await setUp(version);
    await setting.charger.send('NotifyReport', report(variables));
    await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]));
    expect([setting.charger.count('ReserveNow'), newest(setting)?.emulated]).toEqual([asked ? 1 : 0, !asked]);
    expect(visible(setting)).toEqual(['Reserved', 'Available']);
  });

  test('the device model is asked for it, and each answer counts from the next reservation on', async () => {
    let enabled = 'false';
    const deviceModel: Script = (action, payload) => {
      if (action === 'GetBaseReport') return { status: 'NotSupported' };
      if (action !== 'GetVariables') return { status: 'Accepted' };
      const getVariableResult = (payload['getVariableData'] as Item[]).map((each) => {
        const mine = (each['component'] as Item)['name'] === 'ReservationCtrlr';
        const told = { attributeStatus: 'Accepted', attributeValue: enabled };
        return { ...each, ...(mine ? told : { attributeStatus: 'UnknownVariable' }) };
      });
      return { getVariableResult };
    };
    const yaml =
      '\nocpp: { host: 127.0.0.1, port: 0, call-timeout: 2, provisioning: true, meter-interval: 0, quiet-after-boot: 0 }\n' +
      'models: [{ vendor: V, quirks: { call-pause: 0 } }]\n';
    const setting = await setUp(version, yaml, deviceModel);
    const { charger, site, peer } = setting;
    await until(() => provisioningOf(site.gateway, 'BAY-1').state === 'done');
    await resultOf(peer, await reserveAt(peer, setting.bays[0]));
    expect([charger.count('ReserveNow'), newest(setting)?.emulated]).toEqual([0, true]);
    enabled = 'true';
    const again = Promise.withResolvers<unknown>();
    site.gateway.bus.on('charger.provisioned', again.resolve);
    await ask(site, 'chargers/BAY-1/provisioning', {});
    await again.promise;
    await resultOf(peer, await reserveAt(peer, setting.bays[0], { expiry_date: inMinutes(60) }));
    expect([charger.count('ReserveNow'), newest(setting)?.emulated]).toEqual([1, false]);
  });

  test('an order by number that names no EVSE is sent without one; every other names it', async () => {
    const { site, charger } = await setUp(version);
    const order = { reservationId: 7, tokenUid: 'CARD1', expiresAt: inMinutes(30) };
    expect((await ask(site, 'chargers/BAY-1/reserve', order)).status).toBe(200);
    expect(Object.keys(await charger.called('ReserveNow')).toSorted()).toEqual(['expiryDateTime', 'id', 'idToken']);
    expect((await ask(site, 'chargers/BAY-1/reserve', { ...order, evse: 2 })).status).toBe(200);
    expect(await charger.called('ReserveNow')).toMatchObject({ evseId: 2 });
  });
});

describe.each(VERSIONS)('the end of a reservation over %s', (version) => {
  test('H02: CANCEL_RESERVATION is told to the charger, whose own words do no harm after it', async () => {
    const setting = await setUp(version);
    const { id } = await reserved(setting);
    await untilStatus(setting.peer, 'RESERVATION');
    const cancelled = await send(setting.peer, 'CANCEL_RESERVATION', { reservation_id: 'R1' });
    expect(await resultOf(setting.peer, cancelled)).toMatchObject({ result: 'ACCEPTED' });
    expect(await setting.charger.called('CancelReservation')).toEqual({ reservationId: id });
    await setting.charger.status(1, 'Available');
    await setting.charger.reservation(id, 'Removed');
    await untilStatus(setting.peer, 'INVALID');
    expect([visible(setting)[0], newest(setting)?.state, results(setting)]).toEqual([
      'Available',
      'cancelled',
      ['ACCEPTED'],
    ]);
  });

  test('the operator cancels: the peer is told CANCELED_RESERVATION', async () => {
    const setting = await setUp(version);
    await reserved(setting);
    const url = new URL(`api/reservations/${newest(setting)?.id}?reason=works`, setting.site.urls.console);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
    await setting.charger.called('CancelReservation');
    await until(() => results(setting).length === 2);
    expect(results(setting)[1]).toBe('CANCELED_RESERVATION');
  });

  test('nobody came: billed by the prices for that, and the charger is told as well', async () => {
    const setting = await setUp(version, PRICED);
    const { id } = await reserved(setting);
    clock.ahead = 31 * MINUTE;
    await expireReservations(setting.site.gateway);
    expect(await setting.charger.called('CancelReservation')).toEqual({ reservationId: id });
    await setting.charger.reservation(id, 'Expired');
    // 40 for not coming, and its 30 minutes at 60 an hour.
    expect(bills(setting)).toEqual(['70.00']);
    expect(newest(setting)).toMatchObject({ state: 'expired', told: false });
  });

  test('H04: it is over at the charger a little earlier: expired, told to nobody again', async () => {
    const setting = await setUp(version, PRICED);
    const { id } = await reserved(setting);
    clock.ahead = 29 * MINUTE;
    await setting.charger.status(1, 'Available');
    await setting.charger.reservation(id, 'Expired');
    expect(newest(setting)?.state).toBe('expired');
    expect(bills(setting)).toEqual(['70.00']);
    expect([visible(setting)[0], setting.charger.count('CancelReservation')]).toEqual(['Available', 0]);
  });

  test.each([
    ['Expired', 'its charger let go of it'],
    ['Removed', 'its charger let go of it'],
    ['NoTransaction', version === 'ocpp2.1' ? 'its driver came and began nothing' : 'its charger let go of it'],
  ])('%s long before its time: the peer is told CANCELED_RESERVATION', async (word, reason) => {
    const setting = await setUp(version);
    const { id } = await reserved(setting);
    await untilStatus(setting.peer, 'RESERVATION');
    await setting.charger.status(1, 'Available');
    await setting.charger.reservation(id, word);
    await until(() => results(setting).length === 2);
    expect(results(setting)[1]).toBe('CANCELED_RESERVATION');
    await untilStatus(setting.peer, 'INVALID');
    expect(newest(setting)).toMatchObject({ state: 'cancelled', reason });
    expect([visible(setting)[0], setting.charger.count('CancelReservation')]).toEqual(['Available', 0]);
  });

  test('of a reservation that is none of ours nothing comes', async () => {
    const setting = await setUp(version);
    await reserved(setting);
    expect(await setting.charger.reservation(4711, 'Removed')).toEqual({});
    expect(newest(setting)?.state).toBe('held');
  });

  test.each([
    ['its EVSE', (setting: Setting) => setting.charger.status(1, 'Faulted'), 'faulted'],
    ['its EVSE, by NotifyEvent', (setting: Setting) => setting.charger.notify(1, 'Faulted'), 'faulted'],
    ['the whole charger', (setting: Setting) => setting.charger.status(0, 'Faulted'), 'faulted'],
    [
      'the whole charger, out of service',
      (setting: Setting) => setting.charger.status(0, 'Unavailable'),
      'unavailable',
    ],
  ])('H01.FR.16: %s breaks: given up, and told', async (_what, breaks, why) => {
    const setting = await setUp(version);
    const { id } = await reserved(setting);
    await breaks(setting);
    await until(() => results(setting).length === 2);
    expect(results(setting)[1]).toBe('CANCELED_RESERVATION');
    expect(newest(setting)).toMatchObject({ state: 'cancelled', reason: `the EVSE is ${why}` });
    await setting.charger.reservation(id, 'Removed');
    expect(listSessions(setting.site.gateway, ALL).items.map(({ status }) => status)).toEqual(['INVALID']);
    // Nobody gets it while that lasts.
    const again = await reserveAt(setting.peer, setting.bays[0], { reservation_id: 'R2' });
    expect(await resultOf(setting.peer, again)).toMatchObject({ result: 'EVSE_INOPERATIVE' });
    expect(setting.charger.count('ReserveNow')).toBe(1);
  });
});

describe.each(VERSIONS)('a charger of %s that comes back', (version) => {
  test('after a reboot is told anew under the same number, once its boot is answered; that it is free meanwhile changes nothing', async () => {
    const setting = await setUp(version);
    const { id } = await reserved(setting);
    const answered = await setting.charger.raw.call('BootNotification', {
      reason: 'Watchdog',
      chargingStation: { model: 'M', vendorName: 'V' },
    });
    expect((await setting.charger.called('ReserveNow'))['id']).toBe(id);
    const frames = setting.charger.raw.texts.map((text) => JSON.parse(text) as unknown[]);
    const place = (matches: (frame: unknown[]) => boolean): number => frames.findLastIndex(matches);
    expect(place((frame) => frame[1] === answered[1])).toBeLessThan(place((frame) => frame[2] === 'ReserveNow'));
    await setting.charger.status(1, 'Available');
    await setting.site.gateway.db.write(() => undefined);
    expect([visible(setting)[0], newest(setting)?.state]).toEqual(['Reserved', 'held']);
    await setting.charger.status(1, 'Reserved');
    await setting.charger.event('T1', 'Started', 'Authorized', { ...at(1), ...card('DRIVER-1'), reservationId: id });
    expect([newest(setting)?.state, results(setting)]).toEqual(['used', ['ACCEPTED']]);
  });

  test('is told what was cancelled while it was away; an error before its boot is not taken for that it knows', async () => {
    const setting = await setUp(version);
    const { id } = await reserved(setting);
    await untilStatus(setting.peer, 'RESERVATION');
    await setting.charger.raw.close();
    await until(() => setting.site.gateway.connections.find('BAY-1') === undefined);
    await resultOf(setting.peer, await send(setting.peer, 'CANCEL_RESERVATION', { reservation_id: 'R1' }));
    await untilStatus(setting.peer, 'INVALID');
    let booted = false;
    const back = await dial(setting.site, version, () => (booted ? { status: 'Accepted' } : 'SecurityError'));
    await back.called('CancelReservation');
    booted = true;
    await back.boot();
    expect(await back.called('CancelReservation')).toEqual({ reservationId: id });
    await until(() => newest(setting)?.told === false);
  });

  test('without a reboot is told what it was not told while it was away, and nothing that it keeps', async () => {
    const setting = await setUp(version);
    setting.charger.script(answering('InternalError'));
    await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]));
    expect(newest(setting)?.emulated).toBe(true);
    const back = await dial(setting.site, version);
    await back.called('ReserveNow');
    await until(() => newest(setting)?.emulated === false);
    const again = await dial(setting.site, version);
    await again.status(1, 'Reserved');
    expect(again.count('ReserveNow')).toBe(0);
  });
});

describe.each(VERSIONS)('meanwhile, over %s', (version) => {
  test('called off while the charger makes up its mind: it is told to let go', async () => {
    const setting = await setUp(version);
    const { raw } = setting.charger;
    setting.charger.script((action) => (action === 'ReserveNow' ? null : { status: 'Accepted' }));
    const made = ask(setting.site, 'reservations', { charger: 'BAY-1', evse: 1, tokenUid: 'CARD1', minutes: 30 });
    const frame = await raw.waitFor(([type, , name]) => type === 2 && name === 'ReserveNow');
    const url = new URL(`api/reservations/${newest(setting)?.id}`, setting.site.urls.console);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
    raw.send(JSON.stringify([3, frame[1], { status: 'Accepted' }]));
    expect((await made).status).toBe(409);
    expect(await setting.charger.called('CancelReservation')).toEqual({ reservationId: (frame[3] as Item)['id'] });
  });

  test('its driver began in time while the charger was cut off, and is let in when that is told late', async () => {
    const setting = await setUp(version, PRICED);
    const { id } = await reserved(setting);
    const began = inMinutes(19.5);
    clock.ahead = 12 * 60 * MINUTE;
    await expireReservations(setting.site.gateway);
    expect(bills(setting)).toEqual(['70.00']);
    const late = { ...at(1), ...card('DRIVER-1'), reservationId: id, offline: true, timestamp: began };
    const answer = await setting.charger.event('T1', 'Started', 'Authorized', { ...late, ...register(1, began) });
    expect(verdictOf(answer)).toBe('Accepted');
    expect(newest(setting)).toMatchObject({ state: 'used' });
    const ended = { offline: true, timestamp: inMinutes(-600), ...register(11, inMinutes(-600)) };
    await setting.charger.event('T1', 'Ended', 'EVDeparted', ended);
    // Taken back, and in its place 10 kWh at 3 with the 20 minutes before at 60 an hour.
    expect(bills(setting).toSorted()).toEqual(['-70.00', '50.00', '70.00']);
  });
});
