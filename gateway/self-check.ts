import { GatewayError } from './domain/errors.ts';
import type { Gateway } from './gateway.ts';
import { probeStorage } from './store/probe.ts';

/** Work that waited longer for its turn kept chargers waiting too, seconds. */
const MOST_LAG = 2;

/** What a look at the gateway found, a sentence each; nothing where all is well. */
export interface SelfCheck {
  /** What a new start may mend. */
  failing: string[];
  /** What no start mends: the gateway goes on with what it can do, and tells of it. */
  lasting: string[];
}

/**
 * Does what the gateway is there for work now? Looks whether its doors are open and its work has its turn, and really
 * stores something. Never rejects.
 */
export async function selfCheck(gw: Gateway): Promise<SelfCheck> {
  const failing = [...gw.doors].filter(([, isOpen]) => !isOpen()).map(([name]) => `listeners: ${name} is not open`);
  const worst = gw.loopLag?.worst() ?? 0;
  if (worst > MOST_LAG) failing.push(`event loop: work waited ${worst.toFixed(1)} s for its turn lately`);
  try {
    await probeStorage(gw.db);
  } catch (error) {
    const problem = `storage: ${error instanceof Error ? error.message : String(error)}`;
    // Chargers would only be cut off again and again until somebody makes room.
    if (error instanceof GatewayError && error.code === 'STORAGE_FULL') return { failing, lasting: [problem] };
    failing.push(problem);
  }
  return { failing, lasting: [] };
}
