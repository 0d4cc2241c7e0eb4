import type { CallOutcome } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';

/** Sends any OCPP call to a charger and returns its answer; never rejects, and waits at most for the call's deadline. */
export async function callCharger(
  gw: Gateway,
  chargerId: string,
  action: string,
  payload: unknown,
): Promise<CallOutcome | { kind: 'not-connected' } | { kind: 'unknown-charger' }> {
  const connection = gw.connections.find(chargerId);
  if (connection) return connection.call(action, payload);
  return { kind: findCharger(gw.db, chargerId) ? 'not-connected' : 'unknown-charger' };
}
