import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, parseConfig, resolveConfigPath } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { GatewayError } from '../gateway/domain/errors.ts';

const SITE = `site: { address: Gatan 1, city: Lund, country: SWE, latitude: 55.7, longitude: 13.19, time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }\n`;

const directory = mkdtempSync(join(tmpdir(), 'chargegate-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function errorOf(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('a ConfigError was expected');
}

describe('files', () => {
  test('secrets are read from files beside the configuration, without the newline at their end', () => {
    write('secrets/console', 'console-secret\n');
    write('secrets/bay-01', ' with blanks \r\n');
    write('secrets/in', 'inbound');
    write('secrets/out', 'outbound\n');
    const path = write(
      'depot.yaml',
      `${SITE}console: { host: 0.0.0.0, token-file: secrets/console }
chargers: [{ id: BAY-01, password-file: secrets/bay-01 }]
peers: [{ name: cloud, visibility: all, inbound-token-file: secrets/in, outbound-token-file: ${directory}/secrets/out }]`,
    );
    const config = loadConfig(path, {});
    expect(config.file).toBe(path);
    expect(config.console).toEqual({ host: '0.0.0.0', port: 8889, token: 'console-secret' });
    expect(config.settings.chargers).toMatchObject([{ id: 'BAY-01', password: ' with blanks ', evses: [] }]);
    expect(config.settings.peers).toEqual([
      {
        name: 'cloud',
        visibility: 'all',
        versionsUrl: null,
        inboundToken: 'inbound',
        outboundToken: 'outbound',
        quirks: [],
      },
    ]);
  });

  test('paths of TLS files are relative to the configuration', () => {
    const path = write(
      'tls.yaml',
      `${SITE}ocpi: { tls: { certificate-path: tls/a.pem, key-path: /etc/tls/a.key } }
peers:
  - { name: cloud, tls: { authorities-path: roots.pem, certificate-path: tls/b.pem, key-path: tls/b.key } }
  - { name: other }`,
    );
    const { ocpi, settings } = loadConfig(path, {});
    expect(ocpi.tls).toEqual({
      certificatePath: join(directory, 'tls/a.pem'),
      keyPath: '/etc/tls/a.key',
      clientAuthoritiesPath: null,
    });
    expect(ocpi.peers).toEqual([
      {
        name: 'cloud',
        tls: {
          authoritiesPath: join(directory, 'roots.pem'),
          certificatePath: join(directory, 'tls/b.pem'),
          keyPath: join(directory, 'tls/b.key'),
        },
      },
    ]);
    expect(settings.peers.map((peer) => Object.hasOwn(peer, 'tls'))).toEqual([false, false]);
  });

  test('a secret that is unreadable or unusable is told of at its key, and never shown', () => {
    write('secrets/two-lines', 'canary-one\ncanary-two\n');
    const path = write(
      'secret-faults.yaml',
      `${SITE}console: { host: 0.0.0.0, token-file: secrets/missing }
peers:
  - { name: a, inbound-token-file: secrets/two-lines, outbound-token: canary three }
  - { name: b, inbound-token-file: secrets }`,
    );
    const error = errorOf(() => loadConfig(path, {}));
    expect(error.message.replaceAll(`${directory}/`, '').split('\n')).toEqual([
      'secret-faults.yaml:2:39: console.token-file cannot be read: there is no such file',
      'secret-faults.yaml:4:36: peers[0].inbound-token-file must hold 1 to 64 printable ASCII characters without blanks',
      'secret-faults.yaml:4:71: peers[0].outbound-token must be 1 to 64 printable ASCII characters without blanks, not the 12 characters given',
      'secret-faults.yaml:5:36: peers[1].inbound-token-file cannot be read: it is a directory',
    ]);
    expect(JSON.stringify(error.problems)).not.toContain('canary');
  });

  test('the same inbound token in two files is told of', () => {
    write('secrets/in', 'inbound');
    const path = write(
      'same-token.yaml',
      `${SITE}peers: [{ name: a, inbound-token: inbound }, { name: b, inbound-token-file: secrets/in }]`,
    );
    const [problem, ...others] = errorOf(() => loadConfig(path, {})).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      line: 2,
      column: 46,
      path: 'peers[1].inbound-token',
      message: 'peers[1].inbound-token repeats peers[0].inbound-token in line 2',
    });
  });

  test('the data directory: the one in the file, relative to it; else CHARGEGATE_DATA_DIR; else data here', () => {
    const path = write('storage.yaml', `${SITE}storage: { directory: var/db }`);
    expect(loadConfig(path, { CHARGEGATE_DATA_DIR: '/srv/depot' }).storage.directory).toBe(join(directory, 'var/db'));
    expect(parseConfig(SITE, path, { CHARGEGATE_DATA_DIR: '/srv/depot' }).storage.directory).toBe('/srv/depot');
    expect(parseConfig(SITE, path, { CHARGEGATE_DATA_DIR: '' }).storage.directory).toBe(resolve('data'));
    expect(parseConfig(SITE, path, {}).storage.directory).toBe(resolve('data'));
  });

  test('a file that cannot be read is CONFIG_UNREADABLE', () => {
    const missing = errorOf(() => loadConfig(join(directory, 'nowhere.yaml'), {}));
    expect(missing).toBeInstanceOf(GatewayError);
    expect(missing.code).toBe('CONFIG_UNREADABLE');
    expect(missing.message).toBe(
      `${directory}/nowhere.yaml: cannot be read: there is no such file; name the configuration with --config or CHARGEGATE_CONFIG`,
    );
    expect(errorOf(() => loadConfig(directory, {})).code).toBe('CONFIG_UNREADABLE');
  });

  test('a file that is not UTF-8 is refused; a byte order mark is not', () => {
    const latin = write('latin.yaml', Buffer.from(`${SITE}# Öre`, 'latin1'));
    expect(errorOf(() => loadConfig(latin, {})).message).toBe(`${latin}: is not UTF-8 text`);
    expect(loadConfig(write('bom.yaml', `\uFEFF${SITE}`), {}).settings.site.city).toBe('Lund');
  });

  test('lines that end in CR LF are counted as lines', () => {
    const error = errorOf(() => parseConfig(`${SITE}log:\n  levl: info\n`.replaceAll('\n', '\r\n'), 'depot.yaml', {}));
    expect(error.message).toBe('depot.yaml:3:3: log.levl is not a known key; did you mean log.level?');
  });

  test('the path: the flag, else CHARGEGATE_CONFIG, else the example', () => {
    const env = { CHARGEGATE_CONFIG: '/etc/depot.yaml' };
    expect(resolveConfigPath('mine.yaml', env)).toBe('mine.yaml');
    expect(resolveConfigPath(undefined, env)).toBe('/etc/depot.yaml');
    expect(resolveConfigPath(undefined, {})).toBe(fileURLToPath(new URL('../config/example.yaml', import.meta.url)));
    expect(resolveConfigPath(undefined, { CHARGEGATE_CONFIG: '' })).toBe(resolveConfigPath(undefined, {}));
  });
});

describe('the example', () => {
  const EXAMPLE = resolveConfigPath(undefined, {});
  const text = readFileSync(EXAMPLE, 'utf8');

  test('is valid, takes unknown chargers in and lets peers be on private networks', () => {
    const config = loadConfig(EXAMPLE, {});
    expect(config.settings).toMatchObject({ unknownChargers: 'accept', unknownTokens: 'deny' });
    expect(config.ocpi.allowPrivateUrls).toBe(true);
    expect(config.console.host).toBe('127.0.0.1');
    expect(config.settings.defaultConnector.tariffIds).toEqual(['standard']);
    expect(config.settings.tariffs.map((tariff) => tariff.id)).toEqual(['standard']);
  });

  test('is still valid when its commented-out parts are taken in', () => {
    const [head, tail = ''] = text.split(/^(?=# chargers:)/m);
    const taken = tail.replaceAll(/^# ?/gm, '');
    for (const secret of taken.matchAll(/-file: (\S+)/g)) write(secret[1] ?? '', `secret-of-${secret[1]?.slice(-6)}`);
    const { settings } = loadConfig(write('example-whole.yaml', head + taken), {});
    expect([settings.chargers.length, settings.tokens.length, settings.peers.length]).toEqual([1, 1, 1]);
  });
});
