import { findPeerToken, putPeerToken } from '../../../gateway/tokens.ts';
import type { Peer } from '../../../gateway/domain/types.ts';
import { created, invalid, notFound, STATUS, success } from '../envelope.ts';
import { same } from '../headers.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { Wire, WireToken } from '../present/shared.ts';
import type { Handler, OcpiContext, OcpiRequest, Version } from '../request.ts';
import { declares, domainType, owns, toToken, wireType, type TokenAddress } from '../token-body.ts';

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
export function putToken(version: Version): Handler {
  return async (context, request) => {
    const address = addressOf(context, request);
    const token = toToken(version, request.body, address);
    const known = findPeerToken(context.gw, token);
    if (known && known.peer !== request.peer.name && !declares(request.peer, token.countryCode, token.partyId))
      throw notFound(`token ${token.uid} of ${token.countryCode}/${token.partyId} came over another connection`);
    const outcome = await putPeerToken(context.gw, request.peer.name, token);
    return outcome === 'created' ? created() : success();
  };
}

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
    await putPeerToken(context.gw, request.peer.name, toToken(version, merged, address));
    return success();
  };
}

/** The URL's token; 404 unless its party is this peer's (OCPI 2.3.0 transport_and_format, client owned object push). */
function addressOf(context: OcpiContext, request: OcpiRequest): TokenAddress {
  const { country = '', party = '', uid = '' } = request.params;
  if (!owns(context.gw, request.peer, country, party))
    throw notFound(`party ${country}/${party} is not one of this connection's`);
  if (!/^[\x20-\x7e]{1,36}$/.test(uid)) throw invalid('token_uid: expected at most 36 printable ASCII characters');
  const type = request.query['type'];
  if (type !== undefined && (typeof type !== 'string' || type === '')) throw invalid('type: expected one token type');
  return { countryCode: country.toUpperCase(), partyId: party.toUpperCase(), uid, type: type ?? null };
}

function findToken(context: OcpiContext, peer: Peer, address: TokenAddress): WireToken | null {
  const wanted = address.type ?? 'RFID';
  const token = findPeerToken(context.gw, { ...address, type: domainType(wanted) });
  return token && token.peer === peer.name && same(wireType(token), wanted) ? token : null;
}

function unknownToken(address: TokenAddress): Error {
  const { countryCode, partyId, uid, type } = address;
  return notFound(`no ${type ?? 'RFID'} token ${uid} of ${countryCode}/${partyId} is known`, STATUS.unknownToken);
}
