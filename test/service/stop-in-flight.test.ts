/** A stop while much is under way that will not be answered in time: by a card's owner, a charger, the broker, the disk. */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { findPeerToken } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialScripted, type ScriptedCharger } from '../harness/scripted-charger.ts';
import { hasMosquitto, startBroker, watchBroker } from '../mqtt/broker.ts';
import { startWire } from '../mqtt/wire.ts';

/** What the issue asks for, milliseconds. */
const LONGEST = 3000;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const YAML = `ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 30, provisioning: false }\n`;

async function siteWith(more = ''): Promise<TestSite> {
  const site = await startTestSite({ yaml: YAML + more });
  cleanups.push(() => site.cleanUp());
  return site;
}

async function timed(stop: Promise<void>): Promise<number> {
  const from = performance.now();
  await stop;
  return performance.now() - from;
}

/** A card whose owner never answers is shown to this charger. */
async function askInVain(site: TestSite, chargerId: string): Promise<void> {
  const peer = await createSimulatedPeer();
  cleanups.push(() => peer.close());
  const { token } = await invitePeer(site.gateway, 'emsp');
  await peer.register(site.urls.ocpi, token);
  const card = { uid: 'ROAMER1', whitelist: 'NEVER', valid: true };
  peer.setTokens([card]);
  await peer.putToken(card);
  const key = { countryCode: 'NL', partyId: 'EMS', uid: 'ROAMER1', type: 'RFID' };
  await expect.poll(() => findPeerToken(site.gateway, key) !== null, { interval: 5 }).toBe(true);
  peer.setCondition({ kind: 'slow', ms: 60_000 });
  peer.requests.length = 0;
  const charger = await dialScripted(site.urls.ocpp, chargerId);
  await charger.boot();
  charger.send('Authorize', { idTag: 'ROAMER1' }).catch(() => undefined);
  await expect.poll(() => peer.requests.some(({ path }) => path.includes('/authorize')), { interval: 5 }).toBe(true);
}

/** A charger that was sent this and does not answer. */
async function muteCharger(site: TestSite, chargerId: string): Promise<ScriptedCharger> {
  const charger = await dialScripted(site.urls.ocpp, chargerId);
  await charger.boot();
  charger.script(() => null);
  return charger;
}

describe('a stop takes under 3 s', () => {
  test('while the owner of a card is asked who does not answer', async () => {
    const site = await siteWith();
    await askInVain(site, 'BAY-1');
    expect(await timed(site.stop())).toBeLessThan(LONGEST);
  });

  test("while a charger does not answer an operator's order", async () => {
    const site = await siteWith();
    const charger = await muteCharger(site, 'BAY-1');
    const order = fetch(`${site.urls.console}api/chargers/BAY-1/calls`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'ClearCache', payload: {} }),
    });
    await charger.called('ClearCache');
    expect(await timed(site.stop())).toBeLessThan(LONGEST);
    // Told what became of it, not cut off.
    expect((await order).status).toBe(504);
  });

  test('while a backup is being made', async () => {
    const site = await siteWith('upkeep: { backup-megabytes-per-second: 1 }\n');
    const { db } = site.gateway;
    await db.write((tx) =>
      db.run("INSERT INTO meta (name, value, updated_at) VALUES ('big', hex(zeroblob(4000000)), ?)", tx.stamp),
    );
    const backup = fetch(`${site.urls.console}api/backups`, { method: 'POST' });
    await expect.poll(() => site.gateway.upkeep?.backingUp instanceof Promise, { interval: 5 }).toBe(true);
    expect(await timed(site.stop())).toBeLessThan(LONGEST);
    expect(await (await backup).json()).toMatchObject({ code: 'BACKUP_FAILED' });
  });

  test('while somebody has sent half a request', async () => {
    const site = await siteWith();
    for (const url of [site.urls.ocpi, site.urls.console]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      cleanups.push(async () => void socket.destroy());
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.write('POST /ocpi/versions HTTP/1.1\r\nhost: a\r\ncontent-le', resolve));
    }
    expect(await timed(site.stop())).toBeLessThan(LONGEST);
  });

  test.skipIf(!hasMosquitto)('while all of this is so and the broker takes nothing any more', async () => {
    const broker = await startBroker();
    cleanups.push(() => broker.cleanUp());
    const wire = await startWire(broker.port);
    cleanups.push(() => wire.close());
    const watcher = await watchBroker(broker.url);
    cleanups.push(() => watcher.close());
    const site = await siteWith(`mqtt: { url: "${wire.url}" }\n`);
    await watcher.json('chargegate/gateway/info');
    await askInVain(site, 'BAY-1');
    const charger = await muteCharger(site, 'BAY-2');
    await watcher.publish('chargegate/request/reset', { charger: 'BAY-2' });
    await charger.called('Reset');
    // A third charger hears nothing of the end of its socket.
    const cable = await startWire(Number(new URL(site.urls.ocpp).port));
    cleanups.push(() => cable.close());
    await (await dialScripted(`${cable.url.replace('mqtt', 'ws')}/ocpp/`, 'BAY-3')).boot();
    for (const each of [wire, cable]) each.stall();
    expect(await timed(site.stop())).toBeLessThan(LONGEST);
  });
});
