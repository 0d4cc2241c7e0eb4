import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Peer } from '../../gateway/domain/types.ts';
import type { SiteSettings } from '../../gateway/domain/settings.ts';
import { invalid } from './envelope.ts';
import type { ModuleId } from './request.ts';

export type Headers = Record<string, string>;

/** Modules whose messages are not routed, so that routing headers do not belong there. */
const CONFIGURATION: ReadonlySet<ModuleId> = new Set(['versions', 'credentials', 'hubclientinfo']);

/** The ids of a message, the sender's own or ours where it gave none (OCPI 2.3.0 transport_and_format, unique message IDs). */
export function messageIds(headers: IncomingHttpHeaders): Headers {
  return {
    'x-request-id': one(headers, 'x-request-id') ?? randomUUID(),
    'x-correlation-id': one(headers, 'x-correlation-id') ?? randomUUID(),
  };
}

/**
 * The routing headers of the answer: the request's, swapped. Where the request names no sender and the peer is one party
 * only, that party; where it could be several, none. Empty for configuration modules.
 */
export function routingHeaders(
  module: ModuleId,
  headers: IncomingHttpHeaders,
  peer: Peer | null,
  site: SiteSettings,
): Headers {
  if (CONFIGURATION.has(module)) return {};
  const to = senderOf(headers, peer);
  return {
    'ocpi-from-country-code': site.countryCode,
    'ocpi-from-party-id': site.partyId,
    ...(to ? { 'ocpi-to-country-code': to.countryCode, 'ocpi-to-party-id': to.partyId } : {}),
  };
}

/** The party that sent a request: as it says, else the one that the peer can only be; null where neither tells. */
export function senderOf(headers: IncomingHttpHeaders, peer: Peer | null): PartyId | null {
  return sender(headers) ?? onlyParty(peer);
}

/** Refuses with 2001 a request that is addressed to another party: we are no hub, so 4xxx is not ours to send. */
export function assertAddressedToUs(module: ModuleId, headers: IncomingHttpHeaders, site: SiteSettings): void {
  if (CONFIGURATION.has(module)) return;
  const country = one(headers, 'ocpi-to-country-code') ?? site.countryCode;
  const party = one(headers, 'ocpi-to-party-id') ?? site.partyId;
  if (same(country, site.countryCode) && same(party, site.partyId)) return;
  throw invalid(
    `addressed to ${country}/${party}, but this platform has only ${site.countryCode}/${site.partyId} (role CPO)`,
  );
}

/** CiString comparison (OCPI 2.3.0 types, CiString). */
export function same(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

interface PartyId {
  countryCode: string;
  partyId: string;
}

function sender(headers: IncomingHttpHeaders): PartyId | null {
  const countryCode = one(headers, 'ocpi-from-country-code');
  const partyId = one(headers, 'ocpi-from-party-id');
  return countryCode === undefined || partyId === undefined ? null : { countryCode, partyId };
}

function onlyParty(peer: Peer | null): PartyId | null {
  const [first, ...others] = peer?.parties ?? [];
  if (!first) return null;
  return others.every((party) => isParty(party, first)) ? first : null;
}

function isParty(a: PartyId, b: PartyId): boolean {
  return same(a.countryCode, b.countryCode) && same(a.partyId, b.partyId);
}

function one(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text === '' ? undefined : text;
}
