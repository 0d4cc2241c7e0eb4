import type { Command } from 'commander';
import type { DriftBody, OutboxBody } from '../../adapters/console/routes/outbox.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { localTime, show, table } from './output.ts';

/** Verbs on what peers have not been told yet. */
export function addOutboxVerbs(program: Command): void {
  const outbox = program
    .command('outbox')
    .description('what peers have not been told yet, and what they refuse')
    .option('--limit <n>', 'at most so many', count, 100)
    .action(async (options: { limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<OutboxBody>('/api/outbox', options.limit);
      show(out, { items }, () => outboxText(items));
    });
  outbox
    .command('retry <peer> [module] [object]')
    .description('tell a peer at once what waits or was given up')
    .action(async (peer: string, module: string | undefined, object: string | undefined, _o, command: Command) => {
      const { out, client } = contextOf(command);
      const body = { ...(module !== undefined && { module }), ...(object !== undefined && { object }) };
      const done = await client().post<{ count: number }>(`/api/peers/${encodeURIComponent(peer)}/outbox/retry`, body);
      show(out, done, () => `${done.count} to go to ${peer} now`);
    });
  outbox
    .command('resync <peer>')
    .description('tell a peer the location, tariffs and sessions anew')
    .action(async (peer: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const done = await client().post<{ peer: string }>(`/api/peers/${encodeURIComponent(peer)}/outbox/resync`, {});
      show(out, done, () => `${peer} is told everything that it had before, anew`);
    });
  outbox
    .command('check <peer>')
    .description("compare a peer's copy with ours; what deviates is told anew")
    .action(async (peer: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const report = await client().post<DriftBody>(`/api/peers/${encodeURIComponent(peer)}/outbox/check`, {});
      show(out, report, () => driftText(report));
    });
}

function driftText({ peer, compared, waiting, deviations, unreadable }: DriftBody): string {
  const sum = `${compared} objects compared with what ${peer} holds, ${waiting} left out that wait to be told anyway`;
  const blind = unreadable.length > 0 ? [`it does not let us read its ${unreadable.join(', ')}`] : [];
  const found = table(
    ['WHAT', 'OBJECT', 'DEVIATES', 'FIELDS', ''],
    deviations.map(({ module, object, kind, fields, repaired }) => [
      module,
      object || '(all of it)',
      kind === 'absent' ? 'is not there' : 'differs',
      fields.join(', ') || '–',
      repaired ? 'told anew' : 'has to be settled by people',
    ]),
    'nothing deviates',
  );
  return [found, sum, ...blind].join('\n');
}

function outboxText(items: OutboxBody[]): string {
  return table(
    ['PEER', 'WHAT', 'OBJECT', 'STATE', 'SINCE', 'ATTEMPTS', 'PROBLEM'],
    items.map((item) => [
      item.peer,
      item.module,
      item.object || '(all of it)',
      item.state === 'dead' ? 'given up' : 'waits',
      localTime(item.since),
      String(item.attempts),
      item.problem ?? '–',
    ]),
    'every peer has been told everything',
  );
}
