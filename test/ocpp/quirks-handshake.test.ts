/** Q1 to Q5: chargers that shake hands in ways of their own, byte by byte. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { chooseProtocol } from '../../adapters/ocpp/subprotocol.ts';
import { createRawCharger, type RawCharger, type RawChargerOptions } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const OCPP = 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: reject, call-timeout: 2, provisioning: false }';
const CHARGERS = `chargers:
  - { id: BAY-1 }
  - { id: LOCKED, password: correct horse battery }
  - { id: PINNED, quirks: { protocol: ocpp1.6 } }
  - { id: Café 1 }
`;

let site: TestSite;
const open: RawCharger[] = [];

beforeAll(async () => {
  site = await startTestSite({ yaml: `${OCPP}\n${CHARGERS}` });
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
});
afterAll(() => site.cleanUp());

async function dial(path: string, options: RawChargerOptions = { protocols: ['ocpp1.6'] }): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp.replace(/\/ocpp\/$/, '') + path, options);
  open.push(charger);
  return charger;
}

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** Shakes hands and sends one text by hand, in the bytes given; gives all that came back once `until` is in it. */
function byHand(lines: string[], text: string | null, until: string, encoding: BufferEncoding = 'utf8') {
  const { port, hostname } = new URL(site.urls.ocpp);
  return new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    let sent = text === null;
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.on('data', (data) => {
      answer += data.toString('utf8');
      if (!sent && answer.includes('\r\n\r\n')) {
        sent = true;
        socket.write(frameOf(text ?? ''));
      }
      if (answer.includes(until)) socket.destroy();
    });
    socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, encoding));
  });
}

/** A masked text frame of a client (RFC 6455 §5.2), for texts below 126 bytes; the mask is zero. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const handshake = (target: string, ...headers: string[]): string[] => [
  `GET ${target} HTTP/1.1`,
  'Host: gateway',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ...headers,
];

async function deviations(id: string): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, id)?.deviations ?? []).map(({ code }) => code);
}

describe('Q1: no subprotocol and no id in the path', () => {
  test('Q1: the user name of its password says who it is', async () => {
    const charger = await dial('/', { headers: basic('LOCKED', 'correct horse battery') });
    expect(charger.protocol).toBe('');
    expect(await charger.call('Heartbeat', {})).toMatchObject([3, expect.anything(), {}]);
    expect(findCharger(site.gateway, 'LOCKED')?.connected).toBe(true);
  });

  test('Q1: but does not let it in without that password', async () => {
    const headers = basic('LOCKED', 'guessed');
    await expect(dial('/', { headers })).rejects.toMatchObject({ status: 401 });
  });

  test('Q1: the path counts before the user name', async () => {
    await dial('/ocpp/BAY-1', { headers: basic('PINNED', 'whatever') });
    expect(findCharger(site.gateway, 'BAY-1')?.connected).toBe(true);
    expect(findCharger(site.gateway, 'PINNED')?.connected).toBe(false);
  });

  test('Q1: without either it is refused, on purpose also by its address, and the log says what to dial', async () => {
    await expect(dial('/', {})).rejects.toMatchObject({ status: 404 });
    expect(site.logged).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: expect.stringContaining('ws://<gateway>/ocpp/<charger id>'),
        data: expect.objectContaining({ from: expect.stringContaining('127.0.0.1') }),
      }),
    );
  });
});

describe('Q2: odd subprotocol tokens', () => {
  test.each(['ocpp-1.6', 'OCPP1.6J', 'ocpp16'])('Q2: %s is served and echoed as it came', async (token) => {
    const answer = await byHand(
      handshake('/ocpp/BAY-1', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Protocol: ${token}`),
      null,
      '\r\n\r\n',
    );
    expect(answer).toContain(' 101 ');
    expect(answer).toContain(`Sec-WebSocket-Protocol: ${token}\r\n`);
  });

  test.each(['', ' ', ','])('Q2: an empty header (%j) is none', async (token) => {
    const answer = await byHand(
      handshake('/ocpp/BAY-1', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Protocol:${token}`),
      '[2,"h","Heartbeat",{}]',
      'currentTime',
    );
    expect(answer).toContain('currentTime');
    expect(answer).not.toMatch(/sec-websocket-protocol/i);
  });
});

describe('Q3: offers one version, speaks another', () => {
  test('Q3: one that is pinned is spoken with so, whatever it offers', async () => {
    const charger = await dial('/ocpp/PINNED', { protocols: ['ocpp2.0.1'] });
    expect(charger.protocol).toBe('ocpp2.0.1');
    expect(
      await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' }),
    ).toEqual([3, expect.anything(), {}]);
    expect(findCharger(site.gateway, 'PINNED')?.evses).toMatchObject([{ evse: 1, status: 'Available' }]);
  });

  test('Q3: what it spoke last counts before the order of its offer; what it does not offer is never echoed', () => {
    const both = new Set(['ocpp1.6', 'ocpp2.0.1']);
    const last = { pinned: null, remembered: 'ocpp1.6' };
    expect(chooseProtocol('ocpp2.0.1, ocpp1.6', both, 'ocpp1.6', last)).toEqual({
      protocol: 'ocpp1.6',
      echo: 'ocpp1.6',
    });
    expect(chooseProtocol('ocpp2.0.1', both, 'ocpp1.6', last)).toEqual({ protocol: 'ocpp2.0.1', echo: 'ocpp2.0.1' });
    expect(chooseProtocol(undefined, both, 'ocpp2.0.1', last)).toEqual({ protocol: 'ocpp1.6', echo: null });
    expect(chooseProtocol('ocpp2.0.1,ocpp1.6', both, 'ocpp1.6')).toMatchObject({ protocol: 'ocpp2.0.1' });
    expect(chooseProtocol('OCPP1.6J', both, 'ocpp1.6', { pinned: 'ocpp2.0.1', remembered: null })).toEqual({
      protocol: 'ocpp2.0.1',
      echo: 'OCPP1.6J',
    });
    expect(chooseProtocol('soap', both, 'ocpp1.6', last)).toBeNull();
  });

  test('Q3: a message of another version is refused as such and noted', async () => {
    const charger = await dial('/ocpp/BAY-1');
    expect(await charger.call('TransactionEvent', { eventType: 'Started' })).toMatchObject([
      4,
      expect.anything(),
      'NotImplemented',
      expect.anything(),
      {},
    ]);
    expect(await deviations('BAY-1')).toContain('UNKNOWN_ACTION:TransactionEvent');
  });
});

describe('Q4: the upgrade is not asked for as HTTP wants it', () => {
  test.each([
    ['no Connection header at all', ['Upgrade: websocket']],
    ['Connection without upgrade', ['Connection: keep-alive', 'Upgrade: websocket']],
    ['blanks before the colons', ['Connection : Upgrade', 'Upgrade : websocket']],
    ['blanks around the word', ['Connection:   Upgrade  ', 'Upgrade:   WebSocket ']],
    ['several words', ['Connection: keep-alive, Upgrade', 'Upgrade: websocket']],
  ])('Q4: %s: the charger is served', async (_how, headers) => {
    const answer = await byHand(
      handshake('/ocpp/BAY-1', ...headers, 'Sec-WebSocket-Protocol: ocpp1.6'),
      '[2,"h","Heartbeat",{}]',
      'currentTime',
    );
    expect(answer).toContain(' 101 ');
    expect(answer).toContain('[3,"h",{"currentTime":');
  });

  test('Q4: also where it comes byte by byte', async () => {
    const { port, hostname } = new URL(site.urls.ocpp);
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    const bytes = Buffer.from(`${handshake('/ocpp/BAY-1', 'Upgrade: websocket').join('\r\n')}\r\n\r\n`);
    for (const byte of bytes) await new Promise((sent) => socket.write(Buffer.from([byte]), sent));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString('latin1')).toContain(' 101 ');
  });

  test('Q4: what is mended is logged; a plain request stays one', async () => {
    await byHand(handshake('/ocpp/BAY-1', 'Upgrade: websocket'), null, '\r\n\r\n');
    expect(site.logged).toContainEqual(expect.objectContaining({ message: expect.stringContaining('mended') }));
    const plain = await byHand(['GET /ocpp/BAY-1 HTTP/1.1', 'Host: gateway'], null, '\r\n\r\n');
    expect(plain).toContain('HTTP/1.1 426 ');
  });

  test('Q4: a mended handshake opens no door that was shut', async () => {
    const answer = await byHand(handshake('/ocpp/LOCKED', 'Upgrade: websocket'), null, '\r\n\r\n');
    expect(answer).toContain('HTTP/1.1 401 ');
  });
});

describe('Q5: ids written oddly', () => {
  test.each([
    ['/ocpp/bay-1', 'BAY-1'],
    ['/ocpp/Bay-1/', 'BAY-1'],
    ['/ocpp/ws://gateway.local:8887/ocpp/BAY-1', 'BAY-1'],
    ['/ocpp/ws%3A%2F%2Fgateway.local%3A8887%2Focpp%2FBAY-1', 'BAY-1'],
    ['/ocpp/BAY-1%C2%A0', 'BAY-1'],
    ['/ocpp/%C3%82%C2%A0BAY-1', 'BAY-1'],
  ])('Q5: %s is charger %s', async (path, id) => {
    await dial(path);
    expect(findCharger(site.gateway, id)?.connected).toBe(true);
  });

  test.each([
    ['/ocpp/Café%201', 'utf8'],
    ['/ocpp/Café%201', 'latin1'],
    ['/ocpp/Café 1', 'utf8'],
  ] as const)('Q5: %s, unescaped, as %s', async (target, encoding) => {
    const lines = handshake(target, 'Connection: Upgrade', 'Upgrade: websocket');
    expect(await byHand(lines, '[2,"h","Heartbeat",{}]', 'currentTime', encoding)).toContain('[3,"h",');
    expect(findCharger(site.gateway, 'Café 1')?.lastSeenAt).not.toBeNull();
  });

  test.each(['/ocpp/BAY-2', '/ws://gateway.local:8887/ocpp/', '/ocpp/ws%3A%2F%2Fgateway%2Focpp'])(
    'Q5: %s is nobody here',
    async (path) => {
      await expect(dial(path)).rejects.toMatchObject({ status: 404 });
    },
  );

  test('Q5: another case is noted', async () => {
    await dial('/ocpp/bay-1');
    expect(await deviations('BAY-1')).toContain('IDENTITY_CASE');
  });
});
