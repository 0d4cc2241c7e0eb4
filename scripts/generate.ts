import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandNode } from '../gateway/cli/command-tree.ts';
import { commandTree } from '../gateway/cli/command-tree.ts';
import { createProgram } from '../gateway/cli/program.ts';
import { packageVersion } from '../gateway/version.ts';
import { cliPage } from './generate-cli-page.ts';
import { configReference } from './generate-config-reference.ts';
import { manPage } from './generate-man.ts';

interface Generated {
  /** Relative to the project's root. */
  file: string;
  make: () => string | Promise<string>;
}

/** Every committed file that a program writes. */
const GENERATED: Generated[] = [
  { file: 'config/reference.md', make: configReference },
  { file: 'docs/cli.md', make: () => cliPage(commands()) },
  { file: 'man/chargegate.1', make: () => manPage(commands(), packageVersion()) },
];

function commands(): CommandNode {
  return commandTree(createProgram(() => undefined, false));
}

/**
 * Writes the committed generated files. With `--check` it writes nothing and names those that differ from what would be
 * written; the exit code is then 1.
 */
async function generate(check: boolean): Promise<void> {
  for (const { file, make } of GENERATED) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    const wanted = await make();
    if (existsSync(path) && readFileSync(path, 'utf8') === wanted) continue;
    if (check) {
      process.exitCode = 1;
      console.error(`${file} is not what the source makes of it; run npm run generate`);
    } else {
      writeFileSync(path, wanted);
      console.log(`wrote ${file}`);
    }
  }
}

await generate(process.argv.includes('--check'));
