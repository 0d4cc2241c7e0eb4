/** One entry of a calendar (RFC 5545, 3.6.1). Times are epoch milliseconds. */
export interface CalendarEvent {
  /** The same for ever. */
  uid: string;
  changedAt: number;
  startsAt: number;
  endsAt: number;
  status: 'TENTATIVE' | 'CONFIRMED' | 'CANCELLED';
  summary: string;
  location: string;
  description: string;
}

/** A calendar to be subscribed to (RFC 5545), a line at a time with its end. Pure. */
export function* calendarLines(name: string, events: Iterable<CalendarEvent>): Generator<string> {
  yield fold('BEGIN:VCALENDAR');
  yield fold('VERSION:2.0');
  yield fold('PRODID:-//chargegate//bookings//EN');
  yield fold('CALSCALE:GREGORIAN');
  yield fold('METHOD:PUBLISH');
  yield fold(`X-WR-CALNAME:${escape(name)}`);
  for (const event of events) yield eventLines(event);
  yield fold('END:VCALENDAR');
}

function eventLines(event: CalendarEvent): string {
  return [
    'BEGIN:VEVENT',
    `UID:${escape(event.uid)}`,
    `DTSTAMP:${utc(event.changedAt)}`,
    `LAST-MODIFIED:${utc(event.changedAt)}`,
    `DTSTART:${utc(event.startsAt)}`,
    `DTEND:${utc(event.endsAt)}`,
    `STATUS:${event.status}`,
    `SUMMARY:${escape(event.summary)}`,
    ...(event.location === '' ? [] : [`LOCATION:${escape(event.location)}`]),
    ...(event.description === '' ? [] : [`DESCRIPTION:${escape(event.description)}`]),
    'END:VEVENT',
  ]
    .map(fold)
    .join('');
}

/** `20261121T170000Z` (RFC 5545, 3.3.5, form 2); seconds are as fine as it goes. */
function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** A text value (RFC 5545, 3.3.11); other control characters have no place in one. */
function escape(text: string): string {
  return text
    .replaceAll(/[\\;,]/g, (sign) => `\\${sign}`)
    .replaceAll(/\r\n|\r|\n/g, '\\n')
    .replaceAll(/\p{Cc}/gu, '');
}

/** Octets of a line, without its end. */
const WIDTH = 75;

/** Cuts a line into ones of 75 octets at most, never within a character (RFC 5545, 3.1). */
function fold(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > WIDTH) {
      pieces.push(piece);
      // The blank that a line goes on with counts too.
      [piece, octets] = [' ', 1];
    }
    piece += character;
    octets += size;
  }
  return `${[...pieces, piece].join('\r\n')}\r\n`;
}
