import { listPeers } from '../../../gateway/peers.ts';
import { findPeerToken, putPeerToken } from '../../../gateway/tokens.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import type { Peer, TokenType } from '../../../gateway/domain/types.ts';
import { created, invalid, notFound, STATUS, success } from '../envelope.ts';
import { same } from '../headers.ts';
import { read, TokenBody, withoutNulls } from '../inbound.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { Wire, WireToken } from '../present/shared.ts';
import type { Handler, OcpiContext, OcpiRequest, Version } from '../request.ts';

const TYPES: readonly string[] = ['RFID', 'APP_USER', 'AD_HOC_USER', 'OTHER', 'EMAID'] satisfies TokenType[];

/** Wire fields that the domain holds; everything else of a token is kept to be handed back. */
const HELD: ReadonlySet<string> = new Set(Object.keys(TokenBody.properties));

/** A peer's token as the URL names it. */
interface TokenAddress {
  countryCode: string;
  partyId: string;
  uid: string;
  /** As the peer writes it; null where the URL does not say, which means RFID. */
  type: string | null;
}

/** The token as we hold it (OCPI 2.3.0 mod_tokens Receiver GET). */
export function getToken(version: Version): Handler {
  return (context, request) => {
    const address = addressOf(context, request);
    const token = findToken(context, request.peer, address);
    if (!token) throw unknownToken(address);
    return success(PRESENTERS[version].token(token));
  };
}

/** A new token, or all of a known one (OCPI 2.3.0 mod_tokens PUT). 201 when new. */
export const putToken: Handler = async (context, request) => {
  const address = addressOf(context, request);
  const token = toToken(request.body, address);
  const known = findPeerToken(context.gw, token);
  if (known && known.peer !== request.peer.name && !declares(request.peer, token.countryCode, token.partyId))
    throw notFound(`token ${token.uid} of ${token.countryCode}/${token.partyId} came over another connection`);
  const outcome = await putPeerToken(context.gw, request.peer.name, token);
  return outcome === 'created' ? created() : success();
};

/** Some fields of a known token; `last_updated` is one of them. 404 for an unknown one, so that the peer PUTs it. */
export function patchToken(version: Version): Handler {
  return async (context, request) => {
    const address = addressOf(context, request);
    const patch = request.body;
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
      throw invalid('token: expected an object of the fields to change');
    const changes = patch as Wire;
    if (typeof changes['last_updated'] !== 'string') throw invalid('token.last_updated: required in a PATCH');
    const known = findToken(context, request.peer, address);
    if (!known) throw unknownToken(address);
    const merged = { ...PRESENTERS[version].token(known), type: wireType(known), ...changes };
    await putPeerToken(context.gw, request.peer.name, toToken(merged, address));
    return success();
  };
}

/** The URL's token; 404 unless its party is this peer's (OCPI 2.3.0 transport_and_format, client owned object push). */
function addressOf(context: OcpiContext, request: OcpiRequest): TokenAddress {
  const { country = '', party = '', uid = '' } = request.params;
  if (!owns(context, request.peer, country, party))
    throw notFound(`party ${country}/${party} is not one of this connection's`);
  if (!/^[\x20-\x7e]{1,36}$/.test(uid)) throw invalid('token_uid: expected at most 36 printable ASCII characters');
  const type = request.query['type'];
  if (type !== undefined && (typeof type !== 'string' || type === '')) throw invalid('type: expected one token type');
  return { countryCode: country.toUpperCase(), partyId: party.toUpperCase(), uid, type: type ?? null };
}

/**
 * Does this party's data come over this connection? Its own parties', and, from a hub or a peer that never told its
 * parties, those that are neither ours nor another connection's.
 */
function owns(context: OcpiContext, peer: Peer, country: string, party: string): boolean {
  const { site } = context.gw.settings;
  if (same(site.countryCode, country) && same(site.partyId, party)) return false;
  if (country.length !== 2 || !/^[A-Za-z0-9]{1,3}$/.test(party)) return false;
  if (declares(peer, country, party)) return true;
  const open = peer.parties.length === 0 || peer.parties.some(({ role }) => role === 'HUB');
  return open && !listPeers(context.gw).some((other) => other.name !== peer.name && declares(other, country, party));
}

function declares(peer: Peer, country: string, party: string): boolean {
  return peer.parties.some((own) => same(own.countryCode, country) && same(own.partyId, party));
}

function findToken(context: OcpiContext, peer: Peer, address: TokenAddress): WireToken | null {
  const wanted = address.type ?? 'RFID';
  const token = findPeerToken(context.gw, { ...address, type: domainType(wanted) });
  return token && token.peer === peer.name && same(wireType(token), wanted) ? token : null;
}

function toToken(body: unknown, address: TokenAddress): Omit<WireToken, 'origin' | 'peer'> {
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
function domainType(wire: string): TokenType {
  const known = TYPES.find((type) => same(type, wire));
  return known === undefined ? 'OTHER' : (known as TokenType);
}

function wireType(token: WireToken): string {
  const kept = token.body['type'];
  return typeof kept === 'string' ? kept : token.type;
}

function assertSame(field: string, body: string, url: string): void {
  if (!same(body, url)) throw invalid(`token.${field}: "${body}" is not the "${url}" of the URL`);
}

function unknownToken(address: TokenAddress): Error {
  const { countryCode, partyId, uid, type } = address;
  return notFound(`no ${type ?? 'RFID'} token ${uid} of ${countryCode}/${partyId} is known`, STATUS.unknownToken);
}
