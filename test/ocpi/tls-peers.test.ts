import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tlsProblem } from '../../adapters/ocpi/tls-problems.ts';
import { retryOutbox } from '../../gateway/outbox.ts';
import type { KeyPair } from '../../gateway/x509.ts';
import type { TestSite } from '../harness/gateway.ts';
import { clientPair, complaints, createTlsBench, serverPair, shownBy, type TlsBench } from './tls-harness.ts';

let bench: TlsBench;
let root: KeyPair;
let stranger: KeyPair;
let path: TlsBench['path'];

beforeEach(async () => {
  bench = await createTlsBench();
  ({ root, stranger, path } = bench);
});
afterEach(() => bench.cleanUp());

interface RemotePeer {
  port: number;
  /** What it was told, with the name in the certificate that came with it. */
  told: { call: string; by: string | undefined }[];
}

/** A platform over HTTPS that takes locations; with `clients`, only from who shows a certificate of that authority. */
async function remotePeer(clients: KeyPair | null, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<RemotePeer> {
  const own = await serverPair(root);
  const told: RemotePeer['told'] = [];
  const mutual = clients ? { ca: clients.certificate, requestCert: true, rejectUnauthorized: true } : {};
  const server = createServer({ ...shownBy(own), ...mutual, maxVersion }, (incoming, response) => {
    const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { url = '', method = '' } = incoming;
    const by = (incoming.socket as TLSSocket).getPeerX509Certificate()?.subject.match(/CN=(.*)/)?.[1];
    told.push({ call: `${method} ${url}`, by });
    const endpoints = [
      { identifier: 'credentials', role: 'RECEIVER', url: `${base}/credentials` },
      { identifier: 'locations', role: 'RECEIVER', url: `${base}/locations` },
    ];
    const data: Record<string, unknown> = {
      '/versions': [{ version: '2.2.1', url: `${base}/2.2.1` }],
      '/2.2.1': { version: '2.2.1', endpoints },
    };
    incoming.resume();
    incoming.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status_code: 1000, timestamp: new Date().toISOString(), data: data[url] ?? null }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.cleanups.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  return { port: (server.address() as AddressInfo).port, told };
}

const calling = (peer: RemotePeer, tls: string): Promise<TestSite> =>
  bench.start(`peers:
  - name: roaming
    visibility: all
    versions-url: https://127.0.0.1:${peer.port}/versions
    inbound-token: roaming-in
    outbound-token: roaming-out
${tls && `    tls: { ${tls} }\n`}`);

const stateOf = (site: TestSite) => site.gateway.pushStates.get('roaming');
const LOCATION = 'PUT /locations/SE/DEP/L1';

/** Waits until it is down; gives the reason. */
async function reasonOf(site: TestSite): Promise<string> {
  await expect.poll(() => stateOf(site)?.kind).toBe('down');
  const state = stateOf(site);
  return state?.kind === 'down' ? state.problem : '';
}

describe('we call peers', () => {
  test('a peer that wants a client certificate is shown ours, and told what it takes', async () => {
    const peer = await remotePeer(root);
    bench.write('ours', await clientPair('depot', root));
    writeFileSync(path('roots.pem'), root.certificate);
    const ours = `certificate-path: ${path('ours.pem')}, key-path: ${path('ours.key')}`;
    const site = await calling(peer, `authorities-path: ${path('roots.pem')}, ${ours}`);
    await expect.poll(() => peer.told).toContainEqual({ call: LOCATION, by: 'depot' });
    await expect.poll(() => stateOf(site)?.kind).toBe('up');
    expect(peer.told.every(({ by }) => by === 'depot')).toBe(true);
  });

  test('a peer whose certificate is of another authority is down, and the reason says what to do', async () => {
    const peer = await remotePeer(null);
    writeFileSync(path('roots.pem'), stranger.certificate);
    const site = await calling(peer, `authorities-path: ${path('roots.pem')}`);
    expect(await reasonOf(site)).toMatch(/certificate is of no authority that we trust.*authorities-path/);
    expect(peer.told).toEqual([]);
    // Mended without a restart.
    writeFileSync(path('roots.pem'), root.certificate);
    await site.reload();
    await retryOutbox(site.gateway, 'roaming', null, null);
    await expect.poll(() => peer.told.map(({ call }) => call)).toContain(LOCATION);
  });

  test('without files of its own a peer is called as anybody: a private authority is not trusted', async () => {
    const peer = await remotePeer(null);
    const site = await calling(peer, '');
    expect(await reasonOf(site)).toMatch(/no authority that we trust/);
  });

  test.each([['TLSv1.2'], ['TLSv1.3']] as const)(
    'a peer that wants a certificate and is shown none is down (%s)',
    async (version) => {
      const peer = await remotePeer(root, version);
      writeFileSync(path('roots.pem'), root.certificate);
      const site = await calling(peer, `authorities-path: ${path('roots.pem')}`);
      expect(await reasonOf(site)).toMatch(/certificate-path/);
      expect(peer.told).toEqual([]);
    },
  );

  test('files of a peer that cannot be used keep it uncalled, and nobody else', async () => {
    const peer = await remotePeer(null);
    writeFileSync(path('roots.pem'), root.certificate);
    bench.write('ours', { ...(await clientPair('depot', root)), privateKey: root.privateKey });
    const ours = `certificate-path: ${path('ours.pem')}, key-path: ${path('ours.key')}`;
    const site = await calling(peer, `authorities-path: ${path('roots.pem')}, ${ours}`);
    expect(complaints(site)).toEqual([
      expect.stringMatching(/peer roaming is not called until.*ours\.key: is not the key of/),
    ]);
    expect(await reasonOf(site)).toMatch(/ours\.key: is not the key of/);
    expect(peer.told).toEqual([]);
    bench.write('ours', await clientPair('depot', root));
    await site.reload();
    await retryOutbox(site.gateway, 'roaming', null, null);
    await expect.poll(() => peer.told.map(({ call }) => call)).toContain(LOCATION);
  });

  test('a new client certificate is shown from the next connection on', async () => {
    const peer = await remotePeer(root);
    bench.write('ours', await clientPair('first', root));
    writeFileSync(path('roots.pem'), root.certificate);
    const ours = `certificate-path: ${path('ours.pem')}, key-path: ${path('ours.key')}`;
    const site = await calling(peer, `authorities-path: ${path('roots.pem')}, ${ours}`);
    await expect.poll(() => peer.told).toContainEqual({ call: LOCATION, by: 'first' });
    bench.write('ours', await clientPair('second', root));
    await site.reload();
    const drilled = await site.gateway.peerDrill?.('roaming');
    expect(drilled?.checks.length).toBeGreaterThan(3);
    expect(peer.told.at(-1)).toMatchObject({ by: 'second' });
  });

  test('files change nothing in where we may be led: a private address stays refused', async () => {
    const peer = await remotePeer(null);
    writeFileSync(path('roots.pem'), root.certificate);
    const site = await bench.start(`ocpi: { host: 127.0.0.1, port: 0 }
peers:
  - name: roaming
    versions-url: https://localhost:${peer.port}/versions
    inbound-token: roaming-in
    outbound-token: roaming-out
    tls: { authorities-path: ${path('roots.pem')} }
`);
    expect(await reasonOf(site)).toMatch(/private address/);
    expect(peer.told).toEqual([]);
  });
});

describe('what goes wrong is said in words', () => {
  const coded = (code: string, message = '') => Object.assign(new Error(message), { code });
  test.each([
    [coded('CERT_HAS_EXPIRED'), /has expired/],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), /another name/],
    [
      coded('ERR_SSL_X', '40:error:0A000410:SSL routines:read:ssl/tls alert handshake failure:x.c:918'),
      /\(handshake failure\)/,
    ],
    [
      coded('EPROTO', 'write EPROTO 40:error:0A000418:SSL routines:read:tlsv1 alert unknown ca:x.c:918'),
      /certificate-path.*\(unknown ca\)/,
    ],
    [
      coded('ERR_SSL_Y', '40:error:0A00045C:SSL routines:read:tlsv13 alert certificate required:x.c:9'),
      /\(certificate required\)/,
    ],
    [coded('UND_ERR_SOCKET', 'other side closed'), /^other side closed; perhaps it wants another TLS certificate/],
  ])('%s', (error, words) => {
    expect(tlsProblem('https://cloud.example/', error)).toMatch(words);
    expect(tlsProblem('http://cloud.example/', error)).toBeNull();
  });
  test('what is nothing of TLS is left alone', () => {
    expect(tlsProblem('https://cloud.example/', coded('ECONNREFUSED', 'connect ECONNREFUSED'))).toBeNull();
  });
});
