import { Errors } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BookingBody, DayPlanBody } from '../../adapters/console/booking-schemas.ts';
import { requestBooking } from '../../gateway/bookings.ts';
import { depotRequest } from '../../gateway/depot-bookings.ts';
import { startTransaction } from '../../gateway/transactions.ts';
import { openDepot, type Body, type Operator } from './operator.ts';

let depot: Operator;

beforeEach(async () => {
  depot = await openDepot();
});
afterEach(() => depot.site.cleanUp());

const book = (more: Body = {}) =>
  depot.api('POST', 'bookings', {
    tokenUid: 'CARD1',
    startsAt: '2026-10-24 18:00',
    endsAt: '2026-10-25 06:00',
    ...more,
  });

describe('bookings by the operator', () => {
  it('are made by the clock of the site or of any zone, found, moved and called off', async () => {
    const made = await book({ bay: 'BAY-1/2', vehicle: 'bus 12', note: 'brakes' });
    expect(made.status).toBe(201);
    expect([...Errors(BookingBody, made.body)]).toEqual([]);
    const id = String(made.body['id']);
    // Clocks go back that night: twelve hours on the wall are thirteen.
    expect(made.body).toMatchObject({
      status: 'RESERVED',
      startsAt: '2026-10-24T16:00:00Z',
      endsAt: '2026-10-25T05:00:00Z',
      chargerId: 'BAY-1',
      evse: 2,
      pinned: true,
      tokenUids: ['CARD1'],
      vehicle: 'bus 12',
      note: 'brakes',
      peer: null,
    });
    expect((await depot.api('GET', `bookings/${id}`)).body).toEqual(made.body);
    expect((await depot.api('GET', 'bookings')).body).toEqual({ items: [made.body], next: null });

    const later = await depot.api('PUT', `bookings/${id}`, { startsAt: '2026-10-24T19:00:00+02:00' });
    expect(later).toMatchObject({
      status: 200,
      body: { startsAt: '2026-10-24T17:00:00Z', endsAt: '2026-10-25T06:00:00Z', evse: 2 },
    });
    expect(
      (await depot.api('PUT', `bookings/${id}`, { bay: 'bay-1-1', endsAt: '2026-10-24 23:00' })).body,
    ).toMatchObject({ startsAt: '2026-10-24T17:00:00Z', endsAt: '2026-10-24T21:00:00Z', evse: 1 });

    expect(await depot.api('DELETE', `bookings/${id}?reason=BROKEN_CHARGER&note=sorry`)).toMatchObject({
      status: 200,
      body: { status: 'CANCELED', canceled: { reason: 'BROKEN_CHARGER', by: 'CPO' }, reason: 'sorry', chargerId: null },
    });
    expect(await depot.api('DELETE', `bookings/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'BOOKING_REFUSED' },
    });
    expect((await depot.api('GET', 'bookings?status=RESERVED')).body['items']).toEqual([]);
  });

  it('are given no bay twice, and say what is wrong', async () => {
    const first = await book({ bay: 'BAY-1/1' });
    const second = await book({ tokenUid: 'OTHER', bay: 'BAY-1/2' });
    const id = String(first.body['id']);
    const cases: [Promise<{ status: number; body: Body }>, number, string, RegExp][] = [
      [book({ tokenUid: 'X', bay: 'BAY-1/1' }), 409, 'BOOKING_REFUSED', /no bay is free/],
      [book({ startsAt: '2026-10-25 01:00' }), 409, 'BOOKING_REFUSED', /another booking/],
      [book({ tokenUid: 'X', startsAt: '2026-10-23 18:00' }), 409, 'BOOKING_REFUSED', /begun already/],
      [book({ tokenUid: 'X', endsAt: '2026-10-24 18:00' }), 409, 'BOOKING_REFUSED', /ends after/],
      [book({ tokenUid: 'X', bay: 'BAY-9/1' }), 422, 'EVSE_UNKNOWN', /BAY-9\/1/],
      [book({ tokenUid: 'X', startsAt: '2026-10-24T25:00' }), 400, 'REQUEST_INVALID', /no time/],
      [book({ tokenUid: 'X', startsAt: '2026-02-30 10:00' }), 400, 'REQUEST_INVALID', /no time/],
      [depot.api('PUT', `bookings/${id}`, { bay: 'BAY-1/2' }), 409, 'BOOKING_REFUSED', /no bay is free/],
      [depot.api('PUT', `bookings/${id}`, {}), 400, 'REQUEST_INVALID', /./],
      [depot.api('PUT', 'bookings/none', { bay: 'BAY-1/2' }), 404, 'NOT_FOUND', /none/],
      [depot.api('GET', 'bookings/plan?day=2026-13-01'), 400, 'REQUEST_INVALID', /no day/],
    ];
    for (const [asked, status, code, message] of cases) {
      const { status: got, body } = await asked;
      expect([got, body['code'], body['message']]).toEqual([status, code, expect.stringMatching(message)]);
    }
    expect(second.status).toBe(201);
    expect((await depot.api('GET', `bookings/${id}`)).body).toEqual(first.body);
  });

  it.each(['any', 'BAY-1-1'])(
    'stay where they were moved to, though they were asked for elsewhere: %s',
    async (place) => {
      const { id } = await requestBooking(depot.site.gateway, {
        ...depotRequest(
          depot.site.gateway,
          {
            tokenUid: 'CARD1',
            startsAt: depot.now + 5 * 60_000,
            endsAt: depot.now + 3_600_000,
            bay: 'BAY-1/1',
            vehicle: null,
            note: null,
          },
          'R1',
          depot.now,
        ),
        place,
      });
      expect(await depot.api('PUT', `bookings/${id}`, { bay: 'BAY-1/2' })).toMatchObject({ status: 200 });
      // Its time has come: the bay is kept.
      await expect
        .poll(async () => (await depot.api('GET', 'reservations?live=true')).body['items'], { timeout: 5000 })
        .toMatchObject([{ chargerId: 'BAY-1', evse: 2, bookingId: id, tokenUid: 'CARD1', peer: null }]);
    },
  );

  it('are planned bay by bay for a day of the site, which has 25 hours when clocks go back', async () => {
    await book({ bay: 'BAY-1/2', vehicle: 'bus 12' });
    await book({ tokenUid: 'B', bay: 'BAY-1/2', startsAt: '2026-10-25 07:00', endsAt: '2026-10-25 08:00' });
    const gone = await book({
      tokenUid: 'C',
      bay: 'BAY-1/1',
      startsAt: '2026-10-25 07:00',
      endsAt: '2026-10-25 08:00',
    });
    await depot.api('DELETE', `bookings/${String(gone.body['id'])}`);
    await book({ tokenUid: 'D', bay: 'LOCKED', startsAt: '2026-10-26 00:00', endsAt: '2026-10-26 01:00' });
    const { body } = await depot.api<DayPlanBody>('GET', 'bookings/plan?day=2026-10-25');
    expect([...Errors(DayPlanBody, body)]).toEqual([]);
    expect(body).toMatchObject({
      day: '2026-10-25',
      timeZone: 'Europe/Stockholm',
      from: '2026-10-24T22:00:00Z',
      to: '2026-10-25T23:00:00Z',
      elsewhere: [],
    });
    expect(
      body.bays.map(({ chargerId, evse, bookings }) => [chargerId, evse, bookings.map((b) => b.tokenUids[0])]),
    ).toEqual([
      ['BAY-1', 1, []],
      ['BAY-1', 2, ['CARD1', 'B']],
      ['LOCKED', 1, []],
    ]);
    expect((await depot.api('GET', 'bookings/plan')).body).toMatchObject({ day: '2026-10-24' });
  });

  it('stay in the plan at the bay where their driver came', async () => {
    const made = await book({ bay: 'BAY-1/2', startsAt: '2026-10-24 12:05', endsAt: '2026-10-24 14:00' });
    const kept = async () => (await depot.api('GET', 'reservations?live=true')).body['items'];
    await expect.poll(kept, { timeout: 5000 }).toHaveLength(1);
    await startTransaction(depot.site.gateway, {
      chargerId: 'BAY-1',
      evse: 2,
      connector: 1,
      tokenUid: 'CARD1',
      meterStart: 0,
      reportedAt: depot.now,
      receivedAt: depot.now,
      timestamp: '2026-10-24T10:00:00Z',
    });
    const { body } = await depot.api<DayPlanBody>('GET', 'bookings/plan');
    expect(body.bays[1]?.bookings).toMatchObject([{ id: made.body['id'], status: 'FULFILLED' }]);
    expect(body.elsewhere).toEqual([]);
  });

  it('leave the times that a place is free for', async () => {
    const { body } = await depot.api<{ items: { id: string; single: boolean; bays: Body[] }[] }>(
      'GET',
      'booking-places',
    );
    const single = body.items.find(({ bays, single: one }) => one && bays[0]?.['evse'] === 2);
    await book({ bay: 'BAY-1/2' });
    const window = 'from=2026-10-24%2012:00&to=2026-10-25%2012:00';
    expect((await depot.api('GET', `booking-places/${single?.id ?? ''}/calendar?${window}`)).body['free']).toEqual([
      { from: '2026-10-24T10:00:00Z', to: '2026-10-24T16:00:00Z' },
      { from: '2026-10-25T05:00:00Z', to: '2026-10-25T11:00:00Z' },
    ]);
    expect((await depot.api('GET', `booking-places/any/calendar?${window}`)).body['free']).toHaveLength(1);
    expect((await depot.api('GET', 'booking-places/none/calendar')).status).toBe(404);
    expect((await depot.api('GET', 'booking-places/any/calendar?to=2029-01-01%2000:00')).status).toBe(400);
  });

  it('are listed page by page, by their time', async () => {
    for (const hour of [14, 13, 15]) await book({ startsAt: `2026-10-25 ${hour}:00`, endsAt: `2026-10-25 ${hour}:30` });
    const begins = (body: Body) => (body['items'] as Body[]).map(({ startsAt }) => String(startsAt).slice(11, 13));
    const { body: first } = await depot.api('GET', 'bookings?limit=2');
    expect(begins(first)).toEqual(['12', '13']);
    const { body: second } = await depot.api('GET', `bookings?limit=2&cursor=${String(first['next'])}`);
    expect([begins(second), second['next']]).toEqual([['14'], null]);
    expect(begins((await depot.api('GET', 'bookings?from=2026-10-25%2014:30')).body)).toEqual(['14']);
  });
});
