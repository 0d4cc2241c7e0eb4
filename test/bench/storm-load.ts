/** All chargers of a depot at once, as after a power cut: each dials, boots and is accepted. A process of its own. */
import { WebSocket } from 'ws';
import { chargerId, percentile } from './common.ts';

export interface StormJob {
  url: string;
  chargers: number;
  /** Password of every second charger; null: none has one. */
  password: string | null;
}

export interface StormTally {
  /** Milliseconds from the first dial until each was accepted. */
  p50: number;
  last: number;
  /** Dials that were refused or failed, and were made again. */
  again: number;
}

export type StormMessage = { type: 'done'; tally: StormTally } | { type: 'failed'; reason: string };

const DEADLINE = 60_000;

/** Milliseconds until a charger that was refused dials again. */
const REDIAL = 500;

function dial(job: StormJob, index: number, tally: StormTally): Promise<number> {
  const id = chargerId(index);
  const secret =
    job.password !== null && index % 2 === 1 ? Buffer.from(`${id}:${job.password}`).toString('base64') : null;
  return new Promise((resolve) => {
    const socket = new WebSocket(`${job.url}/${id}`, 'ocpp1.6', {
      perMessageDeflate: false,
      headers: secret === null ? {} : { authorization: `Basic ${secret}` },
    });
    let accepted = false;
    socket.on('open', () =>
      socket.send('[2,"boot","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"Storm"}]'),
    );
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (!text.startsWith('[3,"boot"') || !text.includes('"Accepted"')) return;
      accepted = true;
      resolve(performance.now());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (accepted) return;
      tally.again += 1;
      setTimeout(() => resolve(dial(job, index, tally)), REDIAL);
    });
  });
}

async function storm(job: StormJob): Promise<StormTally> {
  const tally: StormTally = { p50: 0, last: 0, again: 0 };
  const from = performance.now();
  const all = Promise.all(Array.from({ length: job.chargers }, (_, index) => dial(job, index, tally)));
  const tooLong = new Promise<never>((_resolve, reject) =>
    setTimeout(() => reject(new Error(`not all were accepted within ${DEADLINE / 1000} s`)), DEADLINE).unref(),
  );
  const took = Float64Array.from((await Promise.race([all, tooLong])).map((at) => at - from)).sort();
  return { ...tally, p50: percentile(took, 0.5), last: percentile(took, 1) };
}

const tell = (message: StormMessage): void => void process.send?.(message, () => process.exit());

process.once('message', (job: StormJob) => {
  storm(job).then(
    (tally) => tell({ type: 'done', tally }),
    (error: unknown) => tell({ type: 'failed', reason: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
