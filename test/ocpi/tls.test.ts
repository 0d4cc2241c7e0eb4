import { rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyPair } from '../../gateway/x509.ts';
import type { TestSite } from '../harness/gateway.ts';
import { ask as askOperator } from '../harness/operator.ts';
import { base64 } from './harness.ts';
import { clientPair, complaints, createTlsBench, serialOf, serverPair, shownBy, type TlsBench } from './tls-harness.ts';

let bench: TlsBench;
let root: KeyPair;
let stranger: KeyPair;
let path: TlsBench['path'];

beforeEach(async () => {
  bench = await createTlsBench();
  ({ root, stranger, path } = bench);
});
afterEach(() => bench.cleanUp());

const install = async (days = 300): Promise<KeyPair> => bench.write('server', await serverPair(root, days));

const serving = (more = ''): Promise<TestSite> =>
  bench.start(
    `ocpi: { host: 127.0.0.1, port: 0, allow-private-urls: true, tls: { certificate-path: ${path('server.pem')}, key-path: ${path('server.key')}${more} } }\n`,
  );

interface Polled {
  http: number | undefined;
  body: { status_code: number; data: { url: string }[] };
  serial: string | undefined;
  /** It came over a connection of before. */
  reused: boolean;
}

/** Polls the site's versions as its cloud does, trusting the one authority. */
function poll(site: TestSite, options: RequestOptions = {}): Promise<Polled> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Token ${base64('cloud-token-for-tests')}` };
    const outgoing = request(
      site.urls.ocpi,
      { ca: root.certificate, headers, agent: new Agent({ maxCachedSessions: 0 }), ...options },
      (response) => {
        const serial = (response.socket as TLSSocket).getPeerX509Certificate()?.serialNumber;
        const reused = outgoing.reusedSocket;
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ http: response.statusCode, serial, reused, body: JSON.parse(text) }));
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const said = (site: TestSite): string => site.logged.map(({ message }) => message).join('\n');

describe('peers call us', () => {
  test('with a certificate and its key the OCPI port speaks HTTPS alone, and every URL says so', async () => {
    const pair = await install();
    const site = await serving();
    expect(site.urls.ocpi).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/ocpi\/versions$/);
    const polled = await poll(site);
    expect(polled).toMatchObject({ http: 200, serial: serialOf(pair.certificate), body: { status_code: 1000 } });
    const { port } = new URL(site.urls.ocpi);
    expect(polled.body.data.map(({ url }) => url)).toContain(`https://127.0.0.1:${port}/ocpi/cpo/2.3.0`);
    // A Host header that is no host gives way to the address, with the same scheme.
    const authorization = `Token ${base64('cloud-token-for-tests')}`;
    const odd = await poll(site, { headers: { authorization, host: 'no host' }, servername: 'localhost' });
    expect(odd.body.data.map(({ url }) => url)).toContain(`https://127.0.0.1:${port}/ocpi/cpo/2.3.0`);
    const status = await askOperator<{ urls: { ocpi: string } }>(site, 'status');
    expect(status.body.urls.ocpi).toBe(site.urls.ocpi);
    const plain = new Promise((_resolve, reject) => {
      httpRequest(site.urls.ocpi.replace('https', 'http')).on('error', reject).end();
    });
    await expect(plain).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE|HPE/) });
  });

  test('nothing before TLS 1.2 is spoken', async () => {
    await install();
    const site = await serving();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(poll(site, old)).rejects.toThrow(/alert protocol version/);
    expect(await poll(site, { maxVersion: 'TLSv1.2' })).toMatchObject({ http: 200 });
  });

  test('mutual TLS: a peer with a certificate of the named authorities is served, any other is refused', async () => {
    await install();
    writeFileSync(path('peers.pem'), root.certificate);
    const site = await serving(`, client-authorities-path: ${path('peers.pem')}`);
    expect(await poll(site, shownBy(await clientPair('cloud', root)))).toMatchObject({ http: 200 });
    await expect(poll(site)).rejects.toThrow(/ECONNRESET|EPIPE|certificate required|socket/i);
    await expect(poll(site, shownBy(await clientPair('cloud', stranger)))).rejects.toThrow(
      /ECONNRESET|EPIPE|socket|hang/i,
    );
    await expect.poll(() => said(site)).toMatch(/its client certificate is not taken/);
    // One for servers is for nothing else.
    await expect(poll(site, shownBy(await serverPair(root)))).rejects.toThrow(/ECONNRESET|EPIPE|socket|hang/i);
  });

  test('a certificate does not stand for the token', async () => {
    await install();
    writeFileSync(path('peers.pem'), root.certificate);
    const site = await serving(`, client-authorities-path: ${path('peers.pem')}`);
    const shown = shownBy(await clientPair('cloud', root));
    expect(await poll(site, { ...shown, headers: {} })).toMatchObject({ http: 401 });
  });

  test('other authorities count from the next connection on, also for who resumes a session', async () => {
    await install();
    writeFileSync(path('peers.pem'), root.certificate);
    const site = await serving(`, client-authorities-path: ${path('peers.pem')}`);
    const shown = shownBy(await clientPair('cloud', root));
    const { session } = await shake(site, shown);
    expect(await shake(site, { ...shown, session })).toMatchObject({ resumed: true, answered: true });
    writeFileSync(path('peers.pem'), stranger.certificate);
    await site.reload();
    expect(await shake(site, { ...shown, session })).toMatchObject({ answered: false });
    expect(await poll(site, shownBy(await clientPair('cloud', stranger)))).toMatchObject({ http: 200 });
  });

  test('a new certificate serves new connections without a restart; open ones stay', async () => {
    const first = await install();
    const site = await serving();
    const agent = new Agent({ keepAlive: true });
    expect(await poll(site, { agent })).toMatchObject({ serial: serialOf(first.certificate) });
    const second = await install();
    await site.reload();
    expect(await poll(site)).toMatchObject({ http: 200, serial: serialOf(second.certificate) });
    expect(await poll(site, { agent })).toMatchObject({ http: 200, reused: true });
    agent.destroy();
    expect(said(site)).toContain('OCPI: new TLS files serve from now on');
  });

  test.each([
    [
      'a key of another certificate',
      async () => writeFileSync(path('server.key'), root.privateKey),
      /is not the key of/,
    ],
    ['nothing', async () => rmSync(path('server.pem')), /cannot be read/],
    ['a certificate that has expired', async () => void (await install(-1)), /ended on .*renew it/],
  ])('%s is not taken: the old certificate goes on, the log says what to do', async (_, spoil, words) => {
    const first = await install();
    const site = await serving();
    await spoil();
    await site.reload();
    await site.reload();
    expect(complaints(site)).toEqual([expect.stringMatching(words)]);
    expect(await poll(site)).toMatchObject({ serial: serialOf(first.certificate) });
    const mended = await install();
    await site.reload();
    expect(await poll(site)).toMatchObject({ serial: serialOf(mended.certificate) });
  });

  test('a gateway does not start with files that cannot be used, and names them', async () => {
    await install();
    writeFileSync(path('server.key'), root.privateKey);
    await expect(serving()).rejects.toMatchObject({
      code: 'TLS_UNUSABLE',
      message: expect.stringContaining('server.key'),
    });
    await install();
    await expect(serving(`, client-authorities-path: ${path('server.key')}`)).rejects.toMatchObject({
      code: 'TLS_UNUSABLE',
      message: expect.stringMatching(/server\.key: holds no PEM certificate/),
    });
  });
});

/** One connection with TLS 1.2, where the session is known when the handshake ends; did the site answer on it? */
function shake(
  site: TestSite,
  options: ConnectionOptions,
): Promise<{ answered: boolean; resumed: boolean; session: Buffer | undefined }> {
  const { hostname, port } = new URL(site.urls.ocpi);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      ca: root.certificate,
      maxVersion: 'TLSv1.2',
      ...options,
    });
    let answered = false;
    let resumed = false;
    let session: Buffer | undefined;
    socket.on('secureConnect', () => {
      resumed = socket.isSessionReused();
      session = socket.getSession();
      socket.write('GET /ocpi/versions HTTP/1.1\r\nhost: site\r\nconnection: close\r\n\r\n');
    });
    socket.on('data', () => (answered = true));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ answered, resumed, session }));
  });
}
