/** The load generator: a process of its own, told its job over IPC. Every charger keeps exactly one call in flight. */
import { connectCharger, type Charger } from './charger.ts';
import { chargerId, percentile } from './common.ts';

export type Scenario = 'meter-values' | 'transactions';

export interface Job {
  scenario: Scenario;
  url: string;
  chargers: number;
  warmUpSeconds: number;
  seconds: number;
}

/** What the generator saw in the measured span. */
export interface Load {
  /** Answered calls. */
  calls: number;
  /** Finished units of the scenario: messages, or pairs of start and stop. */
  units: number;
  /** Units over the whole connection, with the warm-up. */
  unitsInAll: number;
  seconds: number;
  /** Milliseconds per call. */
  p50: number;
  p99: number;
  /** The generator's own processor use, 0 to 1: near 1 it is the generator that limits. */
  busy: number;
}

export type LoadMessage =
  | { type: 'measuring' }
  | { type: 'measured' }
  | { type: 'done'; load: Load }
  | { type: 'failed'; reason: string };

/** Sockets opened at a time, so that no accept queue overflows. */
const CONNECTING = 20;

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function openAll(job: Job): Promise<Charger[]> {
  const chargers: Charger[] = [];
  for (let first = 0; first < job.chargers; first += CONNECTING) {
    const ids = Array.from({ length: Math.min(CONNECTING, job.chargers - first) }, (_, index) =>
      chargerId(first + index),
    );
    chargers.push(...(await Promise.all(ids.map((id) => connectCharger(job.url, id)))));
  }
  for (const charger of chargers) await charger.boot();
  return chargers;
}

async function run(job: Job, tell: (message: LoadMessage) => void): Promise<Load> {
  const chargers = await openAll(job);
  const latencies: number[] = [];
  const count = { units: 0, unitsInAll: 0 };
  const state = { measuring: false, running: true };

  async function timed(work: () => Promise<void>): Promise<void> {
    const from = performance.now();
    await work();
    if (state.measuring) latencies.push(performance.now() - from);
  }

  async function keepBusy(charger: Charger): Promise<void> {
    if (job.scenario === 'meter-values') await charger.startTransaction();
    while (state.running) {
      if (job.scenario === 'meter-values') await timed(charger.meterValues);
      else {
        await timed(charger.startTransaction);
        await timed(charger.stopTransaction);
      }
      count.unitsInAll += 1;
      if (state.measuring) count.units += 1;
    }
  }

  const busy = Promise.all(chargers.map(keepBusy));
  const span = (async () => {
    await wait(job.warmUpSeconds);
    const cpu = process.cpuUsage();
    const from = performance.now();
    state.measuring = true;
    tell({ type: 'measuring' });
    await wait(job.seconds);
    state.measuring = false;
    tell({ type: 'measured' });
    const seconds = (performance.now() - from) / 1000;
    const used = process.cpuUsage(cpu);
    state.running = false;
    return { seconds, busy: (used.user + used.system) / 1e6 / seconds };
  })();
  await Promise.race([busy, span]);
  const measured = await span;
  await busy;
  for (const charger of chargers) charger.close();
  const sorted = Float64Array.from(latencies).sort();
  return {
    calls: latencies.length,
    ...count,
    ...measured,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
}

if (process.send) {
  const tell = (message: LoadMessage): void => void process.send?.(message);
  process.once('message', (job: Job) => {
    run(job, tell)
      .then((load) => tell({ type: 'done', load }))
      .catch((error: unknown) =>
        tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => process.disconnect());
  });
}
