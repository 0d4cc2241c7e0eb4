import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/ports.ts';
import type { Latencies } from './common.ts';
import type { Contestant } from './contestants.ts';
import type { FloodJob, FloodTally } from './hostile-flood.ts';
import { FLOOD_NAMES, type Flood } from './floods.ts';
import type { HonestJob, HonestMessage, HonestOrder } from './hostile-honest.ts';
import { captureOutput, cpuSeconds, end, residentMegabytes, spawnNode, untilListening } from './process.ts';
import { table } from './report.ts';

const HONEST = fileURLToPath(new URL('hostile-honest.ts', import.meta.url));
const FLOODER = fileURLToPath(new URL('hostile-flood.ts', import.meta.url));
const CHARGERS = 50;
const PERIOD = 200;

/** The issue's bound on what honest chargers notice of a hostile one, milliseconds at the 99th percentile. */
const MOST_P99 = 100;

/** What honest chargers noticed of one flood; `flood` null: of none. */
export interface HostileResult {
  contestant: string;
  flood: Flood | null;
  latencies: Latencies;
  /** The server's processor use, 0 to 1 of a core, and its memory at the end, megabytes. */
  busy: number;
  rss: number;
  tally: FloodTally | null;
  /** Why there is no figure. */
  failure: string | null;
}

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** One flood against one fresh server, honest chargers beside it. A server that fails them is told, not thrown. */
async function face(contestant: Contestant, directory: string, flood: Flood | null, seconds: number) {
  const port = await freePort();
  const { args, env } = contestant.command(port, directory, CHARGERS);
  const server = spawnNode(0, args, { env });
  const output = captureOutput(server);
  const honest = spawnNode(1, [HONEST], { ipc: true });
  const flooder = flood === null ? null : spawnNode(1, [FLOODER], { ipc: true });
  const told = (): Promise<HonestMessage> => new Promise((resolve) => honest.once('message', resolve));
  try {
    await untilListening(port, server, output);
    const url = contestant.url(port);
    const ready = told();
    honest.send({ url, chargers: CHARGERS, period: PERIOD } satisfies HonestJob);
    check(await ready);
    flooder?.send({ url, flood: flood ?? 'bad frames' } satisfies FloodJob);
    await wait(1);
    const from = { cpu: cpuSeconds(server.pid ?? 0), at: performance.now() };
    const span = told();
    honest.send({ type: 'begin' } satisfies HonestOrder);
    await wait(seconds);
    honest.send({ type: 'end' } satisfies HonestOrder);
    const busy = ((cpuSeconds(server.pid ?? 0) - from.cpu) * 1000) / (performance.now() - from.at);
    const rss = residentMegabytes(server.pid ?? 0);
    const { latencies } = check(await span);
    const tally =
      flooder &&
      (await new Promise<FloodTally>((resolve) => {
        flooder.once('message', resolve);
        flooder.send('enough');
      }));
    return { latencies, busy, rss, tally };
  } catch (error) {
    throw new Error(`${String(error)}\n${output().slice(-300)}`, { cause: error });
  } finally {
    for (const child of [honest, flooder, server]) if (child) await end(child, 'SIGKILL');
  }
}

function check(message: HonestMessage): { latencies: Latencies } {
  if (message.type === 'failed') throw new Error(message.reason);
  return { latencies: message.type === 'span' ? message.latencies : { ...NOTHING } };
}

const NOTHING: Latencies = {
  messages: 0,
  unanswered: 0,
  p50: Number.NaN,
  p99: Number.NaN,
  worst: Number.NaN,
};

/** Every flood against every contestant in turn. */
export async function runHostile(
  contestants: Contestant[],
  scratch: string,
  seconds: number,
  note: (text: string) => void,
): Promise<HostileResult[]> {
  const results: HostileResult[] = [];
  for (const flood of [null, ...FLOOD_NAMES]) {
    for (const contestant of contestants) {
      const directory = mkdtempSync(join(scratch, 'server-'));
      const result = await face(contestant, directory, flood, seconds).then(
        (faced) => ({ ...faced, failure: null }),
        (error: unknown) => ({
          latencies: NOTHING,
          busy: Number.NaN,
          rss: Number.NaN,
          tally: null,
          failure: String(error).split('\n', 1)[0] ?? '',
        }),
      );
      rmSync(directory, { recursive: true, force: true });
      results.push({ contestant: contestant.name, flood, ...result });
      note(`hostile ${flood ?? 'no flood'}, ${contestant.name}: ${result.failure ?? `p99 ${result.latencies.p99} ms`}`);
    }
  }
  return results;
}

/** For people. */
export function hostileTable(results: HostileResult[]): string {
  const head = ['', '', 'p50 ms', 'p99 ms', 'worst ms', 'unanswered', 'server busy', 'RSS MB', 'sent', 'sockets', ''];
  const rows = results.map(({ flood, contestant, latencies, busy, rss, tally, failure }) => [
    flood ?? 'no flood',
    contestant,
    latencies.p50.toFixed(1),
    latencies.p99.toFixed(1),
    latencies.worst.toFixed(0),
    `${latencies.unanswered}/${latencies.messages}`,
    `${(busy * 100).toFixed(0)} %`,
    rss.toFixed(0),
    tally ? String(tally.frames) : '',
    tally ? `${tally.sockets}+${tally.refused} refused` : '',
    failure ?? (latencies.p99 > MOST_P99 ? `over ${MOST_P99} ms` : ''),
  ]);
  return table([head, ...rows]);
}

export const HOSTILE_TITLE = `One hostile charger beside ${CHARGERS} honest ones, each MeterValues every ${PERIOD} ms: what the honest ones notice`;
