import type { Cdr, SignedReading } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { readLogLine } from './samples.ts';
import { readMeterLine } from './store/meter-log.ts';
import { listSigned } from './store/meters.ts';
import { findSession } from './store/sessions.ts';
import { findById } from './store/transactions.ts';

/** So many of either end of a transaction: a meter signs at the start and at the end, and some in between too. */
const EITHER_END = 10;

/**
 * What a transaction's meter signed (OCPP SignedData: OCMF and the like), to the letter as its charger sent it, oldest
 * first (Q50). Nothing in it is read or written anew: a signature holds only for the very bytes.
 */
export function listSignedReadings(gw: Gateway, seq: number): SignedReading[] {
  return listSigned(gw.db, seq, EITHER_END).flatMap((number) => {
    const line = readMeterLine(gw.db, number);
    if (line === undefined) return [];
    const { reportedAt, values } = readLogLine(line);
    return values
      .filter(({ format }) => format === 'SignedData')
      .map(({ value, context = null, measurand = null }) => ({ reportedAt, value, context, measurand }));
  });
}

/** What the meter signed of what a bill line is for, to the letter; empty where it signs nothing (Q50). */
export function signedReadingsOf(gw: Gateway, cdr: Cdr): SignedReading[] {
  const transactionId = findSession(gw.db, cdr.sessionId)?.transactionId ?? null;
  const transaction = transactionId === null ? undefined : findById(gw.db, transactionId);
  return transaction ? listSignedReadings(gw, transaction.seq) : [];
}
