import type { Tariff } from './domain/tariff.ts';
import type { Millis } from './domain/time.ts';
import type { Session, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { priceUsage, type Priced } from './pricing/price.ts';
import { periodsOf, type Usage } from './pricing/usage.ts';
import { holdsOf } from './reserved-sessions.ts';
import { findSession } from './store/sessions.ts';
import { findById } from './store/transactions.ts';
import { timelineOf } from './timeline.ts';

/** How far a transaction has come, and what that costs by the tariff that its session began with. */
export function progressOf(
  gw: Gateway,
  transaction: Transaction,
  session: Pick<Session, 'tariff' | 'place'> & { id?: string },
  now?: Millis,
) {
  const { startedAt, until, energyWh, usage } = usageOf(gw, transaction, session, now);
  const { periods, cost } = session.tariff
    ? priceUsage(session.tariff, usage, session.place.timeZone)
    : { periods: periodsOf(usage.stretches), cost: null };
  return { until, progress: { startedAt, energyWh, periods, cost } };
}

function usageOf(
  gw: Gateway,
  transaction: Transaction,
  { id, tariff, place }: Pick<Session, 'tariff' | 'place'> & { id?: string },
  now?: Millis,
) {
  const { stretches, ...course } = timelineOf(gw.db, transaction, tariff && { tariff, zone: place.timeZone }, now);
  const usage: Usage = { stretches, holds: id === undefined ? [] : holdsOf(gw, id, course.startedAt, course.until) };
  return { ...course, usage };
}

/** How a session's price came about, reckoned anew from what its charger measured; null for one without a price. */
export function explainPrice(gw: Gateway, sessionId: string): { priced: Priced; tariff: Tariff } | null {
  const session = findSession(gw.db, sessionId);
  const transaction = session?.transactionId ? findById(gw.db, session.transactionId) : undefined;
  if (!session?.tariff || !transaction) return null;
  const { usage } = usageOf(gw, transaction, session);
  return { priced: priceUsage(session.tariff, usage, session.place.timeZone), tariff: session.tariff };
}
