/** OCPI 2.3.0 Bookings: a peer's server, the gateway's, and a charger's socket. */
import { describe, expect, test } from 'vitest';
import { cancelBooking } from '../../gateway/bookings.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listOutbox } from '../../gateway/outbox.ts';
import { MINUTE, YAML } from '../bookings/site.ts';
import { expectContract } from '../contract/ocpi/check.ts';
import {
  at,
  bayOf,
  book,
  clock,
  connect,
  during,
  pass,
  requestsOf,
  setUp,
  slotsOf,
  startAtNoon,
  startSite,
  told,
  untilTold,
  VAN,
  wish,
} from './bookings-harness.ts';
import { registerPeer, resultOf, startOn, until, type Item } from './commands-harness.ts';
import { ask } from './harness.ts';

startAtNoon();

describe('the module', () => {
  test('is there in 2.3.0 alone, under the name that the specification gives it', async () => {
    const { site, peer } = await setUp();
    const base = site.urls.ocpi.replace('/versions', '/cpo');
    const listed = async (version: string) => {
      const details = await ask(`${base}/${version}`, { token: peer.outboundToken, is: 'details' });
      return details.data.endpoints.find(({ identifier }) => /booking/i.test(identifier));
    };
    expect(await listed('2.3.0')).toEqual({ identifier: 'Booking', role: 'SENDER', url: `${base}/2.3.0/bookings` });
    expect([await listed('2.2.1'), await listed('2.1.1')]).toEqual([undefined, undefined]);
  });

  test('is not there where peers may not book: not listed, not served, nothing told', async () => {
    const site = await startSite(YAML(', publish: false').replace('publish: true, ', ''));
    const peer = await connect(site);
    const url = peer.endpoint('tariffs').replace('tariffs', 'bookings');
    expect(() => peer.endpoint('Booking')).toThrow(/no endpoint/);
    for (const path of ['', '/booking_locations', '/booking_locations/any', '/booking_locations/any/any'])
      expect((await ask(url + path, { token: peer.outboundToken })).http).toBe(404);
    expect((await ask(url, { token: peer.outboundToken, method: 'POST', body: wish() })).http).toBe(404);
    await until(() => peer.told('tariffs').length > 0 && listOutbox(site.gateway, null, 10).length === 0);
    expect([peer.told('bookings'), peer.told('booking_locations')]).toEqual([[], []]);
  });
});

describe('a booking of a peer', () => {
  test('is reserved, has its bay when its time comes, is used by START_SESSION and billed under its id', async () => {
    const { site, peer, charger } = await setUp();
    const booking = await book(peer);
    expect(booking).toMatchObject({ reservation_status: 'RESERVED', request_id: 'R1', tariff_ids: ['standard'] });
    expect([bayOf(booking), requestsOf(booking)]).toEqual(['#NA', ['ACCEPTED']]);
    await untilTold(peer, booking['id'], 'RESERVED');
    expect(peer.requests.find(({ path }) => path.endsWith(`/bookings/SE/DEP/${String(booking['id'])}`))?.method).toBe(
      'PUT',
    );
    await pass(site, 110);
    const kept = await charger.called('ReserveNow');
    await until(() => bayOf(told(peer, booking['id'])) === `E${String(kept['connectorId'])}`);
    await pass(site, 12);
    const bay = Number(kept['connectorId']);
    const started = await startOn(peer, 'VAN1', `E${bay}`);
    expect(await resultOf(peer, started)).toMatchObject({ result: 'ACCEPTED' });
    const { transactionId } = await charger.send('StartTransaction', {
      connectorId: bay,
      idTag: 'VAN1',
      meterStart: 0,
      timestamp: new Date(clock.now).toISOString(),
    });
    await untilTold(peer, booking['id'], 'FULFILLED');
    clock.now += 90 * MINUTE;
    await charger.send('StopTransaction', {
      transactionId,
      meterStop: 5000,
      timestamp: new Date(clock.now).toISOString(),
    });
    await until(() => peer.told('cdrs').length === 1);
    const [cdr] = peer.told('cdrs');
    expectContract('2.3.0', 'bookedCdr', cdr);
    expect(cdr).toMatchObject({ booking_id: booking['id'], authorization_reference: 'REF-1' });
    expect(JSON.stringify(cdr)).toMatch(/RESERVATION_OVERTIME/);
    expect((await peer.list('cdrs')).items).toEqual([cdr]);
    const [session] = peer.told('sessions');
    expectContract('2.3.0', 'bookedSession', session);
  });

  test('is changed by the same request id until the deadline, and declined after it', async () => {
    const { peer } = await setUp();
    const { id } = await book(peer);
    const changed = await book(peer, { period: during(240, 300) });
    expect([changed['id'], requestsOf(changed), changed['period']]).toEqual([
      id,
      ['ACCEPTED', 'ACCEPTED'],
      during(240, 300),
    ]);
    clock.now += 185 * MINUTE;
    const late = await book(peer, { period: during(300, 360) });
    expect([late['reservation_status'], late['period'], requestsOf(late).at(-1)]).toEqual([
      'RESERVED',
      during(240, 300),
      'DECLINED',
    ]);
    await until(() => requestsOf(told(peer, id) ?? late).length === 3 && told(peer, id) !== undefined);
  });

  test('asked for twice in the same words, as after a lost answer, changes nothing', async () => {
    const { peer } = await setUp();
    const first = await book(peer);
    expect(await book(peer)).toEqual(first);
    const canceled = { cancellation_reason: 'TRAFFIC', who_canceled: 'EMSP' };
    const over = await book(peer, { canceled });
    expect(await book(peer, { canceled })).toEqual(over);
  });

  test('is cancelled: free of charge in time, with its fee too late, whoever the peer says it was', async () => {
    const { site, peer } = await setUp();
    const canceled = { cancellation_reason: 'BROKEN_VEHICLE', who_canceled: 'CPO' };
    const early = await book(peer, { request_id: 'EARLY' });
    expect(await book(peer, { request_id: 'EARLY', canceled })).toMatchObject({ reservation_status: 'CANCELED' });
    const bills = () => listCdrs(site.gateway, { offset: 0, limit: 10 }).items;
    expect(bills()).toEqual([]);
    const late = await book(peer, { request_id: 'LATE', period: during(45, 105) });
    const over = await book(peer, { request_id: 'LATE', period: during(45, 105), canceled });
    expect(over['canceled']).toEqual({ cancellation_reason: 'BROKEN_VEHICLE', who_canceled: 'EMSP' });
    expect(bills().map(({ cost }) => cost.total.beforeTaxes)).toEqual(['30.00']);
    for (const { id } of [early, late] as { id: unknown }[]) await untilTold(peer, id, 'CANCELED');
    await until(() => peer.told('cdrs').length === 1);
    expect(peer.told('cdrs')[0]).toMatchObject({ booking_id: late['id'] });
  });

  test('that nobody comes for is told as NO_SHOW; one that the site calls off with its reason', async () => {
    const { site, peer } = await setUp();
    const missed = await book(peer);
    const off = await book(peer, { request_id: 'R2', tokens: [{ ...VAN, uid: 'VAN2' }], period: during(600, 660) });
    await cancelBooking(site.gateway, String(off['id']), { reason: 'POWER_OUTAGE', by: 'CPO' });
    await untilTold(peer, off['id'], 'CANCELED');
    expect(told(peer, off['id'])?.['canceled']).toEqual({
      cancellation_reason: 'POWER_OUTAGE',
      who_canceled: 'CPO',
    });
    await pass(site, 110);
    await pass(site, 26);
    await untilTold(peer, missed['id'], 'NO_SHOW');
  });

  test('is nobody else’s to see or to touch; the CPO’s own cloud sees all', async () => {
    const { site, peer } = await setUp();
    const other = await connect(site, 'other', { countryCode: 'DE', partyId: 'OTH' });
    const cloud = await connect(site, 'own-cloud', { partyId: 'CLD', visibility: 'all' });
    const mine = await book(peer);
    const others = await book(other, { tokens: [], period: during(240, 300) });
    expect(others['id']).not.toBe(mine['id']);
    await expect(other.bookings.request(wish({ country_code: 'NL', party_id: 'EMS' }))).rejects.toThrow(/2001/);
    const canceled = { cancellation_reason: 'TRAFFIC', who_canceled: 'EMSP' };
    await expect(other.bookings.request(wish({ request_id: 'R9', canceled }))).rejects.toThrow(/2001/);
    expect((await other.bookings.list()).items).toEqual([others]);
    expect((await peer.bookings.list()).items).toEqual([mine]);
    expect((await cloud.bookings.list()).items).toEqual([mine, others]);
    await until(() => cloud.told('bookings').length === 2 && other.told('bookings').length === 1);
    expect(told(other, mine['id'])).toBeUndefined();
  });

  test('behind a hub, two parties may not take each other’s by its request id', async () => {
    const site = await startSite();
    const hub = await connect(site, 'hub', { role: 'HUB', partyId: 'HUB' });
    const asParty = (party_id: string) => hub.bookings.request(wish({ country_code: 'DE', party_id }));
    const made = await asParty('ONE');
    await expect(asParty('TWO')).rejects.toThrow(/2001.*another party/);
    await untilTold(hub, made['id'], 'RESERVED');
    const sent = hub.requests.find(({ path }) => path.endsWith(`/${String(made['id'])}`));
    expect(sent?.headers).toMatchObject({ 'ocpi-to-country-code': 'DE', 'ocpi-to-party-id': 'ONE' });
  });

  test.each([
    ['no body', 'POST', 2001],
    ['no period', { period: undefined }, 2001],
    ['a period that is no time', { period: { start_date_time: 'soon', end_date_time: at(60) } }, 2001],
    ['no reference', { authorization_reference: undefined }, 2001],
    ['a card number of a thousand figures', { tokens: [{ ...VAN, uid: '1'.repeat(1000) }] }, 2001],
    ['more cards than anybody has', { tokens: Array.from({ length: 1000 }, () => VAN) }, 2001],
    ['a way in that there is not', { access_information: [{ method: 'TUNNEL' }] }, 2001],
    ['a plug that not every bay has', { booking_option: { connector_types: ['CHADEMO'] } }, 2001],
    ['a party that is not the peer’s', { country_code: 'FR', party_id: 'XYZ' }, 2001],
    ['our own party', { country_code: 'SE', party_id: 'DEP' }, 2001],
    ['another location', { location_id: 'L2' }, 2003],
    ['another booking location', { booking_location_id: 'E9' }, 2003],
  ])('%s is refused', async (_what, change, status) => {
    const { site, peer } = await setUp();
    const body = change === 'POST' ? null : { country_code: 'NL', party_id: 'EMS', ...wish(change as Item) };
    const answer = await ask(peer.endpoint('Booking'), { token: peer.outboundToken, method: 'POST', body });
    expect([answer.http, answer.status]).toEqual([200, status]);
    expect((await peer.bookings.list()).items).toEqual([]);
    expect(site.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('without a booking location is for any bay, in other cases and with null for what is not there', async () => {
    const { peer } = await setUp();
    const made = await book(peer, { booking_location_id: null, location_id: 'l1', booking_option: null });
    expect(made['reservation_status']).toBe('RESERVED');
    const one = await book(peer, {
      request_id: 'R2',
      tokens: [{ ...VAN, uid: 'VAN2' }],
      access_information: null,
      booking_option: { evse_uid: 'e2' },
    });
    expect([one['reservation_status'], bayOf(one)]).toEqual(['RESERVED', 'E2']);
  });
});

describe('peers are told', () => {
  test('where one can book, a place at most once a minute, in its latest state', async () => {
    const { site, peer } = await setUp();
    const toldPlaces = () => peer.told('booking_locations');
    await until(() => toldPlaces().length === 3);
    for (const place of toldPlaces()) expectContract('2.3.0', 'bookingLocation', place);
    const pushes = () => peer.requests.filter(({ path }) => path.endsWith('/booking_locations/E1')).length;
    await until(() => pushes() === 1);
    await book(peer, { booking_location_id: 'E1', period: during(120, 180) });
    await book(peer, { booking_location_id: 'E1', period: during(240, 300), request_id: 'R2' });
    const waits = () => listOutbox(site.gateway, null, 10).filter((row) => row.module === 'booking-locations');
    await until(() => waits().some(({ object }) => object === 'E1') && peer.told('bookings').length === 2);
    expect(pushes()).toBe(1);
    clock.now += MINUTE;
    await until(() => pushes() === 2 && waits().length === 0);
    expect(slotsOf(toldPlaces().find(({ id }) => id === 'E1')).map(([from]) => from)).toEqual([15, 180, 300]);
  });

  test('also what changed before a restart, while they were away', async () => {
    const site = await startSite(YAML(), true);
    const peer = await connect(site);
    const { id } = await book(peer);
    await untilTold(peer, id, 'RESERVED');
    peer.setCondition({ kind: 'down' });
    await cancelBooking(site.gateway, String(id), { reason: 'FULL', by: 'CPO' });
    await site.stop();
    peer.setCondition({ kind: 'up' });
    await startSite(YAML(), false, site.directory);
    await untilTold(peer, id, 'CANCELED');
    expect(told(peer, id)?.['canceled']).toEqual({ cancellation_reason: 'FULL', who_canceled: 'CPO' });
  });

  test.each(['Booking', 'bookings', 'BOOKING'])('whatever the case of the module they name: %s', async (bookingsAs) => {
    const site = await startSite();
    const peer = await connect(site, 'emsp', { bookingsAs });
    const booking = await book(peer);
    await untilTold(peer, booking['id'], 'RESERVED');
    expect(told(peer, booking['id'])).toEqual(booking);
  });

  test('prices for bookings only where they know them: to others these would seem to hold always', async () => {
    const site = await startSite();
    const booker = await connect(site);
    const core = await registerPeer(site, 'core', { versions: ['2.3.0'], partyId: 'COR' });
    const rules = (tariffs: Item[]) =>
      ((tariffs[0]?.['elements'] ?? []) as { restrictions?: Item }[]).map(
        ({ restrictions }) => restrictions?.['booking'],
      );
    const all = ['BOOKING_CANCELLATION_FEES', 'BOOKING_EXPIRES', 'BOOKING', 'BOOKING_OVERTIME', undefined];
    await until(() => booker.told('tariffs').length === 1 && core.told('tariffs').length === 1);
    expectContract('2.3.0', 'bookedTariff', booker.told('tariffs')[0]);
    expectContract('2.3.0', 'tariff', core.told('tariffs')[0]);
    expect([rules(booker.told('tariffs')), rules(core.told('tariffs'))]).toEqual([all, [undefined]]);
    expect([rules((await booker.list('tariffs')).items), rules((await core.list('tariffs')).items)]).toEqual([
      all,
      [undefined],
    ]);
    // Who only asks, and books, knows them as well.
    expect(core.told('bookings')).toEqual([]);
    await book(core);
    expect(rules((await core.list('tariffs')).items)).toEqual(all);
  });
});
