/** A whole gateway with a charger that answers as a test says, and a peer that sends commands. */
import { afterEach, expect } from 'vitest';
import { createSimulatedPeer, type SimulatedPeer, type SimulatedPeerOptions } from '../../adapters/simulator/peer.ts';
import type { SentCommand } from '../../adapters/simulator/peer-commands.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { expectContract, type ObjectName } from '../contract/ocpi/check.ts';
import { startTestSite, type TestSite, type TestSiteOptions } from '../harness/gateway.ts';
import { dialScripted, type ScriptedCharger } from '../harness/scripted-charger.ts';

export type Item = Record<string, unknown>;

const cleanups: (() => Promise<unknown>)[] = [];

/** Ends, after each test, what it started. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });
}

/** Starts a gateway; `kept`: it is not ended by the test's end. */
export async function startDepot(options: TestSiteOptions = {}, kept = false): Promise<TestSite> {
  const site = await startTestSite(options);
  if (!kept) cleanups.push(() => site.cleanUp());
  return site;
}

/** A peer that registered, with `visibility` of the gateway's sessions. */
export async function registerPeer(
  site: TestSite,
  name = 'emsp',
  options: SimulatedPeerOptions & { visibility?: 'own' | 'all' } = {},
): Promise<SimulatedPeer> {
  const { visibility = 'own', ...rest } = options;
  const peer = await createSimulatedPeer({ name, ...rest });
  cleanups.push(() => peer.close());
  const { token } = await invitePeer(site.gateway, name, visibility);
  await peer.register(site.urls.ocpi, token);
  return peer;
}

/** A charger that has booted, its EVSEs with these statuses. */
export async function dialCharger(site: TestSite, id = 'BAY-1', ...statuses: string[]): Promise<ScriptedCharger> {
  const charger = await dialScripted(site.urls.ocpp, id);
  cleanups.push(async () => charger.raw.destroy());
  await charger.boot();
  for (const [index, status] of statuses.entries()) await charger.status(index + 1, status);
  return charger;
}

export const token = (uid: string, change: Item = {}): Item => ({
  country_code: 'NL',
  party_id: 'EMS',
  uid,
  type: 'APP_USER',
  contract_id: `NL-EMS-${uid}`.slice(0, 36),
  issuer: 'A provider',
  valid: true,
  whitelist: 'NEVER',
  last_updated: '2026-05-29T22:39:09Z',
  ...change,
});

/** Sends a command whose answer has to be exact. */
export async function send(peer: SimulatedPeer, name: string, body: Item): Promise<SentCommand> {
  const sent = await peer.commands.send(name, body);
  expectContract(versionOf(peer), 'commandResponse', sent.response);
  return sent;
}

export const startOn = (peer: SimulatedPeer, uid: string, evse_uid: string, more: Item = {}): Promise<SentCommand> =>
  send(peer, 'START_SESSION', { token: token(uid), location_id: 'L1', evse_uid, ...more });

/** The result of a command, which has to be exact. */
export async function resultOf(
  peer: SimulatedPeer,
  sent: SentCommand,
  is: ObjectName = 'commandResult',
): Promise<Item> {
  const result = await sent.result;
  expectContract(versionOf(peer), is, result);
  return result;
}

/** A session as the peer was told it last, which has to be exact; undefined before. */
export function toldSession(peer: SimulatedPeer, index = 0): Item | undefined {
  const session = peer.told('sessions')[index];
  if (session) expectContract(versionOf(peer), 'session', session);
  return session;
}

export async function untilStatus(peer: SimulatedPeer, status: string, index = 0): Promise<Item> {
  await expect.poll(() => toldSession(peer, index)?.['status'], { timeout: 8000, interval: 10 }).toBe(status);
  return toldSession(peer, index) ?? {};
}

export async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

function versionOf(peer: SimulatedPeer): '2.2.1' | '2.3.0' {
  return peer.version === '2.2.1' ? '2.2.1' : '2.3.0';
}
