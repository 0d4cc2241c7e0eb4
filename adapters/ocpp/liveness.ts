/** How often silence is looked at where nothing is pinged, seconds. */
const UNPINGED_LOOK = 60;

/** A charger is not given up before it left so many pings unanswered. */
const PINGS = 3;

export interface LivenessOptions {
  /** Seconds between pings, 0: none. Asked before each: what is known of a charger may change with its boot (Q9). */
  interval(): number;
  /** Seconds of silence after which it is given up. */
  silence(): number;
  /** Is it us who do not read? Then its silence means nothing. */
  deafened(): boolean;
  ping(): void;
  onLost(): void;
}

/** Whether a charger still lives: whatever comes from it is a sign, and only lasting silence tells that it does not (Q9). */
export interface Liveness {
  heard(): void;
  stop(): void;
}

/** Begins to look. Silence is counted in looks, not by the clock: a clock that is set must not part us from every charger. */
export function createLiveness(options: LivenessOptions): Liveness {
  let silentFor = 0;
  let unanswered = 0;
  let interval = 0;
  let timer = next();

  function next(): NodeJS.Timeout {
    interval = options.interval();
    return setTimeout(look, (interval || UNPINGED_LOOK) * 1000).unref();
  }

  function heard(): void {
    silentFor = 0;
    unanswered = 0;
  }

  function look(): void {
    silentFor += interval || UNPINGED_LOOK;
    if (options.deafened()) heard();
    timer = next();
    if (silentFor >= options.silence() && (unanswered >= PINGS || interval === 0)) {
      clearTimeout(timer);
      options.onLost();
      return;
    }
    if (interval === 0) return;
    unanswered += 1;
    options.ping();
  }

  return { heard, stop: () => clearTimeout(timer) };
}
