import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../gateway/cli/command-tree.ts';
import type { CommandNode } from '../../gateway/cli/command-tree.ts';
import { createProgram } from '../../gateway/cli/program.ts';
import { ROOT, documents } from './snippets.ts';

const tree = commandTree(createProgram(() => undefined, false));

/** What is wrong with a command line as a text shows it: words that are no commands, options that there are not. */
function faultOf(line: string): string | null {
  const words = line.split(/\s+/).map((word) => word.replaceAll(/[[\]…|"'.,;]/g, ''));
  let node: CommandNode = tree;
  for (const word of words) {
    const next = node.children.find(({ path }) => path.at(-1) === word);
    if (!next) {
      // A command with commands of its own that takes no argument has to be followed by one of them.
      const isWord = /^[a-z]+(-[a-z]+)*$/.test(word);
      if (isWord && (node === tree || (node.args.length === 0 && node.children.length > 0)))
        return `no command ${word}`;
      break;
    }
    node = next;
  }
  const fallback = node.children.find(({ path }) => path.at(-1) === node.fallback);
  const known = [tree, node, ...(fallback ? [fallback] : [])].flatMap(({ options }) =>
    options.flatMap(({ names }) => names),
  );
  const strange = words.filter((word) => word.startsWith('--') && !known.includes(word.replace(/=.*/, '')));
  return strange.length > 0 ? `${node.path.join(' ')} has no ${strange.join(', ')}` : null;
}

describe('each command that a text names in passing', () => {
  const named = documents().flatMap((document) => {
    const text = readFileSync(`${ROOT}/${document}`, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
    const spans = [...text.matchAll(/`(?:npm run -s )?chargegate(?: --)? ([a-z][^`\n]*)`/g)];
    return spans.map(([, line = '']) => ({ document, line }));
  });

  it('is one, with options that there are', () => {
    expect(named.length).toBeGreaterThan(100);
    const wrong = named.flatMap(({ document, line }) => {
      const fault = faultOf(line);
      return fault === null ? [] : [`${document}: chargegate ${line}: ${fault}`];
    });
    expect(wrong).toEqual([]);
  });

  it('a wrong one is found', () => {
    expect(faultOf('chargers stat BAY-1')).toBe('no command stat');
    expect(faultOf('drill wan-up 10m')).toBe('no command wan-up');
    expect(faultOf('sessions --runing')).toBe('sessions has no --runing');
  });
});
