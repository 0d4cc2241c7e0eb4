import { expect } from 'vitest';
import { listCdrs } from '../../gateway/cdrs.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { findSession } from '../../gateway/sessions.ts';
import { listSamples } from '../../gateway/store/transactions.ts';
import { listTransactions } from '../../gateway/transactions.ts';

const ALL = { offset: 0, limit: 1000 };

/** A transaction as it is at the bay. */
export interface Real {
  id: string;
  evse: 1 | 2;
  /** The first card that was let in. */
  card: string | null;
  /** Was a refused card held to it at its start, and told of? Then somebody meant it to begin. */
  refused: boolean;
  /** Where the meter stood when it was told first. */
  first: number | null;
  placed: boolean;
  energyWh: number | null;
}

export interface Message {
  payload: Record<string, unknown>;
  real: Real;
  register: number | null;
  /** Is it of a cable that came to nothing so far? */
  idle: boolean;
}

/** What a repeated event may not change. */
export function snapshot(gw: Gateway): string {
  const evses = findCharger(gw, 'BAY-1')?.evses.map(({ evse, status }) => [evse, status]);
  const facts = [listTransactions(gw, ALL).items, listCdrs(gw, ALL).items, listQuarantine(gw, ALL).items];
  return JSON.stringify([evses, ...facts, listTransactions(gw, ALL).items.map(({ seq }) => samplesOf(gw, seq))]);
}

/** Readings that are filed, and those that stand in the meter log so far: whatever is told next has these filed too. */
function samplesOf(gw: Gateway, seq: number): string[] {
  const all = [...listSamples(gw.db, seq), ...gw.held.of(seq)];
  return [...new Set(all.map(({ reportedAt, energyWh }) => `${reportedAt} ${energyWh}`))].toSorted();
}

/** The bills, by the transaction that each is for. */
export function bills(gw: Gateway) {
  const transactions = listTransactions(gw, ALL).items;
  return listCdrs(gw, ALL).items.map((cdr) => {
    const session = findSession(gw, cdr.sessionId);
    const transaction = transactions.find(({ id }) => id === session?.transactionId);
    if (!transaction) throw new Error('a bill without a transaction');
    return { cdr, transaction };
  });
}

/** Every reading of what became a transaction is in one, or aside where the operator sees it. */
export function keepsEveryReading(gw: Gateway, sent: Message[]): void {
  const transactions = listTransactions(gw, ALL).items;
  const kept = new Set<number | null>(
    transactions.flatMap(({ seq, meterStart, meterStop }) => [
      meterStart,
      meterStop,
      ...listSamples(gw.db, seq).map(({ energyWh }) => energyWh),
    ]),
  );
  const aside = asideOf(gw);
  const begun = new Set(transactions.map(idOf));
  const missing = sent.filter(({ register, real, idle }) => {
    if (idle || register === null || !begun.has(real.id)) return false;
    // As the charger said it, or as it was read.
    const said = [`"value":${register}`, `"energyWh":${register}`];
    return !kept.has(register) && !said.some((text) => aside.includes(text));
  });
  expect(missing).toEqual([]);
}

/** The charger's own id, also of one that gave it up to another. */
const idOf = ({ wireId }: { wireId: string }): string => wireId.split(' ')[0] ?? '';

/** A meter that rose is a transaction, unless its end came first; none is made of what is told late, nor two of one. */
export function makesEachOnce(gw: Gateway, sent: Message[]): void {
  const transactions = Map.groupBy(listTransactions(gw, ALL).items, idOf);
  const aside = asideOf(gw);
  const reals = Map.groupBy(new Set(sent.map(({ real }) => real)), ({ id }) => id);
  for (const [id, made] of transactions) expect(made.length).toBeLessThanOrEqual(reals.get(id)?.length ?? 0);
  for (const [{ id }, messages] of Map.groupBy(sent, ({ real }) => real)) {
    const rose = new Set(messages.flatMap(({ register }) => register ?? [])).size > 1;
    const known = transactions.has(id) || aside.includes(`"transactionId":"${id}"`);
    expect([id, rose && !known]).toEqual([id, false]);
  }
}

const asideOf = (gw: Gateway): string =>
  listQuarantine(gw, ALL)
    .items.map(({ payload }) => payload)
    .join();
