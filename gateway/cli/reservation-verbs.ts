import { Option, type Command } from 'commander';
import type { ReservationBody } from '../../adapters/console/reservation-schemas.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { localTime, show, table } from './output.ts';

interface AddOptions {
  card: string;
  evse: number;
  minutes?: number;
  until?: string;
}

/** Verbs on bays that are kept for somebody from now on. */
export function addReservationVerbs(program: Command): void {
  const reservations = program
    .command('reservations')
    .description('bays that are kept for somebody from now on')
    .option('--limit <n>', 'at most so many, newest first', count, 20)
    .option('--live', 'only those that keep a bay now')
    .action(async ({ limit, live = false }: { limit: number; live?: boolean }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = live
        ? (await client().get<{ items: ReservationBody[] }>('/api/reservations?live=true')).items
        : await client().list<ReservationBody>('/api/reservations', limit);
      show(out, { items }, () => reservationsText(items));
    });
  reservations
    .command('add <charger>')
    .description('keep a bay for a card')
    .requiredOption('--card <uid>', 'for whom')
    .option('--evse <n>', 'which bay', count, 1)
    .addOption(new Option('--minutes <n>', 'for how long; default 30').argParser(count).conflicts('until'))
    .option('--until <time>', 'until when, such as 2026-12-01T18:00:00+01:00')
    .action(async (charger: string, { card, evse, minutes, until }: AddOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const span = until === undefined ? { minutes: minutes ?? 30 } : { expiresAt: until };
      const kept = await client().post<ReservationBody>('/api/reservations', {
        charger,
        evse,
        tokenUid: card,
        ...span,
      });
      const how = kept.emulated ? '; the charger cannot, so the gateway refuses everybody else there' : '';
      show(
        out,
        kept,
        () => `EVSE ${evse} of ${charger} is kept until ${localTime(kept.expiresAt)}: reservation ${kept.id}${how}`,
      );
    });
  reservations
    .command('cancel <id>')
    .description('call a reservation off')
    .option('--reason <text>', 'told to whoever asked for it')
    .action(async (id: string, { reason }: { reason?: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const query = reason === undefined ? '' : `?${new URLSearchParams({ reason }).toString()}`;
      const ended = await client().remove<ReservationBody>(`/api/reservations/${encodeURIComponent(id)}${query}`);
      show(out, ended, () => `EVSE ${ended.evse} of ${ended.chargerId} is kept for nobody any more`);
    });
}

function reservationsText(items: ReservationBody[]): string {
  return table(
    ['EXPIRES', 'STATUS', 'CHARGER', 'EVSE', 'CARD', 'ASKED BY', 'ID', 'REASON'],
    items.map((each) => [
      localTime(each.expiresAt),
      each.emulated && each.status === 'held' ? 'held (gateway)' : each.status,
      each.chargerId,
      String(each.evse),
      each.tokenUid,
      each.bookingId === null ? (each.peer ?? 'site') : 'booking',
      each.id,
      each.reason ?? '–',
    ]),
    'no bay is kept for anybody',
  );
}
