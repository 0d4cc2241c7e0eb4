import type { CallOptions, CallOutcome, OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { OrderKind, OrderOf } from './domain/orders.ts';
import type { Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { findCharger, listEvsesOf } from './store/chargers.ts';
import { findById, findOpen } from './store/transactions.ts';

/** Why nothing was sent. */
export type Unreached = { kind: 'not-connected' } | { kind: 'unknown-charger' };

/** Sends any OCPP call to a charger and returns its answer; never rejects, and waits at most for the call's deadline. */
export async function callCharger(
  gw: Gateway,
  chargerId: string,
  action: string,
  payload: unknown,
  options: CallOptions = {},
): Promise<CallOutcome | Unreached> {
  const connection = gw.connections.find(chargerId);
  return connection ? connection.call(action, payload, options) : unreached(gw, chargerId);
}

/** Gives a charger an order, whatever version it speaks; never rejects, and waits at most for the call's deadline. */
export async function orderCharger<K extends OrderKind>(
  gw: Gateway,
  chargerId: string,
  order: OrderOf<K>,
  options: CallOptions = {},
): Promise<OrderOutcome<K> | Unreached> {
  const connection = gw.connections.find(chargerId);
  return connection ? connection.order(order, options) : unreached(gw, chargerId);
}

/** Why a charger that has no open socket cannot be told anything. */
export function unreached(gw: Gateway, chargerId: string): Unreached {
  return { kind: findCharger(gw.db, chargerId) ? 'not-connected' : 'unknown-charger' };
}

/**
 * Makes sure that a charger has an EVSE before it is told anything about it. One that has none yet is believed to have
 * any. Errors: EVSE_UNKNOWN, naming those there are.
 */
export function checkEvse(gw: Gateway, chargerId: string, evse: number | null): void {
  const known = evsesOf(gw, chargerId);
  if (evse === null || known.length === 0 || known.includes(evse)) return;
  throw new GatewayError('EVSE_UNKNOWN', `charger ${chargerId} has no EVSE ${evse}: it has ${known.join(', ')}`);
}

/** The numbers of a charger's EVSEs, as described or reported. */
export function evsesOf(gw: Gateway, chargerId: string): number[] {
  return listEvsesOf(gw.db, chargerId)
    .filter(({ removed }) => !removed)
    .map(({ evse }) => evse);
}

/** Which transaction is meant: ours by its id, that of an EVSE, or with neither the only one that runs. */
export interface WhichTransaction {
  transactionId: string | null;
  evse: number | null;
}

/**
 * The transaction of this charger that an operator means. One that we had to conclude by estimate may still run on the
 * charger, so by its id it is found too. Errors: EVSE_UNKNOWN, NOT_FOUND, TRANSACTION_NOT_RUNNING, TRANSACTION_UNCLEAR
 * (several run: the message names them).
 */
export function findRunning(gw: Gateway, chargerId: string, { transactionId, evse }: WhichTransaction): Transaction {
  checkEvse(gw, chargerId, evse);
  if (transactionId !== null) return byId(gw, chargerId, transactionId);
  const open = findOpen(gw.db, chargerId).filter((transaction) => evse === null || transaction.evse === evse);
  const where = evse === null ? `charger ${chargerId}` : `EVSE ${evse} of charger ${chargerId}`;
  const [only, ...others] = open;
  if (!only) throw new GatewayError('TRANSACTION_NOT_RUNNING', `no transaction runs on ${where}`);
  if (others.length === 0) return only;
  const all = open.map(({ id, evse: at, tokenUid }) => `${id} (EVSE ${at}, card ${tokenUid})`);
  throw new GatewayError('TRANSACTION_UNCLEAR', `several transactions run on ${where}, say which: ${all.join('; ')}`);
}

function byId(gw: Gateway, chargerId: string, id: string): Transaction {
  const transaction = findById(gw.db, id);
  if (transaction?.chargerId !== chargerId)
    throw new GatewayError('NOT_FOUND', `charger ${chargerId} has no transaction ${id}: /api/transactions lists them`);
  if (transaction.stopReceivedAt !== null && !transaction.stopEstimated)
    throw new GatewayError(
      'TRANSACTION_NOT_RUNNING',
      `transaction ${id} has ended already (${transaction.stopReason})`,
    );
  return transaction;
}

/** Asks a charger to end a transaction; what becomes of it, its own report tells. Errors: those of `findRunning`. */
export async function stopRemotely(
  gw: Gateway,
  chargerId: string,
  which: WhichTransaction,
): Promise<OrderOutcome<'stop'> | Unreached> {
  if (!findCharger(gw.db, chargerId)) return { kind: 'unknown-charger' };
  return orderCharger(gw, chargerId, { kind: 'stop', wireId: findRunning(gw, chargerId, which).wireId });
}
