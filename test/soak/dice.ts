import { seededRandom } from '../../adapters/simulator/driver.ts';

/** Chance, the same for the same seed. */
export interface Dice {
  between(from: number, to: number): number;
  pick<const T>(list: readonly T[]): T;
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed);
  return {
    between: (from, to) => from + (to - from) * random(),
    pick: <const T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T,
  };
}

/** Does it again and again, milliseconds apart, until the signal. */
export async function nowAndThen(
  [from, to]: readonly [number, number],
  dice: Dice,
  signal: AbortSignal,
  act: () => Promise<void>,
): Promise<void> {
  for (;;) {
    await wait(dice.between(from, to));
    if (signal.aborted) return;
    await act();
  }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
