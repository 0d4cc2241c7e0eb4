import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/ports.ts';
import { connectCharger } from './charger.ts';
import type { Contestant } from './contestants.ts';
import type { Job, Load, LoadMessage } from './load.ts';
import { captureOutput, cpuSeconds, end, residentMegabytes, spawnNode, untilListening } from './process.ts';

const GENERATOR = fileURLToPath(new URL('load.ts', import.meta.url));
const SERVER_CORE = 0;
const GENERATOR_CORE = 1;

/** One run of one scenario against one server. */
export interface Measurement extends Load {
  unitsPerSecond: number;
  /** The server's processor time per answered call, microseconds. */
  cpuPerCall: number;
  /** The server's memory at the end, megabytes. */
  rss: number;
  /** Whole transactions found on disk after kill -9, beside those acknowledged; null where nothing is stored. */
  stored: number | null;
}

/** Starts the server, loads it, kills it and looks at what is on its disk. Rejects when a call fails or an acknowledged pair is missing. */
export async function measure(contestant: Contestant, directory: string, work: Omit<Job, 'url'>): Promise<Measurement> {
  const port = await freePort();
  const { args, env } = contestant.command(port, directory, work.chargers);
  const server = spawnNode(SERVER_CORE, args, { env });
  const output = captureOutput(server);
  try {
    await untilListening(port, server, output);
    const { load, cpu, rss } = await generate({ ...work, url: contestant.url(port) }, server.pid ?? 0, output);
    await end(server, 'SIGKILL');
    const stored = work.scenario === 'transactions' ? (contestant.stored?.(directory) ?? null) : null;
    if (stored !== null && stored < load.unitsInAll) {
      throw new Error(`${contestant.name} acknowledged ${load.unitsInAll} transactions and kept ${stored}`);
    }
    return {
      ...load,
      unitsPerSecond: load.units / load.seconds,
      cpuPerCall: (cpu / load.calls) * 1e6,
      rss,
      stored,
    };
  } finally {
    await end(server, 'SIGKILL');
  }
}

function generate(
  job: Job,
  serverPid: number,
  serverOutput: () => string,
): Promise<{ load: Load; cpu: number; rss: number }> {
  const generator = spawnNode(GENERATOR_CORE, [GENERATOR], { ipc: true });
  const output = captureOutput(generator);
  return new Promise((resolve, reject) => {
    let cpu = 0;
    let rss = 0;
    const fail = (reason: string): void => {
      generator.kill();
      reject(new Error(`${reason}\n${output()}\n${serverOutput()}`.trim()));
    };
    generator.on('message', (message: LoadMessage) => {
      switch (message.type) {
        case 'measuring':
          cpu = cpuSeconds(serverPid);
          break;
        case 'measured':
          cpu = cpuSeconds(serverPid) - cpu;
          rss = residentMegabytes(serverPid);
          break;
        case 'done':
          resolve({ load: message.load, cpu, rss });
          break;
        case 'failed':
          fail(message.reason);
          break;
      }
    });
    generator.once('exit', (code) => fail(`the load generator ended early with ${code}`));
    generator.send(job);
  });
}

/** Milliseconds from starting the server's process to its first accepted BootNotification, on an empty directory. */
export async function measureStart(contestant: Contestant, directory: string): Promise<number> {
  const port = await freePort();
  const { args, env } = contestant.command(port, directory, 1);
  const from = performance.now();
  const server = spawnNode(SERVER_CORE, args, { env });
  const output = captureOutput(server);
  try {
    await untilListening(port, server, output);
    const charger = await connectCharger(contestant.url(port), 'BENCH0000');
    await charger.boot();
    const took = performance.now() - from;
    charger.close();
    return took;
  } finally {
    await end(server, 'SIGKILL');
  }
}
