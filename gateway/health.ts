import type { Gateway } from './gateway.ts';

/** Can the gateway do its work now? When not, why. */
export function readiness(gw: Gateway): { ready: boolean; reasons: string[] } {
  const { fault } = gw.db.stats();
  const reasons = fault === null ? [] : [`storage: ${fault}`];
  return { ready: reasons.length === 0, reasons };
}
