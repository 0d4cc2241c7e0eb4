import type { Scenario } from './load.ts';
import type { Measurement } from './measure.ts';

/** Medians of one contestant in one scenario. */
export interface Summary {
  contestant: string;
  scenario: Scenario;
  unitsPerSecond: number;
  lowest: number;
  highest: number;
  p50: number;
  p99: number;
  cpuPerCall: number;
  rss: number;
  generatorBusy: number;
  /** Throughput of the first contestant divided by this one's, round by round, median. */
  ratio: number;
  rounds: Measurement[];
}

export interface StartSummary {
  contestant: string;
  /** Milliseconds, median. */
  median: number;
  runs: number[];
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/** The rounds of all contestants of one scenario; `first` is the one that is measured, by its rounds. */
export function summarize(
  scenario: Scenario,
  contestant: string,
  rounds: Measurement[],
  first: Measurement[],
): Summary {
  const rates = rounds.map(({ unitsPerSecond }) => unitsPerSecond);
  const middle = (of: (round: Measurement) => number): number => median(rounds.map(of));
  return {
    contestant,
    scenario,
    unitsPerSecond: median(rates),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    cpuPerCall: middle(({ cpuPerCall }) => cpuPerCall),
    rss: middle(({ rss }) => rss),
    generatorBusy: middle(({ busy }) => busy),
    ratio: median(first.map((round, index) => round.unitsPerSecond / (rates[index] ?? Number.NaN))),
    rounds,
  };
}

const UNITS: Record<Scenario, string> = { 'meter-values': 'messages/s', transactions: 'pairs/s' };

/** Columns under each other, the first to the left. */
export function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** What one scenario gave, for people. */
export function scenarioTable(scenario: Scenario, summaries: Summary[]): string {
  const first = summaries[0]?.contestant ?? '';
  const head = [
    '',
    UNITS[scenario],
    'range',
    'p50 ms',
    'p99 ms',
    'CPU µs/call',
    'RSS MB',
    'generator busy',
    `${first} / it`,
  ];
  const rows = summaries.map((summary) => [
    summary.contestant,
    summary.unitsPerSecond.toFixed(0),
    `${summary.lowest.toFixed(0)}–${summary.highest.toFixed(0)}`,
    summary.p50.toFixed(2),
    summary.p99.toFixed(2),
    summary.cpuPerCall.toFixed(1),
    summary.rss.toFixed(0),
    `${(summary.generatorBusy * 100).toFixed(0)} %`,
    summary.contestant === first ? '' : summary.ratio.toFixed(2),
  ]);
  return table([head, ...rows]);
}

export function startTable(summaries: StartSummary[]): string {
  const rows = summaries.map(({ contestant, median: middle, runs }) => [
    contestant,
    middle.toFixed(0),
    `${Math.min(...runs).toFixed(0)}–${Math.max(...runs).toFixed(0)}`,
  ]);
  return table([['', 'ms', 'range'], ...rows]);
}
