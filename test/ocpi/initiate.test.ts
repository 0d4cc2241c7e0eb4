import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { PeerBody } from '../../adapters/console/schemas.ts';
import { createSimulatedPeer, type SimulatedPeer, type SimulatedPeerOptions } from '../../adapters/simulator/peer.ts';
import { createSteppedTime } from '../../adapters/simulator/ticker.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { chargegate, chargegateReading, daemon, place } from '../cli/harness.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from './harness.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function site(yaml = ''): Promise<TestSite> {
  const started = await startTestSite({ yaml });
  cleanups.push(() => started.cleanUp());
  return started;
}

async function platform(options: SimulatedPeerOptions = {}): Promise<SimulatedPeer> {
  const peer = await createSimulatedPeer({ name: 'Cloud', ...options });
  cleanups.push(() => peer.close());
  return peer;
}

interface Reply {
  status: number;
  code: string | undefined;
  message: string;
  body: PeerBody;
}

/** One request to the operator API about `emsp`'s registration. */
async function api(depot: TestSite, method: string, path = '/emsp/registration', body?: object): Promise<Reply> {
  const response = await fetch(`${depot.urls.console.replace(/\/$/, '')}/api/peers${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as PeerBody & { code?: string; message?: string };
  return { status: response.status, code: parsed?.code, message: parsed?.message ?? '', body: parsed };
}

/** Registers the gateway with the peer, by a fresh registration token. */
const registering = (depot: TestSite, peer: SimulatedPeer, change: object = {}): Promise<Reply> =>
  api(depot, 'POST', undefined, { versionsUrl: peer.url, token: peer.inviteGateway(), ...change });

async function peersOf(depot: TestSite): Promise<PeerBody[]> {
  const response = await fetch(new URL('/api/peers', depot.urls.console));
  return ((await response.json()) as { items: PeerBody[] }).items;
}

const peerNames = async (depot: TestSite): Promise<string[]> => (await peersOf(depot)).map(({ name }) => name);

const handshakeOf = async (depot: TestSite): Promise<PeerBody['handshake'] | undefined> =>
  (await peersOf(depot)).find(({ name }) => name === 'emsp')?.handshake;

/** What the gateway answers who shows this token: HTTP of the versions and of the locations. */
async function opens(depot: TestSite, token: string): Promise<[versions: number, locations: number]> {
  const versions = await ask(depot.urls.ocpi, { token });
  const locations = await ask(depot.urls.ocpi.replace('/versions', '/cpo/2.3.0/locations'), { token });
  return [versions.http, locations.http];
}

const handshakes = (peer: SimulatedPeer): string[] =>
  peer.requests.filter(({ path }) => path.endsWith('/credentials')).map(({ method }) => method);

describe('we register with a platform', () => {
  test('its versions, its details, POST credentials: both tokens are in use afterwards', async () => {
    const depot = await site();
    const peer = await platform();
    const tokenA = peer.inviteGateway();
    const reply = await api(depot, 'POST', undefined, { versionsUrl: peer.url, token: tokenA, visibility: 'all' });
    expect(reply).toMatchObject({
      status: 201,
      body: {
        name: 'emsp',
        origin: 'site',
        state: 'registered',
        visibility: 'all',
        version: '2.3.0',
        versionsUrl: peer.url,
        parties: [{ countryCode: 'NL', partyId: 'EMS', role: 'EMSP' }],
      },
    });
    expect(JSON.stringify(reply.body)).not.toContain(peer.inboundToken);
    expect(peer.requests.slice(0, 3).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /ocpi/versions',
      'GET /ocpi/2.3.0',
      'POST /ocpi/2.3.0/credentials',
    ]);
    expect(await opens(depot, peer.outboundToken)).toEqual([200, 200]);
    // with the token that it answered, not the one that began it
    expect(peer.inboundToken).not.toBe(tokenA);
    await expect.poll(() => peer.told('locations').length, { timeout: 8000, interval: 10 }).toBe(1);
    expect((await peer.poll()).locations).toHaveLength(1);
  });

  test('the credentials we send are exact to the version that both speak', async () => {
    const depot = await site();
    const peer = await platform({ versions: ['2.2.1'] });
    expect(await registering(depot, peer)).toMatchObject({ status: 201, body: { version: '2.2.1' } });
    const posted = peer.requests.find(({ method }) => method === 'POST')?.body;
    expect(posted).toEqual({
      token: peer.outboundToken,
      url: depot.urls.ocpi,
      roles: [
        { role: 'CPO', country_code: 'SE', party_id: 'DEP', business_details: { name: expect.any(String) as string } },
      ],
    });
  });

  test('a no leaves nothing behind', async () => {
    const depot = await site();
    const peer = await platform();
    const before = await peerNames(depot);
    const wrong = { token: 'not-the-token' };
    expect(await registering(depot, peer, wrong)).toMatchObject({ status: 502, code: 'PEER_REFUSED' });
    peer.setCondition({ kind: 'answering', http: 200, status: 3001 });
    expect(await registering(depot, peer)).toMatchObject({ status: 502, code: 'PEER_REFUSED' });
    expect(await peerNames(depot)).toEqual(before);
    peer.setCondition({ kind: 'answering', http: 400, status: 2001, only: '/credentials' });
    expect(await registering(depot, peer)).toMatchObject({ status: 502, code: 'PEER_REFUSED' });
    expect(await peerNames(depot)).toEqual(before);
    const refused = (peer.requests.at(-1)?.body as { token?: string } | undefined)?.token ?? '';
    expect(await opens(depot, refused)).toEqual([401, 401]);
    peer.setCondition({ kind: 'up' });
    expect(await registering(depot, peer)).toMatchObject({ status: 201 });
  });

  test('a platform without a version of ours, or that is not there, is refused by its reason', async () => {
    const depot = await site();
    const peer = await platform({ versions: [] });
    expect((await registering(depot, peer)).message).toContain('no mutual version');
    peer.setCondition({ kind: 'down' });
    expect((await registering(depot, peer)).message).toContain('could not be reached');
    expect(await peerNames(depot)).not.toContain('emsp');
  });

  test('when the answer is lost, the token that was offered stays good for the handshake alone, also over a restart', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chargegate-test-'));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    const depot = await startTestSite({ directory });
    const peer = await platform();
    const tokenA = peer.inviteGateway();
    // it takes what it is told, asks us back with the offered token, and cuts the line instead of answering
    const answers: { method: string; path: string }[] = peer.requests;
    peer.setCondition({ kind: 'mute', only: '/credentials' });
    const reply = await api(depot, 'POST', undefined, { versionsUrl: peer.url, token: tokenA });
    expect(reply).toMatchObject({ status: 504, code: 'PEER_UNREACHABLE' });
    expect(answers.at(-1)?.path).toContain('/credentials');
    const offered = peer.outboundToken;
    expect(await opens(depot, offered)).toEqual([200, 401]);
    await depot.stop();

    const again = await startTestSite({ directory });
    cleanups.push(() => again.stop());
    expect(await opens(again, offered)).toEqual([200, 401]);
    expect(await handshakeOf(again)).toEqual({ kind: 'register', since: expect.any(String) as string });
    peer.setCondition({ kind: 'up' });
    expect(await registering(again, peer)).toMatchObject({ status: 201 });
    // nothing is registered twice: the same token was offered once more
    expect(peer.outboundToken).toBe(offered);
    expect(await opens(again, offered)).toEqual([200, 200]);
    expect(await handshakeOf(again)).toBeNull();
    expect(await peerNames(again)).toEqual(['cloud', 'emsp']);
  });

  test('what one platform was offered, another one is not', async () => {
    const depot = await site();
    const [first, second] = [await platform(), await platform()];
    first.setCondition({ kind: 'mute', only: '/credentials' });
    expect(await registering(depot, first)).toMatchObject({ status: 504 });
    expect(await opens(depot, first.outboundToken)).toEqual([200, 401]);
    expect(await registering(depot, second)).toMatchObject({ status: 201 });
    expect(second.outboundToken).not.toBe(first.outboundToken);
    expect(await opens(depot, first.outboundToken)).toEqual([401, 401]);
  });

  test('what was never answered is dropped by force', async () => {
    const depot = await site();
    const peer = await platform();
    peer.setCondition({ kind: 'mute', only: '/credentials' });
    await registering(depot, peer);
    expect(await api(depot, 'DELETE')).toMatchObject({ status: 409, code: 'PEER_UNUSABLE' });
    expect(await api(depot, 'DELETE', '/emsp/registration?force=true')).toMatchObject({ status: 204 });
    expect(await opens(depot, peer.outboundToken)).toEqual([401, 401]);
    expect(await peerNames(depot)).not.toContain('emsp');
    expect(await api(depot, 'DELETE', '/emsp/registration?force=true')).toMatchObject({ code: 'PEER_UNKNOWN' });
  });

  test("a platform that claims another peer's party is unregistered there and not kept here", async () => {
    const depot = await site();
    const first = await platform();
    await first.register(depot.urls.ocpi, (await invitePeer(depot.gateway, 'first')).token);
    const second = await platform();
    expect(await registering(depot, second)).toMatchObject({ status: 409, code: 'PEER_UNUSABLE' });
    expect(handshakes(second)).toEqual(['POST', 'DELETE']);
    expect(second.outboundToken).toBe('');
    expect(await peerNames(depot)).not.toContain('emsp');
    expect(await opens(depot, first.outboundToken)).toEqual([200, 200]);
  });

  test('a registered peer, one of the config file, and a private address are refused before anybody is called', async () => {
    const depot = await site();
    const peer = await platform();
    await registering(depot, peer);
    peer.requests.length = 0;
    const wish = { versionsUrl: peer.url, token: 'x' };
    expect(await api(depot, 'POST', undefined, wish)).toMatchObject({ status: 409, code: 'PEER_EXISTS' });
    expect(await api(depot, 'POST', '/cloud/registration', wish)).toMatchObject({ code: 'PEER_FROM_CONFIG' });
    const guarded = await site('ocpi: { host: 127.0.0.1, port: 0 }\n');
    expect(await api(guarded, 'POST', undefined, wish)).toMatchObject({ status: 422, code: 'URL_REFUSED' });
    expect(handshakes(peer)).toEqual([]);
  });
});

describe('we rotate tokens', () => {
  test('PUT credentials: new tokens both ways, the old ones die when the new ones are used', async () => {
    const depot = await site();
    const peer = await platform();
    await registering(depot, peer);
    const [ours, theirs] = [peer.outboundToken, peer.inboundToken];
    expect(await api(depot, 'PUT')).toMatchObject({ status: 200, body: { state: 'registered' } });
    expect(peer.inboundToken).not.toBe(theirs);
    expect(peer.outboundToken).not.toBe(ours);
    expect(await opens(depot, ours)).toEqual([200, 200]);
    expect(await opens(depot, peer.outboundToken)).toEqual([200, 200]);
    await expect.poll(async () => (await opens(depot, ours))[0], { timeout: 8000 }).toBe(401);
    // a second time, so the new one of theirs is in use here
    expect(await api(depot, 'PUT')).toMatchObject({ status: 200 });
  });

  test('a no changes nothing', async () => {
    const depot = await site();
    const peer = await platform();
    await registering(depot, peer);
    const ours = peer.outboundToken;
    const offers = (): string[] =>
      peer.requests.flatMap(({ body }) => (body as { token?: string } | null)?.token ?? []);
    peer.setCondition({ kind: 'answering', http: 200, status: 3001, only: '/credentials' });
    expect(await api(depot, 'PUT')).toMatchObject({ status: 502, code: 'PEER_REFUSED' });
    const refused = offers().at(-1) ?? '';
    expect(refused).not.toBe(ours);
    expect(await opens(depot, refused)).toEqual([401, 401]);
    expect(await opens(depot, ours)).toEqual([200, 200]);
  });

  test('when the answer is lost, both of our tokens are good, and a second try ends it', async () => {
    const depot = await site();
    const peer = await platform();
    await registering(depot, peer);
    const before = peer.outboundToken;
    peer.setCondition({ kind: 'mute', only: '/credentials' });
    expect(await api(depot, 'PUT')).toMatchObject({ status: 504, code: 'PEER_UNREACHABLE' });
    const offered = peer.outboundToken;
    expect(offered).not.toBe(before);
    expect(await opens(depot, before)).toEqual([200, 200]);
    expect(await opens(depot, offered)).toEqual([200, 200]);
    // that it refuses the second try says nothing of the first
    peer.setCondition({ kind: 'answering', http: 200, status: 3001, only: '/credentials' });
    expect(await api(depot, 'PUT')).toMatchObject({ status: 502, code: 'PEER_REFUSED' });
    expect(await opens(depot, offered)).toEqual([200, 200]);
    peer.setCondition({ kind: 'up' });
    expect(await api(depot, 'PUT')).toMatchObject({ status: 200 });
    expect(peer.outboundToken).toBe(offered);
    expect(await opens(depot, offered)).toEqual([200, 200]);
  });

  test('a peer that nobody knows, that is not registered, or that the config file has, cannot rotate', async () => {
    const depot = await site();
    expect(await api(depot, 'PUT')).toMatchObject({ status: 404, code: 'PEER_UNKNOWN' });
    await invitePeer(depot.gateway, 'emsp');
    expect(await api(depot, 'PUT')).toMatchObject({ status: 409, code: 'PEER_UNUSABLE' });
    expect(await api(depot, 'PUT', '/cloud/registration')).toMatchObject({ status: 409, code: 'PEER_FROM_CONFIG' });
  });
});

describe('we unregister', () => {
  test('DELETE credentials: both tokens are void, and registering anew works', async () => {
    const depot = await site();
    const peer = await platform();
    await registering(depot, peer);
    const ours = peer.outboundToken;
    expect(await api(depot, 'DELETE')).toMatchObject({ status: 204 });
    expect(handshakes(peer)).toEqual(['POST', 'DELETE']);
    expect(await opens(depot, ours)).toEqual([401, 401]);
    expect(await api(depot, 'DELETE')).toMatchObject({ status: 409, code: 'PEER_UNUSABLE' });
    expect(await registering(depot, peer)).toMatchObject({ status: 201 });
    expect(await opens(depot, peer.outboundToken)).toEqual([200, 200]);
  });

  test('a peer that has forgotten us is left all the same; one that is away only by force', async () => {
    const depot = await site();
    const peer = await platform();
    await registering(depot, peer);
    peer.inviteGateway();
    expect(await api(depot, 'DELETE')).toMatchObject({ status: 204 });
    await registering(depot, peer);
    const ours = peer.outboundToken;
    peer.setCondition({ kind: 'down' });
    expect(await api(depot, 'DELETE')).toMatchObject({ status: 504, code: 'PEER_UNREACHABLE' });
    expect(await opens(depot, ours)).toEqual([200, 200]);
    expect(await api(depot, 'DELETE', '/emsp/registration?force=true')).toMatchObject({ status: 204 });
    expect(await opens(depot, ours)).toEqual([401, 401]);
  });
});

test('the command line registers, rotates and unregisters', async () => {
  const depot = await site();
  const peer = await platform();
  const env = { CHARGEGATE_DATA_DIR: depot.directory };
  const cli = (...args: string[]): string[] => ['--url', depot.urls.console, 'peers', ...args];
  const token = peer.inviteGateway();
  const register = cli('register', 'emsp', '--versions-url', peer.url, '--token', '-');
  expect(await chargegateReading(`${token}\n`, register, env)).toMatchObject({
    code: 0,
    out: expect.stringContaining('emsp is registered') as string,
  });
  expect(await chargegate(cli('rotate', 'emsp'), env)).toMatchObject({ code: 0 });
  expect(await chargegate(cli('unregister', 'emsp', '--force'), env)).toMatchObject({ code: 0, err: '' });
  expect(handshakes(peer)).toEqual(['POST', 'PUT', 'DELETE']);
}, 60_000);

test('killed between asking and being answered, the gateway offers the same token again and nothing is lost', async () => {
  const at = place();
  cleanups.push(() => at.remove());
  // its time stands still: slow is never
  const peer = await platform({ ticker: createSteppedTime(0).ticker });
  const first = await daemon(at);
  peer.setCondition({ kind: 'slow', ms: 1, only: '/credentials' });
  const wish = { versionsUrl: peer.url, token: peer.inviteGateway() };
  const ask = (console: string, body: object): Promise<Response> =>
    fetch(new URL('/api/peers/emsp/registration', console), {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const asked = ask(first.urls.console, wish).catch(() => 'cut off');
  await expect.poll(() => handshakes(peer).length, { timeout: 8000, interval: 10 }).toBe(1);
  first.child.kill('SIGKILL');
  expect(await asked).toBe('cut off');
  const sent = peer.requests.at(-1)?.body as { token?: string } | undefined;

  const second = await daemon(at);
  cleanups.push(async () => {
    second.child.kill('SIGKILL');
    await second.done;
  });
  peer.setCondition({ kind: 'up' });
  expect((await ask(second.urls.console, wish)).status).toBe(201);
  expect(peer.outboundToken).toBe(sent?.token);
}, 60_000);
