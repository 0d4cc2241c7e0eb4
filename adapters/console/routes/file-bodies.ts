import Type from 'typebox';
import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { addFirmware } from '../../../gateway/firmware.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { openLog } from '../../../gateway/logs.ts';
import type { Operation } from '../route.ts';
import { ErrorBody, FirmwareBody } from '../schemas.ts';
import { BOOKING_IMPORT_OPERATION, serveBookingImport } from './booking-files.ts';
import { presentFirmware } from './files.ts';
import { serveTokenImport, TOKEN_IMPORT_OPERATION } from './token-files.ts';

const NAME = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });
const ID = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const BYTES = Type.String({ description: 'application/octet-stream' });

/** Operations whose body is a file, not JSON, as the OpenAPI document tells them. */
export const FILE_OPERATIONS: Operation[] = [
  {
    method: 'PUT',
    url: '/api/firmware/:name',
    summary: 'Add a firmware image: its bytes are the body',
    params: NAME,
    query: Type.Object({}),
    body: BYTES,
    responses: { 200: FirmwareBody, 409: ErrorBody, 413: ErrorBody, 507: ErrorBody },
  },
  {
    method: 'GET',
    url: '/api/logs/:id',
    summary: 'The log itself, as the charger uploaded it',
    params: ID,
    query: Type.Object({}),
    body: null,
    responses: { 200: BYTES, 404: ErrorBody },
  },
  TOKEN_IMPORT_OPERATION,
  BOOKING_IMPORT_OPERATION,
];

/** Serves them, behind the same guard as the rest. */
export function serveFileBodies(app: FastifyInstance, gw: Gateway): void {
  app.register(async (scope) => {
    // A PUT with any body is never sent by a foreign page unasked, so here the body is taken as it comes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.route<{ Params: { name: string } }>({
      method: 'PUT',
      url: '/api/firmware/:name',
      config: { takesFile: true },
      async handler({ headers, body, params }) {
        const declared = headers['content-length'];
        const source = body instanceof Readable ? body : Readable.from([]);
        return presentFirmware(
          await addFirmware(gw, params.name, source, declared === undefined ? null : Number(declared)),
        );
      },
    });
    serveTokenImport(scope, gw);
    serveBookingImport(scope, gw);
    scope.get<{ Params: { id: string } }>('/api/logs/:id', { exposeHeadRoute: false }, async (request, reply) => {
      const { id } = request.params;
      if (!/^[1-9][0-9]{0,14}$/.test(id)) throw new GatewayError('REQUEST_INVALID', 'a log is asked for by its number');
      const { log, file } = await openLog(gw, Number(id));
      return reply
        .headers({
          'content-type': 'application/octet-stream',
          'content-length': file.bytes,
          // The name is safe as it is: letters, digits and . _ + - (RFC 6266).
          'content-disposition': `attachment; filename="${log.name}"`,
        })
        .send(file.handle.createReadStream());
    });
  });
}
