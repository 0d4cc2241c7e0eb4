/** Tokens a second. A frame costs one, and one more for each kilobyte: ten times what the busiest honest charger needs. */
const RATE = 1000;

/** Tokens saved up while a charger is quiet: it may replay a day of stored messages at once. */
const BURST = 2000;

const BYTES_PER_TOKEN = 1024;

/** Tokens to have again before reading goes on. */
const RESUME_AT = 100;

/** How much of what one charger sends is read. */
export interface Intake {
  /** Counts a frame that came. */
  take(bytes: number): void;
  /** Says whether too many messages wait to be worked off. */
  crowd(crowded: boolean): void;
  stop(): void;
}

export interface IntakeOptions {
  pause(): void;
  resume(): void;
  /** Reading stops because too much came. */
  onFlood(): void;
}

/**
 * Makes the intake of one socket. Who sends too much is not dropped but read later: its frames wait in its own TCP
 * buffers, and only there. Timed by what only rises, not by the clock.
 */
export function createIntake(options: IntakeOptions): Intake {
  let tokens = BURST;
  let at = performance.now();
  let crowded = false;
  let exhausted: NodeJS.Timeout | null = null;
  let paused = false;

  function refill(): void {
    const now = performance.now();
    tokens = Math.min(BURST, tokens + ((now - at) * RATE) / 1000);
    at = now;
  }

  function apply(): void {
    const wanted = crowded || exhausted !== null;
    if (wanted === paused) return;
    paused = wanted;
    if (paused) options.pause();
    else options.resume();
  }

  return {
    take(bytes) {
      // What was read already comes on while reading has stopped: it is paid for by a longer stop.
      refill();
      tokens -= 1 + bytes / BYTES_PER_TOKEN;
      if (tokens >= 0 || exhausted) return;
      options.onFlood();
      exhausted = setTimeout(goOn, wait());
      exhausted.unref();
      apply();
    },
    crowd(now) {
      crowded = now;
      apply();
    },
    stop() {
      if (exhausted) clearTimeout(exhausted);
    },
  };

  function wait(): number {
    return Math.ceil(((RESUME_AT - tokens) * 1000) / RATE);
  }

  function goOn(): void {
    refill();
    if (tokens < RESUME_AT / 2) {
      exhausted = setTimeout(goOn, wait());
      exhausted.unref();
      return;
    }
    exhausted = null;
    apply();
  }
}
