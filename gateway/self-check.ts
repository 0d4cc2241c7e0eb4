import type { Gateway } from './gateway.ts';
import { probeStorage } from './store/probe.ts';

/** Work that waited longer for its turn kept chargers waiting too, seconds. */
const MOST_LAG = 2;

/**
 * Does what the gateway is there for work now? Looks whether its doors are open and its work has its turn, and really
 * stores something. Gives a sentence for each thing that fails; nothing where all is well. Never rejects.
 */
export async function selfCheck(gw: Gateway): Promise<string[]> {
  const failing = [...gw.doors].filter(([, isOpen]) => !isOpen()).map(([name]) => `listeners: ${name} is not open`);
  const worst = gw.loopLag?.worst() ?? 0;
  if (worst > MOST_LAG) failing.push(`event loop: work waited ${worst.toFixed(1)} s for its turn lately`);
  try {
    await probeStorage(gw.db);
  } catch (error) {
    failing.push(`storage: ${error instanceof Error ? error.message : String(error)}`);
  }
  return failing;
}
