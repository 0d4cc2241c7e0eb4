import { parseTime } from '../../gateway/domain/time.ts';
import type { Peer, TokenType } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { listPeers } from '../../gateway/peers.ts';
import { invalid } from './envelope.ts';
import { same } from './headers.ts';
import { read, TokenBody, withoutNulls } from './inbound.ts';
import type { Wire, WireToken } from './present/shared.ts';
import type { Version } from './request.ts';

const TYPES: readonly string[] = ['RFID', 'APP_USER', 'AD_HOC_USER', 'OTHER', 'EMAID'] satisfies TokenType[];

/** Wire fields that the domain holds; everything else of a token is kept to be handed back. */
const HELD: ReadonlySet<string> = new Set(Object.keys(TokenBody.properties));

/** A peer's token as the URL names it. */
export interface TokenAddress {
  countryCode: string;
  partyId: string;
  uid: string;
  /** As the peer writes it; null where the URL does not say, which means RFID. */
  type: string | null;
}

/**
 * Does this party's data come over this connection? Its own parties', and, from a hub or a peer that never told its
 * parties, those that are neither ours nor another connection's.
 */
export function owns(gw: Gateway, peer: Peer, country: string, party: string): boolean {
  const { site } = gw.settings;
  if (same(site.countryCode, country) && same(site.partyId, party)) return false;
  if (country.length !== 2 || !/^[A-Za-z0-9]{1,3}$/.test(party)) return false;
  if (declares(peer, country, party)) return true;
  const open = peer.parties.length === 0 || peer.parties.some(({ role }) => role === 'HUB');
  return open && !listPeers(gw).some((other) => other.name !== peer.name && declares(other, country, party));
}

/** Did it say, when it registered, that this party is one of its own? */
export function declares(peer: Peer, country: string, party: string): boolean {
  return peer.parties.some((own) => same(own.countryCode, country) && same(own.partyId, party));
}

/** A 2.1.1 token as the later versions write it: the contract has another name, and only the URL says whose it is. */
export function upgradeToken(
  body: unknown,
  { countryCode, partyId }: Pick<TokenAddress, 'countryCode' | 'partyId'>,
): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { auth_id, ...rest }: Wire = { ...body };
  return { ...rest, country_code: countryCode, party_id: partyId, contract_id: auth_id };
}

/** A token as the peer sent it, in the domain's words. Throws OcpiFault (2001) where it does not fit, or is not what the URL names. */
export function toToken(version: Version, sent: unknown, address: TokenAddress): Omit<WireToken, 'origin' | 'peer'> {
  const body = version === '2.1.1' ? upgradeToken(sent, address) : sent;
  const token = read(TokenBody, body, 'token');
  assertSame('country_code', token.country_code, address.countryCode);
  assertSame('party_id', token.party_id, address.partyId);
  assertSame('uid', token.uid, address.uid);
  // Many peers leave `?type=` out whatever the token is, so only a type that is given has to agree.
  if (address.type !== null) assertSame('type', token.type, address.type);
  const updatedAt = parseTime(token.last_updated)?.at;
  if (updatedAt === undefined || Number.isNaN(updatedAt)) throw invalid('token.last_updated: expected a DateTime');
  const type = domainType(token.type);
  return {
    countryCode: address.countryCode,
    partyId: address.partyId,
    uid: token.uid,
    type,
    contractId: token.contract_id,
    visualNumber: token.visual_number ?? null,
    issuer: token.issuer,
    groupId: token.group_id ?? null,
    valid: token.valid,
    whitelist: token.whitelist,
    language: token.language ?? null,
    expiresAt: null,
    payment: null,
    updatedAt,
    body: { ...unheld(body), ...(same(type, token.type) ? {} : { type: token.type }) },
  };
}

/** The fields that we keep only to hand them back. */
function unheld(body: unknown): Wire {
  const whole = withoutNulls(body);
  if (typeof whole !== 'object' || whole === null) return {};
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !HELD.has(name)));
}

/** An unknown type is a type all the same (OpenEnum): held as OTHER, with its own word kept beside it. */
export function domainType(wire: string): TokenType {
  const known = TYPES.find((type) => same(type, wire));
  return known === undefined ? 'OTHER' : (known as TokenType);
}

/** The type in the peer's own word. */
export function wireType(token: WireToken): string {
  const kept = token.body['type'];
  return typeof kept === 'string' ? kept : token.type;
}

function assertSame(field: string, body: string, url: string): void {
  if (!same(body, url)) throw invalid(`token.${field}: "${body}" is not the "${url}" of the URL`);
}
