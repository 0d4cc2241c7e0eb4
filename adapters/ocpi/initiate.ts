import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Peer, PeerEndpoint, PeerParty } from '../../gateway/domain/types.ts';
import {
  abandonHandshake,
  assertRegistered,
  assertRegistrable,
  beginRegistration,
  beginRotation,
  completeHandshake,
  type Offer,
} from '../../gateway/handshakes.ts';
import { findPeer, outboundToken, unregisterPeer } from '../../gateway/peers.ts';
import type { Registrar, RegistrationWish } from '../../gateway/registrar.ts';
import type { Sent } from './client.ts';
import { ourCredentials, readCredentials, readToken } from './credentials-body.ts';
import { oneAtATime } from './credentials.ts';
import { wantsRaw } from './push/target.ts';
import { chooseVersion, fetchEndpoints, sendsRaw, type Access, type ChosenVersion } from './discover.ts';
import { OcpiFault } from './envelope.ts';
import { VERSIONS, type OcpiContext, type Version } from './request.ts';
import { checkUrl } from './url-guard.ts';

/** A peer's platform as it describes itself. */
interface Platform extends ChosenVersion, Access {
  versionsUrl: string;
  endpoints: PeerEndpoint[];
  credentialsUrl: string;
  /** It knows tokens as they are, not in base64. */
  raw: boolean;
}

/**
 * The credentials handshake with us as the client (OCPI 2.3.0 credentials, registration, updating and unregistering).
 * What we offer is kept before it is sent, and stays good while nobody knows what became of it, so that trying again is
 * always safe. `baseUrl`: where peers reach us.
 */
export function createRegistrar(context: OcpiContext, baseUrl: string): Registrar {
  return {
    register: (name, wish) => oneAtATime(context, name, () => register(context, baseUrl, name, wish)),
    rotate: (name) => oneAtATime(context, name, () => rotate(context, baseUrl, name)),
    unregister: (name, force) => oneAtATime(context, name, () => unregister(context, name, force)),
  };
}

async function register(context: OcpiContext, baseUrl: string, name: string, wish: RegistrationWish): Promise<void> {
  const { gw } = context;
  const known = assertRegistrable(gw, name);
  const raw = known !== null && wantsRaw(known);
  const platform = await inspect(context, wish.versionsUrl, { peer: name, token: wish.token }, VERSIONS[0], raw);
  const offered = await beginRegistration(gw, name, wish.versionsUrl, wish.visibility);
  const answer = await send(context, name, 'POST', platform, offered, baseUrl);
  const theirs = tokenIn(platform, answer);
  try {
    const { url, parties } = reading(() => readCredentials(gw, answer));
    await completeHandshake(gw, name, registration(platform, theirs, url, parties));
  } catch (error) {
    // It counts us as registered and must not: what it now knows of us is taken back.
    const url = platform.credentialsUrl;
    await context.client.send({ peer: name, method: 'DELETE', url, token: theirs, raw: platform.raw });
    await abandonHandshake(gw, name);
    throw error;
  }
  gw.log.info({ peer: name, version: platform.version }, 'registered with peer');
}

async function rotate(context: OcpiContext, baseUrl: string, name: string): Promise<void> {
  const { gw } = context;
  const peer = assertRegistered(gw, name);
  const token = outboundToken(gw, name);
  if (peer.versionsUrl === null || token === null)
    throw new GatewayError(
      'PEER_UNUSABLE',
      `of peer ${name} there is no ${token === null ? 'token' : 'versions URL'} to call it with: unregister it and register anew`,
    );
  const current = VERSIONS.find((version) => version === peer.version) ?? VERSIONS[0];
  const platform = await inspect(context, peer.versionsUrl, { peer: name, token }, current, wantsRaw(peer));
  const offered = await beginRotation(gw, name);
  const answer = await send(context, name, 'PUT', platform, offered, baseUrl);
  const theirs = tokenIn(platform, answer);
  // Its new token counts by now, so it is kept whatever else the answer says.
  try {
    const { url, parties } = reading(() => readCredentials(gw, answer));
    await completeHandshake(gw, name, registration(platform, theirs, url, parties));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    gw.log.warn({ err: error, peer: name }, 'new tokens taken, but not what the peer says of its parties');
    await completeHandshake(gw, name, registration(platform, theirs, peer.versionsUrl, peer.parties));
  }
  gw.log.info({ peer: name, version: platform.version }, 'tokens rotated with peer');
}

async function unregister(context: OcpiContext, name: string, force: boolean): Promise<void> {
  const { gw, client } = context;
  // A registration that nobody answered leaves an offer, which only force takes back.
  if (force && findPeer(gw, name)?.state !== 'registered' && (await abandonHandshake(gw, name))) return;
  const peer = assertRegistered(gw, name);
  const token = outboundToken(gw, name);
  try {
    if (peer.versionsUrl !== null && token !== null) {
      const { credentialsUrl } = await credentialsOf(context, peer, peer.versionsUrl, token);
      const sent = await client.send({
        peer: name,
        method: 'DELETE',
        url: credentialsUrl,
        token,
        raw: wantsRaw(peer),
      });
      if (sent.kind !== 'ok' && !isGoneAlready(sent)) throw refusal(sent);
    }
  } catch (error) {
    if (!force || !(error instanceof GatewayError)) throw error;
    gw.log.warn({ err: error, peer: name }, 'peer unregistered on our side alone');
  }
  await unregisterPeer(gw, name);
  gw.log.info({ peer: name }, 'unregistered with peer');
}

async function credentialsOf(
  context: OcpiContext,
  peer: Peer,
  versionsUrl: string,
  token: string,
): Promise<{ credentialsUrl: string }> {
  const url = peer.endpoints.find(({ identifier }) => identifier === 'credentials')?.url;
  if (url !== undefined) return { credentialsUrl: url };
  return inspect(context, versionsUrl, { peer: peer.name, token }, VERSIONS[0], wantsRaw(peer));
}

/** Asks the other side for its versions, details and credentials endpoint. */
async function inspect(
  context: OcpiContext,
  versionsUrl: string,
  access: Access,
  wanted: Version,
  knownRaw: boolean,
): Promise<Platform> {
  const { client, options } = context;
  checkUrl(versionsUrl, options.allowPrivateUrls);
  try {
    const chosen = await chooseVersion(client, versionsUrl, access, wanted, knownRaw);
    const raw = knownRaw || sendsRaw(chosen.version);
    const endpoints = await fetchEndpoints(client, chosen, access, raw);
    const credentialsUrl = endpoints.find(({ identifier }) => identifier === 'credentials')?.url ?? '';
    return { ...chosen, ...access, versionsUrl, endpoints, credentialsUrl, raw };
  } catch (error) {
    if (error instanceof OcpiFault) throw new GatewayError('PEER_REFUSED', error.message, { cause: error });
    throw error;
  }
}

/**
 * Sends our credentials and gives the answer's data. A clear no takes the offer back, unless it was made before: of that
 * one nobody knows what the peer made of it. Silence leaves it open.
 */
async function send(
  context: OcpiContext,
  name: string,
  method: 'POST' | 'PUT',
  { credentialsUrl, token, raw, version }: Platform,
  offered: Offer,
  baseUrl: string,
): Promise<unknown> {
  const { gw, client } = context;
  const body = ourCredentials(gw, baseUrl, offered.token, version);
  const sent = await client.send({ peer: name, method, url: credentialsUrl, token, body, raw });
  if (sent.kind === 'ok') return sent.data;
  if (sent.kind !== 'away' && !offered.repeated) await abandonHandshake(gw, name);
  throw refusal(sent);
}

function tokenIn({ credentialsUrl }: Platform, answer: unknown): string {
  const token = readToken(answer);
  if (token !== null) return token;
  throw new GatewayError(
    'PEER_UNREACHABLE',
    `${credentialsUrl} took our credentials and answered without its own: try again, or ask its operator what it holds`,
  );
}

function registration(
  { version, endpoints }: Platform,
  outbound: string,
  url: string,
  parties: PeerParty[],
): Parameters<typeof completeHandshake>[2] {
  return { version, versionsUrl: url, outboundToken: outbound, parties, endpoints };
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OcpiFault)) throw error;
    throw new GatewayError('PEER_REFUSED', `the peer's answer cannot be used: ${error.message}`, { cause: error });
  }
}

/** It does not know us any more: the aim is reached. */
function isGoneAlready(sent: Exclude<Sent, { kind: 'ok' }>): boolean {
  return sent.kind === 'denied' || (sent.kind === 'refused' && (sent.http === 404 || sent.http === 405));
}

function refusal(sent: Exclude<Sent, { kind: 'ok' }>): GatewayError {
  return sent.kind === 'away'
    ? new GatewayError('PEER_UNREACHABLE', `nobody knows whether the peer took it, try again: ${sent.reason}`)
    : new GatewayError('PEER_REFUSED', `the peer said no: ${sent.reason}`);
}
