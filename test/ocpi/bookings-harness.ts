/** A depot where peers may book, by the clock of the tests. */
import { beforeEach } from 'vitest';
import type { SimulatedPeer, SimulatedPeerOptions } from '../../adapters/simulator/peer.ts';
import { keepDueBays } from '../../gateway/booking-upkeep.ts';
import { expireReservations } from '../../gateway/reservation-upkeep.ts';
import { MINUTE, NOON, YAML } from '../bookings/site.ts';
import { expectContract } from '../contract/ocpi/check.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { ScriptedCharger } from '../harness/scripted-charger.ts';
import {
  cleanUpAfterEach,
  dialCharger,
  registerPeer,
  startDepot,
  token,
  until,
  type Item,
} from './commands-harness.ts';

/** What the gateway's clock says. */
export const clock = { now: NOON };

/** Each test begins at noon, and what it started ends with it. */
export function startAtNoon(): void {
  cleanUpAfterEach();
  beforeEach(() => {
    clock.now = NOON;
  });
}

export const at = (minutes: number): string => new Date(NOON + minutes * MINUTE).toISOString().replace('.000Z', 'Z');
export const during = (from: number, to: number) => ({ start_date_time: at(from), end_date_time: at(to) });

export const startSite = (yaml = YAML(), kept = false, directory?: string): Promise<TestSite> =>
  startDepot({ yaml, clock: () => clock.now, ...(directory !== undefined && { directory }) }, kept);

export const connect = (
  site: TestSite,
  name = 'emsp',
  options: SimulatedPeerOptions & { visibility?: 'own' | 'all' } = {},
) => registerPeer(site, name, { bookingsAs: 'Booking', versions: ['2.3.0'], ...options });

export interface Setting {
  site: TestSite;
  peer: SimulatedPeer;
  charger: ScriptedCharger;
}

export async function setUp(yaml = YAML()): Promise<Setting> {
  const site = await startSite(yaml);
  const charger = await dialCharger(site, 'BAY-1', 'Available', 'Available');
  return { site, charger, peer: await connect(site) };
}

const { last_updated: _at, issuer: _issuer, valid: _valid, whitelist: _whitelist, ...CARD } = token('VAN1');
/** A card of the peer's, as bookings name it. */
export const VAN: Item = CARD;

export const wish = (change: Item = {}): Item => ({
  request_id: 'R1',
  location_id: 'L1',
  booking_location_id: 'any',
  tokens: [VAN],
  period: during(120, 180),
  authorization_reference: 'REF-1',
  ...change,
});

/** Asks, and holds the answer to the specification. */
export async function book(peer: SimulatedPeer, change: Item = {}): Promise<Item> {
  const booking = await peer.bookings.request(wish(change));
  expectContract('2.3.0', 'booking', booking);
  return booking;
}

/** How a booking stands by what the peer was told. */
export function told(peer: SimulatedPeer, id: unknown): Item | undefined {
  const booking = peer.told('bookings').find((each) => each['id'] === id);
  if (booking) expectContract('2.3.0', 'booking', booking);
  return booking;
}
export const bayOf = (booking: Item | undefined): unknown =>
  (booking?.['booking_option'] as Item | undefined)?.['evse_uid'];
export const requestsOf = (booking: Item | undefined) =>
  ((booking?.['booking_requests'] ?? []) as { request_status: string }[]).map((each) => each.request_status);
export const untilTold = (peer: SimulatedPeer, id: unknown, status: string) =>
  until(() => told(peer, id)?.['reservation_status'] === status);

/** Lets time pass at once, with what is looked after. */
export async function pass(site: TestSite, minutes: number): Promise<void> {
  clock.now += minutes * MINUTE;
  await keepDueBays(site.gateway);
  await expireReservations(site.gateway);
}

export const slotsOf = (place: Item | undefined): [number, number][] =>
  ((place?.['calendars'] as Item[] | undefined) ?? []).flatMap((calendar) =>
    (calendar['available_timeslots'] as { start_date_time: string; end_date_time: string }[]).map(
      ({ start_date_time, end_date_time }): [number, number] => [
        (Date.parse(start_date_time) - NOON) / MINUTE,
        (Date.parse(end_date_time) - NOON) / MINUTE,
      ],
    ),
  );

export async function locations(
  peer: SimulatedPeer,
  query: Parameters<SimulatedPeer['bookings']['locations']>[0] = {},
) {
  const { items } = await peer.bookings.locations(query);
  for (const item of items) expectContract('2.3.0', 'bookingLocation', item);
  return items;
}
