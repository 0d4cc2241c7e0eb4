import { wallClock } from '../../gateway/domain/time.ts';
import type { Protocol } from './charger-options.ts';
import { createSimulatedCharger } from './charger.ts';
import type { SimulatedCharger } from './charger.ts';
import { driveConnector, pause, seededRandom } from './driver.ts';
import type { Pace } from './driver.ts';
import type { SimulatorEvent } from './model.ts';
import { kwh, narrate, plural, timeOfDay } from './narrate.ts';
import { timerTicker } from './ticker.ts';

export interface SimulateOptions {
  /** To which each charger's id is appended. */
  url: string;
  count: number;
  /** Ids of the first chargers; the others are `SIM-001` and so on. */
  ids?: string[];
  protocol: Protocol;
  /** Multiplies energy. */
  speed: number;
  password?: string;
  /** Ends after so many; without it, when the signal comes. */
  seconds?: number;
  /** Cards that are used; default `SIM-CARD-1` to `SIM-CARD-4`. */
  tokens?: string[];
  /** Told once, after the first card that was refused: what can be done about it. */
  refusedHint?: string;
  /** For repeatable timing; default 1. */
  seed?: number;
  pace?: Pace;
}

const PACE: Pace = { away: [3, 20], fumble: [1, 5], charge: [20, 90], linger: [1, 10] };
const TOKENS = ['SIM-CARD-1', 'SIM-CARD-2', 'SIM-CARD-3', 'SIM-CARD-4'];
/** Seconds between readings, at the longest: most charges here are over within a minute. */
const READING = 10;
/** Milliseconds to get the last messages answered at the end. */
const FAREWELL = 5_000;

/**
 * Runs chargers whose drivers come and go, printing a line per notable event and a summary at the end. A gateway that
 * is not there, or goes away, is waited for. Resolves at the end; throws nothing of its own.
 */
export async function simulate(
  options: SimulateOptions,
  print: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const tally = { sessions: 0, wattHours: 0, refused: 0, lost: 0 };
  const ending = new AbortController();
  const end = (): void => ending.abort();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  const cancelEnd = options.seconds === undefined ? null : timerTicker.after(options.seconds * 1000, end);

  const tell = (line: string): void => print(`${timeOfDay(wallClock())}  ${line}`);
  function onEvent(event: SimulatorEvent): void {
    if (event.kind === 'stopped') {
      tally.sessions += 1;
      tally.wattHours += event.energyWh;
    }
    if (event.kind === 'refused') tally.refused += 1;
    if (event.kind === 'offline' && !ending.signal.aborted) tally.lost += 1;
    // whoever hangs up at the end has lost nothing
    if (event.kind === 'offline' && ending.signal.aborted) return;
    const line = narrate(event);
    if (line !== null) tell(line);
    if (event.kind === 'refused' && tally.refused === 1 && options.refusedHint) tell(options.refusedHint);
  }

  const chargers = Array.from({ length: options.count }, (_unused, index) =>
    makeCharger(options, options.ids?.[index] ?? `SIM-${String(index + 1).padStart(3, '0')}`, onEvent, tell),
  );
  for (const charger of chargers) charger.connectPatiently();
  await Promise.all(
    chargers.map((charger, index) =>
      driveConnector(charger, 1, {
        ticker: timerTicker,
        random: seededRandom((options.seed ?? 1) * 7919 + index),
        tokens: options.tokens ?? TOKENS,
        pace: options.pace ?? PACE,
        firstAfter: 1 + (index % 10),
        signal: ending.signal,
      }),
    ),
  );
  cancelEnd?.();
  signal?.removeEventListener('abort', end);
  const untold = await farewell(chargers);
  print(
    [
      plural(chargers.length, 'charger'),
      plural(tally.sessions, 'charge'),
      kwh(tally.wattHours),
      `${plural(tally.refused, 'card')} refused`,
      `${plural(tally.lost, 'connection')} lost`,
      `${plural(untold, 'message')} never answered`,
    ].join(', '),
  );
}

function makeCharger(
  options: SimulateOptions,
  id: string,
  onEvent: (event: SimulatorEvent) => void,
  tell: (line: string) => void,
): SimulatedCharger {
  const told = new Set<string>();
  return createSimulatedCharger({
    url: options.url,
    id,
    protocol: options.protocol,
    speed: options.speed,
    sampleAtLeast: READING,
    reconnect: { minMs: 500, maxMs: 10_000 },
    onEvent,
    // the same reason again and again says nothing new
    onFault(problem) {
      if (told.has(problem)) return;
      told.add(problem);
      tell(`${id}: ${problem}`);
    },
    ...(options.password === undefined ? {} : { password: options.password }),
  });
}

/** Everybody leaves and what is queued goes out, as far as that can be had in a few seconds; returns what could not. */
async function farewell(chargers: SimulatedCharger[]): Promise<number> {
  const patience = new AbortController();
  const leaving = chargers.map(async (charger) => {
    await charger.unplug(1);
    if (charger.online) await charger.idle();
  });
  await Promise.race([Promise.all(leaving), pause(timerTicker, FAREWELL, patience.signal)]);
  patience.abort();
  const untold = chargers.reduce((sum, charger) => sum + charger.queueLength, 0);
  await Promise.all(chargers.map((charger) => charger.close()));
  return untold;
}
