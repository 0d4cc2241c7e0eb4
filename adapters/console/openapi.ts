import swagger from '@fastify/swagger';
import Type from 'typebox';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { EVENTS_OPERATION } from './events.ts';
import type { Operation } from './route.ts';
import { FILE_OPERATIONS } from './routes/file-bodies.ts';
import { API_ROUTES } from './routes/index.ts';
import { ErrorBody } from './schemas.ts';

const NO_INPUT = { params: Type.Object({}), query: Type.Object({}), body: null };

const PROBES: Operation[] = [
  {
    ...NO_INPUT,
    method: 'GET',
    url: '/healthz',
    summary: 'Is the process alive?',
    responses: { 200: Type.Object({ status: Type.Literal('ok') }) },
  },
  {
    ...NO_INPUT,
    method: 'GET',
    url: '/readyz',
    summary: 'Is the gateway ready to serve? If not, why?',
    responses: {
      200: Type.Object({ reasons: Type.Array(Type.String()) }),
      503: Type.Object({ reasons: Type.Array(Type.String()) }),
    },
  },
  {
    ...NO_INPUT,
    method: 'GET',
    url: '/metrics',
    summary: 'Metrics in the Prometheus text format',
    responses: { 200: Type.String({ description: 'text/plain' }) },
  },
];

/** The OpenAPI document of the operator API, made from the routes themselves; the same for the same version. */
export async function openApiDocument(version: string): Promise<object> {
  const app = fastify();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'chargegate operator API',
        description:
          'What the console and the command line use, and nothing else. Loopback only, or with a bearer token.',
        version,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
  });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  for (const operation of [...API_ROUTES, ...FILE_OPERATIONS, EVENTS_OPERATION, ...PROBES]) describe(app, operation);
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

function describe(app: FastifyInstance, operation: Operation): void {
  const { method, url, summary, params, query, body, responses } = operation;
  const guarded = !PROBES.includes(operation) || url === '/metrics';
  app.route({
    method,
    url,
    schema: {
      summary,
      params,
      querystring: query,
      ...(body && { body }),
      response: {
        ...responses,
        ...(method !== 'GET' || url.startsWith('/api/') ? { '4xx': ErrorBody } : {}),
      },
      ...(guarded && { security: [{ token: [] }] }),
    },
    // This instance is only asked to describe itself.
    handler: async () => undefined,
  });
}
