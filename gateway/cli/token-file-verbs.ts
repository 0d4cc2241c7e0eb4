import type { Command } from 'commander';
import { createWriteStream, openAsBlob } from 'node:fs';
import { Readable } from 'node:stream';
import { blob } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ImportBody, RefusedImportBody } from '../../adapters/console/token-schemas.ts';
import { GatewayError } from '../domain/errors.ts';
import { IMPORT_BYTES } from '../token-staging.ts';
import { Refused } from './client.ts';
import { contextOf } from './context.ts';
import { Declined, show } from './output.ts';
import type { Output } from './output.ts';
import { whileTelling } from './progress.ts';

interface ImportOptions {
  replace?: true;
  dryRun?: true;
  skipBad?: true;
}

/** Verbs that carry the site's own list of cards in and out as CSV. */
export function addTokenFileVerbs(tokens: Command): void {
  tokens
    .command('import <file>')
    .description('put the cards of a CSV file on the list, all or none; "-" reads stdin')
    .option('--replace', "also take away the site's cards that the file does not have")
    .option('--dry-run', 'only tell what would be done')
    .option('--skip-bad', 'take the good lines where others are refused')
    .action(async (file: string, options: ImportOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const query = new URLSearchParams({
        mode: options.replace === true ? 'replace' : 'merge',
        ...(options.dryRun === true && { 'dry-run': 'true' }),
        ...(options.skipBad === true && { 'skip-bad': 'true' }),
      });
      const list = await listOf(file);
      // The daemon would hang up in the middle of it, and its words could not be read.
      if (list.size > IMPORT_BYTES)
        throw new GatewayError(
          'FILE_TOO_BIG',
          `${file} is larger than ${IMPORT_BYTES} bytes: bring it in several files`,
        );
      const sent = client().postFile<ImportBody>(`/api/tokens/import?${query.toString()}`, list, 'text/csv');
      const done = await whileTelling('taking the list in', sent).catch((error: unknown) => {
        if (error instanceof Refused && error.code === 'TOKENS_REFUSED' && !out.json)
          tellRefused(out, error.body as RefusedImportBody);
        throw error;
      });
      show(out, done, () => importText(done));
      if (!out.json) tellRefused(out, done);
      if (done.refused > 0 && options.skipBad !== true) throw new Declined('the list would not be taken in');
    });
  tokens
    .command('export')
    .description("the site's own cards as CSV, without those of the config file")
    .option('-o, --output <file>', 'where to; "-" prints it', '-')
    .action(async ({ output }: { output: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const body = Readable.fromWeb(await client().getFile('/api/tokens/export'));
      if (output === '-') return pipeline(body, process.stdout, { end: false });
      // The file is a list of what opens every charger: nobody else's to read.
      await whileTelling('fetching the list', pipeline(body, createWriteStream(output, { mode: 0o600 })));
      show(out, { file: output }, () => `the cards are in ${output}`);
    });
}

async function listOf(file: string): Promise<Blob> {
  if (file === '-') return blob(process.stdin);
  try {
    return await openAsBlob(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError('REQUEST_INVALID', `${file} cannot be read: ${why}`, { cause: error });
  }
}

function importText({ applied, added, changed, same, removed, refused }: ImportBody): string {
  const counts = `${added} added, ${changed} changed, ${same} the same, ${removed} removed, ${refused} refused`;
  return applied ? counts : `${counts}: if it were done`;
}

function tellRefused(out: Output, { refused, refusedLines }: ImportBody): void {
  for (const { line, column, reason } of refusedLines)
    out.complain(`line ${line}${column === null ? '' : `, ${column}`}: ${reason}`);
  if (refused > refusedLines.length) out.complain(`and ${refused - refusedLines.length} more lines`);
}
