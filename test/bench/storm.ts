import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/ports.ts';
import { STORM_PASSWORD, type Contestant } from './contestants.ts';
import { captureOutput, end, spawnNode, untilListening } from './process.ts';
import { median, table } from './report.ts';
import type { StormJob, StormMessage, StormTally } from './storm-load.ts';

const GENERATOR = fileURLToPath(new URL('storm-load.ts', import.meta.url));

/** The bound, milliseconds. */
const MOST = 10_000;

export interface StormSummary {
  contestant: string;
  chargers: number;
  p50: number;
  last: number;
  again: number;
  runs: StormTally[];
}

async function face(contestant: Contestant, directory: string, chargers: number): Promise<StormTally> {
  const port = await freePort();
  const { args, env } = contestant.command(port, directory, chargers, true);
  const server = spawnNode(0, args, { env });
  const output = captureOutput(server);
  const generator = spawnNode(1, [GENERATOR], { ipc: true });
  try {
    await untilListening(port, server, output);
    const told = new Promise<StormMessage>((resolve) => generator.once('message', resolve));
    generator.send({ url: contestant.url(port), chargers, password: STORM_PASSWORD } satisfies StormJob);
    const message = await told;
    if (message.type === 'failed') throw new Error(`${contestant.name}: ${message.reason}\n${output()}`);
    return message.tally;
  } finally {
    for (const child of [generator, server]) await end(child, 'SIGKILL');
  }
}

/** Everyone dials at once, contestants in turn. The chargers are unknown at first, so each is also written down. */
export async function runStorm(
  contestants: Contestant[],
  scratch: string,
  chargers: number,
  rounds: number,
): Promise<StormSummary[]> {
  const measured = contestants.map((contestant) => ({ contestant, runs: [] as StormTally[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, runs } of measured) {
      const directory = mkdtempSync(join(scratch, 'server-'));
      runs.push(await face(contestant, directory, chargers));
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return measured.map(({ contestant, runs }) => ({
    contestant: contestant.name,
    chargers,
    p50: median(runs.map(({ p50 }) => p50)),
    last: median(runs.map(({ last }) => last)),
    again: median(runs.map(({ again }) => again)),
    runs,
  }));
}

/** For people. */
export function stormTable(summaries: StormSummary[]): string {
  const head = ['', 'half accepted ms', 'all accepted ms', 'range', 'dialled again', ''];
  const rows = summaries.map(({ contestant, p50, last, again, runs }) => [
    contestant,
    p50.toFixed(0),
    last.toFixed(0),
    `${Math.min(...runs.map((run) => run.last)).toFixed(0)}–${Math.max(...runs.map((run) => run.last)).toFixed(0)}`,
    String(again),
    last > MOST ? `over ${MOST / 1000} s` : '',
  ]);
  return table([head, ...rows]);
}
