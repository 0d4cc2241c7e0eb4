import type { PushModule } from '../../../gateway/domain/outbox.ts';
import type { Peer } from '../../../gateway/domain/types.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { learnEndpoints, outboundToken } from '../../../gateway/peers.ts';
import type { Call, OcpiClient } from '../client.ts';
import { chooseVersion, fetchEndpoints, sendsRaw } from '../discover.ts';
import { same } from '../headers.ts';
import { isBookings } from '../peer-presenter.ts';
import { VERSIONS, type Version } from '../request.ts';

/** A peer that can be told things, and where. */
export interface PushTarget {
  peer: Peer;
  token: string;
  version: Version;
}

export type Manner = Pick<Call, 'peer' | 'headers' | 'raw'>;

/** The peer as somebody to push to; null where it has not said where, or gave us no token. */
export function targetOf(gw: Gateway, peer: Peer): PushTarget | null {
  const token = outboundToken(gw, peer.name);
  const version = VERSIONS.find((known) => known === peer.version);
  return peer.state === 'registered' && token !== null && version !== undefined ? { peer, token, version } : null;
}

/** The module's URL at the peer, without a slash at its end; null where it does not take it. */
export function receiverUrl(gw: Gateway, peer: Peer, module: PushModule): string | null {
  const booked = module === 'bookings' || module === 'booking-locations';
  if (booked && !(gw.settings.bookings.publish && peer.version === '2.3.0')) return null;
  const endpoint = peer.endpoints.find(
    ({ identifier, role }) => role === 'RECEIVER' && (booked ? isBookings(identifier) : identifier === module),
  );
  return endpoint?.url.replace(/\/+$/, '') ?? null;
}

/**
 * Asks a peer that was provisioned by hand for its version and endpoints, once. Throws OcpiFault where it does not say.
 */
export async function discoverPeer(gw: Gateway, client: OcpiClient, peer: Peer): Promise<void> {
  const token = outboundToken(gw, peer.name);
  if (peer.versionsUrl === null || token === null || peer.endpoints.length > 0) return;
  const access = { peer: peer.name, token };
  const chosen = await chooseVersion(client, peer.versionsUrl, access, VERSIONS[0], wantsRaw(peer));
  await learnEndpoints(
    gw,
    peer.name,
    chosen.version,
    await fetchEndpoints(client, chosen, access, wantsRaw(peer) || sendsRaw(chosen.version)),
  );
}

/** How a call of a functional module is written for this peer: its routing headers, its way of sending tokens, its TLS. */
export function mannerOf(gw: Gateway, peer: Peer, about: PartyAddress | null): Manner {
  return routedAs(peer, routingTo(gw, peer, about));
}

/** The same where it is known already whom the call is for. */
export function routedAs(peer: Peer, headers: Record<string, string>): Manner {
  return { peer: peer.name, headers: isRouted(peer) ? headers : {}, raw: wantsRaw(peer) };
}

/** Does it know tokens as they are, not in base64? */
export function wantsRaw(peer: Peer): boolean {
  return sendsRaw(peer.version) || peer.quirks.includes('raw-token');
}

/** Messages carry no routing headers before 2.2. */
function isRouted(peer: Peer): boolean {
  return peer.version !== '2.1.1' && !peer.quirks.includes('no-routing-headers');
}

/**
 * Routing headers of a push: what is about a token goes to that token's party, anything else to the hub, which passes it on
 * to all (Broadcast Push), or to the peer's first party (OCPI 2.3.0 transport_and_format, message routing headers).
 */
export function routingTo(gw: Gateway, peer: Peer, about: PartyAddress | null): Record<string, string> {
  const { site } = gw.settings;
  const to = addressee(gw, peer, about);
  return {
    'ocpi-from-country-code': site.countryCode,
    'ocpi-from-party-id': site.partyId,
    ...(to && { 'ocpi-to-country-code': to.countryCode, 'ocpi-to-party-id': to.partyId }),
  };
}

/** The party at or behind a peer that a push is for; undefined where the peer never told its parties. */
export function addressee(gw: Gateway, peer: Peer, about: PartyAddress | null): PartyAddress | undefined {
  const hub = peer.parties.find(({ role }) => role === 'HUB');
  const owner = about && peer.parties.find((party) => isSameParty(party, about));
  if (owner) return owner;
  // A card of the site's own is nobody's behind the hub: the hub itself is told of it.
  if (hub) return about && !isSameParty(about, gw.settings.site) ? about : hub;
  return peer.parties[0];
}

/** A party as messages are addressed to it. */
export interface PartyAddress {
  countryCode: string;
  partyId: string;
}

function isSameParty(one: PartyAddress, other: PartyAddress): boolean {
  return same(one.countryCode, other.countryCode) && same(one.partyId, other.partyId);
}
