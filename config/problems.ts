import { GatewayError } from '../gateway/domain/errors.ts';

/** A fault in the configuration, at the place where a person mends it. Lines and columns count from 1. */
export interface Problem {
  file: string;
  /** 0: the file as a whole. */
  line: number;
  column: number;
  /** Dotted key, `chargers[0].evses[1].id`; empty for the document as a whole. */
  path: string;
  message: string;
}

/** One line for one problem, in the form that editors and terminals make clickable: `file:line:column: message`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message } = problem;
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}

/** All that is wrong with a configuration; the message has one line for each problem, in the order of the file. */
export class ConfigError extends GatewayError {
  readonly problems: readonly Problem[];

  constructor(code: 'CONFIG_INVALID' | 'CONFIG_UNREADABLE', problems: readonly Problem[], options?: ErrorOptions) {
    const ordered = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    super(code, ordered.map(formatProblem).join('\n'), options);
    this.name = 'ConfigError';
    this.problems = ordered;
  }
}
