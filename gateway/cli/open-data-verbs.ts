import type { Command } from 'commander';
import type { OpenDataCheckBody } from '../../adapters/console/routes/open-data.ts';
import { contextOf } from './context.ts';
import { show } from './output.ts';

/** Places named in one line. */
const NAMED = 5;

/** Verbs on what everybody can read of the site. */
export function addOpenDataVerbs(program: Command, finish: (code: number) => void): void {
  const openData = program.command('open-data').description('what everybody can read of the site, without login');
  openData
    .command('check')
    .description(
      'what the law on public charging wants told (AFIR) and the configuration leaves open; exit code 1 then',
    )
    .option('--all', 'also what is told')
    .action(async (options: { all?: boolean }, command: Command) => {
      const { out, client } = contextOf(command);
      const body = await client().get<OpenDataCheckBody>('/api/open-data/check');
      show(out, body, () => checkText(body, options.all === true));
      if (body.missing > 0) finish(1);
    });
}

function checkText({ items, missing }: OpenDataCheckBody, all: boolean): string {
  const told = items.filter(({ state }) => state === 'told').length;
  const lines = items.filter(({ state }) => all || state !== 'told').flatMap(itemLines);
  return [...lines, `${told} of ${items.length} told, ${missing} missing`].join('\n');
}

function itemLines(item: OpenDataCheckBody['items'][number]): string[] {
  const named = item.places.slice(0, NAMED).join(', ');
  const more = item.count > NAMED ? ` and ${item.count - NAMED} more` : '';
  return [
    `${item.state.padEnd(8)} ${item.what} (${item.rule})`,
    ...(item.advice === null ? [] : [`         ${item.key}: ${item.advice}`]),
    ...(item.count === 0 ? [] : [`         at ${named}${more}`]),
  ];
}
