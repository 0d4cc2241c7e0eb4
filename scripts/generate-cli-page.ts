import type { CommandNode } from '../gateway/cli/command-tree.ts';
import { flatten } from '../gateway/cli/command-tree.ts';

/** The page of every command, as Markdown made from the command line's own tree. */
export function cliPage(tree: CommandNode): string {
  const global = tree.options.map(({ flags, summary }) => `| \`${flags}\` | ${cell(summary)} |`);
  const sections = tree.children.map((child) => flatten(child).map(command).join('\n'));
  return [INTRODUCTION, '| option | |', '| --- | --- |', ...global, '', ...sections].join('\n');
}

const INTRODUCTION = `<!-- Generated from the command line by npm run generate. -->

# The command line

From a checkout \`npm run -s chargegate -- COMMAND\`, as a service \`chargegate COMMAND\`. Exit codes: 0 done, 1 refused, failed or found to be bad, 2 could not run.
Colours and progress are shown on terminals only; \`NO_COLOR\` switches colours off. \`man man/chargegate.1\` is the same as a manual page.

\`chargegate completion bash\` prints what teaches a shell these words: \`chargegate completion bash > ~/.local/share/bash-completion/completions/chargegate\`,
\`chargegate completion zsh > "\${fpath[1]}/_chargegate"\`, \`chargegate completion fish > ~/.config/fish/completions/chargegate.fish\`.

These options go with every command:
`;

function command({ path, args, options, summary, fallback }: CommandNode): string {
  const level = '#'.repeat(Math.min(path.length + 1, 4));
  const usage = ['chargegate', ...path, ...args.map(({ text }) => text)].join(' ');
  const rest = fallback === null ? '' : ` Without a further word: \`${fallback}\`.`;
  const rows = options.map(({ flags, choices, summary: text }) => {
    const words = choices.length > 0 ? ` (${choices.map((choice) => `\`${choice}\``).join(', ')})` : '';
    return `| \`${flags}\` | ${cell(text)}${words} |`;
  });
  const table = rows.length > 0 ? ['', '| option | |', '| --- | --- |', ...rows] : [];
  return [`${level} ${path.join(' ')}`, '', `\`${usage}\`: ${markdown(summary)}.${rest}`, ...table, ''].join('\n');
}

function cell(text: string): string {
  return markdown(text).replaceAll('|', '\\|');
}

/** Angle brackets would be tags. */
function markdown(text: string): string {
  return text.replaceAll('<', '&lt;');
}
