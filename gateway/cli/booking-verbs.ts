import { Option, type Command } from 'commander';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BookingBody, DayPlanBody } from '../../adapters/console/booking-schemas.ts';
import { BOOKING_STATES, CANCEL_REASONS } from '../domain/bookings.ts';
import { GatewayError } from '../domain/errors.ts';
import { bookingsText, bookingText, planText } from './booking-text.ts';
import { addBookingImportVerb } from './booking-import-verb.ts';
import { given } from './charger-path.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { show } from './output.ts';

interface ListOptions {
  day?: string;
  from?: string;
  to?: string;
  status?: string;
  limit: number;
}

interface AddOptions {
  card: string;
  from: string;
  to: string;
  bay?: string;
  vehicle?: string;
  note?: string;
}

interface MoveOptions {
  from?: string;
  to?: string;
  bay?: string;
}

/** Verbs on bays that are wanted for a time to come. */
export function addBookingVerbs(program: Command): void {
  const bookings = program.command('bookings').description('bays that are booked ahead');
  bookings
    // The others have options of the same names.
    .command('list', { isDefault: true })
    .description('bookings by their time')
    .option('--day <day>', 'the plan of a day, bay by bay: today, tomorrow or 2026-11-21')
    .option('--from <time>', 'those that end after it; default: now')
    .option('--to <time>', 'those that begin before it')
    .addOption(new Option('--status <status>', 'only these').choices([...BOOKING_STATES]))
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ day, limit, from, to, status }: ListOptions, command: Command) => {
      const { out, client } = contextOf(command);
      if (day !== undefined) {
        const plan = await dayPlan(client(), day);
        return show(out, plan, () => planText(plan));
      }
      const since = from ?? (await client().get<{ now: string }>('/api/status')).now;
      const query = new URLSearchParams(given({ from: since, to, status }) as Record<string, string>);
      const items = await client().list<BookingBody>(`/api/bookings?${query.toString()}`, limit);
      show(out, { items }, () => bookingsText(items));
    });
  bookings
    .command('add')
    .description('book a bay')
    .requiredOption('--card <uid>', 'for whom')
    .requiredOption('--from <time>', 'by the site\'s clock, such as "2026-11-21 18:00", or with a zone')
    .requiredOption('--to <time>', 'likewise')
    .option('--bay <bay>', 'which, such as BAY-1/2; else any')
    .option('--vehicle <name>', 'for people')
    .option('--note <text>', 'for people')
    .action(async ({ card, from, to, bay, vehicle, note }: AddOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const body = { tokenUid: card, startsAt: from, endsAt: to, ...given({ bay, vehicle, note }) };
      const made = await client().post<BookingBody>('/api/bookings', body);
      show(out, made, () => `${bookingText(made)}: booking ${made.id}`);
    });
  bookings
    .command('move <id>')
    .description('to another time or bay; with --from alone it keeps its length')
    .option('--from <time>', "by the site's clock, or with a zone")
    .option('--to <time>', 'likewise')
    .option('--bay <bay>', 'such as BAY-1/2')
    .action(async (id: string, { from, to, bay }: MoveOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const moved = await client().put<BookingBody>(bookingPath(id), given({ startsAt: from, endsAt: to, bay }));
      show(out, moved, () => bookingText(moved));
    });
  bookings
    .command('cancel <id>')
    .description('call a booking off')
    .addOption(new Option('--reason <reason>', 'what peers are told').choices([...CANCEL_REASONS]))
    .option('--note <text>', 'for people')
    .action(async (id: string, options: { reason?: string; note?: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const query = new URLSearchParams(given(options) as Record<string, string>).toString();
      const ended = await client().remove<BookingBody>(`${bookingPath(id)}${query === '' ? '' : `?${query}`}`);
      show(out, ended, () => `booking ${ended.id} is cancelled`);
    });
  addBookingImportVerb(bookings);
  bookings
    .command('export')
    .description('bookings as a calendar that other programs read; whole card numbers are left out')
    .requiredOption('--ics <file>', 'where to; "-" prints it')
    .action(async ({ ics }: { ics: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const body = Readable.fromWeb(await client().getFile('/api/bookings/calendar.ics'));
      if (ics === '-') return pipeline(body, process.stdout, { end: false });
      await pipeline(body, createWriteStream(ics)).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        throw new GatewayError('REQUEST_INVALID', `${ics} cannot be written: ${why}`, { cause: error });
      });
      show(out, { file: ics }, () => `the bookings are in ${ics}`);
    });
}

function bookingPath(id: string): string {
  return `/api/bookings/${encodeURIComponent(id)}`;
}

/** `tomorrow` is the site's, which the daemon knows. */
async function dayPlan(client: { get<Body>(path: string): Promise<Body> }, day: string): Promise<DayPlanBody> {
  if (day !== 'today' && day !== 'tomorrow')
    return client.get(`/api/bookings/plan?${new URLSearchParams({ day }).toString()}`);
  const today = await client.get<DayPlanBody>('/api/bookings/plan');
  if (day === 'today') return today;
  const next = new Date(Date.parse(`${today.day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return client.get(`/api/bookings/plan?day=${next}`);
}
