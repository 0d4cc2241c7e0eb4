/**
 * Honest chargers, a process of their own: each sends MeterValues at its own fixed times, whether or not the last ones are
 * answered, so that a server that stands still cannot hide it. Told over IPC when to begin and end a span.
 */
import { WebSocket } from 'ws';
import { meterValuesPayload } from './charger.ts';
import { chargerId, percentile, type Latencies } from './common.ts';

export interface HonestJob {
  url: string;
  chargers: number;
  /** Milliseconds between two messages of one charger. */
  period: number;
}

export type HonestOrder = { type: 'begin' } | { type: 'end' };

export type HonestMessage =
  | { type: 'ready' }
  | { type: 'span'; latencies: Latencies }
  | { type: 'failed'; reason: string };

/** Milliseconds that the answers to a span's last messages may take before they count as that late. */
const GRACE = 5000;

const state = { measuring: false, latencies: [] as number[], open: new Set<{ dueAt: number }>() };

function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'ocpp1.6', { perMessageDeflate: false, skipUTF8Validation: true });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function connect(job: HonestJob, index: number): Promise<void> {
  const id = chargerId(index);
  const socket = await openSocket(`${job.url}/${id}`);
  const waiting = new Map<string, (text: string) => void>();
  let sequence = 0;
  socket.on('message', (data: Buffer) => {
    const text = data.toString('latin1');
    const [, messageId = ''] = /^\[[34],"([^"]+)"/.exec(text) ?? [];
    waiting.get(messageId)?.(text);
    waiting.delete(messageId);
  });
  socket.on('close', (code) => fail(`${id}: the server closed an honest charger's socket with ${code}`));

  function call(action: string, payload: string): Promise<string> {
    sequence += 1;
    const messageId = `${id}-${sequence}`;
    const answered = new Promise<string>((resolve) => waiting.set(messageId, resolve));
    socket.send(`[2,"${messageId}","${action}",${payload}]`);
    return answered;
  }

  const timestamp = (): string => `${new Date(Date.now() - 1000).toISOString().slice(0, 19)}Z`;
  await call('BootNotification', '{"chargePointVendor":"Bench","chargePointModel":"Honest"}');
  const start = { connectorId: 1, idTag: id, meterStart: 1000, timestamp: timestamp() };
  const started = await call('StartTransaction', JSON.stringify(start));
  const transactionId = Number(/"transactionId":(\d+)/.exec(started)?.[1]);
  let energy = 1000;
  let dueAt = performance.now() + (job.period * index) / job.chargers;

  async function report(at: number): Promise<void> {
    // Timers fire up to a millisecond early.
    const sent = { dueAt: Math.min(at, performance.now()) };
    const measured = state.measuring;
    if (measured) state.open.add(sent);
    energy += 3;
    const answer = await call('MeterValues', meterValuesPayload(transactionId, timestamp(), energy));
    if (!answer.startsWith('[3')) fail(`${id}: ${answer.slice(0, 200)}`);
    if (measured && state.open.delete(sent)) state.latencies.push(performance.now() - sent.dueAt);
  }

  function tick(): void {
    void report(dueAt);
    dueAt += job.period;
    setTimeout(tick, Math.max(0, dueAt - performance.now()));
  }
  setTimeout(tick, Math.max(0, dueAt - performance.now()));
}

const tell = (message: HonestMessage): void => void process.send?.(message);

function fail(reason: string): void {
  tell({ type: 'failed', reason });
}

async function endSpan(): Promise<void> {
  state.measuring = false;
  const deadline = performance.now() + GRACE;
  while (state.open.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = [...state.open].map(({ dueAt }) => performance.now() - dueAt);
  const sorted = Float64Array.from([...state.latencies, ...late]).sort();
  state.open.clear();
  state.latencies = [];
  tell({
    type: 'span',
    latencies: {
      messages: sorted.length,
      unanswered: late.length,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      worst: percentile(sorted, 1),
    },
  });
}

process.once('message', (job: HonestJob) => {
  process.on('message', (order: HonestOrder) => {
    if (order.type === 'begin') state.measuring = true;
    else void endSpan();
  });
  Promise.all(Array.from({ length: job.chargers }, (_, index) => connect(job, index))).then(
    () => tell({ type: 'ready' }),
    (error: unknown) => fail(String(error)),
  );
});
process.once('disconnect', () => process.exit());
