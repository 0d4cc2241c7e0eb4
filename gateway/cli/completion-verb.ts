import { Argument } from 'commander';
import type { Command } from 'commander';
import { commandTree } from './command-tree.ts';
import { SHELLS, completionScript, type Shell } from './completion.ts';
import { contextOf } from './context.ts';
import { show } from './output.ts';

/** `completion`: what teaches a shell the words of this command line. */
export function addCompletionVerb(program: Command): void {
  program
    .command('completion')
    .description('print what teaches a shell the words of this command line: see docs/cli.md')
    .addArgument(new Argument('<shell>', 'whose language').choices(SHELLS))
    .action((shell: Shell, _options, command: Command) => {
      const script = completionScript(shell, commandTree(program));
      show(contextOf(command).out, { shell, script }, () => script.trimEnd());
    });
}
