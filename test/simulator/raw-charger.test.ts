/** The bare socket that tests and benches use for chargers. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';

let server: Server | undefined;
afterEach(() => void server?.close());

/** A server that sends a call in the very packet that ends the handshake; gives the first bytes that come back. */
async function hasty(call: string): Promise<{ url: string; heard: Promise<Buffer> }> {
  const heard = Promise.withResolvers<Buffer>();
  server = createServer((socket: Socket) => {
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (.+)\r\n/i.exec(request.toString())?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const head = `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
      socket.write(Buffer.concat([Buffer.from(head), Buffer.from([0x81, call.length]), Buffer.from(call)]));
      socket.once('data', (frame) => {
        heard.resolve(unmasked(frame));
        socket.destroy();
      });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard: heard.promise };
}

/** What a short masked frame holds (RFC 6455 §5.2). */
function unmasked(frame: Buffer): Buffer {
  return Buffer.from(frame.subarray(6).map((byte, at) => byte ^ (frame[2 + (at % 4)] ?? 0)));
}

describe('a raw charger', () => {
  test('can answer a call that came along with the end of the handshake', async () => {
    const { url, heard } = await hasty('[2,"7","ClearCache",{}]');
    const charger: RawCharger = await createRawCharger(url, {
      onText(text) {
        const [, id] = JSON.parse(text) as [number, string];
        charger.send(JSON.stringify([3, id, { status: 'Accepted' }]));
      },
    });
    expect((await heard).toString()).toBe('[3,"7",{"status":"Accepted"}]');
    await charger.closed;
  });
});
