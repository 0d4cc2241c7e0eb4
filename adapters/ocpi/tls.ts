import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import { toUtcSeconds, type Millis } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { assertInTime, readAuthorities, readPemPair, watchFiles } from '../../gateway/pem-files.ts';

/** The files of the OCPI server's TLS. */
export interface InboundTls {
  certificatePath: string;
  keyPath: string;
  /** Whose client certificates are taken; null: none is asked for. */
  clientAuthoritiesPath: string | null;
}

/** Makes servers with TLS and keeps their certificate as the files have it. */
export interface TlsDoor {
  serve(handler: RequestListener, bounds: { requestTimeout: number }): Server;
  /** Looks now whether the files changed, which it does by itself every half minute. Never rejects. */
  reload(): Promise<void>;
  /** Watches no more. */
  close(): void;
}

/** Who has not finished a handshake by then is let go, milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000;
const KEEP_ALIVE = 72_000;

/**
 * Reads the files and watches them. New ones serve new connections; open ones stay. Ones that cannot be used are logged
 * and not used. Errors: TLS_UNUSABLE.
 */
export async function openTlsDoor(gw: Gateway, tls: InboundTls): Promise<TlsDoor> {
  const { certificatePath, keyPath, clientAuthoritiesPath } = tls;
  const servers = new Set<Server>();
  const watch = await watchFiles(gw, 'OCPI', [certificatePath, keyPath, clientAuthoritiesPath], take);
  let current: TlsOptions;
  try {
    current = (await load(gw, tls, true)).context;
  } catch (error) {
    watch.close();
    throw error;
  }

  async function take(): Promise<void> {
    const { context, notAfter } = await load(gw, tls, false);
    current = context;
    for (const server of servers) server.setSecureContext(context);
    gw.log.info({ until: toUtcSeconds(notAfter) }, 'OCPI: new TLS files serve from now on');
  }

  return {
    serve(handler, { requestTimeout }) {
      const asks = clientAuthoritiesPath !== null;
      const server = createServer(
        { ...current, requestCert: asks, rejectUnauthorized: asks, handshakeTimeout: HANDSHAKE_TIMEOUT },
        handler,
      );
      server.requestTimeout = requestTimeout;
      server.keepAliveTimeout = KEEP_ALIVE;
      server.on('tlsClientError', (error, socket) => noteFailure(gw, error, socket));
      servers.add(server);
      return server;
    },
    reload: () => watch.look(),
    close: () => watch.close(),
  };
}

async function load(gw: Gateway, tls: InboundTls, lapsed: boolean): Promise<{ context: TlsOptions; notAfter: Millis }> {
  const { certificate, key, notAfter } = await readPemPair(tls.certificatePath, tls.keyPath, createSecureContext);
  const authorities = tls.clientAuthoritiesPath === null ? [] : await readAuthorities(tls.clientAuthoritiesPath);
  assertInTime(gw, tls.certificatePath, notAfter, 'peers', lapsed);
  const context: TlsOptions = {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    // Whoever resumes a session is not asked for a certificate: sessions end with the authorities that they began with.
    ticketKeys: randomBytes(48),
    ...(authorities.length > 0 && { ca: authorities }),
  };
  return { context, notAfter };
}

function noteFailure(gw: Gateway, error: Error, socket: TLSSocket): void {
  // Node gives its code, whatever the types say; nothing where no certificate was judged.
  const refused: unknown = socket.authorizationError;
  const problem = typeof refused === 'string' ? `its client certificate is not taken (${refused})` : error.message;
  gw.log.info({ from: socket.remoteAddress ?? 'somebody', problem }, `OCPI: TLS handshake failed: ${problem}`);
}
