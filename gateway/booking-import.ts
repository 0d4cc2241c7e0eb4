import { createHash } from 'node:crypto';
import { readBookingCsv, type BookingLine, type RefusedBookingLine } from './booking-csv.ts';
import { occurrencesOf, type Occurrence } from './booking-pattern.ts';
import { createBooking } from './bookings.ts';
import { depotRequest } from './depot-bookings.ts';
import { takesBay, type BookingRequest } from './domain/bookings.ts';
import { GatewayError } from './domain/errors.ts';
import { canonicalUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { findByRequest } from './store/bookings.ts';
import type { Tx } from './store/db.ts';

/** Bounds of one list. */
export const BOOKING_IMPORT_BYTES = 1024 * 1024;
export const BOOKING_IMPORT_MOST = 2000;
/** Refused lines that are told; the others are counted. */
const REFUSED_TOLD = 100;

export interface BookingImportReport {
  /** False: nothing was changed, and the counts tell what would be. */
  applied: boolean;
  added: number;
  /** Bookings that came of the same list before, whatever became of them since. */
  same: number;
  /** Times of weekly patterns that are over. */
  past: number;
  /** Times of weekly patterns of which clocks leave nothing, on the night that skips an hour. */
  skipped: number;
  refused: number;
  /** The first hundred. */
  refusedLines: RefusedBookingLine[];
}

/** A booking that a line asks for. */
interface Wanted {
  line: BookingLine;
  time: Occurrence;
  request: BookingRequest;
}

/**
 * Takes in a list of bookings (CSV text), single ones and weekly patterns by the site's clock: all of them or none. The same
 * line is the same bookings however often it comes: what the operator moved or cancelled since stays so. Errors: REQUEST_INVALID,
 * FILE_TOO_BIG; when one of them is thrown nothing was changed.
 */
export async function importBookings(gw: Gateway, text: string, dryRun: boolean): Promise<BookingImportReport> {
  const { lines, refused } = readBookingCsv(text);
  const report: BookingImportReport = {
    applied: false,
    added: 0,
    same: 0,
    past: 0,
    skipped: 0,
    refused: 0,
    refusedLines: [],
  };
  const wanted = expand(gw, lines, report, refused);
  try {
    await gw.db.write((tx) => {
      for (const each of wanted) enter(gw, tx, each, report, refused);
      if (dryRun || refused.length > 0) throw new Undone();
    });
    report.applied = true;
    gw.log.info({ added: report.added, same: report.same }, 'a list of bookings was taken in');
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  const inOrder = refused.toSorted((one, other) => one.line - other.line);
  return { ...report, refused: refused.length, refusedLines: inOrder.slice(0, REFUSED_TOLD) };
}

/** Everything that was entered is to be taken back. */
class Undone extends Error {}

/** The bookings that the lines come to; what cannot be one is refused with its line. */
function expand(
  gw: Gateway,
  lines: readonly BookingLine[],
  report: BookingImportReport,
  refused: RefusedBookingLine[],
): Wanted[] {
  const { timeZone } = gw.settings.site;
  const now = gw.clock();
  const wanted: Wanted[] = [];
  const linesById = new Map<string, number>();
  for (const line of lines) {
    const first = requestFor(gw, line, refused);
    if (!first) continue;
    for (const time of occurrencesOf(line.pattern, timeZone)) {
      if (time.endsAt <= time.startsAt) {
        if (line.pattern.weekly === null) refused.push(at(line, time, 'clocks skip that time'));
        else report.skipped += 1;
        continue;
      }
      const requestId = idOf(line, time);
      const twin = linesById.get(requestId);
      if (twin !== undefined) {
        refused.push(at(line, time, twin === line.line ? 'it is there twice' : `the same stands in line ${twin}`));
        continue;
      }
      linesById.set(requestId, line.line);
      const { startsAt, endsAt } = time;
      wanted.push({
        line,
        time,
        request: { ...first, requestId, authorizationReference: requestId, startsAt, endsAt, receivedAt: now },
      });
      if (wanted.length > BOOKING_IMPORT_MOST)
        throw new GatewayError(
          'FILE_TOO_BIG',
          `the file comes to more than ${BOOKING_IMPORT_MOST} bookings: bring it in several, or let patterns end earlier`,
        );
    }
  }
  return wanted;
}

/** What all bookings of a line have in common; null where its bay is none. */
function requestFor(gw: Gateway, line: BookingLine, refused: RefusedBookingLine[]): BookingRequest | null {
  const { token: tokenUid, bay, vehicle, note } = line;
  try {
    return depotRequest(gw, { tokenUid, bay, vehicle, note, startsAt: 0, endsAt: 0 }, '', 0);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    refused.push({ line: line.line, column: 'evse', reason: error.message });
    return null;
  }
}

function enter(
  gw: Gateway,
  tx: Tx,
  { line, time, request }: Wanted,
  report: BookingImportReport,
  refused: RefusedBookingLine[],
): void {
  if (findByRequest(gw.db, null, request.requestId)) {
    report.same += 1;
    return;
  }
  if (line.pattern.weekly !== null && request.startsAt < tx.now) {
    report.past += 1;
    return;
  }
  const booking = createBooking(gw, tx, request, { vehicle: line.vehicle, note: line.note });
  if (takesBay(booking)) report.added += 1;
  else refused.push(at(line, time, booking.reason ?? 'it cannot be booked'));
}

/** What is said of one time of a line names it, where there are several. */
function at({ line, pattern }: BookingLine, time: Occurrence, reason: string): RefusedBookingLine {
  const when = pattern.weekly === null ? '' : `${time.from.replace('T', ' ')}: `;
  return { line, column: null, reason: `${when}${reason}` };
}

/** The same for the same words of a line, so that a list may come again. At most 36 characters, as OCPI ids are. */
function idOf({ vehicle, token, bay }: BookingLine, { from, to }: Occurrence): string {
  const words = JSON.stringify([vehicle, canonicalUid(token), from, to, bay]);
  return `csv-${createHash('sha256').update(words).digest('hex').slice(0, 32)}`;
}
