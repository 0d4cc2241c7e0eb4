import type { Command, Option } from 'commander';

/** A command as its help tells it, for the page, the manual and completion. */
export interface CommandNode {
  /** Words after the program's name; empty: the program itself. */
  path: string[];
  summary: string;
  /** As `<charger> [evse]`. */
  args: { name: string; text: string; summary: string }[];
  options: { flags: string; names: string[]; takesValue: boolean; choices: string[]; summary: string }[];
  /** The word that is meant where none is said. */
  fallback: string | null;
  children: CommandNode[];
}

/** Reads commander's tree. Hidden commands and options are left out. */
export function commandTree(command: Command, path: string[] = []): CommandNode {
  const help = command.createHelp();
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  return {
    path,
    summary: command.description(),
    args: command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return {
        name: argument.name(),
        text: argument.required ? `<${name}>` : `[${name}]`,
        summary: argument.description,
      };
    }),
    options: help
      .visibleOptions(command)
      // Every command has it: told once.
      .filter(({ long }) => path.length === 0 || long !== '--help')
      .map(optionOf),
    fallback: defaultOf(command),
    children: children.map((child) => commandTree(child, [...path, child.name()])),
  };
}

function optionOf({
  flags,
  short,
  long,
  required,
  optional,
  argChoices,
  description,
}: Option): CommandNode['options'][number] {
  return {
    flags,
    names: [short, long].filter((name) => name !== undefined),
    takesValue: required || optional,
    choices: argChoices ?? [],
    summary: description,
  };
}

/** Commander has no public word for it. */
function defaultOf(command: Command): string | null {
  const name: unknown = Reflect.get(command, '_defaultCommandName');
  return typeof name === 'string' ? name : null;
}

/** The node and all below it, each before its children. */
export function flatten(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(flatten)];
}
