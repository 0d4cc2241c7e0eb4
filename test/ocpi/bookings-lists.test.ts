/** Where one can book and when, and what was booked, in pages and by time. */
import { describe, expect, test } from 'vitest';
import { MINUTE, NOON, YAML } from '../bookings/site.ts';
import { expectContract } from '../contract/ocpi/check.ts';
import { at, bayOf, book, clock, during, locations, setUp, slotsOf, startAtNoon, VAN } from './bookings-harness.ts';
import type { Item } from './commands-harness.ts';
import { ask } from './harness.ts';

startAtNoon();

describe('lists', () => {
  test('are cut into pages that miss nothing, also while bookings change', async () => {
    const { peer } = await setUp();
    const made: Item[] = [];
    for (let hour = 2; hour < 7; hour += 1)
      made.push(await book(peer, { request_id: `R${hour}`, period: during(hour * 60, hour * 60 + 60), tokens: [] }));
    const first = await ask(`${peer.endpoint('Booking')}?limit=2`, { token: peer.outboundToken, is: 'booking' });
    expect([first.headers['x-total-count'], first.data.length]).toEqual(['5', 2]);
    await book(peer, { request_id: 'R2', period: during(600, 660), tokens: [] });
    const link = /<(.*)>/.exec(first.headers['link'] ?? '')?.[1] ?? '';
    const next = await ask(link, { token: peer.outboundToken, is: 'booking' });
    expect(next.data.map(({ id }) => id)).toEqual(made.slice(2, 4).map((each) => each['id']));
    const all = await peer.bookings.list({ limit: 2 });
    expect([all.pages, all.items.length]).toEqual([3, 5]);
    const since = String(made[4]?.['last_updated']);
    expect((await peer.bookings.list({ date_from: since })).items.map((each) => each['request_id'])).toEqual([
      'R2',
      'R6',
    ]);
    const places = await peer.bookings.locations({ limit: 1, timeslot_from: at(0) });
    expect([places.pages, places.items.map((each) => each['id'])]).toEqual([3, ['any', 'E1', 'E2']]);
  });

  test('of booking locations know when there is time, and change when that does', async () => {
    const { peer } = await setUp();
    const before = await locations(peer);
    expect(before.map((each) => bayOf(each))).toEqual([undefined, 'E1', 'E2']);
    const latest = before
      .map((each) => String(each['last_updated']))
      .toSorted()
      .at(-1);
    await book(peer, { booking_location_id: 'E1', period: during(240, 300) });
    // `date_from` is inclusive, so what is as new as the newest comes again.
    const changed = (await locations(peer, { date_from: latest ?? '' })).filter(
      (each) => String(each['last_updated']) > (latest ?? ''),
    );
    expect(changed.map(({ id }) => id)).toEqual(['E1']);
    const free = async (from: number, to: number) =>
      (await locations(peer, { timeslot_from: at(from), timeslot_to: at(to) })).map(({ id }) => id);
    expect([await free(240, 300), await free(235, 240)]).toEqual([
      ['any', 'E2'],
      ['any', 'E1', 'E2'],
    ]);
    expect(await free(-600, -300)).toEqual([]);
  });
});

describe('the calendar', () => {
  test('has what is free on the grid of the site’s clock, from now to as far as one can book', async () => {
    const { peer } = await setUp();
    clock.now += 7 * MINUTE;
    await book(peer, { booking_location_id: 'E1', period: during(60, 120) });
    await book(peer, {
      booking_location_id: 'E2',
      request_id: 'R2',
      tokens: [{ ...VAN, uid: 'VAN2' }],
      period: during(90, 150),
    });
    const [any, first, second] = await locations(peer);
    // Noon at the site, fourteen days of which begin at midnight, on a day that is followed by one of 25 hours.
    const end = 14 * 1440 - 720;
    expect(slotsOf(first)).toEqual([
      [15, 60],
      [120, end],
    ]);
    expect(slotsOf(second)).toEqual([
      [15, 90],
      [150, end],
    ]);
    // Whatever is in it, one bay has all of it.
    expect(slotsOf(any)).toEqual([
      [15, 90],
      [120, end],
    ]);
    const calendar = await peer.bookings.location('E1', 'E1');
    expectContract('2.3.0', 'calendar', calendar);
    expect(first?.['calendars']).toEqual([calendar]);
    expect(await peer.bookings.location('e1')).toEqual(first);
    await expect(peer.bookings.location('E1', 'E2')).rejects.toThrow(/404/);
  });

  test('keeps to steps of the day on the night on which clocks go back, and books what it offers', async () => {
    const { peer } = await setUp(YAML(', increment: 240, min-duration: 60'));
    clock.now = Date.UTC(2026, 9, 25, 0, 30); // 02:30 in Stockholm, for the first time.
    const slots = slotsOf((await locations(peer))[1]);
    // 04:00 there is 03:00 UTC after the change.
    expect(new Date(NOON + (slots[0]?.[0] ?? 0) * MINUTE).toISOString()).toBe('2026-10-25T03:00:00.000Z');
    const [start] = slots[0] ?? [0];
    expect(await book(peer, { period: during(start, start + 240) })).toMatchObject({ reservation_status: 'RESERVED' });
  });

  test('is not there where nothing is free, and its days move on', async () => {
    const { peer } = await setUp(YAML(', horizon-days: 1, min-duration: 60, max-duration: 1440'));
    await book(peer, { booking_location_id: 'E1', period: during(0, 720) });
    const [, full] = await locations(peer);
    expect([full?.['id'], full?.['calendars']]).toEqual(['E1', undefined]);
    clock.now += 1440 * MINUTE;
    const [, next] = await locations(peer, { date_from: String(full?.['last_updated']) });
    expect(String(next?.['last_updated']) > String(full?.['last_updated'])).toBe(true);
    expect(slotsOf(next)).toEqual([[1440, 2160]]);
  });
});
