import { flatten, type CommandNode } from '../gateway/cli/command-tree.ts';

/** The manual page, in roff's man macros, made from the command line's own tree. */
export function manPage(tree: CommandNode, version: string): string {
  return `${[
    '.\\" Generated from the command line by npm run generate.',
    `.TH CHARGEGATE 1 "" "chargegate ${version}" "User commands"`,
    '.SH NAME',
    `chargegate \\- ${roff(tree.summary)}`,
    '.SH SYNOPSIS',
    '.B chargegate',
    '.RI [ options ] " command " [ arguments ]',
    '.SH DESCRIPTION',
    'One program is the daemon (\\fBchargegate run\\fR) and what talks to it. Commands without a daemon of their own ask the one that runs,',
    'at the console address of the configuration.',
    '.SH OPTIONS',
    'These go with every command.',
    ...tree.options.flatMap(option),
    '.SH COMMANDS',
    ...flatten(tree).slice(1).flatMap(command),
    '.SH EXIT STATUS',
    '.TP\n.B 0\nDone.',
    '.TP\n.B 1\nRefused, failed, or found to be bad.',
    '.TP\n.B 2\nCould not run: a wrong command line, no daemon, no configuration.',
    '.TP\n.B 78\nThis Node is too old.',
    '.SH ENVIRONMENT',
    '.TP\n.B CHARGEGATE_CONFIG\nThe configuration file where \\fB\\-\\-config\\fR does not name one.',
    '.TP\n.B CHARGEGATE_DATA_DIR\nThe data directory, before what the configuration says.',
    '.TP\n.B NO_COLOR\nNo colours, also on a terminal.',
  ].join('\n')}\n`;
}

function command({ path, args, options, summary }: CommandNode): string[] {
  const words = args.map(({ text }) => ` \\fI${roff(text)}\\fR`).join('');
  return [`.SS "\\fB${roff(path.join(' '))}\\fR${words}"`, `${roff(capital(summary))}.`, ...options.flatMap(option)];
}

function option({ flags, choices, summary }: CommandNode['options'][number]): string[] {
  const words = choices.length > 0 ? ` (${choices.join(', ')})` : '';
  return ['.TP', `.B ${roff(flags)}`, roff(`${capital(summary)}${words}`)];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A hyphen that is typed, a backslash, and a line that must not be a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
