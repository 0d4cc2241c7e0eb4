import type { PeerEndpoint } from '../../gateway/domain/types.ts';
import type { OcpiClient } from './client.ts';
import { OcpiFault, STATUS } from './envelope.ts';
import { EndpointItem, readItems, VersionItem } from './inbound.ts';
import { VERSIONS, type Version } from './request.ts';

/** Whom we ask, and the token that it knows us by. */
export interface Access {
  peer: string;
  token: string;
}

/** A version of a peer and where its details are. */
export interface ChosenVersion {
  version: Version;
  url: string;
}

/**
 * The roles of a peer's endpoints where it does not tell them, as in 2.1.1: the peer of a CPO takes what a CPO sends, and
 * sends tokens.
 */
const TAKES: ReadonlySet<string> = new Set(['locations', 'sessions', 'cdrs', 'tariffs', 'booking', 'bookings']);

/**
 * The best version that both speak, `wanted` before the others. Throws OcpiFault: 3001 where the peer cannot be asked, 3002
 * where there is none.
 */
export async function chooseVersion(
  client: OcpiClient,
  url: string,
  access: Access,
  wanted: Version,
  raw = sendsRaw(wanted),
): Promise<ChosenVersion> {
  const fetched = await client.get({ ...access, url, raw });
  if (fetched.kind === 'failed') throw refuse(STATUS.cannotUseApi, `cannot use your API: ${fetched.reason}`);
  const offered = readItems(VersionItem, fetched.data);
  if (!offered) throw refuse(STATUS.cannotUseApi, `cannot use your API: ${url} did not list versions`);
  for (const version of [wanted, ...VERSIONS]) {
    const item = offered.find((candidate) => candidate.version.trim() === version);
    if (item) return { version, url: item.url };
  }
  const theirs = offered.map((item) => item.version).join(', ');
  throw refuse(
    STATUS.unsupportedVersion,
    `no mutual version: yours are ${theirs || 'none'}, ours ${VERSIONS.join(', ')}`,
  );
}

/** A version's endpoints at the peer. Throws OcpiFault: 3001 where it cannot be asked, 3003 where it lacks credentials. */
export async function fetchEndpoints(
  client: OcpiClient,
  { url, version }: ChosenVersion,
  access: Access,
  raw = sendsRaw(version),
): Promise<PeerEndpoint[]> {
  const fetched = await client.get({ ...access, url, raw });
  if (fetched.kind === 'failed') throw refuse(STATUS.cannotUseApi, `cannot use your API: ${fetched.reason}`);
  const details = fetched.data;
  const listed =
    typeof details === 'object' && details !== null && 'endpoints' in details
      ? readItems(EndpointItem, details.endpoints)
      : null;
  if (!listed) throw refuse(STATUS.cannotUseApi, `cannot use your API: ${url} did not list endpoints`);
  const endpoints = listed.map((item): PeerEndpoint => {
    const identifier = item.identifier.trim().toLowerCase();
    return { identifier, role: roleOf(identifier, item.role?.trim().toUpperCase()), url: item.url };
  });
  if (!endpoints.some((endpoint) => endpoint.identifier === 'credentials'))
    throw refuse(STATUS.missingEndpoints, `your version details at ${url} name no credentials endpoint`);
  return endpoints;
}

/** Tokens went as they are before they went in base64 (OCPI 2.2 transport_and_format, Authorization header). */
export function sendsRaw(version: string | null): boolean {
  return version === '2.1.1';
}

function roleOf(identifier: string, told: string | undefined): PeerEndpoint['role'] {
  if (told === 'RECEIVER' || told === 'SENDER') return told;
  return TAKES.has(identifier) ? 'RECEIVER' : 'SENDER';
}

function refuse(status: 3001 | 3002 | 3003, message: string): OcpiFault {
  return new OcpiFault({ http: 200, status, message });
}
