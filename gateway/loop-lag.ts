import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop was lately. */
export interface LoopLag {
  /** The longest wait of the last five to ten seconds, seconds. */
  worst(): number;
  close(): void;
}

const WINDOW = 5000;

/** The loop is looked at this often, milliseconds; a wait of that length is none. */
const RESOLUTION = 10;

/** Starts to measure how long work that is due waits for its turn. */
export function watchLoopLag(): LoopLag {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  let before = 0;
  const now = (): number => Math.max(0, delay.max / 1e9 - RESOLUTION / 1000);
  const timer = setInterval(() => {
    before = now();
    delay.reset();
  }, WINDOW);
  timer.unref();
  delay.enable();
  return {
    worst: () => Math.max(before, now()),
    close() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
