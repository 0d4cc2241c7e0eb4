import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { endServer } from '../../../gateway/end-server.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { isNotModified, takesGzip } from './conditions.ts';
import { createEditions, OPEN_DOCUMENTS, type Edition, type OpenDocument } from './documents.ts';

export interface OpenDataOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  requestsPerMinute: number;
}

export interface OpenDataServer {
  /** Starts serving; the URL is for this machine. Errors: PORT_IN_USE. */
  listen(): Promise<{ url: string }>;
  close(): Promise<void>;
}

/** Nothing has to be sent here, and nobody is waited for. */
const LARGEST_BODY = 1024;
const REQUEST_TIMEOUT = 10_000;
/** Whoever reads nothing for so long is let go. */
const IDLE_TIMEOUT = 30_000;
const MOST_CONNECTIONS = 128;

/** Sent with everything: any web page may read it, and there is nothing in it that could run. */
const HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Last-Modified, Retry-After',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
};

/**
 * The server for everybody: read-only, no login, no cookie. On a port of its own, so that strangers share neither the
 * peers' connections nor their firewall rule. Opens nothing before `listen`.
 */
export function createOpenDataServer(gw: Gateway, options: OpenDataOptions): OpenDataServer {
  let app: FastifyInstance | null = null;
  return {
    async listen() {
      app = await buildApp(gw, options);
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        await app.close();
        throw listenError(error, options);
      }
      const { port } = app.server.address() as AddressInfo;
      const wildcard = options.host === '0.0.0.0' || options.host === '::';
      const host = wildcard ? '127.0.0.1' : options.host.includes(':') ? `[${options.host}]` : options.host;
      return { url: `http://${host}:${port}/open` };
    },
    async close() {
      const own = app;
      if (!own) return;
      await endServer(
        () => own.close(),
        () => own.server.closeAllConnections(),
      );
    },
  };
}

async function buildApp(gw: Gateway, options: OpenDataOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT,
    connectionTimeout: IDLE_TIMEOUT,
    keepAliveTimeout: 5000,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 64 },
    frameworkErrors: (_error, _request, reply) => void refuse(reply, 400, 'not a URL of this server'),
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  await app.register(rateLimit, { global: false });
  const limit = app.createRateLimit({ max: options.requestsPerMinute, timeWindow: 60_000 });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    const used = await limit(request);
    if (used.isAllowed || !used.isExceeded) return undefined;
    reply.header('retry-after', String(used.ttlInSeconds));
    return refuse(reply, 429, `more than ${options.requestsPerMinute} requests in a minute`);
  });
  app.setErrorHandler((error, request, reply) => {
    const http = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (http >= 400 && http < 500) return refuse(reply, http, 'this server is to be read only');
    gw.log.error({ err: error, url: request.url }, 'open data request failed');
    return refuse(reply, 500, 'this gateway could not do that; its log says why');
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'there is nothing here; /open lists what there is'));

  const editions = createEditions(gw);
  for (const document of OPEN_DOCUMENTS)
    app.get(document.path, async (request, reply) => {
      const edition = editions.current(document);
      return edition ? answer(request, reply, document, edition) : refuse(reply, 404, 'this site is not published');
    });
  app.get('/open', async (_request, reply) => {
    const listed = OPEN_DOCUMENTS.map(({ path, type, description }) => ({ path, type, description }));
    reply.header('cache-control', 'public, max-age=3600').type('application/json; charset=utf-8');
    return reply.send(JSON.stringify({ documents: listed }));
  });
  // What a browser asks before it sends a conditional request from another site's page.
  app.options('/open/*', async (_request, reply) =>
    reply
      .headers({
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': 'If-None-Match, If-Modified-Since',
        'access-control-max-age': '86400',
      })
      .code(204)
      .send(),
  );
  return app;
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  document: OpenDocument,
  edition: Edition,
): Promise<FastifyReply> {
  const { etag, modifiedAt } = edition;
  reply.headers({
    etag,
    'cache-control': `public, max-age=${document.maxAge}`,
    vary: 'Accept-Encoding',
    ...(modifiedAt === null ? {} : { 'last-modified': new Date(modifiedAt).toUTCString() }),
  });
  if (isNotModified(request.headers, etag, modifiedAt)) return reply.code(304).send();
  reply.type(document.type);
  const packed = await edition.packed();
  // Unpacked as fast as the client reads, so that slow ones cost no memory.
  if (!takesGzip(request.headers['accept-encoding'])) return reply.send(Readable.from([packed]).pipe(createGunzip()));
  return reply.header('content-encoding', 'gzip').send(packed);
}

function refuse(reply: FastifyReply, http: number, message: string): FastifyReply {
  return reply
    .headers({ ...HEADERS, 'cache-control': 'no-store' })
    .code(http)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ message }));
}

function listenError(error: unknown, { host, port }: OpenDataOptions): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return new GatewayError(
      'PORT_IN_USE',
      `open data cannot be served on ${host}:${port}: another program listens there. Stop it, or set another open-data.port`,
    );
  return error;
}
