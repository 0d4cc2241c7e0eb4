import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { LocalListBody } from '../../adapters/console/routes/local-list.ts';
import type { ChargerBody } from '../../adapters/console/schemas.ts';
import { chargerPath, given } from './charger-path.ts';
import { contextOf, readJsonFile } from './context.ts';
import { count } from './options.ts';
import { answerText, declined, show } from './output.ts';
import { addProfileVerbs } from './profile-verbs.ts';

const MESSAGES = [
  'boot',
  'heartbeat',
  'status',
  'meter-values',
  'diagnostics-status',
  'log-status',
  'firmware-status',
  'sign-certificate',
];

/** Verbs that take chargers in and tell them what to do. */
export function addOrderVerbs(chargers: Command): void {
  addOnboardingVerbs(chargers);
  addChargingVerbs(chargers);
  addCareVerbs(chargers);
  addLocalListVerb(chargers);
  addProfileVerbs(chargers);
}

function addOnboardingVerbs(chargers: Command): void {
  chargers
    .command('accept <charger>')
    .description('take in a charger that is pending or was rejected')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const charger = await client().post<ChargerBody>(chargerPath(id, 'accept'), {});
      const learns = charger.connected
        ? 'it was asked to boot, and learns it then'
        : 'it learns it when it boots again';
      show(out, charger, () => `${charger.id} is ${charger.registration}; ${learns}`);
    });
  chargers
    .command('reject <charger>')
    .description('keep a charger from working here')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const charger = await client().post<ChargerBody>(chargerPath(id, 'reject'), {});
      show(out, charger, () => `${charger.id} is ${charger.registration}: nobody can charge there`);
    });
  chargers
    .command('forget <charger>')
    .description('remove a charger that made no transactions; it comes back as one never seen')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(chargerPath(id));
      show(out, { forgotten: id }, () => `${id} is forgotten`);
    });
}

interface StartOptions {
  card: string;
  evse?: number;
}

interface StopOptions {
  transaction?: string;
  evse?: number;
}

function addChargingVerbs(chargers: Command): void {
  chargers
    .command('start <charger>')
    .description('begin a charge with a card')
    .requiredOption('--card <uid>', 'whose charge it is')
    .option('--evse <n>', 'where; may be left out where it is clear', count)
    .action((id: string, { card, evse }: StartOptions, command: Command) =>
      order(command, id, 'start', { tokenUid: card, ...given({ evse }) }, `a start with card ${card}`),
    );
  chargers
    .command('stop <charger>')
    .description('end a charge: the only one that runs, or the one named')
    .option('--transaction <id>', 'which; "sessions --running --json" has it as transactionId')
    .option('--evse <n>', 'the one on this EVSE', count)
    .action((id: string, { transaction, evse }: StopOptions, command: Command) =>
      order(command, id, 'stop', given({ transactionId: transaction, evse }), 'the stop'),
    );
  chargers
    .command('unlock <charger>')
    .description('let go of a cable that is stuck')
    .option('--evse <n>', 'where', count, 1)
    .action((id: string, { evse }: { evse: number }, command: Command) =>
      order(command, id, 'unlock', { evse }, `unlocking EVSE ${evse}`),
    );
}

function addCareVerbs(chargers: Command): void {
  chargers
    .command('reset <charger>')
    .description('restart a charger')
    .option('--hard', 'at once, without ending charges in order')
    .action((id: string, { hard = false }: { hard?: boolean }, command: Command) =>
      order(command, id, 'reset', { hard }, hard ? 'a hard reset' : 'a reset'),
    );
  chargers
    .command('availability <charger>')
    .description('take a charger or an EVSE out of service, or back into it')
    .argument('<on|off>', 'on: may charge; off: may not', onOff)
    .option('--evse <n>', 'only this EVSE', count)
    .action((id: string, operative: boolean, { evse }: { evse?: number }, command: Command) =>
      order(
        command,
        id,
        'availability',
        { operative, ...given({ evse }) },
        operative ? 'going into service' : 'going out of service',
      ),
    );
  chargers
    .command('trigger <charger>')
    .description(`tell something again: ${MESSAGES.join(', ')}`)
    .argument('<message>', 'what')
    .option('--evse <n>', 'of this EVSE', count)
    .action((id: string, message: string, { evse }: { evse?: number }, command: Command) =>
      order(command, id, 'trigger', { message, ...given({ evse }) }, `the trigger ${message}`),
    );
  chargers
    .command('clear-cache <charger>')
    .description('have it forget the cards it remembers')
    .action((id: string, _options, command: Command) => order(command, id, 'clear-cache', {}, 'clearing its cache'));
}

interface ListOptions {
  site?: boolean;
  add?: boolean;
}

function addLocalListVerb(chargers: Command): void {
  const list = chargers.command('local-list').description("a charger's own list of cards, for when it is disconnected");
  list
    .command('version <charger>', { isDefault: true })
    .description('how the list stands, and its version as the charger tells it')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const body = await client().get<LocalListBody>(chargerPath(id, 'local-list'));
      show(out, body, () => listText(id, body));
    });
  list
    .command('send <charger> [file]')
    .description('send it cards: --site, or a JSON file [{"tokenUid": "04A2B3C4"}]; "-" reads stdin')
    .addOption(new Option('--site', "the site's own cards").conflicts('add'))
    .option('--add', 'change the list by these entries instead of replacing it')
    .action(async (id: string, file: string | undefined, { site, add }: ListOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const body = site ? { site: true } : { entries: readJsonFile(file), full: add !== true };
      const answer = await client().put<unknown>(chargerPath(id, 'local-list'), body);
      show(out, answer, () => answerText(id, 'the list', answer));
      declined(id, 'the list', answer);
    });
}

function listText(id: string, { listVersion, state, problem, syncedAt, ...list }: LocalListBody): string {
  const version = listVersion === null ? 'tells no version of its list' : `has version ${listVersion} of its list`;
  const cards = `${list.count} ${list.count === 1 ? 'card' : 'cards'}${syncedAt === null ? '' : `, as it should be at ${syncedAt}`}`;
  const kept = state === 'left' ? 'not kept by the gateway' : `${state}, ${cards}`;
  return `${id} ${version}: ${kept}${problem === null ? '' : `; ${problem}`}`;
}

function onOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('Write on or off.');
}

/** Sends an order and tells what the charger answered. */
async function order(command: Command, id: string, verb: string, body: object, what: string): Promise<void> {
  const { out, client } = contextOf(command);
  const answer = await client().post<unknown>(chargerPath(id, verb), body);
  show(out, answer, () => answerText(id, what, answer));
  declined(id, what, answer);
}
