import type { Gateway } from '../../gateway/gateway.ts';
import type { Peer } from '../../gateway/domain/types.ts';
import { authenticatePeer } from '../../gateway/peers.ts';
import type { ModuleId } from './request.ts';

/** A peer and the token by which we knew it. */
export interface Caller {
  peer: Peer;
  token: string;
}

/** Longest token is 64 characters, 88 in base64; anything far beyond is not looked at. */
const LONGEST_HEADER = 512;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Modules that a registration token (`TOKEN_A`) opens (OCPI 2.3.0 transport_and_format, Authorization header). */
const OPEN_TO_INVITED: ReadonlySet<ModuleId> = new Set(['versions', 'credentials']);

/**
 * Who sends this Authorization header; null when nobody we know. Takes the token base64-encoded as OCPI 2.2 and later
 * want it, or raw as many peers still send it; the specification's own example ends in a line break, so that is trimmed.
 */
export function authenticate(gw: Gateway, header: string | undefined): Caller | null {
  for (const token of tokenCandidates(header)) {
    const peer = authenticatePeer(gw, token);
    if (peer) return { peer, token };
  }
  return null;
}

/** May this peer use the module? A peer that is only invited may register and no more. */
export function mayUse(peer: Peer, module: ModuleId): boolean {
  if (peer.state === 'registered') return true;
  return peer.state === 'invited' && OPEN_TO_INVITED.has(module);
}

/** The tokens that an Authorization header may mean, likeliest first. */
export function tokenCandidates(header: string | undefined): string[] {
  if (header === undefined || header.length > LONGEST_HEADER) return [];
  const match = /^token\s+(\S.*)$/i.exec(header.trim());
  const written = match?.[1]?.trim();
  if (!written) return [];
  const decoded = Buffer.from(written, 'base64').toString('utf8').trim();
  return [...new Set([decoded, written])].filter((token) => PRINTABLE.test(token));
}
