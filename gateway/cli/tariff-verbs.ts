import type { Command } from 'commander';
import type { AssignmentBody } from '../../adapters/console/routes/tariffs.ts';
import type { CheckedTariffBody, TariffBody } from '../../adapters/console/tariff-body.ts';
import { placeText } from '../domain/tariff-place.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { localTime, pairs, show, table } from './output.ts';
import { addTariffFileVerbs, findingsText } from './tariff-file-verbs.ts';

/** Verbs on what charging costs, and where. */
export function addTariffVerbs(program: Command, finish: (code: number) => void): void {
  const tariffs = program.command('tariffs').description('what charging costs, and where');
  tariffs
    .command('list', { isDefault: true })
    .description('tariffs of the config file and of the operator, newest first')
    .option('--limit <n>', 'at most so many', count, 1000)
    .action(async (options: { limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<TariffBody>('/api/tariffs', options.limit);
      show(out, { items }, () => tariffsText(items));
    });
  tariffs
    .command('show <id>')
    .description('one tariff, in words too, and what is odd about it')
    .option('--language <language>', 'of the words, such as de or sv', 'en')
    .action(async (id: string, options: { language: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const tariff = await client().get<CheckedTariffBody>(tariffPath(id));
      const { readTerms } = await import('../../adapters/console/tariff-body.ts');
      const { pickLanguage, tariffInWords } = await import('../wording/driver.ts');
      const words = tariffInWords({ ...readTerms(tariff.id, tariff), updatedAt: 0 }, pickLanguage(options.language));
      show(out, tariff, () => tariffText(tariff, words));
    });
  tariffs
    .command('remove <id>')
    .description('take a tariff of the operator away; refused while it is assigned')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(tariffPath(id));
      show(out, { removed: id }, () => `tariff ${id} is gone`);
    });
  addAssignmentVerbs(tariffs);
  addTariffFileVerbs(tariffs, finish);
}

interface PlaceOptions {
  charger?: string;
  evse?: number;
  connector?: number;
}

function addAssignmentVerbs(tariffs: Command): void {
  withPlace(tariffs.command('assign <ids...>'))
    .description(
      'give the site, a charger, an EVSE or a connector its tariffs; they count where the config file names none',
    )
    .action(async (tariffIds: string[], options: PlaceOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const made = await client().put<AssignmentBody>('/api/tariff-assignments', { ...options, tariffIds });
      show(out, made, () => assignedText(made));
    });
  withPlace(tariffs.command('unassign'))
    .description("take a place's own tariffs away; the wider place's count there again")
    .action(async (options: PlaceOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const query = new URLSearchParams(
        Object.entries(options).map(([key, value]): [string, string] => [key, String(value)]),
      );
      await client().remove(`/api/tariff-assignments?${query.toString()}`);
      show(out, { unassigned: options }, () => `${placeOf(options)} has no tariffs of its own any more`);
    });
  tariffs
    .command('assignments')
    .description('what the operator assigned, from the widest place to the narrowest')
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const { items } = await client().get<{ items: AssignmentBody[] }>('/api/tariff-assignments');
      show(out, { items }, () => assignmentsText(items));
    });
}

function withPlace(command: Command): Command {
  return command
    .option('--charger <id>', 'left out: every charger')
    .option('--evse <n>', 'left out: every EVSE of it', count)
    .option('--connector <n>', 'left out: every connector of it', count);
}

function tariffPath(id: string): string {
  return `/api/tariffs/${encodeURIComponent(id)}`;
}

function placeOf({ charger, evse, connector }: { [Key in keyof PlaceOptions]?: PlaceOptions[Key] | null }): string {
  return placeText({ chargerId: charger ?? null, evse: evse ?? null, connector: connector ?? null });
}

function tariffsText(tariffs: TariffBody[]): string {
  return table(
    ['TARIFF', 'OF', 'FOR', 'CURRENCY', 'FROM', 'UNTIL', 'IN WORDS'],
    tariffs.map((tariff) => [
      tariff.id,
      tariff.origin === 'config' ? 'config file' : 'site',
      tariff.type ?? 'everybody',
      tariff.currency,
      localTime(tariff.startsAt ?? null),
      localTime(tariff.endsAt ?? null),
      tariff.altText?.[0]?.text ?? '–',
    ]),
    'no tariffs yet: charging is free; bring some with "chargegate tariffs import FILE"',
  );
}

function tariffText(tariff: CheckedTariffBody, words: string[]): string {
  const { findings, elements, ...rest } = tariff;
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]): [string, string] => [key, typeof value === 'string' ? value : JSON.stringify(value)]);
  const lines = elements.flatMap(({ restrictions, components }, index) => {
    const when = Object.entries(restrictions ?? {}).map(([key, value]) => `${key} ${[value].flat().join(', ')}`);
    return [
      `element ${index + 1}: ${when.length === 0 ? 'always' : when.join('; ')}`,
      ...components.map(({ type, price, vat, step }) => {
        const tax = vat === null || vat === undefined ? '' : `, VAT ${vat} %`;
        return `  ${type} ${price}${tax}, step ${step ?? 1}`;
      }),
    ];
  });
  const odd = findings.length === 0 ? [] : ['', findingsText(findings.map((each) => ({ tariff: tariff.id, ...each })))];
  return [pairs(facts), ...lines, '', ...words, ...odd].join('\n');
}

function assignedText(made: AssignmentBody): string {
  const where = made.connectors === 1 ? '1 connector' : `${made.connectors} connectors`;
  const none = ': the config file, or an assignment to narrower places, names tariffs there, and that counts';
  return `${placeOf(made)} has ${made.tariffIds.join(', ')}; it counts at ${where} now${made.connectors === 0 ? none : ''}`;
}

function assignmentsText(items: AssignmentBody[]): string {
  return table(
    ['PLACE', 'TARIFFS', 'CONNECTORS'],
    items.map((item) => [placeOf(item), item.tariffIds.join(', '), String(item.connectors)]),
    'nothing is assigned: connectors have the tariffs that the config file names',
  );
}
