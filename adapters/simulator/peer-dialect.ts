import { asRecord, asText } from './wire.ts';

export type OcpiVersion = '2.1.1' | '2.2.1' | '2.3.0';

/** A module of an OCPI platform and where it is; 2.1.1 does not tell a role. */
export interface Endpoint {
  identifier: string;
  role: string | null;
  url: string;
}

/** Who the simulated platform says it is. */
export interface PeerParty {
  role: string;
  country_code: string;
  party_id: string;
}

const RECEIVED = ['locations', 'sessions', 'cdrs', 'tariffs'];

/** The endpoints of the platform in this version. `bookingsAs`: the identifier of its Bookings module, where it has one. */
export function platformEndpoints(base: string, version: OcpiVersion, role: string, bookingsAs?: string): object[] {
  const at = (identifier: string, role: string): object => ({
    identifier,
    ...(version === '2.1.1' ? {} : { role }),
    url: `${base}/ocpi/${version}/${identifier}`,
  });
  return [
    at('credentials', 'SENDER'),
    ...RECEIVED.map((identifier) => at(identifier, 'RECEIVER')),
    at('tokens', 'SENDER'),
    ...(role === 'HUB' ? [at('hubclientinfo', 'SENDER')] : []),
    at('commands', 'SENDER'),
    ...(version === '2.1.1' ? [] : [at('chargingprofiles', 'SENDER')]),
    ...(version === '2.3.0' && bookingsAs !== undefined
      ? [{ identifier: bookingsAs, role: 'RECEIVER', url: `${base}/ocpi/${version}/bookings` }]
      : []),
  ];
}

/** An endpoint as version details list it. */
export function readEndpoint(item: Record<string, unknown>): Endpoint {
  return {
    identifier: asText(item['identifier']) ?? '',
    role: asText(item['role']),
    url: asText(item['url']) ?? '',
  };
}

/** The platform's credentials object in this version. */
export function platformCredentials(
  version: OcpiVersion,
  token: string,
  url: string,
  party: PeerParty,
  name: string,
): object {
  const { role, ...identity } = party;
  const whole = { ...identity, business_details: { name } };
  return version === '2.1.1' ? { token, url, ...whole } : { token, url, roles: [{ role, ...whole }] };
}

/** A token in this version's words: 2.1.1 calls the contract `auth_id` and leaves the owner to the URL. */
export function tokenIn(version: OcpiVersion | null, token: Record<string, unknown>): Record<string, unknown> {
  if (version !== '2.1.1') return token;
  const { country_code: _country, party_id: _party, contract_id, ...rest } = token;
  return { ...rest, auth_id: contract_id };
}

/** The CPO party of the gateway's credentials, as any version writes it; null where it is not told. */
export function cpoParty(credentials: Record<string, unknown>): { country_code: string; party_id: string } | null {
  const roles = Array.isArray(credentials['roles']) ? credentials['roles'].map(asRecord) : [credentials];
  for (const each of roles) {
    const country_code = asText(each['country_code']);
    const party_id = asText(each['party_id']);
    if ((each['role'] ?? 'CPO') === 'CPO' && country_code !== null && party_id !== null)
      return { country_code, party_id };
  }
  return null;
}
