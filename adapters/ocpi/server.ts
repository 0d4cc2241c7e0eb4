import compress from '@fastify/compress';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Caller } from './auth.ts';
import { authenticate, mayUse } from './auth.ts';
import { createOcpiClient } from './client.ts';
import type { Answer } from './envelope.ts';
import { OcpiFault, STATUS, toEnvelope } from './envelope.ts';
import { assertAddressedToUs, messageIds, routingHeaders } from './headers.ts';
import type { Handler, Method, ModuleId, OcpiContext, OcpiOptions, OcpiRequest, Route } from './request.ts';
import { ROUTES } from './routes.ts';
import { baseOfHost, baseOfPublicUrl } from './urls.ts';

/** Largest body taken; a token or a credentials object is a few kilobytes. */
const LARGEST_BODY = 256 * 1024;
const REQUEST_TIMEOUT = 30_000;
const MOST_CONNECTIONS = 256;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies Method[];

export interface OcpiServer {
  /** Starts serving; the URL is for this machine. Errors: PORT_IN_USE. */
  listen(): Promise<{ url: string }>;
  /** Stops taking requests and ends once those at hand are answered. */
  close(): Promise<void>;
}

/** The OCPI platform of this site: CPO in 2.2.1 and 2.3.0 side by side. Opens nothing before `listen`. */
export function createOcpiServer(gw: Gateway, options: OcpiOptions): OcpiServer {
  let app: FastifyInstance | null = null;
  let context: OcpiContext | null = null;

  return {
    async listen() {
      context = {
        gw,
        options,
        client: createOcpiClient(options.allowPrivateUrls),
        handshakes: new Map(),
        closing: false,
      };
      app = await buildApp(context);
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        await app.close();
        throw listenError(error, options);
      }
      return { url: localUrl(app, options.host) };
    },
    async close() {
      if (context) context.closing = true;
      // Both at once: a handshake at hand must not hold the end back until its peer answers.
      await Promise.all([context?.client.close(), app?.close()]);
    },
  };
}

async function buildApp(context: OcpiContext): Promise<FastifyInstance> {
  const { gw, options } = context;
  const callers = new WeakMap<FastifyRequest, Caller>();
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: 'idle',
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
      config: { module: route.module },
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
    baseUrl:
      publicUrl === null
        ? baseOfHost(request.headers.host, `http://${bracketed(localAddress)}:${localPort}`)
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
    ...routingHeaders(moduleOf(request), request.headers, caller?.peer ?? null, gw.settings.site),
    ...(context.closing ? { connection: 'close' } : {}),
    ...answer.headers,
  };
  reply
    .code(answer.http)
    .headers(headers)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(toEnvelope(answer, gw.clock)));
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

/** Peers behind one proxy share an address, so a known peer is counted by itself. */
function limitKey(request: FastifyRequest, caller: Caller | undefined): string {
  return caller ? `peer ${caller.peer.name}` : `address ${request.ip}`;
}

function localUrl(app: FastifyInstance, host: string): string {
  const address = app.server.address() as AddressInfo;
  const wildcard = host === '0.0.0.0' || host === '::';
  return `http://${wildcard ? '127.0.0.1' : bracketed(host)}:${address.port}`;
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
