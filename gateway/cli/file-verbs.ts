import type { Command } from 'commander';
import { createWriteStream, openAsBlob, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FirmwareBody, LogBody, OrderedBody, TransferBody } from '../../adapters/console/schemas.ts';
import { GatewayError } from '../domain/errors.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import type { Output } from './output.ts';
import { answerText, declined, localTime, show, table } from './output.ts';

interface FirmwareOptions {
  file?: string;
  address?: string;
  at?: string;
  installAt?: string;
  certificate?: string;
  signature?: string;
}

interface ListOptions {
  charger?: string;
  limit: number;
}

/** Verbs on firmware and logs: what is here, and sending chargers for it. */
export function addFileVerbs(program: Command, chargers: Command): void {
  addChargerVerbs(chargers);
  addFirmwareVerbs(program);
  addLogVerbs(program);
  program
    .command('transfers')
    .description('firmware and logs on their way, newest first')
    .option('--charger <id>', 'of this charger only')
    .option('--limit <n>', 'at most so many', count, 20)
    .action(async ({ charger, limit }: ListOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<TransferBody>(listOf('/api/transfers', charger), limit);
      show(out, { items }, () => transfersText(items));
    });
}

function addChargerVerbs(chargers: Command): void {
  chargers
    .command('firmware <charger>')
    .description('tell a charger to fetch firmware and install it')
    .option('--file <name>', 'an image of the gateway: see "chargegate firmware"')
    .option('--address <url>', 'an address elsewhere, instead')
    .option('--at <time>', 'when to fetch it, as 2026-11-21T04:00:00Z; else now')
    .option('--install-at <time>', 'when to install it (signed firmware)')
    .option('--certificate <file>', "the signer's certificate, PEM (signed firmware)")
    .option('--signature <base64>', 'the signature (signed firmware)')
    .action(async (id: string, options: FirmwareOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const { certificate, signature, address, ...rest } = options;
      if ((certificate === undefined) !== (signature === undefined))
        throw new GatewayError('REQUEST_INVALID', 'signed firmware needs both --certificate and --signature');
      const signed = certificate !== undefined && { signed: { certificate: readText(certificate), signature } };
      const body = { ...rest, ...(address !== undefined && { url: address }), ...signed };
      const ordered = await client().post<OrderedBody>(`/api/chargers/${encodeURIComponent(id)}/firmware`, body);
      tell(out, id, `the order to fetch ${options.file ?? address}`, ordered);
    });
  chargers
    .command('logs <charger>')
    .description('ask a charger for its log, which it then uploads')
    .option('--security', 'its security log, not its diagnostics')
    .option('--from <time>', 'from here on, as 2026-11-21T04:00:00Z')
    .option('--to <time>', 'up to here')
    .option('--file-name <name>', 'for a charger that wants a file name in the address')
    .action(
      async (
        id: string,
        options: { security?: true; from?: string; to?: string; fileName?: string },
        command: Command,
      ) => {
        const { out, client } = contextOf(command);
        const { security, ...rest } = options;
        const body = { log: security ? 'security' : 'diagnostics', ...rest };
        const ordered = await client().post<OrderedBody>(`/api/chargers/${encodeURIComponent(id)}/logs`, body);
        tell(out, id, 'the request for its log', ordered);
      },
    );
}

function addFirmwareVerbs(program: Command): void {
  const firmware = program
    .command('firmware')
    .description('firmware images that chargers can be told to fetch')
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const { items } = await client().get<{ items: FirmwareBody[] }>('/api/firmware');
      show(out, { items }, () => firmwareText(items));
    });
  firmware
    .command('add <file>')
    .description('add an image')
    .option('--name <name>', "what it is called here; else the file's own name")
    .action(async (file: string, options: { name?: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const name = options.name ?? basename(file);
      const image = await client().putFile<FirmwareBody>(
        `/api/firmware/${encodeURIComponent(name)}`,
        await blobOf(file),
      );
      show(out, image, () => `${image.name}, ${image.bytes} bytes, SHA-256 ${image.sha256}`);
    });
  firmware
    .command('remove <name>')
    .description('remove an image')
    .action(async (name: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(`/api/firmware/${encodeURIComponent(name)}`);
      show(out, { name }, () => `${name} is removed`);
    });
}

function addLogVerbs(program: Command): void {
  const logs = program
    .command('logs')
    .description('logs that chargers handed in, newest first')
    .option('--charger <id>', 'of this charger only')
    .option('--limit <n>', 'at most so many', count, 20)
    .action(async ({ charger, limit }: ListOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<LogBody>(listOf('/api/logs', charger), limit);
      show(out, { items }, () => logsText(items));
    });
  logs
    .command('get <id>')
    .description('fetch a log')
    .requiredOption('-o, --output <file>', 'where to; "-" prints it')
    .action(async (id: string, options: { output: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const body = Readable.fromWeb(await client().getFile(`/api/logs/${encodeURIComponent(id)}`));
      if (options.output === '-') return pipeline(body, process.stdout, { end: false });
      await pipeline(body, createWriteStream(options.output));
      show(out, { id: Number(id), file: options.output }, () => `log ${id} is in ${options.output}`);
    });
  logs
    .command('remove <id>')
    .description('remove a log')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(`/api/logs/${encodeURIComponent(id)}`);
      show(out, { id: Number(id) }, () => `log ${id} is removed`);
    });
}

function listOf(path: string, charger: string | undefined): string {
  return charger === undefined ? path : `${path}?charger=${encodeURIComponent(charger)}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function blobOf(file: string): Promise<Blob> {
  try {
    return await openAsBlob(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): GatewayError {
  const why = error instanceof Error ? error.message : String(error);
  return new GatewayError('REQUEST_INVALID', `${file} cannot be read: ${why}`, { cause: error });
}

function tell(out: Output, charger: string, what: string, ordered: OrderedBody): void {
  const { answer, transfer } = ordered;
  show(out, ordered, () =>
    [answerText(charger, what, answer), `"chargegate transfers" shows how transfer ${transfer} goes on`].join('\n'),
  );
  declined(charger, what, answer);
}

function firmwareText(images: FirmwareBody[]): string {
  return table(
    ['IMAGE', 'BYTES', 'ADDED', 'SHA-256'],
    images.map(({ name, bytes, addedAt, sha256 }) => [name, String(bytes), localTime(addedAt), sha256]),
    'no firmware yet: add an image with "chargegate firmware add FILE"',
  );
}

function logsText(logs: LogBody[]): string {
  return table(
    ['LOG', 'CHARGER', 'KIND', 'NAME', 'BYTES', 'RECEIVED'],
    logs.map((log) => [
      String(log.id),
      log.chargerId,
      log.kind,
      log.name,
      String(log.bytes),
      localTime(log.receivedAt),
    ]),
    'no logs yet: ask a charger for one with "chargegate chargers logs ID"',
  );
}

function transfersText(transfers: TransferBody[]): string {
  return table(
    ['TRANSFER', 'CHARGER', 'KIND', 'FILE', 'STATUS', 'ASKED', 'CHANGED'],
    transfers.map((transfer) => [
      String(transfer.id),
      transfer.chargerId,
      transfer.kind,
      transfer.file ?? '–',
      transfer.status ?? '–',
      transfer.ordered ? localTime(transfer.requestedAt) : 'no',
      localTime(transfer.updatedAt),
    ]),
    'no transfers yet: "chargegate chargers firmware ID" and "chargegate chargers logs ID" start one',
  );
}
