import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { accept, called, callsTo, holdTimers, openLinkBench, pass, type LinkBench } from './link-harness.ts';

const SITE = `
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 20, ping-interval: 25, provisioning: false }
chargers:
  - { id: UNPINGED, quirks: { ping-interval: 0 } }
  - { id: OFTEN, quirks: { ping-interval: 10 } }
  - { id: SHY, quirks: { quiet-after-boot: 15 } }
`;

const anything: unknown = expect.anything();
const BOOT = { chargePointVendor: 'V', chargePointModel: 'M' };

const sockets: WebSocket[] = [];

let bench: LinkBench;

beforeAll(async () => {
  bench = await openLinkBench(SITE);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await bench.hangUp();
});
afterAll(() => bench.close());

/** A socket that answers no ping unless told; counts those that came. */
async function dialUnpolitely(
  id: string,
): Promise<{ socket: WebSocket; pings: () => number; say(): Promise<unknown> }> {
  const socket = new WebSocket(bench.site.urls.ocpp + id, 'ocpp1.6', { autoPong: false });
  sockets.push(socket);
  let pings = 0;
  socket.on('ping', () => (pings += 1));
  await once(socket, 'open');
  const say = (): Promise<unknown> => {
    const answered = once(socket, 'message');
    socket.send('[2,"h","Heartbeat",{}]');
    return answered;
  };
  await say();
  return { socket, pings: () => pings, say };
}

describe('signs of life', () => {
  test('Q9: a charger that answers no ping is kept as long as it talks', async () => {
    holdTimers();
    const mute = await dialUnpolitely('MUTE');
    for (let i = 0; i < 60; i += 1) {
      await pass(25);
      await mute.say();
    }
    expect(mute.pings()).toBe(60);
    expect(mute.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('Q9: one that neither talks nor answers pings is let go after three heartbeats, not before', async () => {
    holdTimers();
    const dead = await dialUnpolitely('DEAD');
    const closed = once(dead.socket, 'close');
    await pass(875);
    await dead.say();
    await pass(875);
    expect(bench.connectionOf('DEAD').chargerId).toBe('DEAD');
    await pass(25);
    await closed;
    expect(bench.site.logged).toContainEqual(
      expect.objectContaining({ message: 'no sign of life from charger: let go', data: { charger: 'DEAD' } }),
    );
  });

  test('Q9: pongs alone are a sign of life', async () => {
    holdTimers();
    const polite = new WebSocket(`${bench.site.urls.ocpp}POLITE`, 'ocpp1.6');
    sockets.push(polite);
    await once(polite, 'open');
    for (let i = 0; i < 60; i += 1) {
      const ping = once(polite, 'ping');
      await pass(25);
      await ping;
    }
    expect(polite.readyState).toBe(WebSocket.OPEN);
  });

  test('Q9: the interval is each charger’s own; 0 pings never, and silence alone tells', async () => {
    holdTimers();
    const unpinged = await dialUnpolitely('UNPINGED');
    const often = await dialUnpolitely('OFTEN');
    const closed = once(unpinged.socket, 'close');
    for (let i = 0; i < 14; i += 1) {
      await pass(60);
      await often.say();
    }
    expect(often.pings()).toBe(84);
    expect(bench.connectionOf('UNPINGED').chargerId).toBe('UNPINGED');
    await pass(60);
    await closed;
    expect(unpinged.pings()).toBe(0);
  });

  test('Q9: a make that bears no pings gets none once its boot named it', async () => {
    holdTimers();
    const charger = await dialUnpolitely('EN-AC');
    const answered = once(charger.socket, 'message');
    charger.socket.send('[2,"b","BootNotification",{"chargePointVendor":"EN+","chargePointModel":"AC7000"}]');
    await answered;
    for (let i = 0; i < 10; i += 1) {
      await pass(60);
      await charger.say();
    }
    expect(charger.pings()).toBe(0);
  });
});

describe('frames that were not agreed on', () => {
  /** Shakes hands by hand; then bytes are what the test writes. */
  async function dialByHand(id: string): Promise<Socket> {
    const { port, hostname } = new URL(bench.site.urls.ocpp);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    const answer = once(socket, 'data');
    socket.write(
      [
        `GET /ocpp/${id} HTTP/1.1`,
        'Host: gateway',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Protocol: ocpp1.6',
        'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
        '\r\n',
      ].join('\r\n'),
    );
    const [head] = (await answer) as [Buffer];
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101/);
    expect(head.toString('latin1')).not.toMatch(/sec-websocket-extensions/i);
    return socket;
  }

  /** A client's frame; its mask is zero, so that the payload stands as it is. */
  function frame(firstByte: number, payload: Buffer): Buffer {
    return Buffer.concat([Buffer.from([firstByte, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  }

  test.each([
    ['compressed (RSV1)', 0xc1],
    ['RSV2', 0xa1],
    ['RSV3', 0x91],
    ['an opcode that there is not', 0x83],
  ])('Q10: %s: that socket is closed with 1002, and others notice nothing', async (_case, firstByte) => {
    const other = await bench.dial('OTHER');
    const socket = await dialByHand('ZIP');
    const closing = once(socket, 'data');
    socket.write(frame(firstByte, Buffer.from('[2,"1","Heartbeat",{}]')));
    const [bytes] = (await closing) as [Buffer];
    expect(bytes[0]).toBe(0x88);
    expect(bytes.readUInt16BE(2)).toBe(1002);
    await once(socket, 'close');
    expect(await other.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
    expect(await bench.deviations('ZIP')).toContain('SOCKET_ERROR');
  });

  test('Q14: a message in many fragments is one message', async () => {
    const socket = await dialByHand('PIECES');
    const answer = once(socket, 'data');
    const text = Buffer.from('[2,"17","Heartbeat",{}]');
    socket.write(frame(0x01, text.subarray(0, 1)));
    for (let at = 1; at < text.length - 1; at += 1) socket.write(frame(0x00, text.subarray(at, at + 1)));
    socket.write(frame(0x80, text.subarray(-1)));
    const [bytes] = (await answer) as [Buffer];
    expect(bytes.subarray(2).toString('utf8')).toMatch(/^\[3,"17",\{"currentTime"/);
    socket.destroy();
  });
});

describe('big messages', () => {
  test('Q14: half a megabyte of vendor data is taken and answered', async () => {
    const charger = await bench.dial('LOGS');
    const data = 'x'.repeat(500_000);
    expect(await charger.call('DataTransfer', { vendorId: 'v', data })).toMatchObject([3, anything, anything]);
  });

  test('Q14: what we send goes out whole, and only when somebody asked for it to be that long', async () => {
    const charger = await bench.dial('LISTS');
    const localAuthorizationList = Array.from({ length: 500 }, (_, n) => ({
      idTag: `CARD${n}`,
      idTagInfo: { status: 'Accepted' },
    }));
    const list = { listVersion: 1, updateType: 'Full', localAuthorizationList };
    const outcome = bench.connectionOf('LISTS').call('SendLocalList', list);
    const call = await called(charger, 'SendLocalList');
    expect(call[3]).toEqual(list);
    accept(charger, call);
    expect(await outcome).toMatchObject({ kind: 'result' });
  });
});

describe('coming back', () => {
  test('Q12: a known charger that reconnects without booting is served and called as before', async () => {
    const first = await bench.dial('WALLBOX');
    await first.call('BootNotification', BOOT);
    await first.close();
    const again = await bench.dial('WALLBOX');
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
    expect(await again.call('StatusNotification', status)).toMatchObject([3, anything, {}]);
    const outcome = bench.connectionOf('WALLBOX').call('ClearCache', {});
    accept(again, await called(again, 'ClearCache'));
    expect(await outcome).toMatchObject({ kind: 'result' });
    expect(callsTo(again)).toEqual(['ClearCache']);
  });

  test('Q12: one that has to be left alone after its boot gets our own calls later, and a person’s at once', async () => {
    holdTimers();
    const charger = await bench.dial('SHY');
    await charger.call('BootNotification', BOOT);
    const ours = bench.connectionOf('SHY').call('GetConfiguration', {}, { background: true });
    const theirs = bench.connectionOf('SHY').call('ClearCache', {});
    accept(charger, await called(charger, 'ClearCache'));
    expect(await theirs).toMatchObject({ kind: 'result' });
    await pass(13);
    await charger.call('Heartbeat', {});
    expect(callsTo(charger)).toEqual(['ClearCache']);
    await pass(2);
    const call = await called(charger, 'GetConfiguration');
    charger.send(JSON.stringify([3, call[1], { configurationKey: [] }]));
    expect(await ours).toMatchObject({ kind: 'result' });
  });

  test('Q12: our own call that waits for the quiet time to end, ends with its socket', async () => {
    const charger = await bench.dial('SHY');
    const ours = bench.connectionOf('SHY').call('GetConfiguration', {}, { background: true });
    await charger.close();
    expect(await ours).toEqual({ kind: 'disconnected' });
  });

  test('Q15: 60 chargers that return at once and replay 40 messages each lose none, in order', async () => {
    const replay = async (id: string): Promise<void> => {
      const charger = await bench.dial(id);
      const ids = Array.from({ length: 40 }, (_, n) => `m${n}`);
      for (const messageId of ids) {
        const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
        charger.send(JSON.stringify([2, messageId, 'StatusNotification', status]));
      }
      await charger.waitFor((frame) => frame[1] === 'm39');
      expect(charger.texts.slice(1).map((text) => (JSON.parse(text) as unknown[])[1])).toEqual(ids);
    };
    await Promise.all(Array.from({ length: 60 }, (_, n) => replay(`STORM-${n}`)));
  });
});
