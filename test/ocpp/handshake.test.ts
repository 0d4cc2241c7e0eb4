import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger, type RawChargerOptions } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let site: TestSite;
const open: RawCharger[] = [];

beforeAll(async () => {
  site = await startTestSite();
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
});
afterAll(() => site.cleanUp());

async function dial(path: string, options: RawChargerOptions = { protocols: ['ocpp1.6'] }): Promise<RawCharger> {
  const base = site.urls.ocpp.replace(/\/ocpp\/$/, '');
  const charger = await createRawCharger(base + path, options);
  open.push(charger);
  return charger;
}

/** Speaks HTTP by hand, so that no client library mends what is sent; gives the status line. */
function upgradeByHand(target: string, headers: string[] = []): Promise<string> {
  const { port, hostname } = new URL(site.urls.ocpp);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (!answer.includes('\r\n')) return;
      socket.destroy();
      resolve(answer.split('\r\n', 1)[0] ?? '');
    });
    socket.write(
      [
        `GET ${target} HTTP/1.1`,
        'Host: gateway',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
        '\r\n',
      ].join('\r\n'),
    );
  });
}

const basic = (user: string, password: string | Buffer): Record<string, string> => ({
  authorization: `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]).toString('base64')}`,
});

describe('identity from the path', () => {
  test.each([
    ['/ocpp/BAY-1', 'BAY-1'],
    ['/BAY-1', 'BAY-1'],
    ['/some/where/else/BAY-1', 'BAY-1'],
    ['/ocpp/BAY-1/', 'BAY-1'],
    ['//ocpp//BAY-1//', 'BAY-1'],
    ['/ocpp/BAY-1?token=x', 'BAY-1'],
    ['/ocpp/Bay%2FNorth', 'Bay/North'],
    ['/ocpp/Bay%20%7C%201', 'Bay | 1'],
    ['/ocpp/Be%CC%81a', 'Béa'],
  ])('Q5: %s is charger %s', async (path, id) => {
    const charger = await dial(path);
    expect(await charger.call('Heartbeat', {})).toMatchObject([
      3,
      expect.anything(),
      { currentTime: expect.anything() },
    ]);
    expect(findCharger(site.gateway, id)).toMatchObject({ id, connected: true });
  });

  test.each([
    '/%E0%A4%A',
    '/ocpp/%',
    '/',
    '/ocpp/%00x',
    `/ocpp/${'x'.repeat(49)}`,
    '/ocpp/%E2%28%A1',
    '/ocpp',
    '/ocpp/',
    '/ocpp/%0d%0aX:1',
  ])('Q5: %s names no charger and is answered 404, and the daemon lives', async (target) => {
    expect(await upgradeByHand(target)).toBe('HTTP/1.1 404 Not Found');
    expect((await dial('/ocpp/BAY-1')).protocol).toBe('ocpp1.6');
  });

  test('a plain HTTP request is told what this port is for', async () => {
    const response = await fetch(site.urls.ocpp.replace('ws:', 'http:'));
    expect(response.status).toBe(426);
    expect(await response.text()).toContain('/ocpp/<charger id>');
  });
});

describe('subprotocol', () => {
  test.each([['ocpp1.6'], ['OCPP1.6'], ['ocpp1.6j'], ['ocpp2.0.1, ocpp1.6'], ['ocpp1.6,']])(
    "Q2: %s is served and echoed in the charger's own spelling",
    async (header) => {
      expect(await upgradeByHand('/ocpp/BAY-1', [`Sec-WebSocket-Protocol: ${header}`])).toContain('101');
    },
  );

  test('Q2: an alias is echoed literally', async () => {
    expect((await dial('/ocpp/BAY-1', { protocols: ['OCPP1.6'] })).protocol).toBe('OCPP1.6');
  });

  test('Q2: duplicated and empty tokens do not fail the handshake', async () => {
    expect(await upgradeByHand('/ocpp/BAY-1', ['Sec-WebSocket-Protocol: ocpp1.6, ,ocpp1.6'])).toContain('101');
  });

  test('Q1: a charger that names none speaks the default', async () => {
    const charger = await dial('/ocpp/BAY-1', {});
    expect(charger.protocol).toBe('');
    expect(await charger.call('Heartbeat', {})).toMatchObject([3, expect.anything(), {}]);
  });

  test('OCPP-J 3.2: only unknown versions: the handshake completes without one and is closed', async () => {
    expect(await upgradeByHand('/ocpp/BAY-1', ['Sec-WebSocket-Protocol: ocpp9.9'])).toContain('101');
  });
});

describe('password (security profile 1)', () => {
  test('the right one is let in, colons and all', async () => {
    const charger = await dial('/ocpp/LOCKED', {
      protocols: ['ocpp1.6'],
      headers: basic('LOCKED', 'correct horse battery'),
    });
    expect(charger.protocol).toBe('ocpp1.6');
  });

  test.each([
    ['wrong', basic('LOCKED', 'wrong')],
    ['none', {}],
    ['no colon', { authorization: `Basic ${Buffer.from('LOCKED').toString('base64')}` }],
    ['another scheme', { authorization: 'Bearer correct' }],
  ])('%s is answered 401', async (_case, headers) => {
    await expect(dial('/ocpp/LOCKED', { protocols: ['ocpp1.6'], headers })).rejects.toMatchObject({ status: 401 });
    expect(site.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('password of LOCKED') }),
    );
  });
});

describe('a new socket of the same charger', () => {
  test('Q8: replaces the stale one, whose pending call ends at once', async () => {
    const stale = await dial('/ocpp/BAY-1');
    await stale.call('Heartbeat', {});
    const pending = site.gateway.connections.find('BAY-1')?.call('GetConfiguration', {});
    const fresh = await dial('/ocpp/BAY-1');
    expect(await pending).toEqual({ kind: 'disconnected' });
    await stale.closed;
    expect(await fresh.call('Heartbeat', {})).toMatchObject([3, expect.anything(), {}]);
    expect(findCharger(site.gateway, 'BAY-1')?.connected).toBe(true);
  });
});

describe('unknown chargers', () => {
  test('reject: 404 and a log line', async () => {
    const strict = await startTestSite({ yaml: 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: reject }' });
    await expect(createRawCharger(`${strict.urls.ocpp}STRANGER`, { protocols: ['ocpp1.6'] })).rejects.toMatchObject({
      status: 404,
    });
    expect(strict.logged).toContainEqual(
      expect.objectContaining({ message: 'charger refused: charger STRANGER is not known here' }),
    );
    expect(findCharger(strict.gateway, 'STRANGER')).toBeNull();
    await strict.cleanUp();
  });

  test('pending: its boot is answered Pending until the operator accepts it', async () => {
    const { acceptCharger } = await import('../../gateway/onboarding.ts');
    const waiting = await startTestSite({ yaml: 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending }' });
    const charger = await createRawCharger(`${waiting.urls.ocpp}NEW`, { protocols: ['ocpp1.6'] });
    const boot = { chargePointVendor: 'V', chargePointModel: 'M', chargePointSerialNumber: 'S1' };
    expect((await charger.call('BootNotification', boot))[2]).toMatchObject({ status: 'Pending', interval: 60 });
    expect((await charger.call('Authorize', { idTag: 'CARD1' }))[2]).toEqual({ idTagInfo: { status: 'Invalid' } });
    expect(findCharger(waiting.gateway, 'NEW')).toMatchObject({ registration: 'pending', vendor: 'V', serial: 'S1' });
    await acceptCharger(waiting.gateway, 'NEW');
    expect((await charger.call('BootNotification', boot))[2]).toMatchObject({ status: 'Accepted', interval: 300 });
    await charger.close();
    await waiting.cleanUp();
  });

  test('accept: taken in, and said so', () => {
    expect(site.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('taken in as accepted') }),
    );
  });
});
