/** The gateway of the outage bench, in a process of its own: told what to do over IPC. */
import { SETTINGS } from '../ocpi/fixtures.ts';
import { createOutageSite, depotOf } from './outage-site.ts';

export interface OutageJob {
  directory: string;
  peer: { versionsUrl: string; token: string };
  evses: number;
  sessions: number;
  hours: number;
}

export type OutageMessage =
  | { type: 'ready' }
  | { type: 'lived'; ms: number; waiting: number; rss: number }
  | { type: 'told'; ms: number; rss: number }
  | { type: 'failed'; reason: string };

/** Parent to child, in this order; each is answered once it is done. */
export type OutageOrder = { type: 'begin'; job: OutageJob } | { type: 'live' } | { type: 'resume' };

const MEGABYTE = 1024 * 1024;
const LOOK_EVERY = 20;
/** What was marked in the last moment before is counted as well. */
const SETTLE = 1000;

const send = (message: OutageMessage): void => void process.send?.(message);
const rss = (): number => process.memoryUsage().rss / MEGABYTE;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const order = nextOrder();
async function nextOrder(): Promise<OutageOrder> {
  return new Promise((resolve) => process.once('message', resolve));
}

try {
  const begin = await order;
  if (begin.type !== 'begin') throw new Error('the first order is the job');
  const { directory, peer, evses, sessions, hours } = begin.job;
  const site = await createOutageSite({ settings: depotOf(SETTINGS, evses), directory, peer });
  while (!site.told()) await pause(LOOK_EVERY);
  const live = nextOrder();
  send({ type: 'ready' });
  await live;
  let from = performance.now();
  await site.live(hours, sessions);
  const ms = performance.now() - from;
  await pause(SETTLE);
  const resume = nextOrder();
  send({ type: 'lived', ms, waiting: site.waiting(), rss: rss() });
  await resume;
  from = performance.now();
  let most = 0;
  site.resume();
  while (!site.told()) {
    // A call that was under way when the peer came back has begun a wait of its own.
    site.nudge();
    most = Math.max(most, rss());
    await pause(LOOK_EVERY);
  }
  send({ type: 'told', ms: performance.now() - from, rss: most });
  await site.close();
} catch (error) {
  send({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
process.disconnect();
