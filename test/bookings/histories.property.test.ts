/** Any history of two bays against a plain model: no bay booked twice, no fee lost or made up, everything ends. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listBookings, moveBooking } from '../../gateway/bookings.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { takesBay, type Booking } from '../../gateway/domain/bookings.ts';
import { listReservations } from '../../gateway/reservations.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { card, createDepot, MINUTE, NOON, type Depot } from './site.ts';

const ALL = { offset: 0, limit: 1000 };

type Step =
  | { kind: 'request'; place: 'any' | 'E1' | 'E2'; start: number; length: number }
  | { kind: 'change' | 'move'; which: number; start: number; length: number }
  | { kind: 'cancel' | 'arrive'; which: number }
  | { kind: 'leave'; bay: number }
  | { kind: 'pass'; minutes: number }
  | { kind: 'fault' | 'mend'; bay: number }
  | { kind: 'cut'; minutes: number };

const quarter = fc.nat(23);
const length = fc.integer({ min: 1, max: 6 });
const bay = fc.constantFrom(1, 2);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      place: fc.constantFrom('any' as const, 'any' as const, 'E1' as const, 'E2' as const),
      start: quarter,
      length,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('change' as const, 'move' as const),
      which: fc.nat(20),
      start: quarter,
      length,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('arrive' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), bay }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 50 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('fault' as const, 'mend' as const), bay }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), minutes: fc.constantFrom(0, 0, 30, 720) }) },
);

/** What was promised to whom, as somebody would keep it on paper. */
interface Paper {
  uid: string;
  requestId: string;
  id: string;
  from: number;
  to: number;
  /** It was asked for a bay. */
  bay: number | null;
  state: 'RESERVED' | 'REJECTED' | 'CANCELED' | 'ended';
  /** What its end has to cost, without tax; null: nothing. */
  fee: string | null;
}

async function play(steps: Step[]): Promise<void> {
  const depot = await createDepot();
  try {
    const paper: Paper[] = [];
    const charging = new Map<number, { wireId: string; booked: Paper }>();
    const broken = new Set<number>();
    for (const next of steps) {
      await apply(depot, next, paper, charging, broken);
      judge(depot, paper);
    }
    for (const [, { wireId }] of charging) await depot.leave(wireId);
    for (const each of broken) await depot.status(each, 'Available');
    await depot.pass(1);
    depot.now += 24 * 60 * MINUTE;
    await depot.pass(2);
    judge(depot, paper);
    settle(depot, paper);
  } finally {
    await depot.close();
  }
}

const overlaps = (a: { from: number; to: number }, b: { from: number; to: number }) => a.from < b.to && b.from < a.to;

async function apply(
  depot: Depot,
  next: Step,
  paper: Paper[],
  charging: Map<number, { wireId: string; booked: Paper }>,
  broken: Set<number>,
): Promise<void> {
  const grid = (at: number) => Math.ceil((at - NOON) / (15 * MINUTE)) * 15 * MINUTE + NOON;
  const live = () => paper.filter((each) => each.state === 'RESERVED');
  const span = (start: number, quarters: number) => {
    const from = grid(depot.now) + (start + 1) * 15 * MINUTE;
    return { from, to: from + quarters * 15 * MINUTE };
  };
  switch (next.kind) {
    case 'request': {
      const uid = `CARD${paper.length}`;
      const { from, to } = span(next.start, next.length);
      const requestId = `P${paper.length}`;
      const wish = { requestId, place: next.place, tokens: [card(uid)], startsAt: from, endsAt: to };
      const made = await depot.request(wish);
      const fixed = next.place === 'any' ? null : Number(next.place.slice(1));
      // Where fewer overlap than there are bays, nobody may be turned away who would take any.
      const others = live().filter((each) => overlaps(each, { from, to }));
      if (fixed === null && others.length === 0) expect(made.state).toBe('RESERVED');
      const state = made.state === 'RESERVED' ? ('RESERVED' as const) : ('REJECTED' as const);
      expect(made.state).toBe(state);
      paper.push({ uid, requestId, id: made.id, from, to, bay: fixed, state, fee: null });
      return;
    }
    case 'change':
    case 'move': {
      const one = live()[next.which % Math.max(1, live().length)];
      if (!one) return;
      const { from, to } = span(next.start, next.length);
      if (next.kind === 'move') {
        const moved = await moveBooking(depot.gw, one.id, { startsAt: from, endsAt: to }).catch(() => null);
        if (moved) Object.assign(one, { from, to });
        return;
      }
      const deadline = one.from - 60 * MINUTE;
      const place = one.bay === null ? 'any' : `E${one.bay}`;
      const changed = await depot.request({
        requestId: one.requestId,
        place,
        tokens: [card(one.uid)],
        startsAt: from,
        endsAt: to,
      });
      const accepted = changed.requests.at(-1)?.state === 'ACCEPTED';
      if (depot.now > deadline) expect(accepted).toBe(false);
      if (accepted) Object.assign(one, { from, to });
      return;
    }
    case 'cancel': {
      const one = live()[next.which % Math.max(1, live().length)];
      if (!one) return;
      const late = depot.now > one.from - 60 * MINUTE;
      await depot.request({ requestId: one.requestId, cancel: { reason: 'TRAFFIC', by: 'EMSP' } });
      one.state = 'CANCELED';
      one.fee = late ? '30.00' : null;
      return;
    }
    case 'arrive': {
      const held = listReservations(depot.gw, 100, null).filter((each) => each.state === 'held');
      const one = held[next.which % Math.max(1, held.length)];
      const booked = one && live().find((each) => each.id === one.bookingId);
      if (!one || !booked || charging.has(one.evse)) return;
      const { wireId, verdict } = await depot.arrive(one.evse, booked.uid);
      expect(verdict).toBe('accepted');
      charging.set(one.evse, { wireId, booked });
      booked.state = 'ended';
      booked.fee = 'charge';
      return;
    }
    case 'leave': {
      const there = charging.get(next.bay);
      if (!there) return;
      await depot.leave(there.wireId);
      charging.delete(next.bay);
      return;
    }
    case 'fault':
      broken.add(next.bay);
      return depot.status(next.bay, 'Faulted');
    case 'mend':
      broken.delete(next.bay);
      return depot.status(next.bay, 'Available');
    case 'cut':
      depot.now += next.minutes * MINUTE;
      await depot.cut();
      return depot.pass(1);
    case 'pass':
      return depot.pass(next.minutes);
  }
}

const bookings = (depot: Depot): Booking[] => listBookings(depot.gw, { limit: 1000 }).items;

/** What has to hold at every moment. */
function judge(depot: Depot, paper: Paper[]): void {
  const all = bookings(depot);
  // Those to come, and those whose drivers are there.
  const has = (each: Booking) => each.chargerId !== null;
  expect(all.filter(takesBay).every(has)).toBe(true);
  for (const one of all.filter(has)) {
    const twice = all.filter(
      (other) =>
        other.id !== one.id &&
        has(other) &&
        other.evse === one.evse &&
        other.startsAt < one.endsAt &&
        one.startsAt < other.endsAt,
    );
    expect(twice).toEqual([]);
  }
  const kept = listReservations(depot.gw, 1000, null);
  const held = kept.filter((each) => each.state === 'held');
  expect(new Set(held.map(({ evse }) => evse)).size).toBe(held.length);
  for (const promised of paper) {
    const one = all.find(({ id }) => id === promised.id)!;
    if (promised.bay !== null && takesBay(one)) expect(one.evse).toBe(promised.bay);
    if (promised.state === 'RESERVED' && one.state !== 'RESERVED') {
      // Ended without its driver: nobody came, or no bay could be kept.
      expect(['NO_SHOW', 'CANCELED']).toContain(one.state);
      if (one.state === 'CANCELED') expect(one.canceled?.by).toBe('CPO');
      // A bay that was kept to the end of its time, and nobody came: that is no fault of the site's.
      const ranOut = kept.some(({ bookingId, state }) => bookingId === one.id && state === 'expired');
      expect(one.state).toBe(ranOut ? 'NO_SHOW' : 'CANCELED');
      promised.state = 'ended';
      promised.fee = one.state === 'NO_SHOW' ? '50.00' : null;
    } else if (promised.state === 'RESERVED') expect([one.startsAt, one.endsAt]).toEqual([promised.from, promised.to]);
    if (promised.state === 'CANCELED') expect(one.state).toBe('CANCELED');
  }
}

/** What has to hold when all is over. */
function settle(depot: Depot, paper: Paper[]): void {
  const all = bookings(depot);
  expect(all.filter(takesBay)).toEqual([]);
  expect(listReservations(depot.gw, 1000, null).filter(({ state }) => state === 'held' || state === 'asked')).toEqual(
    [],
  );
  const sessions = listSessions(depot.gw, ALL).items;
  expect(sessions.filter(({ status }) => status === 'RESERVATION')).toEqual([]);
  const cdrs = listCdrs(depot.gw, ALL).items;
  for (const { id, fee } of paper) {
    const sessionId = all.find((each) => each.id === id)?.sessionId;
    const billed = cdrs.filter((cdr) => cdr.sessionId === sessionId && sessionId !== null);
    if (fee === null) expect(billed).toEqual([]);
    else if (fee === 'charge') {
      expect(billed).toHaveLength(1);
      expect(billed[0]?.cost.reservation?.beforeTaxes).toMatch(/^\d/);
      expect(billed[0]?.energyWh).toBe(4000);
    } else expect(billed.map(({ cost }) => cost.total.beforeTaxes)).toEqual([fee]);
  }
  expect(cdrs).toHaveLength(paper.filter(({ fee }) => fee !== null).length);
}

const RUNS = Number(process.env['BOOKING_RUNS'] ?? 60);

describe('any history of bookings', () => {
  test('no bay is booked twice and no fee is lost, whatever is asked, changed, missed, broken or cut off', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), (steps) => play(steps));
    await expect(fc.assert(property, { numRuns: RUNS })).resolves.toBeUndefined();
  }, 3_600_000);
});
