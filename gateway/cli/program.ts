import { Command, CommanderError, Option } from 'commander';
import { performance } from 'node:perf_hooks';
import { loadConfig } from '../../config/load.ts';
import { ConfigError, formatProblem } from '../../config/problems.ts';
import { packageVersion } from '../version.ts';
import { addAccessVerbs } from './access-verbs.ts';
import { contextOf } from './context.ts';
import type { GlobalOptions } from './context.ts';
import { runDaemon } from './daemon.ts';
import { count, factor, port } from './options.ts';
import { explainFailure, show } from './output.ts';
import type { Output } from './output.ts';
import { addSiteVerbs } from './site-verbs.ts';

/** What a command ends with when that is not 0. */
type Finish = (code: number) => void;

/**
 * Runs one command line (without `node` and the program's name) and gives its exit code: 0 done, 1 refused or failed,
 * 2 could not run.
 */
export async function runCli(args: string[]): Promise<number> {
  let code = 0;
  const program = createProgram((value) => {
    code = value;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return explainFailure(error, outputOf(program));
  }
}

function createProgram(finish: Finish): Command {
  const program = new Command('chargegate')
    .description('On-site gateway for EV charging depots')
    .option('--config <file>', 'configuration; else CHARGEGATE_CONFIG, else the example that comes along')
    .option('--url <url>', "the running gateway's console; else where the configuration has it")
    .option('--json', 'one JSON document instead of text')
    .version(packageVersion(), '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) => write(`chargegate: [REQUEST_INVALID] ${text.replace(/^error: /, '')}`),
    })
    .showSuggestionAfterError()
    .exitOverride();
  addDaemonVerbs(program, finish);
  addSiteVerbs(program);
  addAccessVerbs(program);
  addTryVerbs(program, finish);
  program
    .command('version')
    .description('the version of this program')
    .action((_options, command: Command) => {
      const { out } = contextOf(command);
      show(out, { version: packageVersion() }, packageVersion);
    });
  return program;
}

function addDaemonVerbs(program: Command, finish: Finish): void {
  program
    .command('run')
    .description('start the gateway and serve until told to stop')
    .action(async (_options, command: Command) => {
      const { out, config } = contextOf(command);
      const checked = config();
      const { startGateway } = await import('../main.ts');
      const host = {
        on: process.on.bind(process),
        off: process.off.bind(process),
        exit: (code: number) => process.exit(code),
        now: () => performance.now(),
      };
      finish(await runDaemon(startGateway, checked, out, host));
    });

  program
    .command('check-config')
    .description('check a configuration without starting anything: exit code 0 good, 1 bad, 2 could not read it')
    .action((_options, command: Command) => {
      const { out, config, configPath } = contextOf(command);
      try {
        config();
        show(out, { file: configPath(), problems: [] }, () => `${configPath()} is good`);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        if (out.json) out.print(JSON.stringify({ file: configPath(), problems: error.problems }, null, 2));
        else
          for (const problem of error.problems) out.complain(`chargegate: [${error.code}] ${formatProblem(problem)}`);
        finish(error.code === 'CONFIG_UNREADABLE' ? 2 : 1);
      }
    });
}

interface SimulateFlags extends GlobalOptions {
  count: number;
  protocol: 'ocpp1.6';
  id?: string[];
  speed: number;
  password?: string;
  seconds?: number;
}

function addTryVerbs(program: Command, finish: Finish): void {
  program
    .command('simulate')
    .description('simulated chargers whose drivers come and go, until Ctrl-C')
    .option('--url <url>', 'charger URL without the id; else that of the configured gateway on this machine')
    .option('--count <n>', 'how many chargers', count, 2)
    .option('--id <id...>', 'ids of the first ones; the others are SIM-001 and so on')
    .addOption(new Option('--protocol <name>', 'what they speak').choices(['ocpp1.6']).default('ocpp1.6'))
    .option('--speed <factor>', 'multiplies energy', factor, 1)
    .option('--password <text>', 'HTTP Basic password')
    .option('--seconds <n>', 'end after so many', count)
    .action(async (_options, command: Command) => {
      const { out, config } = contextOf(command);
      const flags = command.optsWithGlobals<SimulateFlags>();
      const { simulate } = await import('../../adapters/simulator/simulate.ts');
      const url = flags.url ?? `ws://127.0.0.1:${config().ocpp.port}/ocpp/`;
      const { count: chargers, protocol, speed, id, password, seconds } = flags;
      await simulate(
        {
          url: url.endsWith('/') ? url : `${url}/`,
          count: chargers,
          protocol,
          speed,
          ...(id && { ids: id }),
          ...(password !== undefined && { password }),
          ...(seconds !== undefined && { seconds }),
        },
        out.print,
        untilInterrupted(),
      );
    });

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

function outputOf(program: Command): Output {
  return contextOf(program).out;
}
