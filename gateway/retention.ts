import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from './domain/time.ts';
import type { Forgotten, KeepDays } from './domain/upkeep.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/retention.ts';

const DAY = 86_400_000;

const KINDS: Record<keyof KeepDays, store.Forget> = {
  samples: store.forgetSamples,
  meterLog: store.forgetMeterLog,
  frames: store.forgetFrames,
  decisions: store.forgetDecisions,
  quarantine: store.forgetQuarantine,
  deadLetters: store.forgetDeadLetters,
};

/** A step is made smaller where one took longer than this, and larger where it took less than a quarter, milliseconds. */
const STEP_TIME = 12;
const LEAST = 20;
const MOST = 2000;

/** Between steps chargers have their turn. */
const PAUSE = 25;

/**
 * Forgets what is older than the settings keep it, in steps that hold nobody up; what an unbilled session needs stays. Gives
 * how many rows of each kind went, and the longest step, milliseconds.
 */
export async function forgetOld(
  gw: Gateway,
  keep: KeepDays,
  now: Millis,
  signal?: AbortSignal,
): Promise<{ forgotten: Forgotten; longestStep: number }> {
  const forgotten: Forgotten = { samples: 0, meterLog: 0, frames: 0, decisions: 0, quarantine: 0, deadLetters: 0 };
  let longestStep = 0;
  for (const kind of Object.keys(KINDS) as (keyof KeepDays)[]) {
    if (keep[kind] === 0) continue;
    const before = now - keep[kind] * DAY;
    let most = 200;
    for (let from: number | null = 0; from !== null;) {
      if (signal?.aborted) break;
      const start: number = from;
      const { deleted, next, took } = await gw.db.write(() => {
        const began = performance.now();
        const step = KINDS[kind](gw.db, before, start, most);
        return { ...step, took: performance.now() - began };
      });
      forgotten[kind] += deleted;
      longestStep = Math.max(longestStep, took);
      if (took > STEP_TIME) most = Math.max(LEAST, Math.floor(most / 2));
      else if (took < STEP_TIME / 4) most = Math.min(MOST, most * 2);
      from = next;
      if (from !== null) await delay(PAUSE);
    }
  }
  return { forgotten, longestStep };
}
