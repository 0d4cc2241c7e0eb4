import { Option } from 'commander';
import type { Command } from 'commander';
import { GatewayError } from '../domain/errors.ts';
import { chargerPath, given } from './charger-path.ts';
import { contextOf, readJsonFile } from './context.ts';
import { amount, count, whole } from './options.ts';
import { answerText, declined, show } from './output.ts';

interface SetOptions {
  purpose: string;
  amps?: number;
  watts?: number;
  evse?: number;
  transaction?: string;
  seconds?: number;
  level?: number;
  id?: number;
}

interface ClearOptions {
  id?: number;
  evse?: number;
  purpose?: string;
  level?: number;
}

interface ShowOptions {
  evse?: number;
  seconds?: number;
  unit?: string;
}

const PURPOSES = ['charge-point-max', 'tx-default', 'tx'];

/** Verbs on limits (charging profiles). */
export function addProfileVerbs(chargers: Command): void {
  const profile = chargers.command('profile').description('limits on what a charger, an EVSE or a charge may draw');
  profile
    .command('set <charger> [file]')
    .description('set a limit: --amps or --watts, or a JSON file with a whole profile; "-" reads stdin')
    .addOption(
      new Option('--purpose <which>', 'the whole charger, each charge from its start, or the charge that runs')
        .choices(PURPOSES)
        .default('tx-default'),
    )
    .addOption(new Option('--amps <n>', 'on each phase').argParser(amount).conflicts('watts'))
    .option('--watts <n>', 'in all', amount)
    .option('--evse <n>', 'only this EVSE', count)
    .option('--transaction <id>', 'which charge, where several run')
    .option('--seconds <n>', 'it ends by itself after so many', count)
    .option('--level <n>', 'stack level', whole)
    .option('--id <n>', "the charger's number for it; the same again replaces it", count)
    .action(async (id: string, file: string | undefined, options: SetOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const { way, answer } = await client().put<{ way: string; answer: unknown }>(
        chargerPath(id, 'charging-profile'),
        file === undefined
          ? bodyOf(options)
          : { purpose: options.purpose, ...place(options), ...record(readJsonFile(file)) },
      );
      const what = `the limit${way === 'as asked' ? '' : ` (said as: ${way})`}`;
      show(out, { answer, way }, () => answerText(id, what, answer));
      declined(id, what, answer);
    });
  profile
    .command('clear <charger>')
    .description('clear the limits that agree with everything given; nothing given: all')
    .option('--id <n>', "by the charger's number for it", count)
    .option('--evse <n>', 'of this EVSE', count)
    .addOption(new Option('--purpose <which>', 'of this purpose').choices(PURPOSES))
    .option('--level <n>', 'of this stack level', whole)
    .action(async (id: string, { level, ...rest }: ClearOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const query = queryOf({ ...rest, stackLevel: level });
      const answer = await client().remove<unknown>(chargerPath(id, `charging-profile${query}`));
      show(out, answer, () => answerText(id, 'clearing limits', answer));
      declined(id, 'clearing limits', answer);
    });
  profile
    .command('show <charger>')
    .description('what the charger makes of all its limits together')
    .option('--evse <n>', 'of this EVSE; else of the whole charger', count)
    .option('--seconds <n>', 'from now on; a day when left out', count)
    .addOption(new Option('--unit <unit>', 'in amperes or watts').choices(['A', 'W']))
    .action(async (id: string, options: ShowOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const answer = await client().get<unknown>(chargerPath(id, `charging-profile${queryOf({ ...options })}`));
      show(out, answer, () => JSON.stringify(answer, null, 2));
      declined(id, 'the question for its schedule', answer);
    });
}

function bodyOf(options: SetOptions): object {
  const { amps, watts } = options;
  const limit = amps ?? watts;
  if (limit === undefined)
    throw new GatewayError('REQUEST_INVALID', 'say what the limit is: --amps 10, --watts 7000, or a file');
  return { purpose: options.purpose, unit: amps === undefined ? 'W' : 'A', limit, ...place(options) };
}

function place({ evse, transaction, seconds, level, id }: SetOptions): object {
  return given({ evse, transactionId: transaction, duration: seconds, stackLevel: level, id });
}

function record(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new GatewayError('REQUEST_INVALID', 'the file holds no profile: {"unit": "A", "limit": 10}');
}

function queryOf(fields: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}
