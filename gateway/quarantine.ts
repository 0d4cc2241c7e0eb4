import type { Page, ListQuery } from './domain/paging.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/quarantine.ts';

/** Oldest entries go beyond this many. */
const KEEP = 10_000;

const PAYLOAD_CHARS = 65_536;

/** Keeps, inside the write at hand, what a charger sent and could not be applied, with its reason (law 1). */
export function quarantine(
  gw: Gateway,
  tx: Tx,
  entry: { chargerId: string; action: string; reason: string; payload: unknown; receivedAt: Millis },
): void {
  const id = store.insertQuarantine(gw.db, {
    ...entry,
    payload: JSON.stringify(entry.payload ?? null).slice(0, PAYLOAD_CHARS),
  });
  if (id % 100 === 0) store.pruneQuarantine(gw.db, KEEP);
  tx.emit({ name: 'quarantine.added', data: { id, chargerId: entry.chargerId, reason: entry.reason } });
  gw.log.warn({ charger: entry.chargerId, action: entry.action, reason: entry.reason }, 'kept in quarantine');
}

/** The same in a write of its own: for a message that never reached a use-case. */
export async function quarantineMessage(
  gw: Gateway,
  entry: { chargerId: string; action: string; reason: string; payload: unknown; receivedAt: Millis },
): Promise<void> {
  await gw.db.write((tx) => quarantine(gw, tx, entry));
}

/** What was kept aside, a page of it. */
export function listQuarantine(gw: Gateway, query: ListQuery): Page<store.StoredQuarantineEntry> {
  return store.listQuarantine(gw.db, query);
}
