import type { CallOutcome, OrderOutcome } from './connections.ts';
import type { OrderKind, OrderOf } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';

/** Why nothing was sent. */
export type Unreached = { kind: 'not-connected' } | { kind: 'unknown-charger' };

/** Sends any OCPP call to a charger and returns its answer; never rejects, and waits at most for the call's deadline. */
export async function callCharger(
  gw: Gateway,
  chargerId: string,
  action: string,
  payload: unknown,
): Promise<CallOutcome | Unreached> {
  const connection = gw.connections.find(chargerId);
  return connection ? connection.call(action, payload) : unreached(gw, chargerId);
}

/** Gives a charger an order, whatever version it speaks; never rejects, and waits at most for the call's deadline. */
export async function orderCharger<K extends OrderKind>(
  gw: Gateway,
  chargerId: string,
  order: OrderOf<K>,
): Promise<OrderOutcome<K> | Unreached> {
  const connection = gw.connections.find(chargerId);
  return connection ? connection.order(order) : unreached(gw, chargerId);
}

function unreached(gw: Gateway, chargerId: string): Unreached {
  return { kind: findCharger(gw.db, chargerId) ? 'not-connected' : 'unknown-charger' };
}
