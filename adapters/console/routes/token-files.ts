import Type from 'typebox';
import type { Static } from 'typebox';
import type { FastifyInstance } from 'fastify';
import { addAbortSignal, Readable } from 'node:stream';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { exportTokens } from '../../../gateway/token-export.ts';
import { importTokens, unfinishedImport, type ImportReport } from '../../../gateway/token-import.ts';
import { refusal } from '../errors.ts';
import { ok, reader, route } from '../route.ts';
import type { Operation, Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';
import { ImportBody, RefusedImportBody, UnfinishedImportBody } from '../token-schemas.ts';

const ImportQuery = Type.Object(
  {
    mode: Type.Optional(
      Type.Enum(['merge', 'replace'], {
        description: 'default merge; replace also takes away the cards that the list does not have',
      }),
    ),
    'dry-run': Type.Optional(Type.Boolean({ description: 'only tell what would be done' })),
    'skip-bad': Type.Optional(Type.Boolean({ description: 'take the good lines where others are refused' })),
  },
  { additionalProperties: false },
);

/** The site's own cards as a file; how they come in stands in `serveTokenImport`, since its body is no JSON. */
export const tokenFileRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/tokens/export',
    summary: "The site's own cards without those of the config file, as CSV that the import takes",
    responses: { 200: Type.String({ description: 'text/csv by RFC 4180' }) },
    handle: (gw) => ({
      status: 200,
      headers: {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': 'attachment; filename="cards.csv"',
      },
      body: Readable.from(told(gw), { highWaterMark: 1 }),
    }),
  }),
  route({
    method: 'GET',
    url: '/api/tokens/import',
    summary: 'Is there a list of cards that was stored in part and not to its end? Then import it once more',
    responses: { 200: Type.Object({ unfinished: UnfinishedImportBody }) },
    handle(gw) {
      const unfinished = unfinishedImport(gw);
      return ok({ unfinished: unfinished && { mode: unfinished.mode, since: toUtc(unfinished.since) } });
    },
  }),
];

/** The import, as the OpenAPI document tells it. */
export const TOKEN_IMPORT_OPERATION: Operation = {
  method: 'POST',
  url: '/api/tokens/import',
  summary: "Put a list of cards on the site's own list: all of its lines or none; 20 MB and 200,000 lines at most",
  params: Type.Object({}),
  query: ImportQuery,
  body: Type.String({ description: 'text/csv, UTF-8; its first line names the columns' }),
  responses: { 200: ImportBody, 413: ErrorBody, 422: RefusedImportBody },
};

/** Until a list has come whole. */
const BODY_TIME = 120_000;

/** Serves the import, in a scope that reads no bodies by itself: only CSV, which no foreign page can send unasked. */
export function serveTokenImport(scope: FastifyInstance, gw: Gateway): void {
  const queryOf = reader(ImportQuery, 'query');
  let isBusy = false;
  scope.route({
    method: 'POST',
    url: TOKEN_IMPORT_OPERATION.url,
    config: { takesFile: true },
    async handler({ headers, query, body }, reply) {
      const options = queryOf(query) as Static<typeof ImportQuery>;
      if (!/^text\/csv\b/i.test(headers['content-type'] ?? '') || !(body instanceof Readable))
        throw new GatewayError('REQUEST_INVALID', 'send the list as text/csv');
      if (isBusy)
        throw new GatewayError('LIMIT_REACHED', 'another list of cards is just being taken in: wait for its end');
      isBusy = true;
      try {
        const report = await importTokens(gw, addAbortSignal(AbortSignal.timeout(BODY_TIME), body), {
          mode: options.mode ?? 'merge',
          dryRun: options['dry-run'] === true,
          skipBad: options['skip-bad'] === true,
        });
        return options['dry-run'] === true || report.applied ? report : reply.code(422).send(refusedImport(report));
      } finally {
        isBusy = false;
      }
    },
  });
}

function refusedImport(report: ImportReport): RefusedImportBody {
  const [first] = report.refusedLines;
  const where = first ? `line ${first.line}${first.column === null ? '' : `, ${first.column}`}: ${first.reason}` : '';
  const many = report.refused === 1 ? 'one line' : `${report.refused} lines`;
  const { body } = refusal('TOKENS_REFUSED', `${many} of the list cannot be taken, so none was; ${where}`);
  return { ...report, ...body };
}

/** A reader that goes away ends it without a word; a fault of ours is told. */
async function* told(gw: Gateway): AsyncGenerator<string> {
  try {
    yield* exportTokens(gw);
  } catch (error) {
    gw.log.error({ err: error }, 'an export of cards broke off');
    throw error;
  }
}
