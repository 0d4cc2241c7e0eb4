import type { ScreenSize } from './screen.ts';

/** A place to draw on. */
export interface Terminal {
  write(text: string): void;
  size(): ScreenSize;
}

/** The process's own terminal; null where its output goes elsewhere (a file, a pipe, a build log). */
export function ownTerminal(): Terminal | null {
  const { stdout } = process;
  if (!stdout.isTTY || process.env['TERM'] === 'dumb') return null;
  return {
    write: (text) => void stdout.write(text),
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
  };
}

const ESC = '\u001B[';
const COLOURS: [RegExp, string][] = [
  [/\b(Charging|CHARGING|Accepted|accepted)\b/g, '32'],
  [/\b(Preparing|Finishing|SuspendedEV)\b/g, '33'],
  [/\b(refused|Faulted|OUTOFORDER|away)\b/g, '31'],
];

/** A full screen that is painted over in place, so that nothing flickers, and left as it was found. */
export interface Painter {
  paint(lines: string[]): void;
  leave(): void;
}

/** Switches to the terminal's second screen; `leave` switches back. */
export function openPainter(terminal: Terminal): Painter {
  terminal.write(`${ESC}?1049h${ESC}?25l${ESC}2J`);
  let shown = '';
  return {
    paint(lines) {
      // each line clears what is left of the old one; one write, so that no half screen is seen
      const text = lines.map((line, index) => `${index === 0 ? bold(line) : colour(line)}${ESC}K`).join('\r\n');
      if (text === shown) return;
      shown = text;
      terminal.write(`${ESC}H${text}${ESC}J`);
    },
    leave() {
      terminal.write(`${ESC}?25h${ESC}?1049l`);
    },
  };
}

function bold(line: string): string {
  return `${ESC}1m${line}${ESC}0m`;
}

function colour(line: string): string {
  return COLOURS.reduce((text, [words, code]) => text.replace(words, `${ESC}${code}m$1${ESC}0m`), line);
}
