import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { ConnectRefused } from './rpc-client.ts';
import { asList } from './wire.ts';

export interface RawChargerOptions {
  /** Subprotocols to offer; none by default sends no header. */
  protocols?: string[];
  headers?: Record<string, string>;
  /** For `wss:`: whom it trusts, and its own certificate with key (PEM). */
  tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'minVersion' | 'maxVersion' | 'ciphers'>;
  /** Answers to calls are left to the caller. */
  onText?: (text: string) => void;
}

/** A bare socket that validates nothing and tracks nothing: for frames no library would send. */
export interface RawCharger {
  /** The subprotocol that was agreed, empty when none. */
  protocol: string;
  /** Every text received so far, oldest first. */
  texts: string[];
  send(text: string): void;
  /** Sends a CALL and gives the frame that answers it, whatever it is: `[3, id, payload]` or `[4, id, code, …]`. */
  call(action: string, payload: unknown, messageId?: string): Promise<unknown[]>;
  /** The next frame for which `matches` holds, looking from frame number `from` on (0: also those already here). */
  waitFor(matches: (frame: unknown[]) => boolean, from?: number): Promise<unknown[]>;
  /** Resolves with code and reason once the socket has ended. */
  closed: Promise<{ code: number; reason: string }>;
  close(code?: number): Promise<void>;
  /** Ends the socket without a close frame. */
  destroy(): void;
}

/** Opens a bare websocket; `url` is complete, with the charger's id as it shall appear. Throws ConnectRefused. */
export async function createRawCharger(url: string, options: RawChargerOptions = {}): Promise<RawCharger> {
  const socket = new WebSocket(url, options.protocols ?? [], {
    headers: options.headers ?? {},
    ...options.tls,
    perMessageDeflate: false,
  });
  const texts: string[] = [];
  const watchers = new Set<() => void>();
  let ended = false;
  let messageIds = 0;

  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8');
    texts.push(text);
    options.onText?.(text);
    for (const watcher of watchers) watcher();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      ended = true;
      resolve({ code, reason: reason.toString('utf8') });
      for (const watcher of watchers) watcher();
    });
  });
  socket.once('open', () => {
    // a frame can come along with the handshake's answer: it waits until the caller has the charger
    socket.pause();
    setImmediate(() => socket.resume());
  });
  await opened(socket, url);
  // what goes wrong later ends in `closed`
  socket.on('error', () => undefined);

  function waitFor(matches: (frame: unknown[]) => boolean, from = 0): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      let seen = from;
      const look = (): void => {
        for (; seen < texts.length; seen += 1) {
          const frame = parseFrame(texts[seen] ?? '');
          if (!matches(frame)) continue;
          watchers.delete(look);
          resolve(frame);
          return;
        }
        if (!ended) return;
        watchers.delete(look);
        reject(new Error(`the socket to ${url} ended before the awaited frame came`));
      };
      watchers.add(look);
      look();
    });
  }

  return {
    protocol: socket.protocol,
    texts,
    send: (text) => socket.send(text),
    async call(action, payload, messageId) {
      messageIds += 1;
      const id = messageId ?? `raw-${messageIds}`;
      const from = texts.length;
      socket.send(JSON.stringify([2, id, action, payload]));
      return waitFor((frame) => (frame[0] === 3 || frame[0] === 4) && frame[1] === id, from);
    },
    waitFor,
    closed,
    async close(code = 1000) {
      socket.close(code);
      await closed;
    },
    destroy: () => socket.terminate(),
  };
}

async function opened(socket: WebSocket, url: string): Promise<void> {
  const refused = new Promise<never>((_resolve, reject) => {
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(new ConnectRefused(response.statusCode ?? null, `${url} answered HTTP ${response.statusCode ?? '?'}`));
    });
    socket.once('error', (error) => reject(new ConnectRefused(null, `could not connect to ${url}: ${error.message}`)));
  });
  await Promise.race([once(socket, 'open'), refused]);
}

function parseFrame(text: string): unknown[] {
  try {
    return asList(JSON.parse(text));
  } catch {
    // not JSON: no frame, so nothing that anybody waits for
    return [];
  }
}
