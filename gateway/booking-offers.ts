import { Temporal } from 'temporal-polyfill';
import { createGrid, type BookingGrid } from './booking-grid.ts';
import { bookingPlaces, nameOf } from './booking-places.ts';
import { freeTimes } from './booking-plan.ts';
import type { EvseView } from './chargers.ts';
import type { BookingOffer } from './domain/booking-offers.ts';
import type { BookingPlace } from './domain/bookings.ts';
import type { Page } from './domain/paging.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { siteView } from './site.ts';
import * as store from './store/booking-offers.ts';
import { latestChange } from './store/bookings.ts';
import type { Tx } from './store/db.ts';
import { readMeta, writeMeta } from './store/meta.ts';
import { latestPlaceChange } from './store/outbox.ts';

export type { OfferQuery } from './store/booking-offers.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Up to what state the offers that are stored have been brought. */
const SEEN = 'booking-offers';

type Span = [from: Millis, to: Millis];

/**
 * Brings what is offered up to date. Each offer has the stamp of the commit in which it changed (law 9), so that whoever asks
 * for what changed since then misses nothing.
 */
export async function refreshOffers(gw: Gateway): Promise<void> {
  if (areOffersStale(gw)) await gw.db.write((tx) => noteOffers(gw, tx));
}

/** Has anything changed since that offers depend on? Costs next to nothing. */
export function areOffersStale(gw: Gateway): boolean {
  return readMeta(gw.db, SEEN)?.value !== stateOf(gw, gw.clock());
}

/** Brings them up to date, inside the write at hand. */
export function noteOffers(gw: Gateway, tx: Tx): void {
  const window = windowAt(gw, tx.now);
  const { terms } = gw.settings.bookings;
  const evses = new Map(siteView(gw).evses.map((evse) => [nameOf(evse), evse]));
  // Who comes next may only have the bay once its driver before may no longer stay.
  const stay = terms.lateStop * MINUTE;
  const busy = Map.groupBy(store.listBusy(gw.db, window.from, window.to + stay), nameOf);
  const grid = createGrid(gw.settings.site.timeZone, terms.increment);
  const freeAt = new Map<string, Span[]>();
  const places = bookingPlaces(gw);
  for (const bay of new Set(places.flatMap(({ bays }) => bays.map(nameOf)))) {
    const taken = (busy.get(bay) ?? []).map(({ startsAt, freeAt }) => ({ bay, from: startsAt, to: freeAt }));
    const gaps = freeTimes([bay], taken, { from: window.from, to: window.to + stay });
    freeAt.set(bay, onGrid(gaps, stay, terms.minDuration, grid));
  }
  for (const place of places) {
    const bays = place.bays.map(nameOf);
    const free = longest(bays.flatMap((bay) => freeAt.get(bay) ?? []));
    const described = describe(
      place,
      bays.flatMap((bay) => evses.get(bay) ?? []),
    );
    store.putOffer(gw.db, { ...described, terms, ...window, free }, tx.stamp);
  }
  forgetGone(gw, tx, new Set(places.map(({ id }) => id)));
  // What shares this very commit may be joined by more of it: then it is looked at once more.
  const shared = Math.max(latestChange(gw.db), gw.siteUpdatedAt, latestPlaceChange(gw.db)) >= tx.stamp;
  writeMeta(gw.db, SEEN, shared ? '' : stateOf(gw, tx.now), tx.stamp);
}

/** A bay that is no more has no free time; that has to be told. */
function forgetGone(gw: Gateway, tx: Tx, places: ReadonlySet<string>): void {
  for (const { id } of store.listOfferIds(gw.db)) {
    const offer = places.has(id) ? undefined : store.findOffer(gw.db, id);
    if (!offer) continue;
    const { seq: _seq, updatedAt: _at, ...rest } = offer;
    store.putOffer(gw.db, { ...rest, evseUids: [], free: [] }, tx.stamp);
  }
}

/** All that offers are made of, but the bookings themselves: by when they changed last. */
function stateOf(gw: Gateway, now: Millis): string {
  const { bookings, site } = gw.settings;
  const { from } = windowAt(gw, now);
  const changed = [latestChange(gw.db), Math.max(gw.siteUpdatedAt, latestPlaceChange(gw.db))];
  return JSON.stringify([...changed, from, site.timeZone, bookings.horizonDays, bookings.terms]);
}

/** From the begin of the site's day to where bookings are taken all day long; so it changes once a day. */
function windowAt(gw: Gateway, now: Millis): { from: Millis; to: Millis } {
  const { bookings, site } = gw.settings;
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(site.timeZone);
  const from = today.startOfDay().epochMilliseconds;
  return { from, to: from + bookings.horizonDays * DAY };
}

function onGrid(gaps: readonly { from: Millis; to: Millis }[], stay: number, least: number, grid: BookingGrid): Span[] {
  return gaps
    .map(({ from, to }): Span => [grid.ceil(from), grid.floor(to - stay)])
    .filter(([from, to]) => to - from >= least * MINUTE);
}

/** Those that are not within another, in their order. */
function longest(spans: Span[]): Span[] {
  const sorted = spans.toSorted(([one, end], [other, otherEnd]) => one - other || otherEnd - end);
  const kept: Span[] = [];
  for (const span of sorted) if (span[1] > (kept.at(-1)?.[1] ?? -Infinity)) kept.push(span);
  return kept;
}

function describe(
  { id, single, bays }: BookingPlace,
  evses: readonly EvseView[],
): Omit<BookingOffer, 'seq' | 'updatedAt' | 'terms' | 'from' | 'to' | 'free'> {
  const connectors = evses.flatMap((evse) => evse.connectors);
  const unique = (texts: string[]): string[] => [...new Set(texts)];
  // What a driver may count on at any of several bays is what all of them are for.
  const [first, ...others] = evses.map(({ visitors }) => visitors.vehicleTypes);
  return {
    id,
    single,
    evseUids: bays.map(({ evseUid }) => evseUid),
    standards: unique(connectors.map(({ standard }) => standard)),
    powerTypes: unique(connectors.map(({ powerType }) => powerType)),
    formats: unique(connectors.map(({ format }) => format)),
    vehicleTypes: (first ?? []).filter((type) => others.every((types) => types.includes(type))),
    tariffIds: unique(connectors.flatMap(({ tariffIds }) => tariffIds)),
  };
}

/** The first time of the site's day at which a booking may still begin. */
export function firstBookable(gw: Gateway): Millis {
  return createGrid(gw.settings.site.timeZone, gw.settings.bookings.terms.increment).ceil(gw.clock());
}

/** One of them by the id of its place, as it was brought up to date last; null: there is none. */
export function findOffer(gw: Gateway, id: string): BookingOffer | null {
  return store.findOffer(gw.db, id) ?? null;
}

/** A page of them, as they were brought up to date last. */
export function listOffers(gw: Gateway, query: store.OfferQuery): Page<BookingOffer> {
  return store.listOffers(gw.db, query);
}
