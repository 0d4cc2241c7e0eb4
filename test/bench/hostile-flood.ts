/** One hostile charger, a process of its own that yields the processor to the honest ones. Told over IPC what to be. */
import { setPriority } from 'node:os';
import { WebSocket } from 'ws';
import { FLOODS, type Flood } from './floods.ts';

export interface FloodJob {
  url: string;
  flood: Flood;
}

/** What came of it when it was stopped. */
export interface FloodTally {
  frames: number;
  answers: number;
  sockets: number;
  /** Handshakes that were refused. */
  refused: number;
}

/** Milliseconds between bursts. */
const BEAT = 5;

const MOST_BUFFERED = 8 << 20;

const POLITENESS = 10;

function flood(job: FloodJob, tally: FloodTally): void {
  const { rate, frame } = FLOODS[job.flood];
  const socket = new WebSocket(`${job.url}/HOSTILE`, 'ocpp1.6', { perMessageDeflate: false });
  let beat: NodeJS.Timeout | null = null;
  socket.on('open', () => {
    tally.sockets += 1;
    if (rate === 0) {
      socket.terminate();
      return;
    }
    const from = performance.now();
    let sent = 0;
    beat = setInterval(() => {
      for (const due = ((performance.now() - from) * rate) / 1000; sent < due; sent += 1) {
        // What cannot be written now is not sent later either: it would come on top.
        if (socket.readyState !== socket.OPEN || socket.bufferedAmount > MOST_BUFFERED) continue;
        socket.send(frame(sent), { compress: false });
        tally.frames += 1;
      }
    }, BEAT);
  });
  socket.on('message', () => (tally.answers += 1));
  socket.on('error', () => undefined);
  socket.on('unexpected-response', (request) => {
    tally.refused += 1;
    request.destroy();
    setImmediate(() => flood(job, tally));
  });
  socket.on('close', () => {
    if (beat) clearInterval(beat);
    setImmediate(() => flood(job, tally));
  });
}

if (process.send) {
  setPriority(POLITENESS);
  process.once('message', (job: FloodJob) => {
    const tally: FloodTally = { frames: 0, answers: 0, sockets: 0, refused: 0 };
    process.once('message', () => process.send?.(tally, () => process.exit()));
    flood(job, tally);
  });
  process.once('disconnect', () => process.exit());
}
