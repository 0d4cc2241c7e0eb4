import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { toUtcSeconds } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { noteSecurity } from '../../gateway/security-events.ts';
import { fingerprintOfFiles, loadCredentials, type Credentials, type TlsOptions } from './credentials.ts';
import { boundServer, openPort } from './http-port.ts';

/**
 * TLS 1.3's own suites, and of TLS 1.2 those with authenticated encryption. The last two have no forward secrecy, but the
 * OCPP security whitepaper has every central system offer them (A00.FR.318).
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
].join(':');

/** Who has not finished a handshake by then is let go, milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000;

/** Between looks at the certificate files, or at how long our own is still good. */
const LOOK_EVERY = 30_000;

/** Failures of a handshake that say something about security: the whitepaper's own words where it has some. */
const FAILURES: Record<string, { type: string; detail: string }> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: { type: 'InvalidTLSVersion', detail: 'speaks no TLS from 1.2 on' },
  ERR_SSL_NO_SHARED_CIPHER: { type: 'InvalidTLSCipherSuite', detail: 'offers no cipher suite that is safe' },
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: {
    type: 'ServerCertificateRefused',
    detail: "does not trust the gateway's certificate: install the authority's root on it",
  },
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: {
    type: 'ServerCertificateRefused',
    detail: "refuses the gateway's certificate",
  },
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: {
    type: 'ServerCertificateRefused',
    detail: "finds the gateway's certificate expired: is its clock right?",
  },
};

export interface TlsListenerOptions {
  host: string;
  tls: TlsOptions;
  maxConnections: number;
  onRequest: RequestListener;
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Lets odd handshakes in. */
  mend: (server: Server, event: 'secureConnection') => void;
}

/** The chargers' port with TLS. */
export interface TlsListener {
  /** Gets the certificate and opens the port; gives it. Errors: TLS_UNUSABLE, PORT_IN_USE. */
  listen(): Promise<number>;
  /** Looks now for another certificate and takes it if it is good; open sockets stay. True: there was one, and it serves. */
  reload(): Promise<boolean>;
  /** Takes no more connections. */
  close(): void;
  closeAllConnections(): void;
}

/** Makes the listener; it opens nothing yet. */
export function createTlsListener(gw: Gateway, options: TlsListenerOptions): TlsListener {
  let server: Server | null = null;
  let current: Credentials | null = null;
  let seen = '';
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<boolean> | null = null;

  async function look(): Promise<boolean> {
    const files = await fingerprintOfFiles(options.tls);
    // Files that were found bad are not read again until they change. Our own certificate is asked for each time.
    if (options.tls.certificate === 'FILES' && files === seen) return false;
    seen = files;
    const loaded = await loadCredentials(gw, options.tls, false);
    if (!server || sameCredentials(loaded, current)) return false;
    server.setSecureContext(contextOf(loaded));
    current = loaded;
    gw.log.info({ until: toUtcSeconds(loaded.notAfter) }, 'TLS: a new certificate serves from now on');
    return true;
  }

  function reload(): Promise<boolean> {
    looking ??= look()
      .catch((error: unknown) => {
        const problem = error instanceof GatewayError ? error.message : String(error);
        gw.log.error({ problem }, `TLS: the new certificate is not used, the old one goes on: ${problem}`);
        return false;
      })
      .finally(() => (looking = null));
    return looking;
  }

  return {
    async listen() {
      seen = await fingerprintOfFiles(options.tls);
      current = await loadCredentials(gw, options.tls, true);
      const made = createServer(
        { ...contextOf(current), requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_TIMEOUT },
        options.onRequest,
      );
      server = made;
      boundServer(made, options.maxConnections);
      made.on('upgrade', options.onUpgrade);
      options.mend(made, 'secureConnection');
      made.on('tlsClientError', (error, socket) => noteFailure(gw, error, socket));
      const port = await openPort(made, { host: options.host, port: options.tls.port }, (error) =>
        gw.log.error({ err: error }, 'OCPP listener with TLS failed'),
      );
      timer = setInterval(() => void reload(), LOOK_EVERY).unref();
      return port;
    },
    reload,
    close() {
      if (timer) clearInterval(timer);
      server?.close();
    },
    closeAllConnections: () => server?.closeAllConnections(),
  };
}

function contextOf({ certificate, key, authorities }: Credentials): SecureContextOptions {
  return {
    cert: certificate,
    key,
    ca: authorities,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
  };
}

function sameCredentials(a: Credentials, b: Credentials | null): boolean {
  return (
    b !== null && a.certificate === b.certificate && a.key === b.key && a.authorities.join() === b.authorities.join()
  );
}

function noteFailure(gw: Gateway, error: Error & { code?: string }, socket: TLSSocket): void {
  const from = socket.remoteAddress ?? 'somebody';
  const failure = FAILURES[error.code ?? ''];
  if (failure) noteSecurity(gw, null, failure.type, `${from} ${failure.detail}`);
  gw.log.info({ from, problem: failure?.detail ?? error.message }, 'TLS handshake failed');
}
