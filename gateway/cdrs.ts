import { randomUUID } from 'node:crypto';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Cdr, Transaction } from './domain/types.ts';
import type { Cost, Price } from './domain/tariff.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { settlePrepaid } from './prepaid.ts';
import * as store from './store/cdrs.ts';
import type { StoredSession } from './store/sessions.ts';
import type { Tx } from './store/db.ts';

/** Freezes the bill line of a session that ended, inside the write at hand; it never changes after. `notes` say what is odd. */
export function issueCdr(
  gw: Gateway,
  tx: Tx,
  session: StoredSession & { endedAt: Millis },
  /** Null: nobody charged. */
  transaction: Transaction | null,
  notes: readonly string[],
): void {
  const cdr: Omit<Cdr, 'seq'> = {
    id: randomUUID(),
    sessionId: session.id,
    peer: session.peer,
    chargerId: session.chargerId,
    startedAt: session.startedAt,
    endedAt: session.endedAt,
    token: session.token,
    authMethod: session.authMethod,
    authorizationReference: session.authorizationReference,
    place: session.place,
    currency: session.currency,
    tariff: session.tariff,
    periods: session.periods,
    energyWh: session.energyWh,
    ...durationsOf(session),
    cost: session.cost ?? FREE,
    remark: remarkOn(session, transaction, notes),
    updatedAt: tx.stamp,
  };
  store.insertCdr(gw.db, cdr);
  settlePrepaid(gw, tx, cdr);
  tx.emit({ name: 'cdr.issued', data: { cdrId: cdr.id, sessionId: session.id } });
}

function remarkOn(session: StoredSession, transaction: Transaction | null, notes: readonly string[]): string | null {
  const remarks = [
    ...(session.authorized ? [] : ['energy was delivered to a token that this site did not authorise']),
    ...(transaction?.stopEstimated ? [endRemark(transaction)] : []),
    ...notes,
  ];
  return remarks.length === 0 ? null : remarks.join('; ');
}

function endRemark({ stopReason }: Transaction): string {
  if (stopReason === 'Superseded') return 'the charger did not report the end: it is estimated from the next start';
  if (stopReason === 'ClosedByOperator')
    return 'the charger did not report the end: the operator closed it, by estimate from what was last known';
  return 'the charger reported an end that no meter can reach: it is estimated from the last reading';
}

const NOTHING: Price = { beforeTaxes: '0', taxes: [], afterTaxes: '0' };

/** The cost where no tariff was in force. */
export const FREE: Cost = { total: NOTHING, fixed: null, energy: null, time: null, parking: null, lines: [] };

/** How long it took, and how long of that nothing was charged. */
export function durationsOf({
  startedAt,
  endedAt,
  periods,
}: Pick<Cdr, 'startedAt' | 'endedAt' | 'periods'>): Pick<Cdr, 'seconds' | 'parkingSeconds'> {
  const parking = periods.filter(({ kind }) => kind === 'parking');
  return {
    seconds: seconds(endedAt - startedAt),
    parkingSeconds: seconds(parking.reduce((sum, { from, to }) => sum + to - from, 0)),
  };
}

function seconds(millis: number): number {
  return Math.round(millis / 1000);
}

/** Bill lines, a page of them. */
export function listCdrs(gw: Gateway, query: ListQuery): Page<Cdr> {
  return store.listCdrs(gw.db, query);
}

/** One bill line; null when there is none of this id. */
export function findCdr(gw: Gateway, id: string): Cdr | null {
  return store.findCdr(gw.db, id) ?? null;
}

/** A session has seldom more than three: the first, its credit and the corrected one. */
const MOST_OF_SESSION = 1000;

/** All bill lines of one session, as they were issued. */
export function listCdrsOf(gw: Gateway, sessionId: string): Cdr[] {
  return store.listCdrsOf(gw.db, sessionId, MOST_OF_SESSION);
}

/** What became of a bill line: the one that takes it back, and the one that stands for it since. */
export function findSuccessors(gw: Gateway, id: string): { credit: Cdr | null; correction: Cdr | null } {
  return { credit: store.findCreditOf(gw.db, id) ?? null, correction: store.findCorrectionOf(gw.db, id) ?? null };
}
