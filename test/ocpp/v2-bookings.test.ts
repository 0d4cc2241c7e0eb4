/** Bookings at chargers of OCPP 2.0.1 and 2.1: from a peer's request to the reservation at the charger, and what gets in between. */
import { describe, expect, test } from 'vitest';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { keepDueBays } from '../../gateway/booking-upkeep.ts';
import { cancelBooking, findBooking } from '../../gateway/bookings.ts';
import { bookBay } from '../../gateway/depot-bookings.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import type { Reservation } from '../../gateway/domain/reservations.ts';
import { listReservations } from '../../gateway/reservations.ts';
import { YAML } from '../bookings/site.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { Script } from '../harness/scripted-charger.ts';
import {
  book,
  clock,
  connect,
  during,
  pass,
  requestsOf,
  startAtNoon,
  startSite,
  untilTold,
  VAN,
  wish,
} from '../ocpi/bookings-harness.ts';
import { until, type Item } from '../ocpi/commands-harness.ts';
import { at, card, dialV2, register, type V2Charger, type Version } from './v2-charger.ts';
import { ALL, MINUTE, verdictOf, VERSIONS } from './v2-reservation-harness.ts';

startAtNoon();

const now = (): number => clock.now;
const dial = (site: TestSite, version: Version, script?: Script): Promise<V2Charger> =>
  dialV2(site.urls.ocpp, 'BAY-1', version, now, script);

interface Setting {
  site: TestSite;
  peer: SimulatedPeer;
  charger: V2Charger;
}

async function setUp(version: Version): Promise<Setting> {
  const site = await startSite();
  const charger = await started(site, version);
  return { site, charger, peer: await connect(site) };
}

async function started(site: TestSite, version: Version): Promise<V2Charger> {
  const charger = await dial(site, version);
  await charger.boot();
  for (const evse of [1, 2]) await charger.status(evse, 'Available');
  return charger;
}

const newest = ({ site }: Pick<Setting, 'site'>): Reservation | undefined => listReservations(site.gateway, 1, null)[0];
const state = ({ site }: Pick<Setting, 'site'>, booking: Item) =>
  findBooking(site.gateway, String(booking['id']))?.state;
const bills = ({ site }: Pick<Setting, 'site'>) =>
  listCdrs(site.gateway, ALL).items.map(({ cost }) => cost.total.beforeTaxes);
const stamp = (): string => new Date(clock.now).toISOString();

/** Books E1 (or what is said) from 13:00 to 14:00; its time has come. */
async function due(setting: Setting, change: Item = { booking_location_id: 'E1' }): Promise<Item> {
  const booking = await book(setting.peer, { period: during(60, 120), ...change });
  await pass(setting.site, 50);
  return booking;
}

describe.each(VERSIONS)('a booking over %s', (version) => {
  test('is sent to the charger when its time comes, and FULFILLED by the arriving card', async () => {
    const setting = await setUp(version);
    const { site, peer, charger } = setting;
    const booking = await book(peer, { period: during(60, 120) });
    await pass(site, 49);
    expect(charger.count('ReserveNow')).toBe(0);
    await pass(site, 1);
    const asked = await charger.called('ReserveNow');
    expect(asked).toMatchObject({ evseId: expect.any(Number), idToken: { idToken: 'VAN1', type: 'Central' } });
    // Until 13:15, when it is given up.
    expect(asked['expiryDateTime']).toBe(new Date(clock.now + 25 * MINUTE).toISOString().replace('.000Z', 'Z'));
    const evse = Number(asked['evseId']);
    await charger.status(evse, 'Reserved');
    await pass(site, 15);
    await charger.status(evse, 'Available');
    const arrival = { ...at(evse), ...card('VAN1'), reservationId: asked['id'], ...register(1, stamp()) };
    expect(verdictOf(await charger.event('T1', 'Started', 'Authorized', arrival))).toBe('Accepted');
    await untilTold(peer, booking['id'], 'FULFILLED');
    await pass(site, 30);
    await charger.event('T1', 'Ended', 'EVDeparted', register(5, stamp()));
    // 4 kWh at 3, and 10 for the booking.
    expect(bills(setting)).toEqual(['22.00']);
    expect(charger.count('CancelReservation')).toBe(0);
  });

  test('changed in time: kept at its new time; called off while it is kept: the charger is told', async () => {
    const setting = await setUp(version);
    const { site, peer, charger } = setting;
    const booking = await book(peer, { period: during(120, 180), booking_location_id: 'E1' });
    const changed = await book(peer, { period: during(240, 300), booking_location_id: 'E2' });
    expect([changed['id'], requestsOf(changed)]).toEqual([booking['id'], ['ACCEPTED', 'ACCEPTED']]);
    await pass(site, 115);
    expect(charger.count('ReserveNow')).toBe(0);
    await pass(site, 116);
    const { id, evseId } = await charger.called('ReserveNow');
    expect(evseId).toBe(2);
    await peer.bookings.request({
      ...wish({ period: during(240, 300), booking_location_id: 'E2' }),
      canceled: { cancellation_reason: 'TRAFFIC', who_canceled: 'EMSP' },
    });
    expect(await charger.called('CancelReservation')).toEqual({ reservationId: id });
    await untilTold(peer, booking['id'], 'CANCELED');
    expect([newest(setting)?.state, bills(setting)]).toEqual(['cancelled', ['30.00']]);
  });

  test('the site calls it off: the charger is told, and nothing is due', async () => {
    const setting = await setUp(version);
    const booking = await due(setting);
    const { id } = await setting.charger.called('ReserveNow');
    await cancelBooking(setting.site.gateway, String(booking['id']), { reason: 'FULL', by: 'CPO' });
    expect(await setting.charger.called('CancelReservation')).toEqual({ reservationId: id });
    expect(bills(setting)).toEqual([]);
  });

  test('nobody comes: NO_SHOW, also where the charger says first that its time is over', async () => {
    const setting = await setUp(version);
    const booking = await due(setting);
    const { id } = await setting.charger.called('ReserveNow');
    await setting.charger.status(1, 'Reserved');
    clock.now += 25 * MINUTE - 1000;
    await setting.charger.status(1, 'Available');
    await setting.charger.reservation(id, 'Expired');
    await keepDueBays(setting.site.gateway);
    expect(state(setting, booking)).toBe('RESERVED');
    clock.now += 1000;
    await setting.charger.send('Heartbeat');
    await pass(setting.site, 0);
    expect([state(setting, booking), bills(setting)]).toEqual(['NO_SHOW', ['50.00']]);
    expect(setting.charger.count('ReserveNow')).toBe(1);
  });

  test('its EVSE breaks before the time: another is kept, under the same session; at no other: CANCELED by the site', async () => {
    const setting = await setUp(version);
    const { site, charger } = setting;
    const booking = await due(setting, { booking_location_id: 'any' });
    const first = await charger.called('ReserveNow');
    const session = newest(setting)?.sessionId;
    await charger.status(Number(first['evseId']), 'Reserved');
    // H01.FR.16
    await charger.reservation(first['id'], 'Removed');
    await charger.status(Number(first['evseId']), 'Faulted');
    await pass(site, 1);
    const second = await charger.called('ReserveNow');
    expect([second['evseId'], newest(setting)?.sessionId]).toEqual([3 - Number(first['evseId']), session]);
    expect([state(setting, booking), second['id'] === first['id']]).toEqual(['RESERVED', false]);
    await charger.status(0, 'Faulted');
    await until(() => newest(setting)?.state === 'cancelled');
    await pass(site, 30);
    expect(findBooking(site.gateway, String(booking['id']))?.canceled).toEqual({ by: 'CPO', reason: 'BROKEN_CHARGER' });
    expect(bills(setting)).toEqual([]);
  });

  test('an EVSE that breaks before anything is kept is not asked for', async () => {
    const setting = await setUp(version);
    await setting.charger.notify(1, 'Faulted');
    await due(setting, { booking_location_id: 'any' });
    expect(await setting.charger.called('ReserveNow')).toMatchObject({ evseId: 2 });
  });

  test('a charger that says Occupied is asked again a minute later: who stood there has left', async () => {
    const setting = await setUp(version);
    setting.charger.script((action) => ({ status: action === 'ReserveNow' ? 'Occupied' : 'Accepted' }));
    const declined = new Map<string, Map<string, number>>();
    const booking = await book(setting.peer, { period: during(60, 120), booking_location_id: 'E1' });
    const look = async (seconds: number): Promise<void> => {
      clock.now += seconds * 1000;
      await keepDueBays(setting.site.gateway, declined);
    };
    await look(50 * 60);
    await look(1);
    expect(setting.charger.count('ReserveNow')).toBe(1);
    setting.charger.script(() => ({ status: 'Accepted' }));
    await look(60);
    expect([setting.charger.count('ReserveNow'), newest(setting)?.state]).toEqual([2, 'held']);
    expect(state(setting, booking)).toBe('RESERVED');
  });

  test('for several cards it is kept by the gateway alone, after a reboot too: the charger would refuse the others', async () => {
    const setting = await setUp(version);
    const tokens = [VAN, { ...VAN, uid: 'VAN2', contract_id: 'NL-EMS-VAN2' }];
    const booking = await due(setting, { booking_location_id: 'E1', tokens });
    await setting.charger.boot();
    await setting.charger.status(1, 'Available');
    await setting.charger.event('T1', 'Started', 'Authorized', { ...at(1), ...card('VAN2') });
    expect([state(setting, booking), setting.charger.count('ReserveNow')]).toEqual(['FULFILLED', 0]);
  });

  test('a reboot loses it: it is sent again under the same number', async () => {
    const setting = await setUp(version);
    const booking = await due(setting);
    const { id } = await setting.charger.called('ReserveNow');
    await setting.charger.status(1, 'Reserved');
    setting.charger.raw.destroy();
    const back = await started(setting.site, version);
    expect(await back.called('ReserveNow')).toMatchObject({ id, evseId: 1 });
    expect([newest(setting)?.state, state(setting, booking)]).toEqual(['held', 'RESERVED']);
    await back.event('T1', 'Started', 'Authorized', { ...at(1), ...card('VAN1'), reservationId: id });
    expect(state(setting, booking)).toBe('FULFILLED');
  });

  test('a restart of the gateway while it is kept, and one while the charger is asked, change nothing', async () => {
    const site = await startSite(YAML(), true);
    const charger = await dial(site, version, (action) => (action === 'ReserveNow' ? null : { status: 'Accepted' }));
    await charger.boot();
    for (const evse of [1, 2]) await charger.status(evse, 'Available');
    const booking = await book(await connect(site), { period: during(60, 120), booking_location_id: 'E1' });
    clock.now += 50 * MINUTE;
    const asking = keepDueBays(site.gateway).catch(() => undefined);
    const { id } = await charger.called('ReserveNow');
    await Promise.all([site.stop(), asking]);

    const second = await startSite(YAML(), true, site.directory);
    const told: unknown[] = [];
    await dial(second, version, (action, payload) => {
      told.push([action, payload['id'] ?? payload['reservationId']]);
      return { status: 'Accepted' };
    });
    await keepDueBays(second.gateway);
    await until(() => newest({ site: second })?.state === 'held' && newest({ site: second })?.emulated === false);
    const wireId = newest({ site: second })?.wireId;
    // The one that it may have taken is replaced by its number, or called off before another comes to the same bay.
    expect(wireId === id ? told.slice(0, 1) : told.slice(0, 2)).toEqual([
      ...(wireId === id ? [] : [['CancelReservation', id]]),
      ['ReserveNow', wireId],
    ]);
    await second.stop();

    const third = await startSite(YAML(), false, site.directory);
    const last = await dial(third, version);
    await last.event('T1', 'Started', 'Authorized', { ...at(1), ...card('VAN1'), reservationId: wireId });
    expect([state({ site: third }, booking), last.count('ReserveNow')]).toEqual(['FULFILLED', 0]);
  });

  test('a new socket takes over while the charger is asked: it is asked there, under the same number', async () => {
    const setting = await setUp(version);
    setting.charger.script(() => null);
    const booking = await book(setting.peer, { period: during(60, 120), booking_location_id: 'E1' });
    clock.now += 50 * MINUTE;
    const asking = keepDueBays(setting.site.gateway);
    const { id } = await setting.charger.called('ReserveNow');
    const back = await dial(setting.site, version);
    await asking;
    expect(await back.called('ReserveNow')).toMatchObject({ id, evseId: 1 });
    expect(newest(setting)).toMatchObject({ state: 'held', emulated: false });
    expect(state(setting, booking)).toBe('RESERVED');
  });

  test('the charger is away when its time comes: the gateway keeps it, and tells the charger when that is back', async () => {
    const setting = await setUp(version);
    setting.charger.raw.destroy();
    await until(() => setting.site.gateway.connections.find('BAY-1') === undefined);
    const booking = await due(setting);
    expect(newest(setting)).toMatchObject({ state: 'held', emulated: true, told: false });
    const back = await dial(setting.site, version);
    expect(await back.called('ReserveNow')).toMatchObject({ id: newest(setting)?.wireId, evseId: 1 });
    await until(() => newest(setting)?.emulated === false);
    expect(verdictOf(await back.event('X', 'Started', 'Authorized', { ...at(1), ...card('CARD1') }))).toBe(
      'NotAtThisLocation',
    );
    await back.event('X', 'Ended', 'Deauthorized');
    await back.event('T1', 'Started', 'Authorized', { ...at(1), ...card('VAN1') });
    expect(state(setting, booking)).toBe('FULFILLED');
  });

  test.each([true, false])('whether others of the card’s group may use it, its terms say: %s', async (groups) => {
    const fleet = '\ntokens: [{ uid: VAN1, group: FLEET }, { uid: VAN2, group: FLEET }]\n';
    const site = await startSite(YAML(`, groups: ${String(groups)}`) + fleet);
    const charger = await started(site, version);
    const [startsAt, endsAt] = [clock.now + 60 * MINUTE, clock.now + 120 * MINUTE];
    await bookBay(site.gateway, { tokenUid: 'VAN1', startsAt, endsAt, bay: 'BAY-1/1', vehicle: null, note: null });
    await pass(site, 50);
    expect((await charger.called('ReserveNow'))['groupIdToken']).toEqual(
      groups ? { idToken: 'FLEET', type: 'Central' } : undefined,
    );
    const arrival = await charger.event('T1', 'Started', 'Authorized', { ...at(1), ...card('VAN2') });
    expect(verdictOf(arrival)).toBe(groups ? 'Accepted' : 'NotAtThisLocation');
  });

  test('a card whose number 1.6 could not carry goes out as it is, though its charger was away when the bay was claimed', async () => {
    const setting = await setUp(version);
    setting.charger.raw.destroy();
    await until(() => setting.site.gateway.connections.find('BAY-1') === undefined);
    const uid = 'e5d41ae5-bd3c-4bd5-b1a2-6c7f0f4a1a01';
    const booking = await due(setting, { booking_location_id: 'E1', tokens: [{ ...VAN, uid }] });
    const back = await dial(setting.site, version);
    expect(await back.called('ReserveNow')).toMatchObject({ idToken: { idToken: uid, type: 'Central' } });
    await back.event('T1', 'Started', 'Authorized', { ...at(1), ...card(uid) });
    expect(state(setting, booking)).toBe('FULFILLED');
  });

  test.each([
    ['the EVSE that was kept', 'E1'],
    ['another of its place', 'any'],
  ])(
    'cut off for twelve hours: who charged meanwhile at %s has come, and what was billed for not coming is taken back',
    async (_what, booking_location_id) => {
      const setting = await setUp(version);
      const { site, peer } = setting;
      setting.charger.raw.destroy();
      await until(() => site.gateway.connections.find('BAY-1') === undefined);
      const booking = await due(setting, { booking_location_id });
      const evse = booking_location_id === 'E1' ? 1 : 3 - (newest(setting)?.evse ?? 1);
      await pass(site, 15);
      const [began, ended] = [stamp(), new Date(clock.now + 40 * MINUTE).toISOString()];
      await pass(site, 15);
      await untilTold(peer, booking['id'], 'NO_SHOW');
      await pass(site, 11 * 60);
      const back = await dial(site, version);
      const offline = { offline: true, ...at(evse) };
      const arrival = { ...offline, ...card('VAN1'), ...register(1, began), timestamp: began };
      expect(verdictOf(await back.event('T1', 'Started', 'Authorized', arrival))).toBe('Accepted');
      await back.event('T1', 'Ended', 'EVDeparted', { ...offline, ...register(5, ended), timestamp: ended });
      await untilTold(peer, booking['id'], 'FULFILLED');
      expect(findBooking(site.gateway, String(booking['id']))?.reason).toBeNull();
      // 50 for not coming; 4 kWh at 3, and 10 for the booking.
      expect(bills(setting).toSorted()).toEqual(['-50.00', '22.00', '50.00']);
    },
  );
});
