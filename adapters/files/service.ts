import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileLink } from '../../gateway/domain/transfers.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { findLink } from '../../gateway/file-links.ts';
import { openFirmware } from '../../gateway/firmware.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { receiveLog } from '../../gateway/logs.ts';
import { sendFile, type SentParts } from './download.ts';
import { readUpload } from './upload.ts';

/** Firmware for chargers and logs from them, over HTTP on their own port. */
export interface FileService {
  /** Takes requests under `/files/`; false: not its business. */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
  /** Breaks off what is under way and waits until it is tidied up. */
  close(): Promise<void>;
}

/** Files on their way at a time, in all and over one link: a charger may come again before its first try is given up. */
const MOST_TRANSFERS = 64;
const MOST_OF_ONE_LINK = 4;

/** A charger that neither reads nor writes for so long has gone. */
const IDLE = 60_000;

/** No file takes longer. */
const LONGEST = 2 * 3_600_000;

/** `/files/<link>/<file name>`, also behind a proxy's own path; what follows the link may be missing. */
const ADDRESS = /\/files(?:\/+([A-Za-z0-9_-]{43}))?(?:\/+([^?#]*))?(?:[?#].*)?$/;

const ALLOWED = { firmware: ['GET', 'HEAD'], log: ['PUT', 'POST'] };

/** Makes the service; it has no port of its own. `idleMs`: how long a silent charger is waited for; a minute unless told. */
export function createFileService(gw: Gateway, { idleMs = IDLE }: { idleMs?: number } = {}): FileService {
  const sent: SentParts = new Map();
  const running = new Map<IncomingMessage, { secret: string; done: Promise<void> }>();
  let closing = false;

  async function transfer(
    link: FileLink,
    secret: string,
    ending: string | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (link.purpose === 'firmware') {
      const file = link.file === null ? null : await openFirmware(gw, link.file);
      if (!file) return notFound(response);
      await sendFile(gw, sent, secret, file, request, response);
    } else {
      const log = await readUpload(request, ending, (upload) => receiveLog(gw, secret, link, upload));
      if (!log) return notFound(response);
      gw.log.info({ charger: link.chargerId, log: log.id, bytes: log.bytes }, 'charger handed in a log');
      say(response, 200, 'stored\n');
    }
  }

  async function guarded(
    link: FileLink,
    secret: string,
    ending: string | null,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const part = (): void => void request.socket.destroy();
    const longest = setTimeout(part, LONGEST).unref();
    response.setTimeout(idleMs, part);
    try {
      await transfer(link, secret, ending, request, response);
    } catch (error) {
      fail(error, link, request, response);
    } finally {
      clearTimeout(longest);
    }
  }

  function fail(error: unknown, link: FileLink, request: IncomingMessage, response: ServerResponse): void {
    const what = { charger: link.chargerId, purpose: link.purpose };
    const known = error instanceof GatewayError ? STATUS[error.code] : undefined;
    if (request.socket.destroyed) {
      gw.log.warn({ ...what, reason: String(error) }, 'a file transfer broke off');
      response.destroy();
      return;
    }
    if (error instanceof GatewayError && known) gw.log.warn({ ...what, code: error.code }, error.message);
    else gw.log.error({ ...what, err: error }, 'a file transfer failed');
    if (response.headersSent) response.destroy();
    else if (error instanceof GatewayError && known) sayAndPart(response, known, `${error.message}\n`);
    else sayAndPart(response, 500, 'the gateway failed on this\n');
  }

  function begin(
    secret: string | undefined,
    ending: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const link = secret === undefined || closing ? null : findLink(gw, secret);
    if (!link || secret === undefined) return notFound(response);
    const allowed = ALLOWED[link.purpose];
    if (!allowed.includes(request.method ?? '')) {
      response.setHeader('allow', allowed.join(', '));
      return sayAndPart(response, 405, 'not with this method\n');
    }
    const same = [...running.values()].filter((other) => other.secret === secret).length;
    if (running.size >= MOST_TRANSFERS || same >= MOST_OF_ONE_LINK) {
      response.setHeader('retry-after', 30);
      return sayAndPart(response, 503, 'too many files are on their way: come back\n');
    }
    const done = guarded(link, secret, lastPart(ending), request, response).finally(() => running.delete(request));
    running.set(request, { secret, done });
  }

  return {
    serve(request, response) {
      const match = ADDRESS.exec(request.url ?? '');
      if (match) begin(match[1], match[2], request, response);
      return match !== null;
    },
    async close() {
      closing = true;
      for (const request of running.keys()) request.socket.destroy();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

const STATUS: Partial<Record<GatewayError['code'], number>> = {
  REQUEST_INVALID: 400,
  FILE_TOO_BIG: 413,
  STORAGE_FULL: 507,
  STORAGE_FAILED: 503,
};

function lastPart(ending: string | undefined): string | null {
  const last = (ending ?? '').split('/').findLast((part) => part !== '');
  if (last === undefined) return null;
  try {
    return decodeURIComponent(last);
  } catch {
    // not written as URLs are: its letters are then its name
    return last;
  }
}

/** Always the same, whether a link never was, is used up or over: nobody learns which. */
function notFound(response: ServerResponse): void {
  sayAndPart(response, 404, 'there is nothing here\n');
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

/** Answers, and lets the connection end: what a client may still be sending is not wanted. */
function sayAndPart(response: ServerResponse, status: number, text: string): void {
  response.setHeader('connection', 'close');
  say(response, status, text);
}
