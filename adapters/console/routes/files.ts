import Type from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { parseTime, toUtc, type Millis } from '../../../gateway/domain/time.ts';
import type { FirmwareImage, LogFile, Transfer } from '../../../gateway/domain/transfers.ts';
import { listFirmware, removeFirmware, updateFirmware, type FirmwareUpdate } from '../../../gateway/firmware.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { fetchLog, listLogs, removeLog } from '../../../gateway/logs.ts';
import { listTransfers, type Ordered } from '../../../gateway/transfers.ts';
import { OUTCOME_RESPONSES, refuseOutcome } from '../outcome.ts';
import { listQuery, presentPage } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Answer, Route } from '../route.ts';
import { ErrorBody, FirmwareBody, LogBody, OrderedBody, TransferBody, listOf } from '../schemas.ts';
import { ListParams } from './history.ts';

const ChargerParams = Type.Object({ chargerId: Type.String({ minLength: 1, maxLength: 256 }) });

const Time = Type.String({ maxLength: 40, description: 'RFC 3339' });

const Retries = {
  retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: "default: the charger's own choice" })),
  retryInterval: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400, description: 'seconds' })),
};

const UpdateBody = Type.Object(
  {
    file: Type.Optional(Type.String({ maxLength: 100, description: 'an image of the gateway; this or url' })),
    url: Type.Optional(
      Type.String({ maxLength: 512, description: 'an address elsewhere: http, https, ftp, ftps, sftp' }),
    ),
    at: Type.Optional(Type.String({ ...Time, description: 'when to fetch it, RFC 3339; default: now' })),
    installAt: Type.Optional(Type.String({ ...Time, description: 'when to install it; signed firmware only' })),
    signed: Type.Optional(
      Type.Object(
        {
          certificate: Type.String({ minLength: 1, maxLength: 5500, description: "PEM of the signer's certificate" }),
          signature: Type.String({ minLength: 1, maxLength: 800, description: 'base64' }),
        },
        { additionalProperties: false },
      ),
    ),
    ...Retries,
  },
  { additionalProperties: false },
);

const FetchBody = Type.Object(
  {
    log: Type.Optional(Type.Enum(['diagnostics', 'security'], { description: 'default: diagnostics' })),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    fileName: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}$',
        description:
          'for a charger that wants a file name at the end of the address; default: the address ends in a slash',
      }),
    ),
    ...Retries,
  },
  { additionalProperties: false },
);

const FilesOf = Type.Object(
  { ...ListParams.properties, charger: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  { additionalProperties: false },
);

const LogId = Type.Object({ id: Type.Integer({ minimum: 1 }) });

/** Firmware for chargers, logs from them, and how both are getting on. The files themselves: `file-bodies.ts`. */
export const fileRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/firmware',
    summary: 'Tell a charger to fetch firmware and install it',
    params: ChargerParams,
    body: UpdateBody,
    responses: { ...OUTCOME_RESPONSES, 200: OrderedBody },
    async handle(gw, { params, body }) {
      const update: FirmwareUpdate = {
        source: sourceOf(body),
        at: instant(gw, 'at', body.at),
        installAt: instant(gw, 'installAt', body.installAt),
        signed: body.signed ?? null,
        retries: body.retries ?? null,
        retryInterval: body.retryInterval ?? null,
      };
      if (update.installAt !== null && !update.signed)
        throw new GatewayError('REQUEST_INVALID', 'installAt goes with signed firmware only: leave it out');
      return answerOrdered(await updateFirmware(gw, params.chargerId, update), params.chargerId, 'the firmware update');
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/logs',
    summary: 'Ask a charger for a log, which it uploads to the gateway',
    params: ChargerParams,
    body: FetchBody,
    responses: { ...OUTCOME_RESPONSES, 200: OrderedBody },
    async handle(gw, { params, body }) {
      const ordered = await fetchLog(gw, params.chargerId, {
        log: body.log ?? 'diagnostics',
        from: instant(gw, 'from', body.from),
        to: instant(gw, 'to', body.to),
        fileName: body.fileName ?? null,
        retries: body.retries ?? null,
        retryInterval: body.retryInterval ?? null,
      });
      return answerOrdered(ordered, params.chargerId, 'the request for a log');
    },
  }),
  route({
    method: 'GET',
    url: '/api/transfers',
    summary: 'Firmware and logs on their way, with what chargers say of it, newest first',
    query: FilesOf,
    responses: { 200: listOf(TransferBody) },
    handle: (gw, { query }) => ok(presentPage(listTransfers(gw, queryOf(query)), presentTransfer)),
  }),
  route({
    method: 'GET',
    url: '/api/logs',
    summary: 'Logs that chargers handed in, newest first',
    query: FilesOf,
    responses: { 200: listOf(LogBody) },
    handle: (gw, { query }) => ok(presentPage(listLogs(gw, queryOf(query)), presentLog)),
  }),
  route({
    method: 'DELETE',
    url: '/api/logs/:id',
    summary: 'Remove a log',
    params: LogId,
    responses: { 204: Type.Null(), 404: ErrorBody },
    async handle(gw, { params }) {
      await removeLog(gw, params.id);
      return { status: 204, body: null };
    },
  }),
  route({
    method: 'GET',
    url: '/api/firmware',
    summary: 'The firmware images that chargers can be told to fetch, by name',
    responses: { 200: listOf(FirmwareBody) },
    handle: async (gw) => ok({ items: (await listFirmware(gw)).map(presentFirmware), next: null }),
  }),
  route({
    method: 'DELETE',
    url: '/api/firmware/:name',
    summary: 'Remove a firmware image',
    params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) }),
    responses: { 204: Type.Null(), 404: ErrorBody },
    async handle(gw, { params }) {
      await removeFirmware(gw, params.name);
      return { status: 204, body: null };
    },
  }),
];

export function presentFirmware({ name, bytes, sha256, addedAt }: FirmwareImage): FirmwareBody {
  return { name, bytes, sha256, addedAt: toUtc(addedAt) };
}

function presentLog({ receivedAt, ...log }: LogFile): LogBody {
  return { ...log, receivedAt: toUtc(receivedAt) };
}

function presentTransfer({ requestedAt, updatedAt, ...transfer }: Transfer): TransferBody {
  return { ...transfer, requestedAt: toUtc(requestedAt), updatedAt: toUtc(updatedAt) };
}

function queryOf({ charger, ...list }: { limit?: number; cursor?: string; charger?: string }) {
  return { ...listQuery(list), ...(charger !== undefined && { chargerId: charger }) };
}

function answerOrdered({ outcome, transferId }: Ordered, chargerId: string, what: string): Answer {
  if (outcome.kind !== 'answered') return refuseOutcome(outcome, chargerId, what);
  return ok({ answer: outcome.payload, transfer: transferId } satisfies OrderedBody);
}

const SCHEMES = new Set(['http:', 'https:', 'ftp:', 'ftps:', 'sftp:']);

function sourceOf({ file, url }: { file?: string; url?: string }): FirmwareUpdate['source'] {
  if (file !== undefined && url === undefined) return { file };
  if (url === undefined || file !== undefined)
    throw new GatewayError('REQUEST_INVALID', 'say either file, an image of the gateway, or url, an address elsewhere');
  if (!URL.canParse(url) || !SCHEMES.has(new URL(url).protocol))
    throw new GatewayError(
      'REQUEST_INVALID',
      'url is no address that a charger fetches from: http, https, ftp, ftps or sftp',
    );
  return { url };
}

/** Nothing is planned further ahead. */
const DAYS_AHEAD = 30;

function instant(gw: Gateway, name: string, text: string | undefined): Millis | null {
  if (text === undefined) return null;
  const time = parseTime(text);
  if (!time) throw new GatewayError('REQUEST_INVALID', `${name} is no time: write 2026-11-21T04:00:00Z`);
  if (time.at > gw.clock() + DAYS_AHEAD * 86_400_000)
    throw new GatewayError('REQUEST_INVALID', `${name} is more than ${DAYS_AHEAD} days ahead`);
  return time.at;
}
