import { fstatSync } from 'node:fs';
import { pino } from 'pino';
import type { Log } from './gateway.ts';

/** Priorities of syslog, as the journal reads them at the head of a line (sd-daemon(3)), by pino's levels. */
const PRIORITIES: readonly (readonly [level: number, prefix: string])[] = [
  [60, '<2>'],
  [50, '<3>'],
  [40, '<4>'],
  [30, '<6>'],
  [0, '<7>'],
];

const LEVEL = /^\{"level":(\d+)/;

/** The log of this process: lines of JSON on stdout; where that is systemd's journal, with their priority before them. */
export function createLog(level: string): { log: Log; setLevel(level: string): void } {
  const journal = goesToJournal(1, process.env);
  const log = pino({ level, base: null, ...(journal && { hooks: { streamWrite: withPriority } }) });
  return {
    log,
    setLevel(to) {
      log.level = to;
    },
  };
}

/** Does this file descriptor (1 stdout, 2 stderr) go to systemd's journal? JOURNAL_STREAM names the journal's (systemd.exec(5)). */
export function goesToJournal(descriptor: 1 | 2, env: Readonly<Record<string, string | undefined>>): boolean {
  const journal = env['JOURNAL_STREAM'];
  if (journal === undefined || journal === '') return false;
  try {
    const { dev, ino } = fstatSync(descriptor);
    return journal === `${dev}:${ino}`;
  } catch {
    // A descriptor that is closed goes nowhere.
    return false;
  }
}

/** A line of the log with its priority before it. */
export function withPriority(line: string): string {
  const level = Number(LEVEL.exec(line)?.[1] ?? 30);
  const prefix = PRIORITIES.find(([least]) => level >= least)?.[1] ?? '<6>';
  return prefix + line;
}

/** A complaint with the priority of an error: the journal takes every line of it by itself. */
export function asError(text: string): string {
  return text.replaceAll(/^/gm, '<3>');
}
