import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A socket that does not say for so long what it wants is nobody's, ms. */
const PATIENCE = 10_000;

/** As much as Node reads of headers. */
const MOST_HEAD = 16_384;

/**
 * Makes a server see websocket handshakes that lack `Connection: Upgrade`, or write it or their target oddly (Q4, Q5):
 * Node's parser would take them for plain requests or for none. The first bytes of each connection are looked at, mended where needed, and handed on; everything else
 * passes as it is. `event` is the one by which the server gets its plain text: `connection`, with TLS `secureConnection`.
 */
export function mendHandshakes(
  server: Pick<Server, 'listeners' | 'removeAllListeners' | 'on'>,
  event: 'connection' | 'secureConnection',
  mended: (from: string | undefined) => void,
): void {
  const parsers = server.listeners(event) as ((socket: Socket) => void)[];
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    let head = Buffer.alloc(0);
    const giveUp = (): void => {
      socket.destroy();
    };
    const look = (piece: Buffer): void => {
      head = Buffer.concat([head, piece]);
      if (!isWhole(head)) return;
      clearTimeout(timer);
      socket.off('data', look);
      socket.off('error', giveUp);
      const better = mendHandshake(head);
      if (better) mended(socket.remoteAddress);
      socket.pause();
      socket.unshift(better ?? head);
      socket.ref();
      for (const parse of parsers) parse.call(server, socket);
      socket.resume();
    };
    const timer = setTimeout(giveUp, PATIENCE);
    timer.unref();
    // A stop does not wait for one that has not said yet what it wants.
    socket.unref();
    socket.once('error', giveUp);
    socket.once('close', () => clearTimeout(timer));
    socket.on('data', look);
  });
}

/** Is there enough to tell? Small stacks send their headers line by line. */
function isWhole(head: Buffer): boolean {
  return !'GET '.startsWith(head.toString('latin1', 0, 4)) || head.length > MOST_HEAD || head.includes('\r\n\r\n');
}

/** The request with its upgrade and its target as HTTP wants them; null where there is nothing to mend. */
export function mendHandshake(request: Buffer): Buffer | null {
  const end = request.indexOf('\r\n\r\n');
  if (end < 0 || request.subarray(0, 4).toString('latin1') !== 'GET ') return null;
  const head = request.subarray(0, end).toString('latin1');
  if (!/\r\nupgrade[ \t]*:[ \t]*websocket\b/i.test(head)) return null;
  const [requestLine = '', ...lines] = head.split('\r\n');
  const asks = lines.some((line) => /^connection:.*\bupgrade\b/i.test(line));
  const says = lines.some((line) => /^upgrade:/i.test(line));
  const line = escapeTarget(requestLine);
  if (asks && says && line === requestLine) return null;
  const others = lines.filter((other) => !/^(connection|upgrade)[ \t]*:/i.test(other));
  const text = [line, 'Connection: Upgrade', 'Upgrade: websocket', ...others].join('\r\n');
  return Buffer.concat([Buffer.from(text, 'latin1'), request.subarray(end)]);
}

/** Blanks and bytes beyond ASCII in the target, which have to be escaped (Q5); read as UTF-8 where they are that. */
function escapeTarget(requestLine: string): string {
  const [, target, version] = /^GET (.*) (HTTP\/1\.[01])$/.exec(requestLine) ?? [];
  if (target === undefined || version === undefined || /^[\x21-\x7e]*$/.test(target)) return requestLine;
  const read = Buffer.from(target, 'latin1').toString('utf8');
  const text = read.includes('\uFFFD') ? target : read;
  return `GET ${text.replace(/[^\x21-\x7e]/gu, encodeURIComponent)} ${version}`;
}
