import type { Millis } from './domain/time.ts';
import type { Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { findEvse } from './store/chargers.ts';
import { listPendingStops } from './store/pending.ts';

/** A charger may be so late with a stop after its EVSE is done, ms. */
export const STOP_GRACE = 120_000;

const DONE = new Set(['Available', 'Finishing']);

/**
 * Since when (our clock) an open transaction's EVSE has been done, while the charger owes the stop (Q43); null while all is
 * in order, and within a grace of two minutes. The transaction stays open: its charger, its next start or the operator end it.
 */
export function stopPendingSince(gw: Gateway, t: Transaction): Millis | null {
  if (t.stopReceivedAt !== null) return null;
  const { status = null, statusAt = null } = findEvse(gw.db, t.chargerId, t.evse) ?? {};
  if (status === null || statusAt === null || !DONE.has(status)) return null;
  // What stood there before the start says nothing of its end.
  return statusAt > t.startReceivedAt && statusAt <= gw.clock() - STOP_GRACE ? statusAt : null;
}

/** Tells log and operator once of each transaction whose stop is owed; `told` is what was told before. */
export function noticePendingStops(gw: Gateway, told: Set<string>): void {
  const pending = listPendingStops(gw.db, gw.clock() - STOP_GRACE);
  for (const { id, wireId, chargerId, evse } of pending) {
    if (told.has(id)) continue;
    told.add(id);
    gw.diagnostics.deviation(chargerId, 'STOP_PENDING', `transaction ${wireId}`);
    gw.log.warn(
      { charger: chargerId, evse, transaction: id },
      'the EVSE is done and the charger does not tell the stop: close the transaction if it never does',
    );
  }
  const still = new Set(pending.map(({ id }) => id));
  for (const id of told) if (!still.has(id)) told.delete(id);
}
