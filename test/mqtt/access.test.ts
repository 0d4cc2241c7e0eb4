/** The whole gateway, as the configuration has it, at a broker that lets in only whom it knows. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { testConfig, startTestSite } from '../harness/gateway.ts';
import { clientPair, createTlsBench, serverPair, shownBy } from '../ocpi/tls-harness.ts';
import { topicTable } from '../../adapters/mqtt/topics.ts';
import { REQUESTS } from '../../adapters/mqtt/requests.ts';
import { hasMosquitto, startBroker, watchBroker } from './broker.ts';

const PAGE = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../docs/mqtt.md'), 'utf8');

/** The block of a language under a heading of the page. */
function snippet(heading: string, language: string): string {
  const section = PAGE.split(/^## /m).find((each) => each.startsWith(heading)) ?? '';
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section)?.[1] ?? '';
}

describe('docs/mqtt.md', () => {
  test('has the topic tree that the gateway uses', () => {
    expect(PAGE).toContain(topicTable());
  });

  test('has every request with its keys', () => {
    const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` \| (`[^|]*) \|/gm)].map(([, name, keys]) => [
      name,
      [...(keys ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]),
    ]);
    expect(rows).toEqual([...REQUESTS].map(([name, { keys }]) => [name, keys]));
  });

  test('shows a configuration that is one', () => {
    const directory = mkdtempSync(join(tmpdir(), 'chargegate-mqtt-docs-'));
    const text = snippet('Setting it up', 'yaml').replace(/^ *password-file:.*$/m, '  password: only-for-this-test');
    expect(testConfig(directory, text).mqtt).toMatchObject({ url: 'mqtts://broker.example:8883', homeAssistant: true });
    rmSync(directory, { recursive: true });
  });
});

describe('the mqtt section', () => {
  test.each([
    ['url: http://broker', 'mqtt.url must be a URL such as mqtt://'],
    ['url: mqtt://me:secret@broker', 'mqtt.url must be a URL such as mqtt://'],
    ['base-topic: a/+/b', 'mqtt.base-topic must be letters'],
    ['url: mqtts://b\n  tls: { certificate-path: a.pem }', 'without key-path'],
    ['url: mqtt://b\n  tls: { authorities-path: a.pem }', 'does nothing'],
    ['url: mqtt://b\n  password: hidden', 'without username'],
  ])('%s is refused', (lines, message) => {
    const directory = mkdtempSync(join(tmpdir(), 'chargegate-mqtt-'));
    expect(() => testConfig(directory, `mqtt:\n  ${lines}\n`)).toThrow(message);
    rmSync(directory, { recursive: true });
  });

  test('is off by default', () => {
    const directory = mkdtempSync(join(tmpdir(), 'chargegate-mqtt-'));
    expect(testConfig(directory).mqtt).toMatchObject({ url: null, homeAssistant: false, requests: true });
    rmSync(directory, { recursive: true });
    expect(() => parseConfig('mqtt: {}', 'x.yaml', {})).toThrow('site');
  });
});

describe.skipIf(!hasMosquitto)('a broker that knows whom it lets in', () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  test("a name and a password, and the page's access control: enough for the gateway, and for nobody to pose as it", async () => {
    const acl = snippet('Access control', 'text');
    const lines = ['allow_anonymous false', 'password_file DIR/users', 'acl_file DIR/acl'];
    const broker = await startBroker({ lines, files: { acl, users: passwords() } });
    cleanups.push(() => broker.cleanUp());
    const reader = await watchBroker(broker.url, { username: 'dashboard', password: 'look' });
    cleanups.push(() => reader.close());
    const building = await watchBroker(broker.url, { username: 'building', password: 'build' });
    cleanups.push(() => building.close());
    const site = await startTestSite({
      yaml: `mqtt: { url: "${broker.url}", username: gateway, password: secret-of-mine, home-assistant: true }\n`,
    });
    cleanups.push(() => site.cleanUp());
    await reader.until(({ topic, text }) => topic === 'chargegate/gateway/state' && text === 'online');
    await building.publish('chargegate/request/reset', { charger: 'LOCKED' });
    expect(await building.json('chargegate/response/reset')).toMatchObject({
      error: { code: 'CHARGER_NOT_CONNECTED' },
    });
    // Refused by the broker (MQTT 5 §3.4.2.1): nobody else may ask, nor say what the gateway says.
    await expect(reader.publish('chargegate/request/reset', { charger: 'LOCKED' })).rejects.toThrow('Not authorized');
    await expect(building.publish('chargegate/gateway/state', 'offline')).rejects.toThrow('Not authorized');
    expect(site.logged.filter(({ message }) => message.includes('refuses'))).toEqual([]);
    expect(JSON.stringify(site.logged)).not.toContain('secret-of-mine');
    // Done, and nobody hears of it: the log says why.
    await building.publish(
      'chargegate/request/reset',
      { charger: 'LOCKED' },
      { properties: { responseTopic: 'mine' } },
    );
    await expect
      .poll(() => site.logged.filter(({ level }) => level === 'warn').map(({ data }) => data))
      .toContainEqual({ request: 'reset', responseTopic: 'mine' });
  });

  test('TLS: the broker is known by its authority, the gateway by its certificate, and no other broker is told a thing', async () => {
    const bench = await createTlsBench();
    cleanups.push(() => bench.cleanUp());
    const server = await serverPair(bench.root);
    const lines = [
      'cafile DIR/ca.pem',
      'certfile DIR/server.pem',
      'keyfile DIR/server.key',
      'require_certificate true',
      'use_identity_as_username true',
    ];
    const files = {
      'ca.pem': bench.root.certificate,
      'server.pem': server.certificate,
      'server.key': server.privateKey,
    };
    const broker = await startBroker({ lines, files, scheme: 'mqtts' });
    cleanups.push(() => broker.cleanUp());
    const watching = shownBy(await clientPair('watcher', bench.root));
    const watcher = await watchBroker(broker.url, { ca: bench.root.certificate, ...watching });
    cleanups.push(() => watcher.close());
    bench.write('ca', bench.root);
    bench.write('stranger', bench.stranger);
    bench.write('own', await clientPair('gateway', bench.root));
    const yaml = (authorities: string): string =>
      `mqtt:\n  url: ${broker.url}\n  tls: { authorities-path: ${bench.path(authorities)}, certificate-path: ${bench.path('own.pem')}, key-path: ${bench.path('own.key')} }\n`;

    const wrong = await startTestSite({ yaml: yaml('stranger.pem') });
    cleanups.push(() => wrong.cleanUp());
    await expect
      .poll(() => wrong.logged.map(({ message }) => message))
      .toContain('the MQTT broker is away: it is tried again');
    const right = await startTestSite({ yaml: yaml('ca.pem') });
    cleanups.push(() => right.cleanUp());
    await watcher.until(({ topic, text }) => topic === 'chargegate/gateway/state' && text === 'online');
    expect(wrong.logged.map(({ message }) => message)).not.toContain('the MQTT broker is connected');
  });

  test('a certificate that cannot be read is told at the start', async () => {
    const yaml = `mqtt: { url: "mqtts://127.0.0.1:1", tls: { authorities-path: no-such.pem } }\n`;
    await expect(startTestSite({ yaml })).rejects.toMatchObject({ code: 'TLS_UNUSABLE' });
  });
});

/** As mosquitto_passwd(1) makes it. */
function passwords(): string {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-passwd-'));
  const file = join(directory, 'users');
  const users = [
    ['gateway', 'secret-of-mine'],
    ['building', 'build'],
    ['dashboard', 'look'],
  ] as const;
  for (const [index, [user, password]] of users.entries())
    execFileSync('mosquitto_passwd', [...(index === 0 ? ['-c'] : []), '-b', file, user, password], { stdio: 'ignore' });
  const text = readFileSync(file, 'utf8');
  rmSync(directory, { recursive: true });
  return text;
}
