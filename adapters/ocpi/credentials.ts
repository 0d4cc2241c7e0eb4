import type { Peer, PeerEndpoint, PeerParty } from '../../gateway/domain/types.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { findPeer, registerPeer, unregisterPeer, updatePeer } from '../../gateway/peers.ts';
import type { Answer } from './envelope.ts';
import { invalid, methodNotAllowed, OcpiFault, STATUS, success } from './envelope.ts';
import { same } from './headers.ts';
import { Credentials, EndpointItem, read, readItems, VersionItem } from './inbound.ts';
import type { Handler, OcpiContext, OcpiRequest, Version } from './request.ts';
import { VERSIONS } from './request.ts';
import { versionsUrl } from './urls.ts';
import { clip } from './present/text.ts';

const ROLES = ['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP', 'PTP'];

/** What `registerPeer` and `updatePeer` keep of a peer. */
interface Registration {
  version: Version;
  versionsUrl: string;
  outboundToken: string;
  parties: PeerParty[];
  endpoints: PeerEndpoint[];
}

/** Our credentials as this peer has them. Only the token's hash is kept, so the one it just used is the one to show. */
export const getCredentials: Handler = (context, request) => success(ourCredentials(context, request, request.token));

/**
 * The handshake's POST: fetches the peer's versions and details with its token, then mints its token. 405 when already
 * registered; 3001, 3002, 3003 where its side does not serve; the registration token then stays good.
 */
export function postCredentials(posted: Version): Handler {
  return (context, request) =>
    oneAtATime(context, request, async () => {
      if (stateOf(context, request.peer) !== 'invited')
        throw methodNotAllowed('already registered: PUT updates these credentials', 'GET, PUT, DELETE');
      const registration = await inspect(context, request, posted);
      const { token } = await guarded(() => registerPeer(context.gw, request.peer.name, registration));
      context.gw.log.info({ peer: request.peer.name, version: registration.version }, 'peer registered');
      return success(ourCredentials(context, request, token));
    });
}

/** New credentials or another version of a registered peer: fetches everything anew. 405 when not registered. */
export function putCredentials(posted: Version): Handler {
  return (context, request) =>
    oneAtATime(context, request, async () => {
      assertRegistered(context, request.peer);
      const registration = await inspect(context, request, posted);
      const { token } = await guarded(() => updatePeer(context.gw, request.peer.name, registration));
      context.gw.log.info({ peer: request.peer.name, version: registration.version }, 'peer updated its credentials');
      return success(ourCredentials(context, request, token));
    });
}

/** Ends the relation: both tokens are void afterwards. 405 when not registered. */
export const deleteCredentials: Handler = (context, request) =>
  oneAtATime(context, request, async () => {
    assertRegistered(context, request.peer);
    await unregisterPeer(context.gw, request.peer.name);
    context.gw.log.info({ peer: request.peer.name }, 'peer unregistered');
    return success();
  });

function ourCredentials(context: OcpiContext, request: OcpiRequest, token: string): object {
  const { site } = context.gw.settings;
  return {
    token,
    url: versionsUrl(request.baseUrl),
    roles: [
      {
        role: 'CPO',
        country_code: site.countryCode,
        party_id: site.partyId,
        business_details: {
          name: clip(site.operatorName, 100),
          ...(site.operatorWebsite === null ? {} : { website: site.operatorWebsite }),
        },
      },
    ],
  };
}

/** Reads what the peer sent and asks its platform what it can: everything that a registration needs. */
async function inspect(context: OcpiContext, request: OcpiRequest, posted: Version): Promise<Registration> {
  const credentials = read(Credentials, request.body, 'credentials');
  const parties = readParties(context, credentials);
  const chosen = await chooseVersion(context, credentials.url, credentials.token, posted);
  const endpoints = await fetchEndpoints(context, chosen.url, credentials.token);
  return {
    version: chosen.version,
    versionsUrl: credentials.url,
    outboundToken: credentials.token,
    parties,
    endpoints,
  };
}

function readParties(context: OcpiContext, credentials: Credentials): PeerParty[] {
  const { site } = context.gw.settings;
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

async function chooseVersion(
  context: OcpiContext,
  url: string,
  token: string,
  posted: Version,
): Promise<{ version: Version; url: string }> {
  const fetched = await context.client.get(url, token);
  if (fetched.kind === 'failed') throw refuse(STATUS.cannotUseApi, `cannot use your API: ${fetched.reason}`);
  const offered = readItems(VersionItem, fetched.data);
  if (!offered) throw refuse(STATUS.cannotUseApi, `cannot use your API: ${url} did not list versions`);
  for (const version of [posted, ...VERSIONS]) {
    const item = offered.find((candidate) => candidate.version.trim() === version);
    if (item) return { version, url: item.url };
  }
  const theirs = offered.map((item) => item.version).join(', ');
  throw refuse(
    STATUS.unsupportedVersion,
    `no mutual version: yours are ${theirs || 'none'}, ours ${VERSIONS.join(', ')}`,
  );
}

async function fetchEndpoints(context: OcpiContext, url: string, token: string): Promise<PeerEndpoint[]> {
  const fetched = await context.client.get(url, token);
  if (fetched.kind === 'failed') throw refuse(STATUS.cannotUseApi, `cannot use your API: ${fetched.reason}`);
  const details = fetched.data;
  const listed =
    typeof details === 'object' && details !== null && 'endpoints' in details
      ? readItems(EndpointItem, details.endpoints)
      : null;
  if (!listed) throw refuse(STATUS.cannotUseApi, `cannot use your API: ${url} did not list endpoints`);
  const endpoints = listed.map((item): PeerEndpoint => ({
    identifier: item.identifier.trim().toLowerCase(),
    role: item.role?.toUpperCase() === 'RECEIVER' ? 'RECEIVER' : 'SENDER',
    url: item.url,
  }));
  if (!endpoints.some((endpoint) => endpoint.identifier === 'credentials'))
    throw refuse(STATUS.missingEndpoints, `your version details at ${url} name no credentials endpoint`);
  return endpoints;
}

/** Two handshakes of one peer would mint two tokens; the second waits and then sees what the first made of it. */
async function oneAtATime(context: OcpiContext, request: OcpiRequest, work: () => Promise<Answer>): Promise<Answer> {
  const { name } = request.peer;
  const before = context.handshakes.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  context.handshakes.set(name, mine);
  try {
    return await mine;
  } finally {
    if (context.handshakes.get(name) === mine) context.handshakes.delete(name);
  }
}

function assertRegistered(context: OcpiContext, peer: Peer): void {
  if (stateOf(context, peer) !== 'registered')
    throw methodNotAllowed('not registered yet: POST registers', 'GET, POST');
}

function stateOf(context: OcpiContext, peer: Peer): string | undefined {
  return findPeer(context.gw, peer.name)?.state;
}

/** A party that belongs to another peer is the client's fault, not ours (party takeover). */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'PEER_UNUSABLE') throw invalid(`credentials: ${error.message}`);
    throw error;
  }
}

function refuse(status: 3001 | 3002 | 3003, message: string): OcpiFault {
  return new OcpiFault({ http: 200, status, message });
}
