import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree, flatten } from '../../gateway/cli/command-tree.ts';
import { SHELLS, completionScript } from '../../gateway/cli/completion.ts';
import { createProgram } from '../../gateway/cli/program.ts';
import { chargegate } from './harness.ts';

const tree = commandTree(createProgram(() => undefined, false));
const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
for (const shell of SHELLS)
  if (!has(shell)) process.stderr.write(`completion: ${shell} is not here, its script is not run\n`);

let folder: string;
const scriptOf = (shell: (typeof SHELLS)[number]): string => join(folder, `chargegate.${shell}`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chargegate-completion-'));
  for (const shell of SHELLS) writeFileSync(scriptOf(shell), completionScript(shell, tree));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('shell completion', () => {
  it('the command prints the script, a shell that is none is refused', async () => {
    const { code, out } = await chargegate(['completion', 'bash']);
    expect([code, out]).toEqual([0, completionScript('bash', tree)]);
    expect(await chargegate(['completion', 'tcsh'])).toMatchObject({ code: 2, out: '' });
  });

  /** What bash offers for the last of these words. */
  function bash(...words: string[]): string[] {
    const line = ['chargegate', ...words];
    const script = `. ${scriptOf('bash')}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _chargegate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['-c', script, 'bash', ...line], { encoding: 'utf8' });
    return out.split('\n').filter((word) => word !== '');
  }

  it.skipIf(!has('bash'))('bash offers commands, their own commands and their options', () => {
    expect(bash('chec')).toEqual(['check-config']);
    expect(bash('drill', '')).toEqual(expect.arrayContaining(['wan-down', 'ocpi', '--json']));
    expect(bash('drill', 'wan-down', '--a')).toEqual(['--abort']);
    expect(bash('--config', 'site.yaml', 'drill', 'wan')).toEqual(['wan-down']);
    expect(bash('sessions', 'BAY-1', '--run')).toEqual(['--running']);
  });

  it.skipIf(!has('bash'))('bash knows every command', () => {
    const nodes = flatten(tree).filter(({ children }) => children.length > 0);
    const missing = nodes.flatMap((node) => {
      const offered = bash(...node.path, '');
      return node.children.filter(({ path }) => !offered.includes(path.at(-1) ?? '')).map(({ path }) => path.join(' '));
    });
    expect(missing).toEqual([]);
  });

  it.skipIf(!has('zsh'))('zsh reads its script', () => {
    expect(spawnSync('zsh', ['-n', scriptOf('zsh')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const found = (at: string) =>
      execFileSync(
        'zsh',
        ['-c', `compdef() { :; }; . ${scriptOf('zsh')}; _chargegate_words '${at}'; print -l $found`],
        {
          encoding: 'utf8',
        },
      );
    expect(found('drill')).toMatch(/^wan-down:/m);
  });

  it.skipIf(!has('fish'))('fish offers commands and options', () => {
    execFileSync('fish', ['-n', scriptOf('fish')]);
    const offer = (line: string) => {
      const command = `source ${scriptOf('fish')}; complete -C '${line}'`;
      const { stdout, stderr } = spawnSync('fish', ['-c', command], { encoding: 'utf8' });
      // What it complains of is written over the line that somebody types.
      expect(stderr).toBe('');
      return stdout;
    };
    expect(offer('chargegate chec')).toMatch(/^check-config\t/m);
    expect(offer('chargegate drill wan-')).toMatch(/^wan-down\t/m);
    expect(offer('chargegate drill wan-down --a')).toMatch(/^--abort\t/m);
  });
});
