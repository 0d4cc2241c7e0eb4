/** RESERVE_NOW and CANCEL_RESERVATION, from a peer's server to a charger's socket and back. */
import { describe, expect, test } from 'vitest';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { expireReservations } from '../../gateway/reservation-upkeep.ts';
import { cancelReservation, listReservations, reserve } from '../../gateway/reservations.ts';
import { siteView } from '../../gateway/site.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { ScriptedCharger } from '../harness/scripted-charger.ts';
import {
  cleanUpAfterEach,
  dialCharger,
  registerPeer,
  resultOf,
  send,
  startDepot,
  startOn,
  token,
  toldSession,
  until,
  untilStatus,
  type Item,
} from './commands-harness.ts';
import { PRICED, wish } from './reservation-wishes.ts';

const ALL = { offset: 0, limit: 100 };

cleanUpAfterEach();

/** How far the gateway's clock is ahead, ms. */
let ahead = 0;

interface Setting {
  site: TestSite;
  peer: SimulatedPeer;
  charger: ScriptedCharger;
  bays: string[];
}

async function setUp(yaml = '', version?: '2.1.1' | '2.2.1'): Promise<Setting> {
  ahead = 0;
  const site = await startDepot({ yaml, clock: () => Date.now() + ahead });
  const charger = await dialCharger(site, 'BAY-1', 'Available', 'Available');
  const peer = await registerPeer(site, 'emsp', version ? { versions: [version] } : {});
  const bays = siteView(site.gateway).evses.map(({ uid }) => uid);
  return { site, peer, charger, bays };
}

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

const reserveAt = (peer: SimulatedPeer, evse_uid: string | undefined, more: Item = {}) =>
  wish(peer, evse_uid, inMinutes(30), more);

const visible = ({ site }: Setting): string[] => siteView(site.gateway).evses.map(({ visible: status }) => status);

describe('RESERVE_NOW', () => {
  test('keeps a bay at its charger, tells a session in RESERVATION, and the same session becomes ACTIVE', async () => {
    const setting = await setUp();
    const { peer, charger, bays } = setting;
    const sent = await reserveAt(peer, bays[1], { authorization_reference: 'REF-1' });
    expect(sent.response['result']).toBe('ACCEPTED');
    expect(await resultOf(peer, sent)).toMatchObject({ result: 'ACCEPTED' });
    const asked = await charger.called('ReserveNow');
    expect(asked).toMatchObject({ connectorId: 2, idTag: 'DRIVER-1' });
    expect(visible(setting)).toEqual(['Available', 'Reserved', 'Unknown']);
    const told = await untilStatus(peer, 'RESERVATION');
    expect(told).toMatchObject({ evse_uid: bays[1], auth_method: 'COMMAND', authorization_reference: 'REF-1' });
    const transactionId = await charger.start(2, 'DRIVER-1');
    const active = await untilStatus(peer, 'ACTIVE');
    expect(active['id']).toBe(told['id']);
    await charger.stop(transactionId, 5000);
    expect(await untilStatus(peer, 'COMPLETED')).toMatchObject({ id: told['id'] });
    expect(listReservations(setting.site.gateway, 10, null)[0]).toMatchObject({ state: 'used' });
    expect(charger.calls.some(([action]) => action === 'CancelReservation')).toBe(false);
  });

  test('nobody else charges there, as card or as start; elsewhere everybody does', async () => {
    const { peer, charger, bays } = await setUp();
    await (
      await reserveAt(peer, bays[0])
    ).result;
    const start = (connectorId: number, idTag: string) =>
      charger.send('StartTransaction', { connectorId, idTag, meterStart: 0, timestamp: new Date().toISOString() });
    expect(await start(1, 'CARD1')).toMatchObject({ idTagInfo: { status: 'Invalid' } });
    expect(await start(2, 'CARD1')).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  });

  test('the same reservation_id replaces it: another time under the same number, another bay under another', async () => {
    const setting = await setUp();
    const { peer, charger, bays } = setting;
    await (
      await reserveAt(peer, bays[0])
    ).result;
    const first = await charger.called('ReserveNow');
    const later = inMinutes(90);
    await (
      await reserveAt(peer, bays[0], { expiry_date: later })
    ).result;
    const second = await charger.called('ReserveNow');
    expect(second['reservationId']).toBe(first['reservationId']);
    expect(Date.parse(String(second['expiryDate']))).toBe(Math.floor(Date.parse(later) / 1000) * 1000);
    await (
      await reserveAt(peer, bays[1])
    ).result;
    const third = await charger.called('ReserveNow');
    expect(third).toMatchObject({ connectorId: 2 });
    expect(third['reservationId']).not.toBe(first['reservationId']);
    expect(await charger.called('CancelReservation')).toEqual({ reservationId: first['reservationId'] });
    await until(() => visible(setting).join() === 'Available,Reserved,Unknown');
    await untilStatus(peer, 'RESERVATION');
    expect(setting.peer.told('sessions')).toHaveLength(1);
  });

  test("one peer's reservation is not another's to touch, though they call it alike", async () => {
    const setting = await setUp();
    const other = await registerPeer(setting.site, 'other', { countryCode: 'DE', partyId: 'OTH' });
    await (
      await reserveAt(setting.peer, setting.bays[0])
    ).result;
    const theirs = await send(other, 'CANCEL_RESERVATION', { reservation_id: 'R1' });
    expect(await resultOf(other, theirs)).toMatchObject({ result: 'UNKNOWN_RESERVATION' });
    const occupied = await reserveAt(other, setting.bays[0], {
      token: token('X', { country_code: 'DE', party_id: 'OTH' }),
    });
    expect(await resultOf(other, occupied)).toMatchObject({ result: 'EVSE_OCCUPIED' });
    await (
      await reserveAt(other, setting.bays[1], { token: token('X', { country_code: 'DE', party_id: 'OTH' }) })
    ).result;
    expect(visible(setting)).toEqual(['Reserved', 'Reserved', 'Unknown']);
  });

  test.each([
    ['Occupied', 'EVSE_OCCUPIED'],
    ['Faulted', 'EVSE_INOPERATIVE'],
    ['Unavailable', 'EVSE_INOPERATIVE'],
  ])('a charger that says %s: %s, and nothing is kept', async (status, result) => {
    const setting = await setUp();
    setting.charger.script(() => ({ status }));
    expect(await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]))).toMatchObject({ result });
    expect(visible(setting)).toEqual(['Available', 'Available', 'Unknown']);
    expect(toldSession(setting.peer)).toBeUndefined();
  });

  test.each([
    ['rejects', { status: 'Rejected' }],
    ['does not know it', 'NotSupported'],
  ])('a charger that %s is stood in for: the bay is shown as reserved and others are refused', async (_what, said) => {
    const setting = await setUp();
    setting.charger.script((action) => (action === 'ReserveNow' ? said : { status: 'Accepted' }));
    expect(await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]))).toMatchObject({
      result: 'ACCEPTED',
    });
    expect(visible(setting)[0]).toBe('Reserved');
    const transaction = { connectorId: 1, meterStart: 0, timestamp: new Date().toISOString() };
    expect(await setting.charger.send('StartTransaction', { ...transaction, idTag: 'CARD1' })).toMatchObject({
      idTagInfo: { status: 'Invalid' },
    });
  });

  test('a charger that cannot, where a vehicle stands: EVSE_OCCUPIED, as one that can would say', async () => {
    const setting = await setUp();
    setting.charger.script((action) => (action === 'ReserveNow' ? 'NotSupported' : { status: 'Accepted' }));
    await setting.charger.status(1, 'Preparing');
    expect(await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]))).toMatchObject({
      result: 'EVSE_OCCUPIED',
    });
    expect(visible(setting)[0]).toBe('Preparing');
  });

  test('without an EVSE one that is free is chosen; where none is, it is rejected', async () => {
    const setting = await setUp();
    await setting.charger.status(1, 'Charging');
    await (
      await reserveAt(setting.peer, undefined)
    ).result;
    expect(visible(setting)).toEqual(['Charging', 'Reserved', 'Unknown']);
    const none = await reserveAt(setting.peer, undefined, { reservation_id: 'R2' });
    expect(none.response['result']).toBe('REJECTED');
  });

  test('a start that the same driver orders goes on with the session of the reservation', async () => {
    const { peer, charger, bays } = await setUp();
    await (
      await reserveAt(peer, bays[0])
    ).result;
    const reserved = await untilStatus(peer, 'RESERVATION');
    await (
      await startOn(peer, 'DRIVER-1', bays[0] ?? '')
    ).result;
    await charger.start(1, 'DRIVER-1');
    expect((await untilStatus(peer, 'ACTIVE'))['id']).toBe(reserved['id']);
    expect(peer.told('sessions')).toHaveLength(1);
  });

  test('in 2.1.1 too, where they have numbers', async () => {
    const setting = await setUp('', '2.1.1');
    const { country_code: _country, party_id: _party, contract_id, ...rest } = token('DRIVER-1');
    const answer = await setting.peer.commands.send('RESERVE_NOW', {
      token: { ...rest, auth_id: contract_id },
      expiry_date: inMinutes(30),
      reservation_id: 77,
      location_id: 'L1',
      evse_uid: setting.bays[0],
    });
    expect(answer.response).toMatchObject({ result: 'ACCEPTED' });
    await until(() => visible(setting)[0] === 'Reserved');
  });
});

describe('the end of a reservation', () => {
  test('CANCEL_RESERVATION: the charger is told, and the session is INVALID where that costs nothing', async () => {
    const setting = await setUp();
    await (
      await reserveAt(setting.peer, setting.bays[0])
    ).result;
    const { reservationId } = await setting.charger.called('ReserveNow');
    await untilStatus(setting.peer, 'RESERVATION');
    const cancelled = await send(setting.peer, 'CANCEL_RESERVATION', { reservation_id: 'R1' });
    expect(await resultOf(setting.peer, cancelled)).toMatchObject({ result: 'ACCEPTED' });
    expect(await setting.charger.called('CancelReservation')).toEqual({ reservationId });
    await untilStatus(setting.peer, 'INVALID');
    expect(visible(setting)[0]).toBe('Available');
    const again = await send(setting.peer, 'CANCEL_RESERVATION', { reservation_id: 'R1' });
    expect(await resultOf(setting.peer, again)).toMatchObject({ result: 'UNKNOWN_RESERVATION' });
  });

  test('nobody came: fee and time of an expired reservation are billed, with a remark', async () => {
    const setting = await setUp(PRICED);
    await (
      await reserveAt(setting.peer, setting.bays[0])
    ).result;
    await untilStatus(setting.peer, 'RESERVATION');
    ahead = 31 * 60_000;
    await expireReservations(setting.site.gateway);
    expect(await untilStatus(setting.peer, 'COMPLETED')).toMatchObject({ kwh: 0 });
    const [cdr] = listCdrs(setting.site.gateway, ALL).items;
    // 40 for not coming, and its 30 minutes at 60 an hour.
    expect(cdr?.cost.total.beforeTaxes).toBe('70.00');
    expect(cdr?.cost.reservation?.beforeTaxes).toBe('70.00');
    expect(cdr?.remark).toBe('the reservation expired: nobody came');
  });

  test('its driver had come, which a charger that was cut off tells late: what was billed is taken back', async () => {
    const setting = await setUp(PRICED);
    await resultOf(setting.peer, await reserveAt(setting.peer, setting.bays[0]));
    const timestamp = inMinutes(5);
    ahead = 12 * 3_600_000;
    await expireReservations(setting.site.gateway);
    const begun = { connectorId: 1, idTag: 'DRIVER-1', meterStart: 0, timestamp };
    expect(await setting.charger.send('StartTransaction', begun)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    expect(listReservations(setting.site.gateway, 1, null)[0]).toMatchObject({ state: 'used' });
    expect(listCdrs(setting.site.gateway, ALL).items.map(({ cost }) => cost.total.beforeTaxes)).toEqual([
      '70.00',
      '-70.00',
    ]);
  });

  test('its driver came: the time before is billed with the charge', async () => {
    const setting = await setUp(PRICED);
    await (
      await reserveAt(setting.peer, setting.bays[0])
    ).result;
    const { gateway } = setting.site;
    const held = listReservations(gateway, 1, null)[0]?.heldAt ?? 0;
    const timestamp = (minutes: number) => new Date(held + minutes * 60_000).toISOString();
    ahead = 10 * 60_000;
    const begun = await setting.charger.send('StartTransaction', {
      connectorId: 1,
      idTag: 'DRIVER-1',
      meterStart: 0,
      timestamp: timestamp(10),
      reservationId: (await setting.charger.called('ReserveNow'))['reservationId'],
    });
    ahead = 20 * 60_000;
    await setting.charger.send('StopTransaction', {
      transactionId: begun['transactionId'],
      meterStop: 10_000,
      timestamp: timestamp(20),
    });
    const [cdr] = listCdrs(gateway, ALL).items;
    expect([cdr?.cost.energy?.beforeTaxes, cdr?.cost.reservation?.beforeTaxes]).toEqual(['30.00', '10.00']);
    expect(cdr?.periods.map(({ kind }) => kind)).toEqual(['reservation', 'charging']);
  });

  test('a bay that breaks is given up: its peer is told CANCELED_RESERVATION at the URL of its command', async () => {
    const setting = await setUp();
    const sent = await reserveAt(setting.peer, setting.bays[0]);
    await sent.result;
    await untilStatus(setting.peer, 'RESERVATION');
    await setting.charger.status(1, 'Faulted');
    const results = () =>
      setting.peer.requests.filter(({ path }) => path.includes('/commands/RESERVE_NOW')).map(({ body }) => body);
    await until(() => results().length === 2);
    expect(results()[1]).toMatchObject({ result: 'CANCELED_RESERVATION' });
    await untilStatus(setting.peer, 'INVALID');
  });

  test('the operator cancels; a charger that is away is told when it is back', async () => {
    const setting = await setUp();
    await (
      await reserveAt(setting.peer, setting.bays[0])
    ).result;
    const { reservationId } = await setting.charger.called('ReserveNow');
    await untilStatus(setting.peer, 'RESERVATION');
    setting.charger.raw.destroy();
    await until(() => setting.site.gateway.connections.find('BAY-1') === undefined);
    const [live] = listReservations(setting.site.gateway, 1, null);
    await cancelReservation(setting.site.gateway, live?.id ?? '', 'works on the bay');
    await untilStatus(setting.peer, 'INVALID');
    const back = await dialCharger(setting.site, 'BAY-1');
    expect(await back.called('CancelReservation')).toEqual({ reservationId });
  });

  test('a charger that reboots is told anew, under the same number', async () => {
    const setting = await setUp();
    await (
      await reserveAt(setting.peer, setting.bays[0])
    ).result;
    const before = await setting.charger.called('ReserveNow');
    await setting.charger.status(1, 'Reserved');
    await setting.charger.boot();
    expect(await setting.charger.called('ReserveNow')).toMatchObject({ reservationId: before['reservationId'] });
    // What it tells of its boot is not that it lets go; what it tells later is.
    await setting.charger.status(1, 'Available');
    await setting.site.gateway.db.write(() => undefined);
    expect(visible(setting)[0]).toBe('Reserved');
    await setting.charger.status(1, 'Reserved');
    await setting.charger.status(1, 'Available');
    await until(() => visible(setting)[0] === 'Available');
  });
});

describe('two at once', () => {
  test('of two requests for one bay in the same moment one wins', async () => {
    const setting = await setUp();
    const wish = {
      peer: null,
      peerKey: null,
      peerReservationId: null,
      responseUrl: null,
      sender: null,
      chargerId: 'BAY-1',
      evse: 1,
      authorizationReference: null,
      bookingId: null,
      expiresAt: Date.now() + 600_000,
    };
    const card = (uid: string) => ({ countryCode: 'SE', partyId: 'DEP', uid, type: 'RFID' as const, contractId: uid });
    const outcomes = await Promise.allSettled(
      ['A1B2', 'C3D4', 'E5F6'].map((uid) => reserve(setting.site.gateway, { ...wish, token: card(uid) })),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(setting.charger.calls.filter(([action]) => action === 'ReserveNow')).toHaveLength(1);
  });
});

test('what a bank card was authorised for beforehand is the limit of the charge that its terminal orders', async () => {
  const setting = await setUp(`
tariffs:
  - id: standard
    currency: SEK
    tax-included: no
    preauthorize-amount: 40
    elements: [{ components: [{ type: energy, price: 4, vat: 25 }] }]
`);
  const sent = await send(setting.peer, 'START_SESSION', {
    token: token('TERMINAL-1', { type: 'AD_HOC_USER' }),
    location_id: 'L1',
    evse_uid: setting.bays[0],
  });
  await sent.result;
  const transactionId = await setting.charger.start(1, 'TERMINAL-1', 60);
  const meter = (value: number) =>
    setting.charger.send('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: new Date().toISOString(), sampledValue: [{ value: String(value) }] }],
    });
  await meter(9500);
  // 40 with tax are 8 kWh at 5.
  expect(await setting.charger.called('RemoteStopTransaction')).toEqual({ transactionId });
});
