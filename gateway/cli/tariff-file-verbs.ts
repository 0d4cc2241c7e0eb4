import { Option } from 'commander';
import type { Command } from 'commander';
import type { BroughtBody } from '../../adapters/console/routes/tariffs.ts';
import type { TariffFindingBody } from '../../adapters/console/tariff-body.ts';
import { VERSIONS, type Version } from '../../adapters/ocpi/request.ts';
import { GatewayError } from '../domain/errors.ts';
import { contextOf } from './context.ts';
import { show } from './output.ts';
import type { FileTariff } from './tariff-files.ts';

interface FileOptions {
  ocpi?: Version;
}

/** Verbs on tariffs that stand in files. */
export function addTariffFileVerbs(tariffs: Command, finish: (code: number) => void): void {
  withVersion(tariffs.command('import <file>'))
    .description('bring OCPI tariffs from a JSON file: all of them, or none; "-" reads stdin')
    .action(async (file: string, options: FileOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const { readTariffFile } = await import('./tariff-files.ts');
      const { presentTerms } = await import('../../adapters/console/tariff-body.ts');
      const read = readTariffFile(file, options.ocpi);
      const good = read.flatMap(({ tariff }) => tariff ?? []);
      if (good.length < read.length) {
        show(out, { items: read.map(refusedItem) }, () => read.map(refusedText).join('\n'));
        throw new GatewayError(
          'TARIFF_UNPRICEABLE',
          `nothing was imported: ${read.length - good.length} of ${read.length} tariffs cannot be taken`,
        );
      }
      const body = { items: good.map(({ updatedAt: _theirs, ...tariff }) => presentTerms(tariff)) };
      const { items } = await client().post<BroughtBody>('/api/tariffs', body);
      const told = items.map(({ id, outcome }, index) => ({ id, outcome, notes: read[index]?.notes ?? [] }));
      show(out, { items: told }, () =>
        told.flatMap(({ id, outcome, notes }) => [`${id}: ${outcome}`, ...notes.map(indented)]).join('\n'),
      );
    });
  withVersion(tariffs.command('lint [file]'))
    .description(
      "what tariffs will never do or probably do not mean: the running gateway's, or those of a JSON or configuration file; exit code 1 then",
    )
    .option('--time-zone <zone>', 'of the site, for tariffs in a JSON file, such as Europe/Berlin', timeZone)
    .action(async (file: string | undefined, options: FileOptions & { timeZone?: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const items =
        file === undefined
          ? (await client().get<{ items: TariffFindingBody[] }>('/api/tariff-findings')).items
          : (await import('./tariff-lint.ts')).lintFile(file, options.ocpi, options.timeZone);
      show(out, { items }, () => findingsText(items));
      if (items.length > 0) finish(1);
    });
}

function withVersion(command: Command): Command {
  const versions = new Option('--ocpi <version>', 'version of the tariffs; default: told by their fields');
  return command.addOption(versions.choices([...VERSIONS]));
}

/** What is odd, a line each. */
export function findingsText(items: readonly TariffFindingBody[]): string {
  if (items.length === 0) return 'nothing is odd';
  return items
    .map(({ tariff, code, path, text }) => `${[tariff, path].filter(Boolean).join(', ')}: ${text} [${code}]`)
    .join('\n');
}

function refusedItem({ id, problems, notes }: FileTariff) {
  return { id, outcome: problems.length === 0 ? 'good' : 'refused', problems, notes };
}

function refusedText({ id, problems }: FileTariff): string {
  return [`${id}: ${problems.length === 0 ? 'good' : 'cannot be taken'}`, ...problems.map(indented)].join('\n');
}

function indented(line: string): string {
  return `  ${line}`;
}

/** Errors: REQUEST_INVALID. */
function timeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GatewayError('REQUEST_INVALID', `${name} is no time zone; write Europe/Berlin`, { cause: error });
  }
}
