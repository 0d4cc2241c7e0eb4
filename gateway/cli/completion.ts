import { flatten, type CommandNode } from './command-tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** The script that teaches a shell the words of the command line. It asks nothing of the program while one types. */
export function completionScript(shell: Shell, tree: CommandNode): string {
  const table = flatten(tree).map((node) => ({ node, words: wordsOf(tree, node) }));
  if (shell === 'bash') return bash(table, valued(tree));
  return shell === 'zsh' ? zsh(table, valued(tree)) : fish(tree);
}

interface Entry {
  node: CommandNode;
  words: { word: string; summary: string }[];
}

/** What may follow: subcommands, then options, those of the program itself too. */
function wordsOf(root: CommandNode, node: CommandNode): Entry['words'] {
  const options = node === root ? node.options : [...node.options, ...root.options];
  return [
    ...node.children.map(({ path, summary }) => ({ word: path.at(-1) ?? '', summary })),
    ...options.flatMap(({ names, summary }) =>
      names.filter((name) => name.startsWith('--')).map((word) => ({ word, summary })),
    ),
  ];
}

/** Options that are followed by a value, which is no word of a command. */
function valued(tree: CommandNode): string[] {
  const names = flatten(tree).flatMap(({ options }) =>
    options.filter(({ takesValue }) => takesValue).flatMap((option) => option.names),
  );
  return [...new Set(names)].toSorted();
}

const HEAD = (shell: Shell): string =>
  `# ${shell} completion for chargegate; made by "chargegate completion ${shell}".`;

function bash(table: Entry[], takeValue: string[]): string {
  const cases = table.map(({ node, words }) => `    '${node.path.join(' ')}') echo '${list(words)}' ;;`);
  return `${HEAD('bash')}
_chargegate_words() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}

_chargegate() {
  local word path= next skip= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$word" in
      ${takeValue.join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    next="\${path:+$path }$word"
    if _chargegate_words "$next" >/dev/null; then path=$next; fi
  done
  [[ -n $skip ]] && { compopt -o default 2>/dev/null; return; }
  COMPREPLY=($(compgen -W "$(_chargegate_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o default 2>/dev/null
}
complete -F _chargegate chargegate
`;
}

function list(words: Entry['words']): string {
  return words.map(({ word }) => word).join(' ');
}

function zsh(table: Entry[], takeValue: string[]): string {
  const cases = table.map(({ node, words }) => {
    const items = words.map(({ word, summary }) => `      '${quoted(`${word}:${summary}`)}'`);
    return `    '${node.path.join(' ')}') found=(\n${items.join('\n')}\n    ) ;;`;
  });
  return `#compdef chargegate
${HEAD('zsh')}
_chargegate_words() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}

_chargegate() {
  local word at next skip i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$word" in
      ${takeValue.join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    next="\${at:+$at }$word"
    if _chargegate_words "$next"; then at=$next; fi
  done
  if [[ -n $skip ]]; then _files; return; fi
  _chargegate_words "$at"
  _describe 'chargegate' found || _files
}

if [[ $funcstack[1] = _chargegate ]]; then _chargegate "$@"; else compdef _chargegate chargegate; fi
`;
}

function fish(tree: CommandNode): string {
  const lines = flatten(tree).flatMap((node) => {
    const condition = node === tree ? '' : ` -n '__chargegate_at ${node.path.join(' ')}'`;
    const top = node === tree ? " -n '__chargegate_at'" : condition;
    return [
      ...node.children.map(
        ({ path, summary }) => `complete -c chargegate -f${top} -a '${path.at(-1) ?? ''}' -d '${escaped(summary)}'`,
      ),
      ...node.options.map(({ names, takesValue, choices, summary }) => {
        const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
        const value = choices.length > 0 ? ` -xa '${choices.join(' ')}'` : takesValue ? ' -r' : '';
        return `complete -c chargegate${condition} ${flags.join(' ')}${value} -d '${escaped(summary)}'`;
      }),
    ];
  });
  const words = flatten(tree)
    .slice(1)
    .map(({ path }) => `'${path.join(' ')}'`);
  return `${HEAD('fish')}
set -g __chargegate_commands ${words.join(' ')}
set -g __chargegate_valued ${valued(tree).join(' ')}

function __chargegate_at
    set -l at
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
        else if contains -- $word $__chargegate_valued
            set skip 1
        else if not string match -q -- '-*' $word
            contains -- (string join ' ' $at $word) $__chargegate_commands; and set -a at $word
        end
    end
    test "$at" = "$argv"
end

${lines.join('\n')}
`;
}

/** Inside single quotes of zsh; a colon ends the word there. */
function quoted(text: string): string {
  const [word = '', ...rest] = text.split(':');
  return `${word}:${rest.join('\\:')}`.replaceAll("'", "'\\''");
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
