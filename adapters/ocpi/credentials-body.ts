import { Type } from 'typebox';
import type { PeerParty } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { invalid } from './envelope.ts';
import { same } from './headers.ts';
import { Credentials, FlatCredentials, read } from './inbound.ts';
import { inAscii } from './present/ascii.ts';
import { clip } from './present/text.ts';
import type { Version } from './request.ts';
import { versionsUrl } from './urls.ts';

const ROLES = ['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP', 'PTP'];

/** OCPI 2.1.1 has no roles: whoever connects to a CPO is an eMSP there (OCPI 2.1.1 credentials). */
const ROLE_UNTOLD = 'EMSP';

/** What a peer's credentials say, in the domain's words. */
export interface PeerCredentials {
  token: string;
  /** Its versions URL. */
  url: string;
  parties: PeerParty[];
}

/** Our credentials object: what the peer is to call us with, and where (OCPI 2.3.0 credentials, Credentials object). */
export function ourCredentials(gw: Gateway, baseUrl: string, token: string, version: Version): object {
  const { site } = gw.settings;
  const party = {
    country_code: site.countryCode,
    party_id: site.partyId,
    business_details: {
      name: clip(site.operatorName, 100),
      ...(site.operatorWebsite === null ? {} : { website: site.operatorWebsite }),
    },
  };
  const url = versionsUrl(baseUrl);
  return version === '2.1.1' ? { token, url, ...inAscii(party) } : { token, url, roles: [{ role: 'CPO', ...party }] };
}

/** A peer's credentials object, of any version. Throws OcpiFault (2001) where it does not fit. */
export function readCredentials(gw: Gateway, body: unknown): PeerCredentials {
  if (isFlat(body)) {
    const { token, url, country_code, party_id } = read(FlatCredentials, body, 'credentials');
    const party = { countryCode: country_code.toUpperCase(), partyId: party_id.toUpperCase(), role: ROLE_UNTOLD };
    return { token, url, parties: [party] };
  }
  const credentials = read(Credentials, body, 'credentials');
  return { token: credentials.token, url: credentials.url, parties: readParties(gw, credentials) };
}

/** The token alone, where the rest does not matter or does not fit; null where there is none. */
export function readToken(body: unknown): string | null {
  try {
    return read(JustToken, body, 'credentials').token;
  } catch {
    // no credentials at all: the caller says so
    return null;
  }
}

const JustToken = Type.Object({ token: Credentials.properties.token });

function isFlat(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !('roles' in body) && 'party_id' in body;
}

function readParties(gw: Gateway, credentials: Credentials): PeerParty[] {
  const { site } = gw.settings;
  const parties = credentials.roles.map((item) => {
    const role = item.role.toUpperCase();
    if (!ROLES.includes(role)) throw invalid(`credentials.roles.role: "${item.role}" is none of ${ROLES.join(', ')}`);
    return { countryCode: item.country_code.toUpperCase(), partyId: item.party_id.toUpperCase(), role };
  });
  const hub = credentials.hub_party_id?.toUpperCase();
  if (hub !== undefined && hub.length !== 5)
    throw invalid('credentials.hub_party_id: expected a country code and a party id, five characters together');
  if (hub !== undefined) parties.push({ countryCode: hub.slice(0, 2), partyId: hub.slice(2), role: 'HUB' });
  const keys = parties.map((party) => `${party.countryCode}/${party.partyId} ${party.role}`);
  const double = keys.find((key, index) => keys.indexOf(key) !== index);
  if (double !== undefined) throw invalid(`credentials.roles: ${double} is given twice`);
  const ours = parties.find((party) => same(party.countryCode, site.countryCode) && same(party.partyId, site.partyId));
  if (ours && ours.role === 'CPO')
    throw invalid(`credentials.roles: ${site.countryCode}/${site.partyId} CPO is this platform itself`);
  return parties;
}
