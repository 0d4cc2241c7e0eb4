import type { SimulatedCharger } from './charger.ts';
import type { Ticker } from './ticker.ts';

/** Yields numbers from 0 up to 1, the same sequence for the same seed. */
export type Random = () => number;

/** A small seeded generator (mulberry32): repeatable runs, nothing secret. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How drivers come and go. Seconds, each drawn evenly between its two ends. */
export interface Pace {
  away: [number, number];
  /** Between cable and card, whichever comes first. */
  fumble: [number, number];
  charge: [number, number];
  /** Between the end of charging and the cable coming out. */
  linger: [number, number];
}

export interface DriverOptions {
  ticker: Ticker;
  random: Random;
  /** Cards of those who come; one is drawn each time. */
  tokens: readonly string[];
  pace: Pace;
  /** Seconds until the first driver comes. */
  firstAfter: number;
  signal: AbortSignal;
}

/** Waits; false when the signal ended it. */
export function pause(ticker: Ticker, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const aborted = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = ticker.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve(true);
    });
    signal.addEventListener('abort', aborted, { once: true });
  });
}

/** Lets drivers come, charge and leave at one connector, again and again until the signal; then whoever charges leaves. */
export async function driveConnector(
  charger: SimulatedCharger,
  connector: number,
  options: DriverOptions,
): Promise<void> {
  const { random, signal, pace } = options;
  const between = ([from, to]: [number, number]): number => from + (to - from) * random();
  const wait = (seconds: number): Promise<boolean> => pause(options.ticker, seconds * 1000, signal);

  async function charge(uid: string): Promise<void> {
    const seconds = between(pace.charge);
    // now and then the car pauses, as one that waits for cheap power does
    const pauses = random() < 0.25;
    if (pauses) {
      if (!(await wait(seconds / 3))) return;
      await charger.suspendEv(connector);
      if (!(await wait(seconds / 6))) return;
      await charger.resume(connector);
    }
    if (!(await wait(pauses ? seconds / 2 : seconds))) return;
    // most tap again; some just pull the cable
    if (random() < 0.75) await charger.tap(uid, connector);
  }

  async function visit(): Promise<void> {
    const uid = options.tokens[Math.floor(random() * options.tokens.length)] ?? 'DEMO';
    const vehicle = { soc: 0.1 + 0.5 * random(), capacityWh: 40_000 + Math.round(50_000 * random()) };
    const cableFirst = random() < 0.6;
    if (cableFirst) await charger.plugIn(connector, vehicle);
    else await charger.tap(uid, connector);
    if (!(await wait(between(pace.fumble)))) return;
    if (cableFirst) await charger.tap(uid, connector);
    else await charger.plugIn(connector, vehicle);
    if (charger.sight(connector).transactionId !== null) await charge(uid);
    await wait(between(pace.linger));
  }

  if (!(await wait(options.firstAfter))) return;
  while (!signal.aborted) {
    await visit();
    await charger.unplug(connector);
    if (!(await wait(between(pace.away)))) return;
  }
}
