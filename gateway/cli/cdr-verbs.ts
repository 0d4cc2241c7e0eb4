import { InvalidArgumentError, Option, type Command } from 'commander';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CdrDetailBody, CreditBody, CreditedBody } from '../../adapters/console/cdr-schemas.ts';
import type { CdrBody } from '../../adapters/console/schemas.ts';
import { contextOf } from './context.ts';
import { amount, count } from './options.ts';
import { localTime, pairs, show, table } from './output.ts';

interface CreditOptions {
  reason: string;
  kwh?: number;
  start?: string;
  end?: string;
  tariff?: string;
  free?: true;
  remark?: string;
}

interface ExportOptions {
  from?: string;
  to?: string;
  format: string;
  output: string;
}

/** Verbs on bill lines. */
export function addCdrVerbs(program: Command): void {
  const cdrs = program
    .command('cdrs')
    .description('bill lines of ended sessions, newest first')
    .option('--limit <n>', 'at most so many', count, 20)
    .action(list);
  cdrs
    .command('list')
    .description('the same, or those of one session')
    .option('--session <id>', 'all of this session, as they were issued')
    .action(list);
  cdrs
    .command('show <id>')
    .description('one bill line: what it is made of, and what became of it')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const cdr = await client().get<CdrDetailBody>(pathOf(id));
      show(out, cdr, () => detailText(cdr));
    });
  cdrs
    .command('receipt <id>')
    .description('a receipt as plain text; the console shows it as a page to print')
    .option('--language <tag>', 'en, de, fr, nl or sv', 'en')
    .action(async (id: string, { language }: { language: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const query = new URLSearchParams({ language, format: 'text' });
      const text = await new Response(await client().getFile(`${pathOf(id)}/receipt?${query.toString()}`)).text();
      show(out, { id, text }, () => text.trimEnd());
    });
  addCreditVerb(cdrs);
  addExportVerb(cdrs);
}

async function list(_options: unknown, command: Command): Promise<void> {
  const { out, client } = contextOf(command);
  const { limit, session } = command.optsWithGlobals<{ limit: number; session?: string }>();
  const path = session === undefined ? '/api/cdrs' : `/api/cdrs?session=${encodeURIComponent(session)}`;
  const items = await client().list<CdrBody>(path, limit);
  show(out, { items }, () => listText(items));
}

function addCreditVerb(cdrs: Command): void {
  cdrs
    .command('credit <id>')
    .description('take a bill line back; with anything that was wrong put right, issue the right one as well')
    .requiredOption('--reason <text>', 'why, as the customer reads it')
    .option('--kwh <n>', 'energy in all, at most three decimals', amount)
    .option('--start <time>', 'as 2026-11-21T04:00:00Z, within the session')
    .option('--end <time>', 'likewise')
    .option('--tariff <id>', 'priced by this tariff; else by the one that was frozen with the line')
    .option('--free', 'nothing is due')
    .option('--remark <text>', 'on the right one')
    .action(async (id: string, options: CreditOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const credited = await client().post<CreditedBody>(`${pathOf(id)}/credit`, creditBody(options));
      show(out, credited, () => creditedText(id, credited));
    });
}

function creditBody({ reason, kwh, start, end, tariff, free, remark }: CreditOptions): CreditBody {
  const correction = {
    ...(kwh !== undefined && { kwh }),
    ...(start !== undefined && { startedAt: start }),
    ...(end !== undefined && { endedAt: end }),
    ...(tariff !== undefined && { tariffId: tariff }),
    ...(free === true && { free }),
    ...(remark !== undefined && { remark }),
  };
  return Object.keys(correction).length === 0 ? { reason } : { reason, correction };
}

function addExportVerb(cdrs: Command): void {
  cdrs
    .command('export')
    .description('bill lines for bookkeeping, oldest first, by when they were issued; credits count below zero')
    .option('--from <time>', 'from here on: a time, or a date at the site', moment)
    .option('--to <time>', 'up to here, without it', moment)
    .addOption(new Option('--format <which>', 'how').choices(['csv', 'json']).default('csv'))
    .option('-o, --output <file>', 'where to; "-" prints it', '-')
    .action(async ({ from, to, format, output }: ExportOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const query = new URLSearchParams({ format, ...(from && { from }), ...(to && { to }) });
      const body = Readable.fromWeb(await client().getFile(`/api/cdrs/export?${query.toString()}`));
      if (output === '-') return pipeline(body, process.stdout, { end: false });
      await pipeline(body, createWriteStream(output));
      show(out, { file: output }, () => `the bill lines are in ${output}`);
    });
}

function moment(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text))
    throw new InvalidArgumentError('Write a date as 2026-11-21, or a time as 2026-11-21T04:00:00Z.');
  return text;
}

function pathOf(id: string): string {
  return `/api/cdrs/${encodeURIComponent(id)}`;
}

function listText(cdrs: CdrBody[]): string {
  return table(
    ['ENDED', 'CHARGER', 'CARD', 'KWH', 'MINUTES', 'COST', 'PEER', 'KIND', 'ID'],
    cdrs.map((cdr) => [
      localTime(cdr.endedAt),
      cdr.chargerId,
      cdr.tokenUid,
      cdr.kwh.toFixed(3),
      String(Math.round(cdr.seconds / 60)),
      costText(cdr),
      cdr.peer ?? '–',
      kindOf(cdr),
      cdr.id,
    ]),
    'no CDRs yet: one is written when a session ends',
  );
}

function kindOf({ creditOf, corrects }: CdrBody): string {
  if (creditOf !== null) return 'credit';
  return corrects === null ? 'bill' : 'corrected';
}

function detailText(cdr: CdrDetailBody): string {
  const facts: [string, string | null][] = [
    ['bill line', `${cdr.id} (${kindOf(cdr)})`],
    ['takes back', cdr.creditOf],
    ['in place of', cdr.corrects],
    ['taken back by', cdr.creditedBy],
    ['corrected by', cdr.correctedBy],
    ['session', cdr.sessionId],
    ['charger', `${cdr.chargerId}, ${cdr.evseId}, connector ${cdr.connector}`],
    ['card', `${cdr.tokenUid}, contract ${cdr.contractId}`],
    ['customer of', cdr.peer],
    ['from', localTime(cdr.startedAt)],
    ['to', localTime(cdr.endedAt)],
    ['energy', `${cdr.kwh.toFixed(3)} kWh`],
    ['tariff', cdr.tariffId ?? 'none: free'],
    ...cdr.lines.map((line): [string, string] => [line.type.toLowerCase(), line.arithmetic]),
    ['before tax', `${cdr.cost.beforeTaxes} ${cdr.cost.currency}`],
    ...cdr.taxes.map(({ name, percentage, amount: tax }): [string, string] => [
      `${name} ${percentage} %`,
      `${tax} ${cdr.cost.currency}`,
    ]),
    ['total', costText(cdr)],
    ['remark', cdr.remark],
  ];
  return pairs(facts.flatMap(([label, value]) => (value === null ? [] : [[label, value] satisfies [string, string]])));
}

function creditedText(id: string, { credit, corrected, untold }: CreditedBody): string {
  return [
    `${id} is taken back by ${credit.id}: ${costText(credit)}`,
    ...(corrected
      ? [`in its place stands ${corrected.id}: ${corrected.kwh.toFixed(3)} kWh, ${costText(corrected)}`]
      : []),
    ...(untold.length === 0
      ? []
      : [`OCPI 2.1.1 has no credits: settle this by hand with ${untold.join(', ')}, who will not be told of it`]),
  ].join('\n');
}

function costText({ cost }: CdrBody): string {
  return `${cost.afterTaxes} ${cost.currency}`;
}
