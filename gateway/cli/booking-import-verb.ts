import type { Command } from 'commander';
import { openAsBlob } from 'node:fs';
import { blob } from 'node:stream/consumers';
import type { BookingImportBody, RefusedBookingsBody } from '../../adapters/console/booking-schemas.ts';
import { BOOKING_IMPORT_BYTES } from '../booking-import.ts';
import { GatewayError } from '../domain/errors.ts';
import { Refused } from './client.ts';
import { contextOf } from './context.ts';
import { Declined, show } from './output.ts';
import type { Output } from './output.ts';

/** Adds the verb that books by a list. */
export function addBookingImportVerb(bookings: Command): void {
  bookings
    .command('import <file>')
    .description('book by a CSV file, single times and weekly patterns, all or none; "-" reads stdin')
    .option('--dry-run', 'only tell what would be done')
    .action(async (file: string, { dryRun }: { dryRun?: true }, command: Command) => {
      const { out, client } = contextOf(command);
      const list = await listOf(file);
      // The daemon would hang up in the middle of it, and its words could not be read.
      if (list.size > BOOKING_IMPORT_BYTES)
        throw new GatewayError(
          'FILE_TOO_BIG',
          `${file} is larger than ${BOOKING_IMPORT_BYTES} bytes: bring it in several files`,
        );
      const path = `/api/bookings/import${dryRun === true ? '?dry-run=true' : ''}`;
      const done = await client()
        .postFile<BookingImportBody>(path, list, 'text/csv')
        .catch((error: unknown) => {
          if (error instanceof Refused && error.code === 'BOOKING_REFUSED' && !out.json)
            tellRefused(out, error.body as RefusedBookingsBody);
          throw error;
        });
      show(out, done, () => importText(done));
      if (!out.json) tellRefused(out, done);
      if (done.refused > 0) throw new Declined('the list would not be taken in');
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

function importText({ applied, added, same, past, skipped, refused }: BookingImportBody): string {
  const more = [past > 0 ? `${past} past` : null, skipped > 0 ? `${skipped} that clocks skip` : null];
  const counts = [`${added} added`, `${same} the same`, ...more, `${refused} refused`].filter((part) => part !== null);
  return `${counts.join(', ')}${applied ? '' : ': if it were done'}`;
}

function tellRefused(out: Output, { refused, refusedLines }: BookingImportBody): void {
  for (const { line, column, reason } of refusedLines)
    out.complain(`line ${line}${column === null ? '' : `, ${column}`}: ${reason}`);
  if (refused > refusedLines.length) out.complain(`and ${refused - refusedLines.length} more`);
}
