import { createHash } from 'node:crypto';
import { findOffer, firstBookable } from '../../../gateway/booking-offers.ts';
import { findBooking } from '../../../gateway/bookings.ts';
import { findCdr } from '../../../gateway/cdrs.ts';
import { billBefore, isFirstBill } from '../../../gateway/credits.ts';
import { signedReadingsOf } from '../../../gateway/signed-readings.ts';
import type { EvseView } from '../../../gateway/chargers.ts';
import type { OutboxRow, PushModule } from '../../../gateway/domain/outbox.ts';
import type { Millis } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { isOutOfReach, waitsFor } from '../../../gateway/hub-clients.ts';
import { findDelivery, type Told } from '../../../gateway/outbox.ts';
import { bookingOfSession } from '../../../gateway/peer-bookings.ts';
import { findSession } from '../../../gateway/sessions.ts';
import { siteView, type SiteView } from '../../../gateway/site.ts';
import { findTariff } from '../../../gateway/tariffs.ts';
import type { Call, OcpiClient, Sent } from '../client.ts';
import { toBookingWire } from '../booking-wire.ts';
import { presenterFor } from '../peer-presenter.ts';
import { presentBookingLocation } from '../present/bookings.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { Wire } from '../present/shared.ts';
import { addressee, mannerOf, receiverUrl, type PartyAddress, type PushTarget } from './target.ts';

/** What came of telling a peer one object. */
export type Delivered =
  /** `gone`: the peer no longer has it. */
  | { kind: 'told'; told: Told[]; gone?: boolean }
  /** There is nothing to tell, or nobody to tell it to. */
  | { kind: 'moot' }
  /** The hub does not reach whom it is for. */
  | { kind: 'held'; reason: string }
  | Exclude<Sent, { kind: 'ok' }>;

interface Errand {
  gw: Gateway;
  target: PushTarget;
  row: OutboxRow;
  /** The module's URL at the peer, without a slash at its end. */
  base: string;
  call(method: Call['method'], url: string, body?: unknown, about?: Parameters<typeof mannerOf>[2]): Promise<Sent>;
}

const DELIVER: Record<PushModule, (errand: Errand) => Promise<Delivered>> = {
  locations: (errand) => (errand.row.object === '' ? tellLocation(errand) : tellEvse(errand)),
  tariffs: tellTariff,
  sessions: tellSession,
  cdrs: tellCdr,
  bookings: tellBooking,
  'booking-locations': tellBookingLocation,
};

/** Tells a peer the latest state of what a row stands for. Never rejects but for faults of ours. */
export async function deliver(gw: Gateway, client: OcpiClient, target: PushTarget, row: OutboxRow): Promise<Delivered> {
  const base = receiverUrl(gw, target.peer, row.module);
  if (base === null) return { kind: 'moot' };
  const { token, peer } = target;
  return DELIVER[row.module]({
    gw,
    target,
    row,
    base,
    call: (method, url, body, about = null) =>
      client.send({ method, url, token, ...mannerOf(gw, peer, about), ...(body !== undefined && { body }) }),
  });
}

/** The whole site; every EVSE in it is told with it. */
async function tellLocation(errand: Errand): Promise<Delivered> {
  const { gw, target, row } = errand;
  const state = visibleSite(gw, target);
  if (!state) return { kind: 'moot' };
  const sent = await errand.call('PUT', locationUrl(errand), PRESENTERS[target.version].location(state));
  if (sent.kind !== 'ok') return sent;
  const location = { object: '', changedAt: row.changedAt, mark: 'location', location: null };
  const evses = state.evses.flatMap((evse) => evseTold(target, evse) ?? []);
  return { kind: 'told', told: [location, ...evses] };
}

/**
 * One EVSE: only its status where nothing else changed; the whole EVSE where it did, or the peer will not have the
 * status alone; the whole location where it does not know that either (OCPI 2.3.0 mod_locations, PATCH).
 */
async function tellEvse(errand: Errand): Promise<Delivered> {
  const { gw, target, row } = errand;
  const state = visibleSite(gw, target);
  const evse = state?.evses.find(({ uid }) => uid === row.object);
  const wire = evse && PRESENTERS[target.version].evse(evse);
  const seen = evse && evseTold(target, evse);
  if (!wire || !seen) return { kind: 'moot' };
  const told = { ...seen, changedAt: upTo(row, seen.changedAt) };
  const url = `${locationUrl(errand)}/${encodeURIComponent(evse.uid)}`;
  const known = findDelivery(gw, target.peer.name, 'locations', evse.uid);
  const patched =
    known?.mark === told.mark && !target.peer.quirks.includes('no-patch')
      ? await errand.call('PATCH', url, { status: wire['status'], last_updated: wire['last_updated'] })
      : null;
  if (patched?.kind === 'ok') return { kind: 'told', told: [told] };
  if (patched && patched.kind !== 'refused') return patched;
  // Looked at before it is replaced (OCPI 2.3.0 transport_and_format, PATCH); what it holds changes nothing for us.
  const held = patched ? await errand.call('GET', url) : null;
  if (held && held.kind !== 'ok' && held.kind !== 'refused') return held;
  const put = await errand.call('PUT', url, wire);
  if (put.kind === 'ok') return { kind: 'told', told: [told] };
  return put.kind === 'refused' ? tellLocation(errand) : put;
}

async function tellTariff(errand: Errand): Promise<Delivered> {
  const { gw, target, row, base } = errand;
  const url = objectUrl(gw, base, row.object);
  const told = { object: row.object, changedAt: row.changedAt, mark: 'tariff', location: null };
  const tariff = findTariff(gw, row.object);
  // One that this peer cannot be told is to it as one that there is not.
  const wire = tariff && presenterFor(gw, target.peer, target.version).tariff(tariff, gw.settings.site);
  if (!wire) {
    const sent = await errand.call('DELETE', url);
    // One that it never had is gone as well.
    const gone = sent.kind === 'ok' || (sent.kind === 'refused' && sent.http === 404);
    return gone ? { kind: 'told', told: [told], gone: true } : sent;
  }
  const sent = await errand.call('PUT', url, wire);
  return sent.kind === 'ok' ? { kind: 'told', told: [told] } : sent;
}

/** Always whole: a PUT replaces, so that what was lost on the way does no harm (OCPI 2.3.0 mod_sessions, PUT method). */
async function tellSession(errand: Errand): Promise<Delivered> {
  const { gw, target, row, base } = errand;
  const session = findSession(gw, row.object);
  if (!session) return { kind: 'moot' };
  const wire = presenterFor(gw, target.peer, target.version).session(session, gw.settings.site);
  const held = outOfReach(errand, session.token);
  if (held) return held;
  const sent = await errand.call('PUT', objectUrl(gw, base, session.id), wire, session.token);
  if (sent.kind !== 'ok') return sent;
  const told = { object: session.id, changedAt: upTo(row, session.updatedAt), mark: session.status, location: null };
  return { kind: 'told', told: [told] };
}

/** Once, and again to the letter where nobody knows whether it arrived: a peer that has it already has it. */
async function tellCdr(errand: Errand): Promise<Delivered> {
  const { gw, target, row, base } = errand;
  const cdr = findCdr(gw, row.object);
  // 2.1.1 would take a credit, and what was corrected after it, for further charges.
  if (!cdr || (target.version === '2.1.1' && !isFirstBill(cdr))) return { kind: 'moot' };
  const before = billBefore(gw, target.peer.name, cdr);
  const held = before === null ? outOfReach(errand, cdr.token) : { kind: 'held' as const, reason: before };
  if (held) return held;
  const booked = bookingOfSession(gw, cdr.sessionId);
  const present = presenterFor(gw, target.peer, target.version);
  const wire = present.cdr(cdr, gw.settings.site, signedReadingsOf(gw, cdr), booked);
  const sent = await errand.call('POST', base, wire, cdr.token);
  const known = sent.kind === 'refused' && isDuplicate(sent);
  if (sent.kind !== 'ok' && !known) return sent;
  const location = sent.kind === 'ok' ? sent.location : null;
  return { kind: 'told', told: [{ object: cdr.id, changedAt: row.changedAt, mark: 'cdr', location }] };
}

/** Whole, to whom it was that asked for it (OCPI 2.3.0 mod_bookings, PUT Booking). */
async function tellBooking(errand: Errand): Promise<Delivered> {
  const { gw, row, base } = errand;
  const booking = findBooking(gw, row.object);
  if (!booking) return { kind: 'moot' };
  const party = booking.requests.at(-1)?.request ?? gw.settings.site;
  const held = outOfReach(errand, party);
  if (held) return held;
  const sent = await errand.call('PUT', objectUrl(gw, base, booking.id), toBookingWire(gw)(booking), party);
  if (sent.kind !== 'ok') return sent;
  const changedAt = upTo(row, booking.updatedAt);
  return { kind: 'told', told: [{ object: booking.id, changedAt, mark: booking.state, location: null }] };
}

/** With its calendar, to everybody (OCPI 2.3.0 mod_bookings, PUT BookingLocation). */
async function tellBookingLocation(errand: Errand): Promise<Delivered> {
  const { gw, target, row, base } = errand;
  const offer = visibleSite(gw, target) && findOffer(gw, row.object);
  if (!offer) return { kind: 'moot' };
  const wire = presentBookingLocation(offer, gw.settings.site, firstBookable(gw));
  const sent = await errand.call('PUT', objectUrl(gw, base, 'booking_locations', offer.id), wire);
  if (sent.kind !== 'ok') return sent;
  const changedAt = upTo(row, offer.updatedAt);
  return { kind: 'told', told: [{ object: offer.id, changedAt, mark: 'booking location', location: null }] };
}

/** A party behind a hub that the hub does not reach is told nothing until it does (OCPI 2.3.0 mod_hub_client_info). */
function outOfReach({ gw, target }: Errand, about: PartyAddress): Delivered | null {
  const { peer } = target;
  const party = addressee(gw, peer, about);
  if (!party || !isOutOfReach(gw, peer.name, party.countryCode, party.partyId)) return null;
  return { kind: 'held', reason: waitsFor(party) };
}

/** What was told covers the row too where that was marked without a change, as when everything is told anew. */
function upTo(row: OutboxRow, changedAt: Millis): Millis {
  return Math.max(row.changedAt, changedAt);
}

function isDuplicate({ http, reason }: Extract<Sent, { kind: 'refused' }>): boolean {
  return http === 409 || /duplicate|already (exists|known|received|present)/i.test(reason);
}

function evseTold({ version }: PushTarget, evse: EvseView): Told | null {
  const wire = PRESENTERS[version].evse(evse);
  if (!wire) return null;
  const changedAt = Math.max(evse.updatedAt, ...evse.connectors.map((connector) => connector.updatedAt));
  return { object: evse.uid, changedAt, mark: digest(wire), location: null };
}

/** Of everything but the status, which may be told alone. */
function digest({ status: _status, last_updated: _at, ...rest }: Wire): string {
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
}

/** A private site is for the CPO's own cloud only (OCPI 2.3.0 mod_locations, private charging locations). */
function visibleSite(gw: Gateway, { peer }: PushTarget): SiteView | null {
  const state = siteView(gw);
  return state.site.publish || peer.visibility === 'all' ? state : null;
}

function locationUrl({ gw, base }: Errand): string {
  return objectUrl(gw, base, gw.settings.site.id);
}

function objectUrl(gw: Gateway, base: string, ...id: string[]): string {
  const { countryCode, partyId } = gw.settings.site;
  return [base, ...[countryCode, partyId, ...id].map(encodeURIComponent)].join('/');
}
