/** Where the file service is reached, and that it lets go of whoever wastes its time. */
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { addPart, isWhole, readRange } from '../../adapters/files/range.ts';
import { createFileService } from '../../adapters/files/service.ts';
import { createRawCharger, type RawChargerOptions } from '../../adapters/simulator/raw-charger.ts';
import { filesYaml, openFileSite, someBytes, urlIn, type FileSite } from './harness.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(yaml = '', startsAt?: number): Promise<FileSite> {
  const site = await openFileSite(yaml, undefined, startsAt);
  cleanups.push(() => site.cleanUp());
  return site;
}

describe('the address in a link', () => {
  /** Where a charger that dialled `host` is told to put its log. */
  async function told(site: FileSite, host: string, tls?: RawChargerOptions['tls']): Promise<string> {
    const url = tls ? site.urls.ocpps : site.urls.ocpp;
    const options = { protocols: ['ocpp1.6'], headers: { host }, ...(tls && { tls }) };
    const raw = await createRawCharger(`${url}BAY-1`, options);
    cleanups.push(() => raw.close());
    const ordered = site.api('POST', 'chargers/BAY-1/logs', {});
    const call = await raw.waitFor((frame) => frame[2] === 'GetDiagnostics');
    raw.send(JSON.stringify([3, call[1], {}]));
    expect((await ordered).status).toBe(200);
    return new URL(urlIn(call)).origin;
  }

  test.each([
    ['10.20.0.5:8887', 'http://10.20.0.5:8887'],
    ['gateway.depot.example', 'http://gateway.depot.example'],
    ['[fd00::5]:8887', 'http://[fd00::5]:8887'],
  ])('is the one that the charger itself dialled, on machines with several networks too: %s', async (host, origin) => {
    expect(await told(await open(), host)).toBe(origin);
  });

  test.each(['me@elsewhere.example', 'a b', 'x/y', 'host:99999'])(
    'is ours where a charger writes nonsense: %s',
    async (host) => {
      const site = await open();
      expect(await told(site, host)).toBe(new URL(site.urls.ocpp.replace('ws', 'http')).origin);
    },
  );

  test('leads to the port without TLS, also for a charger that is connected with it', async () => {
    const site = await open(
      'ocpp: { host: 127.0.0.1, port: 0, provisioning: false, tls: { port: 0, certificate: OWN } }\n',
      // Who connects judges the certificate by the clock on the wall.
      Date.now(),
    );
    const { certificate } = (await site.api<{ certificate: string }>('GET', 'authority')).body;
    const { port } = new URL(site.urls.ocpp);
    expect(await told(site, 'gateway.depot.example:8443', { ca: certificate })).toBe(
      `http://gateway.depot.example:${port}`,
    );
  });

  test('is the one of the configuration, where it names one', async () => {
    const site = await open(filesYaml('{ public-url: "https://files.example/depot/" }'));
    expect(await told(site, '10.20.0.5:8887')).toBe('https://files.example');
  });
});

describe('whoever falls silent', () => {
  test.each(['before the body', 'within it'])('is let go, and leaves nothing: %s', async (when) => {
    const site = await open();
    await site.charger('BAY-1', { GetDiagnostics: {} });
    const { pathname } = new URL((await site.logLink('BAY-1')).url);
    const service = createFileService(site.gateway, { idleMs: 30 });
    const server = createServer((request, response) => void service.serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(async () => {
      await service.close();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const request = httpRequest({ port, path: pathname, method: 'PUT', headers: { 'content-length': '100' } });
    if (when === 'within it') request.write('a little');
    else request.flushHeaders();
    const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    await site.when(() => site.lying('logs').length === 0);
  });
});

test('a stop breaks off what is under way, tidies up, and takes nothing more', async () => {
  const site = await openFileSite();
  await site.addImage('big.bin', someBytes(30_000_000));
  await site.charger('BAY-1', { GetDiagnostics: {}, UpdateFirmware: {} });
  const upload = httpRequest((await site.logLink('BAY-1')).url, { method: 'PUT' });
  upload.write('a little');
  const download = httpRequest(await site.firmwareLink('BAY-1', 'big.bin'));
  for (const request of [upload, download]) request.on('error', () => undefined);
  download.on('response', (response) => response.on('error', () => undefined).pause());
  download.end();
  await once(download, 'response');
  await site.when(() => site.lying('logs').length === 1);
  await site.stop();
  expect(site.lying('logs')).toEqual([]);
  expect(site.logged.filter(({ level }) => level === 'error')).toEqual([]);
  await site.cleanUp();
});

describe('ranges', () => {
  test.each([
    ['bytes=0-0', 10, { from: 0, to: 0 }],
    [' BYTES = 2 - 4 ', 10, { from: 2, to: 4 }],
    ['bytes=-20', 10, { from: 0, to: 9 }],
    ['bytes=9-', 10, { from: 9, to: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=99999999999999999999-', 10, null],
    [undefined, 10, null],
  ] as const)('%s of %i bytes', (header, bytes, part) => expect(readRange(header, bytes)).toEqual(part));

  test('parts grow together in whatever order they come', () => {
    let parts = addPart([], { from: 6, to: 9 });
    parts = addPart(parts, { from: 0, to: 3 });
    expect(isWhole(parts, 10)).toBe(false);
    parts = addPart(parts, { from: 2, to: 5 });
    expect(parts).toEqual([{ from: 0, to: 9 }]);
    expect(isWhole(parts, 10)).toBe(true);
  });

  test('however scattered the pieces, no more than so many are remembered', () => {
    let parts: { from: number; to: number }[] = [];
    for (let at = 0; at < 2000; at += 2) parts = addPart(parts, { from: at, to: at });
    expect(parts).toHaveLength(64);
  });
});
