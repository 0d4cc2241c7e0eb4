import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { connectCharger, disconnectCharger } from '../../gateway/chargers.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createGatekeeper, type Refusal } from './gatekeeper.ts';
import { identityOf } from './identity.ts';
import { createLink, type Link } from './link.ts';
import type { Protocol } from './protocol.ts';
import { chooseProtocol, type ProtocolChoice } from './subprotocol.ts';
import { v16 } from './v16/index.ts';

export interface OcppOptions {
  host: string;
  port: number;
  /** Seconds, from asking to answer, queueing included. */
  callTimeout: number;
  /** Seconds between pings; 0: none. */
  pingInterval: number;
  maxFrameBytes: number;
  maxConnections: number;
  /** What a charger that names no subprotocol speaks. */
  defaultProtocol: string;
}

export interface OcppServer {
  /** Opens the port; resolves to the URL that a charger's id is appended to. */
  listen(): Promise<{ port: number }>;
  /** Stops taking chargers, lets what was received be answered, closes every socket (1001). */
  close(): Promise<void>;
}

/** Protocols we speak, by the name of their subprotocol. */
const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([[v16.name, v16]]);

/** A charger silent longer than this, pongs included, is gone, whatever its socket says (Q9). */
const SILENCE_FLOOR = 180_000;

/** Sockets that have not become a charger's yet. */
const HANDSHAKES = 256;

/** How long a stop waits for messages that are being worked off. */
const DRAIN_DEADLINE = 3000;

interface Admitted {
  chargerId: string;
  choice: ProtocolChoice | null;
}

/** The chargers' door: websocket upgrade, identity, password, subprotocol; then a link per charger. Opens nothing yet. */
export function createOcppServer(gw: Gateway, options: OcppOptions): OcppServer {
  const http = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain', connection: 'close' });
    response.end('This is the OCPP port of chargegate: connect with a websocket to /ocpp/<charger id>.\n');
  });
  http.headersTimeout = 10_000;
  http.requestTimeout = 15_000;
  http.maxHeadersCount = 50;
  // Beside the chargers, a few that are still shaking hands; who says nothing is dropped by the timeouts above.
  http.maxConnections = options.maxConnections + HANDSHAKES;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  const gatekeeper = createGatekeeper(gw);
  const links = new Map<string, Link>();
  const takeovers = new Map<string, { since: number; count: number }>();
  let prober: NodeJS.Timeout | null = null;
  let closing = false;

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
    else accept(request, socket, head, admitted.chargerId, admitted.choice);
  }

  async function admit(request: IncomingMessage): Promise<Admitted | Refusal> {
    if (closing) return { status: 503, problem: 'the gateway is stopping' };
    const chargerId = identityOf(request.url ?? '/');
    // One that comes back takes the place of its own earlier socket.
    if (links.size >= options.maxConnections && !(chargerId !== null && links.has(chargerId)))
      return { status: 503, problem: `more than ${options.maxConnections} chargers are connected` };
    const transport = { tls: false, certificate: null };
    const who = await gatekeeper.admit(chargerId, transport, request);
    if ('status' in who) return who;
    const offered = request.headers['sec-websocket-protocol'];
    return { ...who, choice: chooseProtocol(offered, new Set(PROTOCOLS.keys()), options.defaultProtocol) };
  }

  function refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    gw.log.warn(
      { status: refusal.status, url: request.url?.slice(0, 200), from: request.socket.remoteAddress },
      `charger refused: ${refusal.problem}`,
    );
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
    chargerId: string,
    choice: ProtocolChoice | null,
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
      connect(webSocket, chargerId, protocol);
    });
  }

  function connect(socket: WebSocket, chargerId: string, protocol: Protocol): void {
    const earlier = links.get(chargerId);
    // In the next microtask, when the registry below already knows the new socket.
    const known = Promise.resolve().then(() => connectCharger(gw, chargerId, protocol.name));
    const link = createLink({
      gw,
      chargerId,
      socket,
      protocol,
      callTimeout: options.callTimeout,
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

  function probe(): void {
    const silence = Math.max(SILENCE_FLOOR, 3 * gw.settings.heartbeatInterval * 1000);
    // Counted in probes, not by the clock: a clock that is set must not part us from every charger.
    const limit = Math.ceil(silence / (options.pingInterval * 1000));
    for (const link of links.values()) link.probe(limit);
  }

  http.on('upgrade', onUpgrade);

  return {
    listen() {
      return new Promise((resolve, reject) => {
        http.once('error', reject);
        http.listen(options.port, options.host, () => {
          http.off('error', reject);
          http.on('error', (error) => gw.log.error({ err: error }, 'OCPP listener failed'));
          if (options.pingInterval > 0) prober = setInterval(probe, options.pingInterval * 1000);
          resolve({ port: (http.address() as AddressInfo).port });
        });
      });
    },
    async close() {
      closing = true;
      if (prober) clearInterval(prober);
      http.close();
      const drained = Promise.all([...links.values()].map((link) => link.drained()));
      await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_DEADLINE).unref())]);
      const closed = [...sockets.clients].map((client) => new Promise((resolve) => client.once('close', resolve)));
      for (const client of sockets.clients) client.close(1001, 'gateway is stopping');
      await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
    },
  };
}
