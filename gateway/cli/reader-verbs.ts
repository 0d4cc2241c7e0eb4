import type { Command } from 'commander';
import type { ReaderBody, SeenCardBody } from '../../adapters/console/reader-schemas.ts';
import { facts, formRows } from './card-text.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { Declined, localTime, show, table } from './output.ts';
import { addDecodeVerb } from './reader-decode.ts';

/** An answer comes this much later than the last card could, ms. */
const ANSWER_MS = 10_000;

/** Verbs on the site's own card readers. */
export function addReaderVerbs(readers: Command): void {
  readers
    .command('list', { isDefault: true })
    .description('all readers and how they are')
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const { items } = await client().get<{ items: ReaderBody[] }>('/api/readers');
      show(out, { items }, () => readersText(items));
    });
  readers
    .command('tap [reader]')
    .description('hold a card to a reader (any, or the one named) and see its number: nothing begins or ends')
    .option('--seconds <n>', 'so long it waits, 60 at most', count, 60)
    .action(async (id: string | undefined, { seconds }: { seconds: number }, command: Command) => {
      const { out, client } = contextOf(command);
      if (!out.json) out.complain(`Hold a card to ${id ?? 'a reader'} now: ${seconds} s.`);
      const path = id === undefined ? '/api/readers/await-tap' : `/api/readers/${encodeURIComponent(id)}/await-tap`;
      const { tap } = await client().post<{ tap: SeenCardBody | null }>(path, { seconds }, seconds * 1000 + ANSWER_MS);
      show(out, { tap }, () => (tap === null ? 'no card came' : tapText(tap)));
      if (tap === null) throw new Declined('no card came');
    });
  addDecodeVerb(readers);
}

function readersText(readers: ReaderBody[]): string {
  const rows = readers.map(({ id, protocol, state, since, addresses, lastCard, places, path }) => [
    id,
    protocol,
    `${state} since ${localTime(since)}${missing(addresses)}`,
    lastCard === null ? '–' : `${lastCard.card}, ${localTime(lastCard.at)}`,
    places.join(', ') || 'whole site',
    path,
  ]);
  const list = table(['READER', 'PROTOCOL', 'STATE', 'LAST CARD', 'FOR', 'PATH'], rows, 'no readers: docs/readers.md');
  const reasons = readers.flatMap(({ id, reason }) => (reason === null ? [] : [`${id}: ${reason}`]));
  return [list, ...reasons].join('\n');
}

function missing(addresses: ReaderBody['addresses']): string {
  const silent = addresses.filter(({ address, answers }) => address !== null && !answers);
  return silent.length === 0 ? '' : `, ${silent.map(({ address }) => address).join(', ')} does not answer`;
}

function tapText({ readerId, address, uid, strength, forms, tokens, verdict, reason, asks }: SeenCardBody): string {
  return facts([
    ['reader', address === null ? readerId : `${readerId}, address ${address}`],
    ['card', uid],
    ...formRows(forms, strength),
    [
      'known to',
      tokens.map((token) => token.peer ?? (token.origin === 'config' ? 'the config file' : 'the site')).join(', ') ||
        'nobody under this number',
    ],
    ['contract', tokens[0]?.contractId ?? null],
    ['verdict', `${verdict}${reason === null ? '' : `: ${reason}`}${asks ? ' (its owner would be asked first)' : ''}`],
  ]);
}
