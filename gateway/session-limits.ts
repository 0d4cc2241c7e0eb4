import { GatewayError } from './domain/errors.ts';
import type { Cost } from './domain/tariff.ts';
import type { Session, SessionLimit, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { parseDecimal } from './pricing/decimal.ts';
import { orderCharger } from './remote-control.ts';
import { progressOf } from './session-progress.ts';
import * as store from './store/sessions.ts';
import { findById } from './store/transactions.ts';

/** A charger that does not stop is asked again so often, ms. */
const ASK_AGAIN = 10_000;

/** Which limit a session has come to; null: none. */
export function reachedLimit(
  limit: SessionLimit | undefined,
  { cost, energyWh }: { cost: Cost | null; energyWh: number },
): keyof SessionLimit | null {
  if (!limit) return null;
  if (limit.energyWh !== undefined && energyWh >= limit.energyWh) return 'energyWh';
  if (limit.cost === undefined || !cost) return null;
  return parseDecimal(cost.total.afterTaxes).gte(parseDecimal(limit.cost)) ? 'cost' : null;
}

/**
 * Sets what a session may come to, or with null lets it run. At once where it has come to it already. Errors: NOT_FOUND,
 * SESSION_ENDED, SESSION_FREE (a limit of money where there is no price).
 */
export async function limitSession(gw: Gateway, id: string, limit: SessionLimit | null): Promise<Session> {
  await gw.db.write(() => {
    const session = store.findSession(gw.db, id);
    if (!session) throw new GatewayError('NOT_FOUND', `there is no session ${id}: /api/sessions lists them`);
    if (session.status !== 'ACTIVE' && session.status !== 'PENDING')
      throw new GatewayError('SESSION_ENDED', `session ${id} is ${session.status}: a limit would change nothing`);
    if (limit?.cost !== undefined && !session.tariff)
      throw new GatewayError('SESSION_FREE', `session ${id} has no tariff: limit its energy instead`);
    store.setLimit(gw.db, id, limit);
  });
  watchLimits(gw, id);
  return store.findSession(gw.db, id) ?? fail(id);
}

function fail(id: string): never {
  throw new GatewayError('NOT_FOUND', `there is no session ${id}`);
}

/**
 * Has every limited session stopped that has come to its limit: also those whose price rises with time alone, between two
 * readings. Every ten seconds; `only`: one of them.
 */
export function watchLimits(gw: Gateway, only?: string): void {
  for (const session of store.listLimited(gw.db)) {
    if (only !== undefined && session.id !== only) continue;
    const transaction = session.transactionId === null ? undefined : findById(gw.db, session.transactionId);
    if (!transaction || transaction.stopReceivedAt !== null) continue;
    stopAtLimit(gw, session, transaction, progressOf(gw, transaction, session, gw.clock()).progress);
  }
  const limited = new Set(store.listLimited(gw.db).map(({ id }) => id));
  for (const id of gw.limitStops.keys()) if (!limited.has(id)) gw.limitStops.delete(id);
}

/** Asks the charger to end a transaction that has come to its session's limit; again while it does not. */
export function stopAtLimit(
  gw: Gateway,
  session: Pick<Session, 'id' | 'limit' | 'chargerId'>,
  { wireId }: Pick<Transaction, 'wireId'>,
  reached: { cost: Cost | null; energyWh: number },
): void {
  const which = reachedLimit(session.limit, reached);
  if (which === null) return;
  const now = gw.clock();
  const asked = gw.limitStops.get(session.id);
  if (asked !== undefined && now - asked < ASK_AGAIN && now >= asked) return;
  gw.limitStops.set(session.id, now);
  const { id, chargerId } = session;
  gw.log.info({ charger: chargerId, session: id, limit: which }, 'a session has come to its limit and is stopped');
  orderCharger(gw, chargerId, { kind: 'stop', wireId })
    .then((outcome) => {
      if (outcome.kind === 'answered' && outcome.answer.status === 'accepted') return;
      gw.log.warn({ charger: chargerId, session: id, outcome }, 'a session at its limit was not stopped: asked again');
    })
    .catch((error: unknown) => gw.log.error({ err: error, session: id }, 'stopping a session at its limit failed'));
}

/** What a bill line says of a session that was stopped at its limit; null where it was not. */
export function limitRemark({ limit, cost, energyWh, currency }: Session): string | null {
  const which = reachedLimit(limit, { cost, energyWh });
  if (which === null) return null;
  return which === 'cost'
    ? `stopped at its limit of ${limit?.cost} ${currency}`
    : `stopped at its limit of ${limit?.energyWh} Wh`;
}
