import type { Peer } from '../../gateway/domain/types.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { findPeer, registerPeer, unregisterPeer, updatePeer, type Registration } from '../../gateway/peers.ts';
import { ourCredentials, readCredentials } from './credentials-body.ts';
import { chooseVersion, fetchEndpoints } from './discover.ts';
import { invalid, methodNotAllowed, success } from './envelope.ts';
import type { Handler, OcpiContext, OcpiRequest, Version } from './request.ts';

/** Our credentials as this peer has them. Only the token's hash is kept, so the one it just used is the one to show. */
export function getCredentials(version: Version): Handler {
  return ({ gw }, { baseUrl, token }) => success(ourCredentials(gw, baseUrl, token, version));
}

/**
 * The handshake's POST: fetches the peer's versions and details with its token, then mints its token. 405 when already
 * registered; 3001, 3002, 3003 where its side does not serve; the registration token then stays good.
 */
export function postCredentials(posted: Version): Handler {
  return (context, request) =>
    oneAtATime(context, request.peer.name, async () => {
      if (stateOf(context, request.peer) !== 'invited')
        throw methodNotAllowed('already registered: PUT updates these credentials', 'GET, PUT, DELETE');
      const registration = await inspect(context, request, posted);
      const { token } = await guarded(() => registerPeer(context.gw, request.peer.name, registration));
      context.gw.log.info({ peer: request.peer.name, version: registration.version }, 'peer registered');
      return success(ourCredentials(context.gw, request.baseUrl, token, posted));
    });
}

/** New credentials or another version of a registered peer: fetches everything anew. 405 when not registered. */
export function putCredentials(posted: Version): Handler {
  return (context, request) =>
    oneAtATime(context, request.peer.name, async () => {
      assertRegistered(context, request.peer);
      const registration = await inspect(context, request, posted);
      const { token } = await guarded(() => updatePeer(context.gw, request.peer.name, registration));
      context.gw.log.info({ peer: request.peer.name, version: registration.version }, 'peer updated its credentials');
      return success(ourCredentials(context.gw, request.baseUrl, token, posted));
    });
}

/** Ends the relation: both tokens are void afterwards. 405 when not registered. */
export const deleteCredentials: Handler = (context, request) =>
  oneAtATime(context, request.peer.name, async () => {
    assertRegistered(context, request.peer);
    await unregisterPeer(context.gw, request.peer.name);
    context.gw.log.info({ peer: request.peer.name }, 'peer unregistered');
    return success();
  });

/** Reads what the peer sent and asks its platform what it can: everything that a registration needs. */
async function inspect(context: OcpiContext, request: OcpiRequest, posted: Version): Promise<Registration> {
  const { token, url, parties } = readCredentials(context.gw, request.body);
  const access = { peer: request.peer.name, token };
  const chosen = await chooseVersion(context.client, url, access, posted);
  const endpoints = await fetchEndpoints(context.client, chosen, access);
  return { version: chosen.version, versionsUrl: url, outboundToken: token, parties, endpoints };
}

/** Two handshakes of one peer would mint two tokens; the second waits and then sees what the first made of it. */
export async function oneAtATime<T>(context: OcpiContext, name: string, work: () => Promise<T>): Promise<T> {
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
