import { Command, CommanderError } from 'commander';
import { performance } from 'node:perf_hooks';
import { createNotifier } from '../../adapters/systemd/notify.ts';
import { createService, type Service } from '../../adapters/systemd/service.ts';
import { ConfigError, formatProblem } from '../../config/problems.ts';
import { packageVersion } from '../version.ts';
import { addAccessVerbs } from './access-verbs.ts';
import { addBookingVerbs } from './booking-verbs.ts';
import { addCdrVerbs } from './cdr-verbs.ts';
import { addCertificateVerbs } from './certificate-verbs.ts';
import { addCompletionVerb } from './completion-verb.ts';
import { contextOf } from './context.ts';
import { runDaemon } from './daemon.ts';
import { addDrillVerbs } from './drill-verbs.ts';
import { complain, explainFailure, show } from './output.ts';
import { addOpenDataVerbs } from './open-data-verbs.ts';
import { addOutboxVerbs } from './outbox-verbs.ts';
import { addPriceVerbs } from './price-verbs.ts';
import { addReservationVerbs } from './reservation-verbs.ts';
import type { Output } from './output.ts';
import { addSiteVerbs } from './site-verbs.ts';
import { addTariffVerbs } from './tariff-verbs.ts';
import { addTransactionVerbs } from './transaction-verbs.ts';
import { addTryVerbs } from './try-verbs.ts';
import { addUpkeepVerbs } from './upkeep-verbs.ts';

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
  }, args.includes('--json'));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return explainFailure(error, outputOf(program));
  }
}

/** What commander says of a wrong command line, without its own label. */
function plain(text: string): string {
  return text.replace(/^error: /, '').trim();
}

/** Makes the whole command line; nothing runs. `json`: how to tell of a command line that cannot be read. */
export function createProgram(finish: Finish, json: boolean): Command {
  const program = new Command('chargegate')
    .description('On-site gateway for EV charging depots')
    .option('--config <file>', 'configuration; else CHARGEGATE_CONFIG, else the example that comes along')
    .option('--url <url>', "the running gateway's console; else where the configuration has it")
    .option('--json', 'one JSON document instead of text')
    .version(packageVersion(), '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) =>
        complain({ json, print: write, complain: (line) => write(`${line}\n`) }, 'REQUEST_INVALID', plain(text)),
    })
    .showSuggestionAfterError()
    .exitOverride();
  addDaemonVerbs(program, finish);
  addSiteVerbs(program);
  addTransactionVerbs(program);
  addReservationVerbs(program);
  addBookingVerbs(program);
  addCdrVerbs(program);
  addAccessVerbs(program);
  addTariffVerbs(program, finish);
  addCertificateVerbs(program);
  addOutboxVerbs(program);
  addOpenDataVerbs(program, finish);
  addDrillVerbs(program, finish);
  addPriceVerbs(program, finish);
  addTryVerbs(program, finish);
  addUpkeepVerbs(program);
  addCompletionVerb(program);
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
        terminal: process.stdout.isTTY,
        now: () => performance.now(),
        service: systemdService(process.env, out),
      };
      finish(await runDaemon(startGateway, checked, out, host, config));
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

/** systemd, where it started us and wants to hear of us. */
function systemdService(env: NodeJS.ProcessEnv, out: Output): Service | null {
  const complainOf = (text: string): void => out.complain(`chargegate: ${text}`);
  const notifier = createNotifier(env, complainOf);
  if (notifier === null) return null;
  return createService(notifier, (unwell) =>
    complainOf(unwell === null ? 'all is well again' : `not well: ${unwell.join('; ')}`),
  );
}

function outputOf(program: Command): Output {
  return contextOf(program).out;
}
