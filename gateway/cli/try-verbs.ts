import { Option } from 'commander';
import type { Command } from 'commander';
import type { StatusBody } from '../../adapters/console/schemas.ts';
import type { Protocol } from '../../adapters/simulator/charger-options.ts';
import { loadConfig } from '../../config/load.ts';
import { GatewayError } from '../domain/errors.ts';
import { contextOf } from './context.ts';
import type { Context, GlobalOptions } from './context.ts';
import { borrowCards } from './loaned-cards.ts';
import type { LoanedCards } from './loaned-cards.ts';
import { count, factor, port } from './options.ts';

/** What a command ends with when that is not 0. */
type Finish = (code: number) => void;

/** Verbs for trying things out: simulated chargers, and a whole demonstration. */
export function addTryVerbs(program: Command, finish: Finish): void {
  addSimulate(program);
  addDemo(program, finish);
}

interface SimulateFlags extends GlobalOptions {
  count: number;
  protocol: Protocol;
  id?: string[];
  token?: string[];
  addCards?: boolean;
  speed: number;
  password?: string;
  seconds?: number;
}

function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('simulated chargers whose drivers come and go, until Ctrl-C')
    .option(
      '--url <url>',
      "ws://…: the charger URL, without the id, of any OCPP server; http://…: a running gateway's console; else the configured gateway",
    )
    .option('--count <n>', 'how many chargers', count, 2)
    .option('--id <id...>', 'ids of the first ones; the others are SIM-001 and so on')
    .option('--token <uid...>', "the drivers' cards; else some are put on the running gateway's list meanwhile")
    .option('--add-cards', 'put cards on the list also where the gateway does not take unknown chargers in')
    .addOption(
      new Option('--protocol <name>', 'what they speak')
        .choices(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'])
        .default('ocpp1.6'),
    )
    .option('--speed <factor>', 'multiplies energy', factor, 1)
    .option('--password <text>', 'HTTP Basic password')
    .option('--seconds <n>', 'end after so many', count)
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      const flags = command.optsWithGlobals<SimulateFlags>();
      const signal = untilInterrupted();
      const { url, refusedHint, cards } = await counterpart(context, flags);
      const { count: chargers, protocol, speed, id, password, seconds } = flags;
      const tokens = flags.token ?? cards?.uids;
      try {
        const { simulate } = await import('../../adapters/simulator/simulate.ts');
        await simulate(
          {
            url: url.endsWith('/') ? url : `${url}/`,
            count: chargers,
            protocol,
            speed,
            refusedHint,
            ...(tokens && { tokens }),
            ...(id && { ids: id }),
            ...(password !== undefined && { password }),
            ...(seconds !== undefined && { seconds }),
          },
          context.out.print,
          signal,
        );
      } finally {
        await cards?.giveBack();
      }
    });
}

interface Counterpart {
  /** Where the chargers connect. */
  url: string;
  /** What to do about a refused card. */
  refusedHint: string;
  cards: LoanedCards | null;
}

/** Whom the chargers meet: any server by its charger URL, else the running gateway, which is asked for cards. */
async function counterpart({ client, out }: Context, { url, token, addCards }: SimulateFlags): Promise<Counterpart> {
  if (url !== undefined && /^wss?:\/\//.test(url)) {
    if (addCards)
      throw new GatewayError(
        'REQUEST_INVALID',
        "--add-cards needs the gateway's console: give --url http://…, or none",
      );
    return { url, cards: null, refusedHint: "that server's list needs the cards, or name accepted ones with --token" };
  }
  const gateway = client();
  const status = await gateway.get<StatusBody>('/api/status');
  if (status.urls.ocpp === null)
    throw new GatewayError('REQUEST_INVALID', 'the gateway does not say where chargers connect: give --url ws://…');
  const cards = token ? null : await borrowCards(gateway, status, addCards === true, out.complain);
  if (status.unknownChargers !== 'accept')
    out.print('this gateway takes no unknown chargers in: accept each with "chargegate chargers accept ID"');
  return { url: status.urls.ocpp, cards, refusedHint: 'put a card on the list with "chargegate tokens add UID"' };
}

function addDemo(program: Command, finish: Finish): void {
  program
    .command('demo')
    .description('a gateway with simulated chargers and a cloud that polls it, on a database that is thrown away')
    .option('--once', 'end after one session has become a CDR at the cloud')
    .option('--speed <factor>', 'multiplies energy', factor, 60)
    .option('--port <n>', 'port of the console; 0: any free one', port)
    .action(async (options: { once?: boolean; speed: number; port?: number }, command: Command) => {
      const { out } = contextOf(command);
      const { DEMO_CONFIG, runDemo } = await import('../../adapters/simulator/demo.ts');
      const { startGateway } = await import('../main.ts');
      const { once = false, speed } = options;
      const parts = { startGateway, config: loadConfig(DEMO_CONFIG), signal: untilInterrupted() };
      finish(
        await runDemo({ once, speed, ...(options.port !== undefined && { port: options.port }) }, parts, out.print),
      );
    });
}

/** Aborted by the first Ctrl-C; a second one ends the process as usual. */
function untilInterrupted(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  return ending.signal;
}
