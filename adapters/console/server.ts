import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { performance } from 'node:perf_hooks';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { endServer } from '../../gateway/end-server.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { readiness } from '../../gateway/health.ts';
import { isWildcard } from '../../gateway/lan-address.ts';
import { packageVersion } from '../../gateway/version.ts';
import { createGatekeeper, isLoopback } from './access.ts';
import { refusal, refusalOf } from './errors.ts';
import { EVENTS_URL, createEventStream } from './events.ts';
import type { EventStream } from './events.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { PAGE_POLICY, readPageFiles } from './page-files.ts';
import type { Answer, ConsoleInfo } from './route.ts';
import { serveFileBodies } from './routes/file-bodies.ts';
import { API_ROUTES } from './routes/index.ts';

export interface ConsoleOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Asked of every visitor; null only where the host is loopback. */
  token: string | null;
  /** What people are told to point chargers and peers at; null where that server does not run. */
  urls?: ConsoleInfo['urls'];
  /** Clients of the event stream at a time; 64 unless told. */
  maxStreams?: number;
}

export interface ConsoleServer {
  /** Opens the port; the URL is where this machine reaches it. Errors: PORT_IN_USE, CONFIG_INVALID (a console beyond loopback without a token). */
  listen(): Promise<{ url: string }>;
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served without the token: the page itself and the probes. */
    open?: boolean;
    /** Its body is a file, which has its own bounds. */
    takesFile?: boolean;
  }
}

const OPEN = { config: { open: true } };

/** Sent with everything. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** Makes the console: page, operator API, metrics and health. Opens nothing before `listen`. */
export function createConsoleServer(gw: Gateway, options: ConsoleOptions): ConsoleServer {
  const info = consoleInfo(gw, options);
  const app = fastify({
    bodyLimit: 256 * 1024,
    // Firmware takes what it takes; every other body has the time below.
    requestTimeout: 0,
    keepAliveTimeout: 30_000,
    routerOptions: { maxParamLength: 1024 },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: (error, _request, reply) => void answerError(gw, error, reply),
  });
  app.server.maxConnections = 512;
  const stream = createEventStream(gw, options.maxStreams ?? 64);
  const metrics = createMetrics(gw, info, stream.count);

  boundBodies(app);
  takeJsonOnly(app);
  guard(app, options.token);
  app.setErrorHandler((error, _request, reply) => answerError(gw, error, reply));
  app.setNotFoundHandler((request, reply) =>
    answer(
      reply,
      refusal('NOT_FOUND', `there is no ${request.method} ${request.url.slice(0, 200)} here: see /api/openapi.json`),
    ),
  );
  app.register(async (routes) => {
    serveApi(routes, gw, info);
    serveFileBodies(routes, gw);
    serveEvents(routes, stream);
    servePage(routes);
    serveProbes(routes, gw, metrics);
  });

  return {
    async listen() {
      if (options.token === null && !isLoopback(options.host)) throw unguarded(options.host);
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        throw listenError(error, options);
      }
      gw.doors.set('the console', () => app.server.listening);
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : options.port;
      return { url: `http://${urlHost(options.host)}:${port}/` };
    },
    async close() {
      gw.doors.delete('the console');
      stream.close();
      metrics.close();
      await endServer(
        () => app.close(),
        () => app.server.closeAllConnections(),
      );
    },
  };
}

function consoleInfo(gw: Gateway, options: ConsoleOptions): ConsoleInfo {
  const { ocpp, ocpps, ocpi } = options.urls ?? { ocpp: null, ocpps: null, ocpi: null };
  const since = performance.now();
  return {
    version: packageVersion(),
    urls: { ocpp, ocpps, ocpi },
    startedAt: gw.clock(),
    uptimeSeconds: () => Math.floor((performance.now() - since) / 1000),
  };
}

/** A listener's host as this machine writes it in a URL. */
function urlHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isWildcard(bare)) return bare === '::' ? '[::1]' : '127.0.0.1';
  return bare.includes(':') ? `[${bare}]` : bare;
}

/** Until a request has been received whole, a file aside. */
const BODY_TIME = 30_000;

/** Whoever sends a body drop by drop is let go. */
function boundBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw, routeOptions }) => {
    if (raw.complete || routeOptions.config.takesFile === true) return;
    const timer = setTimeout(() => {
      if (!raw.complete) raw.socket.destroy();
    }, BODY_TIME).unref();
    raw.once('close', () => clearTimeout(timer));
  });
  // What is still coming after an answer is not wanted, and not waited for.
  app.addHook('onSend', async ({ raw }, reply) => {
    if (!raw.complete) reply.header('connection', 'close');
  });
}

/** Only JSON is read: a form or plain text could be sent by any web page without asking. */
function takeJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      done(null, JSON.parse(String(body)));
    } catch (error) {
      done(new GatewayError('REQUEST_INVALID', 'the body is no JSON', { cause: error }));
    }
  });
}

/** Wrong tokens taken from one address in a minute; after that it waits, so that none is found by trying. */
const WRONG_TOKENS = 300;

function guard(app: FastifyInstance, token: string | null): void {
  const refuse = createGatekeeper(token);
  app.register(rateLimit, { global: false });
  let wrong: ReturnType<FastifyInstance['createRateLimit']> | null = null;
  app.after(() => {
    wrong = app.createRateLimit({ max: WRONG_TOKENS, timeWindow: '1 minute' });
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (token !== null && request.routeOptions.config.open === true) return;
    const tried = await wrong?.(request, { increment: false });
    if (tried?.isAllowed === false && tried.isExceeded)
      return answer(reply, refusal('LIMIT_REACHED', 'too many wrong tokens from your address: wait a minute', 429));
    const refused = refuse({ method: request.method, headers: request.headers });
    if (refused === null) return;
    if (refused.status === 401) {
      await wrong?.(request);
      reply.header('www-authenticate', 'Bearer');
    }
    return answer(reply, refused);
  });
}

function serveApi(app: FastifyInstance, gw: Gateway, info: ConsoleInfo): void {
  for (const route of API_ROUTES) {
    app.route({
      method: route.method,
      url: route.url,
      handler: async (request, reply) => answer(reply, await route.handle(gw, info, request)),
    });
  }
  app.get('/api/openapi.json', () => openApiDocument(info.version));
}

function serveEvents(app: FastifyInstance, stream: EventStream): void {
  app.get(EVENTS_URL, { exposeHeadRoute: false }, async (_request, reply) => {
    const full = refusal('LIMIT_REACHED', 'as many event streams are open as may be: close one');
    if (!stream.serve(reply.raw, HEADERS)) return answer(reply, full);
    return reply.hijack();
  });
}

function servePage(app: FastifyInstance): void {
  for (const file of readPageFiles()) {
    app.get(file.url, OPEN, async (request, reply) => {
      reply.headers({ 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache', etag: file.etag });
      if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
      return reply.type(file.type).send(file.body);
    });
  }
}

function serveProbes(app: FastifyInstance, gw: Gateway, metrics: Metrics): void {
  app.get('/healthz', OPEN, async () => ({ status: 'ok' }));
  app.get('/readyz', OPEN, async (_request, reply) => {
    const { ready, reasons } = readiness(gw);
    return answer(reply, { status: ready ? 200 : 503, body: { reasons } });
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

function answer(reply: FastifyReply, { status, body, headers }: Answer): FastifyReply {
  reply.code(status);
  if (status === 204) return reply.send();
  if (headers !== undefined) return reply.headers(headers).send(body);
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
}

function answerError(gw: Gateway, error: unknown, reply: FastifyReply): FastifyReply {
  reply.headers(HEADERS);
  const known = refusalOf(error);
  if (known === null) gw.log.error({ err: error }, 'console: a request failed');
  return answer(reply, known ?? refusal('INTERNAL_FAULT', 'the gateway failed on this request: its log says how'));
}

function unguarded(host: string): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    `console.host is ${host}, which others can reach, but console.token is not set: set one, or use 127.0.0.1`,
  );
}

function listenError(error: unknown, { host, port }: ConsoleOptions): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return new GatewayError(
      'PORT_IN_USE',
      `another program listens on ${host}:${port} already: stop it, or set console.port to another port`,
      { cause: error },
    );
  return error;
}
