import compress from '@fastify/compress';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { endServer } from '../../gateway/end-server.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { urlForOthers } from '../../gateway/lan-address.ts';
import { isKeptBack } from '../../gateway/wan-drill.ts';
import type { Caller } from './auth.ts';
import { authenticate, mayUse } from './auth.ts';
import { createOcpiClient } from './client.ts';
import type { Answer } from './envelope.ts';
import { OcpiFault, STATUS, toEnvelope } from './envelope.ts';
import { entityTag, holdsAlready } from './etag.ts';
import { assertAddressedToUs, messageIds, routingHeaders, senderOf } from './headers.ts';
import { createRealTime } from './real-time.ts';
import { createRegistrar } from './initiate.ts';
import { startPuller, type Puller } from './pull/puller.ts';
import { createPeerDrill } from './drill.ts';
import { startDriftChecks, type DriftChecks } from './push/drift.ts';
import { startPusher, type Pusher } from './push/pusher.ts';
import type { Handler, Method, ModuleId, OcpiContext, OcpiOptions, OcpiRequest, Route } from './request.ts';
import { watchPeerTrust, type PeerTrust } from './peer-trust.ts';
import { startResultPoster, type ResultPoster } from './results.ts';
import { ROUTES } from './routes.ts';
import { openTlsDoor, type TlsDoor } from './tls.ts';
import { baseOfHost, baseOfPublicUrl } from './urls.ts';

/** Largest body taken; a token or a credentials object is a few kilobytes. */
const LARGEST_BODY = 256 * 1024;
const REQUEST_TIMEOUT = 30_000;
const MOST_CONNECTIONS = 256;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies Method[];

export interface OcpiServer {
  /** Starts serving; the URL is for this machine. Errors: PORT_IN_USE, TLS_UNUSABLE. */
  listen(): Promise<{ url: string }>;
  /** Looks now for new files of TLS and takes them if they are good; open connections stay. Never rejects. */
  reload(): Promise<void>;
  /** Stops taking requests and ends once those at hand are answered. */
  close(): Promise<void>;
}

/** The OCPI platform of this site: CPO in 2.1.1, 2.2.1 and 2.3.0 side by side. Opens nothing before `listen`. */
export function createOcpiServer(gw: Gateway, options: OcpiOptions): OcpiServer {
  let app: FastifyInstance | null = null;
  let context: OcpiContext | null = null;
  let door: TlsDoor | null = null;
  let trust: PeerTrust | null = null;
  let pusher: Pusher | null = null;
  let puller: Puller | null = null;
  let drift: DriftChecks | null = null;
  let results: ResultPoster | null = null;

  return {
    async listen() {
      door = options.tls ? await openTlsDoor(gw, options.tls) : null;
      const trusted = (trust = await watchPeerTrust(gw, options.peers ?? []));
      context = {
        gw,
        options,
        client: createOcpiClient(
          options.allowPrivateUrls,
          (peer) => trusted.of(peer),
          () => isKeptBack(gw),
        ),
        handshakes: new Map(),
        closing: false,
      };
      app = await buildApp(context, door);
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        await app.close();
        throw listenError(error, options);
      }
      const { server } = app;
      gw.doors.set('the port for clouds (OCPI)', () => server.listening);
      if (options.push) {
        pusher = startPusher(gw, context.client);
        gw.driftChecker = drift = startDriftChecks(gw, context.client);
      }
      puller = startPuller(gw, context.client);
      gw.peerDrill = createPeerDrill(gw, context.client);
      gw.realTime = createRealTime(gw, context.client);
      results = startResultPoster(gw, context.client);
      const url = localUrl(app, options);
      gw.registrar = createRegistrar(context, ownBase(options, url));
      return { url };
    },
    reload: async () => void (await Promise.all([door?.reload(), trust?.reload()])),
    async close() {
      gw.doors.delete('the port for clouds (OCPI)');
      door?.close();
      trust?.close();
      if (context) context.closing = true;
      gw.registrar = null;
      gw.driftChecker = null;
      gw.peerDrill = null;
      gw.realTime = null;
      // Both at once: a handshake at hand must not hold the end back until its peer answers.
      await Promise.all([
        pusher?.close(),
        drift?.close(),
        puller?.close(),
        results?.close(),
        context?.client.close(),
        app && endApp(app),
      ]);
    },
  };
}

function endApp(app: FastifyInstance): Promise<void> {
  return endServer(
    () => app.close(),
    () => app.server.closeAllConnections(),
  );
}

async function buildApp(context: OcpiContext, door: TlsDoor | null): Promise<FastifyInstance> {
  const { gw, options } = context;
  const callers = new WeakMap<FastifyRequest, Caller>();
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: 'idle',
    ...(door && {
      serverFactory: (handler: RequestListener) => door.serve(handler, { requestTimeout: REQUEST_TIMEOUT }),
    }),
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 255 },
    frameworkErrors: (_error, request, reply) => {
      send(context, request, reply, null, {
        http: 404,
        status: STATUS.clientError,
        message: 'not a URL of this server',
      });
    },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  await app.register(rateLimit, { global: false });
  await app.register(compress, { encodings: ['gzip'], threshold: 4096 });
  const limit = app.createRateLimit({
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => limitKey(request, callers.get(request)),
  });

  // JSON whatever the Content-Type claims: peers leave it out or add their own suffixes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(new OcpiFault({ http: 400, status: STATUS.clientError, message: 'the body is not valid JSON' }));
    }
  });

  app.addHook('onRequest', async (request, reply) => {
    const caller = authenticate(gw, request.headers.authorization);
    if (caller) callers.set(request, caller);
    const used = await limit(request);
    if (!used.isAllowed && used.isExceeded) {
      const headers = { 'retry-after': String(used.ttlInSeconds) };
      const message = `more than ${options.requestsPerMinute} requests in a minute`;
      send(context, request, reply, caller, { http: 429, status: STATUS.clientError, message, headers });
      return reply;
    }
    if (caller && mayUse(caller.peer, moduleOf(request))) return undefined;
    send(context, request, reply, caller, unauthorized(caller));
    return reply;
  });

  app.setErrorHandler((error, request, reply) => {
    send(context, request, reply, callers.get(request) ?? null, answerTo(gw, error, request));
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `there is nothing at ${request.method} ${request.url.slice(0, 255)}`;
    send(context, request, reply, callers.get(request) ?? null, { http: 404, status: STATUS.clientError, message });
  });

  for (const route of ROUTES) addRoute(app, context, route, callers);
  return app;
}

/** A route's handlers, and 405 for the methods it has none for. */
function addRoute(
  app: FastifyInstance,
  context: OcpiContext,
  route: Route,
  callers: WeakMap<FastifyRequest, Caller>,
): void {
  const allow = METHODS.filter((method) => route.methods[method]).join(', ');
  for (const method of METHODS) {
    const handler = route.methods[method];
    app.route({
      method,
      url: route.path,
      exposeHeadRoute: method === 'GET' && handler !== undefined,
      config: { module: route.module, version: route.version ?? null },
      handler: async (request, reply) => {
        const caller = callers.get(request);
        if (!caller) throw new Error('a request reached its handler unauthenticated');
        const answer = handler
          ? await answerOf(handler, context, request, caller, route.module)
          : methodAnswer(method, allow);
        send(context, request, reply, caller, answer);
        return reply;
      },
    });
  }
}

async function answerOf(
  handler: Handler,
  context: OcpiContext,
  request: FastifyRequest,
  caller: Caller,
  module: ModuleId,
): Promise<Answer> {
  assertAddressedToUs(module, request.headers, context.gw.settings.site);
  return handler(context, toOcpiRequest(context, request, caller));
}

function toOcpiRequest(context: OcpiContext, request: FastifyRequest, caller: Caller): OcpiRequest {
  const { publicUrl } = context.options;
  const { localAddress = '127.0.0.1', localPort = 0 } = request.socket;
  return {
    ...caller,
    sender: senderOf(request.headers, caller.peer),
    baseUrl:
      publicUrl === null
        ? baseOfHost(request.protocol, request.headers.host, `${bracketed(localAddress)}:${localPort}`)
        : baseOfPublicUrl(publicUrl),
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    body: request.body,
  };
}

function send(
  context: OcpiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | null,
  answer: Answer,
): void {
  const { gw } = context;
  const headers = {
    ...messageIds(request.headers),
    ...(isRouted(request) &&
      routingHeaders(moduleOf(request), request.headers, caller?.peer ?? null, gw.settings.site)),
    ...(context.closing ? { connection: 'close' } : {}),
    ...answer.headers,
  };
  const { data, ...rest } = toEnvelope(answer, gw.clock);
  const told = data === undefined ? null : JSON.stringify(data);
  const tag = entityTag(request.method as Method, moduleOf(request), answer, told);
  if (tag !== null && holdsAlready(request.headers['if-none-match'], tag)) {
    reply.code(304).headers(headers).header('etag', tag).send();
    return;
  }
  const envelope = JSON.stringify(rest);
  reply
    .code(answer.http)
    .headers({ ...headers, ...(tag !== null && { etag: tag }) })
    .type('application/json; charset=utf-8')
    .send(told === null ? envelope : `{"data":${told},${envelope.slice(1)}`);
}

/** Faults that are answers; everything else is ours: 3000 with HTTP 200, logged (OCPI 2.3.0 status_codes). */
function answerTo(gw: Gateway, error: unknown, request: FastifyRequest): Answer {
  if (error instanceof OcpiFault) return error.answer;
  const http = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  // The HTTP server's own refusals: no body where one must be, one that is too large.
  if (http >= 400 && http < 500 && error instanceof Error)
    return { http, status: STATUS.clientError, message: error.message };
  gw.log.error({ err: error, method: request.method, url: request.url }, 'OCPI request failed');
  const message = 'this gateway could not do that; its log says why';
  return { http: 200, status: STATUS.serverError, message };
}

function unauthorized(caller: Caller | null): Answer {
  const message = caller
    ? 'a registration token opens only versions and credentials: register first'
    : 'missing or unknown credentials token';
  return { http: 401, status: STATUS.clientError, message, headers: { 'www-authenticate': 'Token' } };
}

function methodAnswer(method: Method, allow: string): Answer {
  return { http: 405, status: STATUS.clientError, message: `${method} is not served here`, headers: { allow } };
}

/** The module of the matched route; an address that is none counts as one that anybody known may miss. */
function moduleOf(request: FastifyRequest): ModuleId {
  const config: object = request.routeOptions.config;
  return 'module' in config ? (config.module as ModuleId) : 'versions';
}

/** Messages carry no routing headers before 2.2 (OCPI 2.2 transport_and_format, message routing headers). */
function isRouted(request: FastifyRequest): boolean {
  const config: object = request.routeOptions.config;
  return !('version' in config && config.version === '2.1.1');
}

/** Peers behind one proxy share an address, so a known peer is counted by itself. */
function limitKey(request: FastifyRequest, caller: Caller | undefined): string {
  return caller ? `peer ${caller.peer.name}` : `address ${request.ip}`;
}

/** The base that we tell a peer unasked. */
function ownBase({ publicUrl, host }: OcpiOptions, localBase: string): string {
  return publicUrl === null ? urlForOthers(localBase, host) : baseOfPublicUrl(publicUrl);
}

function localUrl(app: FastifyInstance, { host, tls }: OcpiOptions): string {
  const address = app.server.address() as AddressInfo;
  const wildcard = host === '0.0.0.0' || host === '::';
  return `${tls ? 'https' : 'http'}://${wildcard ? '127.0.0.1' : bracketed(host)}:${address.port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function listenError(error: unknown, options: OcpiOptions): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return new GatewayError(
      'PORT_IN_USE',
      `OCPI cannot listen on ${options.host}:${options.port}: another program does. Stop it, or set another port`,
    );
  return error;
}
