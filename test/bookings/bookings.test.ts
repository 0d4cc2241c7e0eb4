import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANY_BAY, calendarOf, findPlace } from '../../gateway/booking-places.ts';
import { keepDueBays } from '../../gateway/booking-upkeep.ts';
import { cancelBooking, findBooking, moveBooking, requestBooking } from '../../gateway/bookings.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listReservations } from '../../gateway/reservations.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { card, createDepot, MINUTE, NOON, YAML, type Depot } from './site.ts';

const ALL = { offset: 0, limit: 100 };
let depot: Depot;

beforeEach(async () => {
  depot = await createDepot();
});
afterEach(() => depot.close());

const state = (id: string) => findBooking(depot.gw, id)?.state;
const cdrs = () => listCdrs(depot.gw, ALL).items;
/** Bays that are kept now. */
const kept = () => listReservations(depot.gw, 100, null).flatMap((each) => (each.state === 'held' ? each.evse : []));
const at = (minutes: number) => NOON + minutes * MINUTE;
const between = (from: number, to: number) => ({ startsAt: at(from), endsAt: at(to) });

describe('a booking', () => {
  test('is kept at its time, fulfilled by its card, and billed with its fee', async () => {
    const { id } = await depot.request({ tokens: [card('VAN1')], ...between(60, 120) });
    expect(state(id)).toBe('RESERVED');
    await depot.pass(49);
    expect(kept()).toEqual([]);
    await depot.pass(1);
    expect(kept()).toHaveLength(1);
    const bay = listReservations(depot.gw, 1, null)[0]?.evse ?? 0;
    await depot.pass(15);
    const { wireId, verdict } = await depot.arrive(bay, 'VAN1');
    expect([verdict, state(id)]).toEqual(['accepted', 'FULFILLED']);
    await depot.pass(30);
    await depot.leave(wireId);
    const [cdr] = cdrs();
    expect(cdr).toMatchObject({ sessionId: findBooking(depot.gw, id)?.sessionId, peer: 'emsp' });
    expect([cdr?.cost.energy?.beforeTaxes, cdr?.cost.reservation?.beforeTaxes]).toEqual(['12.00', '10.00']);
  });

  test('nobody comes: NO_SHOW after the timeout, with the fee, and the bay is free again', async () => {
    const { id } = await depot.request(between(60, 120));
    await depot.pass(74);
    expect(state(id)).toBe('RESERVED');
    await depot.pass(1);
    expect(state(id)).toBe('NO_SHOW');
    expect(kept()).toEqual([]);
    expect(cdrs().map(({ cost }) => cost.total.beforeTaxes)).toEqual(['50.00']);
  });

  test('stays longer: overtime is billed by the minute', async () => {
    await depot.request({ tokens: [card('VAN1')], ...between(60, 120) });
    await depot.pass(60);
    const bay = listReservations(depot.gw, 1, null)[0]?.evse ?? 0;
    const { wireId } = await depot.arrive(bay, 'VAN1');
    await depot.pass(90);
    await depot.leave(wireId);
    // 10 for the booking, and thirty minutes at 60 an hour.
    expect(cdrs()[0]?.cost.reservation?.beforeTaxes).toBe('40.00');
  });

  test('may be used at another bay of the place than the one that was kept', async () => {
    const { id } = await depot.request({ tokens: [card('VAN1')], ...between(60, 120) });
    await depot.pass(60);
    const [bay] = kept();
    expect((await depot.arrive(3 - (bay ?? 0), 'VAN1')).verdict).toBe('accepted');
    expect(state(id)).toBe('FULFILLED');
    expect(kept()).toEqual([]);
  });

  test('takes up its bay until its driver leaves', async () => {
    await depot.request({ place: 'E1', tokens: [card('VAN1')], ...between(60, 180) });
    await depot.pass(60);
    const { wireId } = await depot.arrive(1, 'VAN1');
    const wish = () => depot.request({ place: 'E1', ...between(90, 150) });
    expect((await wish()).state).toBe('REJECTED');
    await depot.pass(10);
    await depot.leave(wireId);
    expect((await wish()).state).toBe('RESERVED');
  });

  test('several cards may use it, others may not', async () => {
    await depot.request({ place: 'E1', tokens: [card('VAN1'), card('VAN2')], ...between(60, 120) });
    await depot.pass(60);
    expect((await depot.arrive(1, 'CARD1')).verdict).toBe('not-here');
    expect((await depot.arrive(1, 'VAN2')).verdict).toBe('accepted');
  });
});

describe('change and cancellation', () => {
  test('the same request id changes it, until the deadline of the terms', async () => {
    const first = await depot.request({ requestId: 'SAME', ...between(120, 180) });
    const moved = await depot.request({ requestId: 'SAME', ...between(240, 300) });
    expect([moved.id, moved.startsAt, moved.requests.map((each) => each.state)]).toEqual([
      first.id,
      at(240),
      ['ACCEPTED', 'ACCEPTED'],
    ]);
    await depot.pass(181);
    const late = await depot.request({ requestId: 'SAME', ...between(300, 360) });
    expect([late.state, late.startsAt, late.requests.at(-1)?.state]).toEqual(['RESERVED', at(240), 'DECLINED']);
  });

  test('cancelled in time costs nothing, too late costs the fee, by the site nothing', async () => {
    const cancel = { reason: 'TRAFFIC' as const, by: 'EMSP' as const };
    const early = await depot.request({ requestId: 'A', ...between(120, 180) });
    await depot.request({ requestId: 'A', cancel });
    expect([state(early.id), cdrs()]).toEqual(['CANCELED', []]);
    const late = await depot.request({ requestId: 'B', ...between(45, 105) });
    await depot.request({ requestId: 'B', cancel });
    expect(state(late.id)).toBe('CANCELED');
    expect(cdrs().map(({ cost }) => cost.total.beforeTaxes)).toEqual(['30.00']);
    const ours = await depot.request({ requestId: 'C', ...between(45, 105) });
    await cancelBooking(depot.gw, ours.id, { reason: 'POWER_OUTAGE', by: 'CPO' });
    expect([state(ours.id), cdrs().length]).toEqual(['CANCELED', 1]);
    // What is over cannot be cancelled again.
    expect((await depot.request({ requestId: 'A', cancel })).requests.at(-1)?.state).toBe('DECLINED');
  });

  test('the operator moves it, to a bay of their choice, never onto another', async () => {
    const fixed = await depot.request({ place: 'E1', ...between(120, 180) });
    const loose = await depot.request(between(120, 180));
    await expect(moveBooking(depot.gw, loose.id, { evseUid: 'E1' })).rejects.toThrow(/no bay is free/);
    expect(await moveBooking(depot.gw, loose.id, { evseUid: 'E1', startsAt: at(180), endsAt: at(240) })).toMatchObject({
      evse: 1,
      startsAt: at(180),
    });
    expect(findBooking(depot.gw, fixed.id)).toMatchObject({ evse: 1, startsAt: at(120) });
  });
});

describe('who asks first gets it', () => {
  test('of three requests in one moment for two bays, two are reserved', async () => {
    const made = await Promise.all([1, 2, 3].map(() => depot.request(between(60, 120))));
    expect(made.map((each) => each.state).toSorted()).toEqual(['REJECTED', 'RESERVED', 'RESERVED']);
  });

  test('bookings that may be anywhere make room for one that wants a certain bay', async () => {
    const loose = await depot.request(between(60, 120));
    const bay = loose.evse === 1 ? 'E1' : 'E2';
    expect((await depot.request({ place: bay, ...between(60, 120) })).state).toBe('RESERVED');
    expect(findBooking(depot.gw, loose.id)?.evse).not.toBe(loose.evse);
  });

  test.each([
    ['not on the quarter hour', { startsAt: at(61), endsAt: at(121) }],
    ['too short', { startsAt: at(60), endsAt: at(60) + MINUTE }],
    ['too long', { startsAt: at(60), endsAt: at(60 + 481) }],
    ['for nobody', { tokens: [] }],
    ['backwards', { startsAt: at(60), endsAt: at(30) }],
    ['in the past', { startsAt: at(-60), endsAt: at(0) }],
    ['too far ahead', { startsAt: at(15 * 1440), endsAt: at(15 * 1440 + 60) }],
  ])('what the terms do not allow is rejected: %s', async (_what, change) => {
    const made = await depot.request(change);
    expect([made.state, made.requests[0]?.state]).toEqual(['REJECTED', 'DECLINED']);
    expect(made.reason).not.toBeNull();
  });

  test('one card has one booking at a time', async () => {
    await depot.request({ tokens: [card('VAN1')], ...between(60, 120) });
    expect((await depot.request({ tokens: [card('van1')], ...between(90, 150) })).reason).toMatch(/another booking/);
    expect((await depot.request({ tokens: [card('VAN1')], ...between(120, 180) })).state).toBe('RESERVED');
  });
});

describe('when things go wrong', () => {
  test('a bay that breaks is replaced by another, with the same session', async () => {
    const { id } = await depot.request({ tokens: [card('VAN1')], ...between(60, 120) });
    await depot.pass(55);
    const [held] = listReservations(depot.gw, 1, null);
    await depot.status(held?.evse ?? 0, 'Faulted');
    await depot.pass(2);
    const [again] = listReservations(depot.gw, 1, null);
    expect([again?.evse, again?.sessionId]).toEqual([3 - (held?.evse ?? 0), held?.sessionId]);
    expect(state(id)).toBe('RESERVED');
    expect((await depot.arrive(again?.evse ?? 0, 'VAN1')).verdict).toBe('accepted');
  });

  test('where no bay works, the site cancels, and its driver pays nothing', async () => {
    const { id } = await depot.request({ place: 'E1', ...between(60, 120) });
    await depot.status(1, 'Faulted');
    await depot.pass(76);
    expect(findBooking(depot.gw, id)).toMatchObject({
      state: 'CANCELED',
      canceled: { by: 'CPO', reason: 'BROKEN_CHARGER' },
    });
    expect(cdrs()).toEqual([]);
    expect(listSessions(depot.gw, ALL).items.map(({ status }) => status)).not.toContain('RESERVATION');
  });

  test('a power cut in the middle changes nothing; twelve hours of it end what was to be in them', async () => {
    const held = await depot.request({ tokens: [card('VAN1')], ...between(60, 120) });
    const missed = await depot.request(between(300, 360));
    const later = await depot.request(between(1005, 1065));
    await depot.pass(55);
    await depot.cut();
    expect(kept()).toHaveLength(1);
    depot.now += 720 * MINUTE;
    await depot.cut();
    await depot.pass(1);
    expect([held, missed, later].map(({ id }) => state(id))).toEqual(['NO_SHOW', 'CANCELED', 'RESERVED']);
    expect(findBooking(depot.gw, missed.id)?.canceled).toEqual({ by: 'CPO', reason: 'POWER_OUTAGE' });
  });

  test('two at once look after it: one bay is kept, once', async () => {
    await depot.request(between(60, 120));
    depot.now = at(55);
    await Promise.all([keepDueBays(depot.gw), keepDueBays(depot.gw), keepDueBays(depot.gw)]);
    expect(listReservations(depot.gw, 10, null)).toHaveLength(1);
  });
});

describe('who comes without a booking', () => {
  test('is refused where the bay is needed soon, unless another can take the booking', async () => {
    await depot.request({ place: 'E1', ...between(60, 120) });
    expect((await depot.arrive(2, 'CARD1')).verdict).toBe('accepted');
    depot.now = at(25);
    const early = await depot.arrive(1, 'CARD1');
    expect(early.verdict).toBe('accepted');
    await depot.leave(early.wireId);
    depot.now = at(31);
    expect((await depot.arrive(1, 'CARD1')).verdict).toBe('not-here');
  });

  test('is let in where the policy says so', async () => {
    await depot.close();
    depot = await createDepot(YAML(', walk-ins: allow'));
    await depot.request({ place: 'E1', ...between(60, 120) });
    depot.now = at(45);
    expect((await depot.arrive(1, 'CARD1')).verdict).toBe('accepted');
  });
});

describe('the calendar', () => {
  test('of a place is free where any of its bays is', async () => {
    await depot.request({ place: 'E1', ...between(60, 120) });
    await depot.request({ place: 'E2', ...between(90, 150) });
    const free = (id: string) =>
      calendarOf(depot.gw, findPlace(depot.gw, id)!, at(0), at(240)).map(({ from, to }) => [
        (from - NOON) / MINUTE,
        (to - NOON) / MINUTE,
      ]);
    expect(free('E1')).toEqual([
      [0, 60],
      [120, 240],
    ]);
    expect(free(ANY_BAY)).toEqual([
      [0, 90],
      [120, 240],
    ]);
  });

  test('the night on which clocks go back has an hour twice: bookings are by the instant', async () => {
    // 02:30 in Stockholm, before and after the clocks go back.
    const first = await depot.request({
      place: 'E1',
      startsAt: Date.UTC(2026, 9, 25, 0, 30),
      endsAt: Date.UTC(2026, 9, 25, 1),
    });
    const second = await depot.request({
      place: 'E1',
      startsAt: Date.UTC(2026, 9, 25, 1, 30),
      endsAt: Date.UTC(2026, 9, 25, 2),
    });
    expect([first.state, second.state]).toEqual(['RESERVED', 'RESERVED']);
  });
});

test('a booking of the operator need not keep to the grid, and has no peer', async () => {
  const request = { peer: null, tokens: [card('VAN9')], startsAt: at(7), endsAt: at(23) };
  const made = await requestBooking(
    depot.gw,
    {
      countryCode: 'SE',
      partyId: 'DEP',
      requestId: 'OP1',
      place: 'any',
      evseUid: null,
      access: [],
      authorizationReference: 'OP1',
      powerKw: null,
      cancel: null,
      receivedAt: depot.now,
      ...request,
    },
    { vehicle: 'Van 9', note: null },
  );
  expect(made).toMatchObject({ state: 'RESERVED', vehicle: 'Van 9' });
});
