import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import { connectCharger, disconnectCharger } from '../../gateway/chargers.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { protocolsOf } from '../../gateway/identities.ts';
import { goodCertificate } from './client-certificate.ts';
import type { TlsOptions } from './credentials.ts';
import { dialledAddress } from './dialled.ts';
import { createGatekeeper, type Refusal, type Transport } from './gatekeeper.ts';
import { boundServer, openPort } from './http-port.ts';
import { identityFor } from './identity.ts';
import { createLink, type Link } from './link.ts';
import { mendHandshakes } from './mend-handshake.ts';
import { createPenalties } from './penalties.ts';
import type { Protocol } from './protocol.ts';
import { chooseProtocol, type ProtocolChoice } from './subprotocol.ts';
import { createTlsListener } from './tls.ts';
import { v16 } from './v16/index.ts';
import { v201 } from './v201/index.ts';
import { v21 } from './v21/index.ts';

export interface OcppOptions {
  host: string;
  port: number;
  /** Seconds, from asking to answer, queueing included. */
  callTimeout: number;
  /** Seconds between pings; 0: none. */
  pingInterval: number;
  maxFrameBytes: number;
  maxConnections: number;
  /** Absent: no TLS. */
  tls?: TlsOptions;
  /** What a charger that names no subprotocol speaks. */
  defaultProtocol: string;
  /** Takes requests for files, which chargers fetch and upload at the same address; false: not its business. */
  serveFile?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface OcppServer {
  /** Opens the ports. Errors: PORT_IN_USE, TLS_UNUSABLE. `tlsPort` null: there is no TLS. */
  listen(): Promise<{ port: number; tlsPort: number | null }>;
  /** Looks now whether there is a new certificate for TLS, and takes it if it is good; open sockets stay. True: it did. */
  reloadCertificate(): Promise<boolean>;
  /** Stops taking chargers, lets what was received be answered, closes every socket (1001). */
  close(): Promise<void>;
}

/** Protocols we speak, by the name of their subprotocol. */
const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([v16, v201, v21].map((protocol) => [protocol.name, protocol]));

/** How long a stop waits for messages that are being worked off, and then for closed sockets: under 3 s in all. */
const DRAIN_DEADLINE = 1800;
const CLOSE_DEADLINE = 700;

interface Admitted {
  chargerId: string;
  /** Serial number of the certificate that it proved itself with; null: none. */
  certificate: string | null;
  choice: ProtocolChoice | null;
}

/** The chargers' door: websocket upgrade, identity, password, subprotocol; then a link per charger. Opens nothing yet. */
export function createOcppServer(gw: Gateway, options: OcppOptions): OcppServer {
  const { host, maxConnections } = options;
  const http = createServer(onRequest);
  boundServer(http, maxConnections);
  http.on('upgrade', onUpgrade);
  const tls =
    options.tls && options.tls.certificate !== 'NONE'
      ? createTlsListener(gw, { host, tls: options.tls, maxConnections, onRequest, onUpgrade, mend })
      : null;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  const gatekeeper = createGatekeeper(gw);
  const links = new Map<string, Link>();
  const takeovers = new Map<string, { since: number; count: number }>();
  const penalties = createPenalties();
  /** Serial numbers of the certificates that sockets were opened with. */
  const certificates = new WeakMap<Link, string>();
  let closing = false;

  function mend(server: Server, event: 'connection' | 'secureConnection'): void {
    mendHandshakes(server, event, (from) =>
      gw.log.warn({ from }, 'a handshake without "Connection: Upgrade", or with an odd path, was mended'),
    );
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (options.serveFile?.(request, response)) return;
    response.writeHead(426, { 'content-type': 'text/plain', connection: 'close' });
    response.end('This is the OCPP port of chargegate: connect with a websocket to /ocpp/<charger id>.\n');
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    handshake(request, socket, head).catch((error: unknown) => {
      gw.log.error({ err: error, url: request.url }, 'handshake failed');
      refuse(request, socket, { status: 503, problem: 'the gateway could not handle this handshake' });
    });
  }

  async function handshake(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const admitted = await admit(request);
    if ('status' in admitted) refuse(request, socket, admitted);
    else accept(request, socket, head, admitted);
  }

  async function admit(request: IncomingMessage): Promise<Admitted | Refusal> {
    if (closing) return { status: 503, problem: 'the gateway is stopping' };
    const chargerId = identityFor(gw, request);
    // One that comes back takes the place of its own earlier socket.
    if (links.size >= maxConnections && !(chargerId !== null && links.has(chargerId)))
      return { status: 503, problem: `more than ${maxConnections} chargers are connected` };
    const wait = chargerId === null ? 0 : penalties.waitSeconds(chargerId);
    if (wait > 0)
      return {
        status: 503,
        problem: `${chargerId} was let go for what it sent and may not be back yet`,
        retryAfter: wait,
        told: true,
      };
    const transport = transportOf(request, chargerId);
    const choice = chargerId === null ? null : choose(chargerId, request);
    const { keyForm = null } = (choice && PROTOCOLS.get(choice.protocol)) ?? {};
    const who = await gatekeeper.admit(chargerId, transport, request, keyForm);
    if ('status' in who) return who;
    return { ...who, certificate: transport.certificate?.serialNumber ?? null, choice };
  }

  function choose(chargerId: string, request: IncomingMessage): ProtocolChoice | null {
    const offered = request.headers['sec-websocket-protocol'];
    const wishes = protocolsOf(gw, chargerId);
    return chooseProtocol(offered, new Set(PROTOCOLS.keys()), options.defaultProtocol, wishes);
  }

  function transportOf({ socket }: IncomingMessage, chargerId: string | null): Transport {
    if (!(socket instanceof TLSSocket)) return { tls: false, certificate: null };
    return { tls: true, certificate: chargerId === null ? null : goodCertificate(gw, socket, chargerId) };
  }

  function refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    const { status, problem, told = false } = refusal;
    const about = { status, url: request.url?.slice(0, 200), from: request.socket.remoteAddress };
    if (!told) gw.log.warn(about, `charger refused: ${problem}`);
    const reasons = {
      401: 'Unauthorized',
      403: 'Forbidden',
      404: 'Not Found',
      429: 'Too Many Requests',
      503: 'Service Unavailable',
    };
    const challenge = refusal.status === 401 ? 'WWW-Authenticate: Basic realm="ocpp"\r\n' : '';
    const later = refusal.retryAfter ?? (refusal.status === 503 ? 30 : null);
    const retry = later === null ? '' : `Retry-After: ${later}\r\n`;
    socket.end(
      `HTTP/1.1 ${refusal.status} ${reasons[refusal.status]}\r\nConnection: close\r\n${challenge}${retry}Content-Length: 0\r\n\r\n`,
    );
  }

  function accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    { chargerId, choice, certificate }: Admitted,
  ): void {
    // We chose already: ws sees only our choice, in the charger's own spelling.
    if (choice?.echo) request.headers['sec-websocket-protocol'] = choice.echo;
    else delete request.headers['sec-websocket-protocol'];
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const protocol = choice && PROTOCOLS.get(choice.protocol);
      if (!protocol) {
        // OCPP-J 1.6 §3.2: no common version: finish the handshake without one, then close.
        gw.log.warn({ charger: chargerId }, 'charger offers no OCPP version that we speak');
        webSocket.on('error', () => webSocket.terminate());
        webSocket.close(1002, 'no common OCPP version');
        return;
      }
      // Files are fetched without TLS: many chargers check certificates for their websocket only.
      const plainPort = request.socket instanceof TLSSocket ? (http.address() as AddressInfo).port : null;
      connect(webSocket, chargerId, protocol, certificate, dialledAddress(request, plainPort));
    });
  }

  function connect(
    socket: WebSocket,
    chargerId: string,
    protocol: Protocol,
    certificate: string | null,
    dialled: string | null,
  ): void {
    const earlier = links.get(chargerId);
    // In the next microtask, when the registry below already knows the new socket.
    const known = Promise.resolve().then(() => connectCharger(gw, chargerId, protocol.name));
    const link = createLink({
      gw,
      chargerId,
      socket,
      protocol,
      dialled,
      callTimeout: options.callTimeout,
      pingInterval: options.pingInterval,
      penalties,
      after: Promise.all([known, earlier?.drained()]).then(
        () => undefined,
        (error: unknown) => {
          gw.log.error({ err: error, charger: chargerId }, 'charger could not be taken in');
          socket.close(1013, 'storage unavailable, come back');
        },
      ),
      onClose: disconnected,
    });
    links.set(chargerId, link);
    if (certificate !== null) certificates.set(link, certificate);
    gw.connections.add(link);
    if (earlier) takeOver(chargerId, earlier);
    gw.log.info({ charger: chargerId, protocol: protocol.name }, 'charger connected');
  }

  function takeOver(chargerId: string, earlier: Link): void {
    earlier.supersede();
    const now = gw.clock();
    const recent = takeovers.get(chargerId);
    const counted = recent && now - recent.since < 60_000 ? recent : { since: now, count: 0 };
    counted.count += 1;
    takeovers.set(chargerId, counted);
    gw.log.warn({ charger: chargerId }, 'a new socket of this charger replaces the one it had');
    if (counted.count === 5) {
      gw.diagnostics.deviation(chargerId, 'DUPLICATE_IDENTITY', 'five takeovers within a minute');
      gw.log.warn({ charger: chargerId }, 'two chargers seem to use this id: each throws the other out');
    }
  }

  function disconnected(link: Link, reason: string): void {
    if (links.get(link.chargerId) === link) links.delete(link.chargerId);
    if (!gw.connections.remove(link, gw.clock())) return;
    takeovers.delete(link.chargerId);
    gw.log.info({ charger: link.chargerId, reason }, 'charger disconnected');
    disconnectCharger(gw, link.chargerId, reason).catch((error: unknown) =>
      gw.log.error({ err: error, charger: link.chargerId }, 'disconnection not stored'),
    );
  }

  mend(http, 'connection');

  const unwatch = gw.bus.on('certificate.changed', ({ serial, chargerId, state }) => {
    const link = links.get(chargerId);
    if (state === 'revoked' && link && certificates.get(link) === serial) link.close(1008, 'certificate revoked');
  });

  return {
    async listen() {
      const port = await openPort(http, { host, port: options.port }, (error) =>
        gw.log.error({ err: error }, 'OCPP listener failed'),
      );
      gw.doors.set('the port for chargers', () => http.listening);
      gw.tlsPort = tls ? await tls.listen() : null;
      return { port, tlsPort: gw.tlsPort };
    },
    reloadCertificate: () => tls?.reload() ?? Promise.resolve(false),
    async close() {
      closing = true;
      gw.doors.delete('the port for chargers');
      unwatch();
      http.close();
      tls?.close();
      gw.tlsPort = null;
      const drained = Promise.all([...links.values()].map((link) => link.drained()));
      await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_DEADLINE).unref())]);
      const closed = [...sockets.clients].map((client) => new Promise((resolve) => client.once('close', resolve)));
      for (const client of sockets.clients) client.close(1001, 'gateway is stopping');
      await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, CLOSE_DEADLINE).unref())]);
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      tls?.closeAllConnections();
    },
  };
}
