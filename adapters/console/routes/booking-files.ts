import type { FastifyInstance } from 'fastify';
import { addAbortSignal, Readable } from 'node:stream';
import Type from 'typebox';
import type { Static } from 'typebox';
import { BOOKING_IMPORT_BYTES, importBookings, type BookingImportReport } from '../../../gateway/booking-import.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { BookingImportBody, RefusedBookingsBody } from '../booking-schemas.ts';
import { refusal } from '../errors.ts';
import { reader } from '../route.ts';
import type { Operation } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

const ImportQuery = Type.Object(
  { 'dry-run': Type.Optional(Type.Boolean({ description: 'only tell what would be done' })) },
  { additionalProperties: false },
);

/** The import of bookings, as the OpenAPI document tells it. */
export const BOOKING_IMPORT_OPERATION: Operation = {
  method: 'POST',
  url: '/api/bookings/import',
  summary:
    'Book by a list, single times and weekly patterns: all of it or nothing; the same list again changes nothing',
  params: Type.Object({}),
  query: ImportQuery,
  body: Type.String({ description: 'text/csv, UTF-8; its first line names the columns' }),
  responses: { 200: BookingImportBody, 413: ErrorBody, 422: RefusedBookingsBody },
};

/** Until a list has come whole. */
const BODY_TIME = 30_000;

/** Serves the import, in a scope that reads no bodies by itself: only CSV, which no foreign page can send unasked. */
export function serveBookingImport(scope: FastifyInstance, gw: Gateway): void {
  const queryOf = reader(ImportQuery, 'query');
  scope.route({
    method: 'POST',
    url: BOOKING_IMPORT_OPERATION.url,
    config: { takesFile: true },
    async handler({ headers, query, body }, reply) {
      const options = queryOf(query) as Static<typeof ImportQuery>;
      if (!/^text\/csv\b/i.test(headers['content-type'] ?? '') || !(body instanceof Readable))
        throw new GatewayError('REQUEST_INVALID', 'send the list as text/csv');
      const dryRun = options['dry-run'] === true;
      const text = await textOf(addAbortSignal(AbortSignal.timeout(BODY_TIME), body));
      const report = await importBookings(gw, text, dryRun);
      return dryRun || report.applied ? report : reply.code(422).send(refusedImport(report));
    },
  });
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > BOOKING_IMPORT_BYTES)
      throw new GatewayError(
        'FILE_TOO_BIG',
        `the file is larger than ${BOOKING_IMPORT_BYTES} bytes: bring it in several`,
      );
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new GatewayError('REQUEST_INVALID', 'the file is not UTF-8: save it as "CSV UTF-8"', { cause: error });
  }
}

function refusedImport(report: BookingImportReport): RefusedBookingsBody {
  const [first] = report.refusedLines;
  const where = first ? `line ${first.line}${first.column === null ? '' : `, ${first.column}`}: ${first.reason}` : '';
  const many = report.refused === 1 ? 'one booking' : `${report.refused} bookings`;
  const { body } = refusal('BOOKING_REFUSED', `${many} of the list cannot be made, so none was; ${where}`);
  return { ...report, ...body };
}
