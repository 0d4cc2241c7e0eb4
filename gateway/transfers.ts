import type { OrderOutcome } from './connections.ts';
import type { OrderKind } from './domain/orders.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { Transfer, TransferReport } from './domain/transfers.ts';
import type { Gateway } from './gateway.ts';
import type { Unreached } from './remote-control.ts';
import { findCharger } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { deleteLinksOf } from './store/file-links.ts';
import * as store from './store/transfers.ts';

/** What became of an order that moves a file; no transfer where the charger cannot have taken it. */
export interface Ordered<K extends OrderKind = OrderKind> {
  outcome: OrderOutcome<K> | Unreached;
  transferId: number | null;
}

/** Transfers remembered of one charger. */
const KEEP = 200;

/** Longest status that is kept. */
const STATUS_CHARS = 50;

/** Records, inside the write at hand, that a charger is about to be asked for a transfer. */
export function openTransfer(
  gw: Gateway,
  tx: Tx,
  transfer: Pick<Transfer, 'chargerId' | 'kind' | 'file'>,
): { transferId: number; requestId: number } {
  const requestId = store.nextRequestId(gw.db);
  const fresh = { ...transfer, requestId, status: null, progress: 'open' as const, ordered: true };
  const transferId = store.insertTransfer(gw.db, fresh, tx.now, tx.stamp);
  store.pruneTransfers(gw.db, transfer.chargerId, KEEP);
  tx.emit({ name: 'transfer.changed', data: { transferId, chargerId: transfer.chargerId } });
  return { transferId, requestId };
}

/** Answers after which a charger does nothing more. */
const REFUSALS = new Set(['rejected', 'not-supported', 'failed']);

/**
 * Records how the charger took the order, and gives what the operator is to know. Where it may have taken it, though it
 * did not answer, the transfer stays open and its link good.
 */
export async function settleTransfer<K extends OrderKind>(
  gw: Gateway,
  transferId: number,
  outcome: OrderOutcome<K> | Unreached,
): Promise<Ordered<K>> {
  if (outcome.kind === 'timeout' || outcome.kind === 'disconnected') return { outcome, transferId };
  if (outcome.kind !== 'answered') {
    await gw.db.write(() => store.deleteTransfer(gw.db, transferId));
    return { outcome, transferId: null };
  }
  const { answer } = outcome;
  const named = 'fileName' in answer && typeof answer.fileName === 'string' ? answer.fileName : null;
  const refused = REFUSALS.has(answer.status);
  if (refused || named !== null)
    await gw.db.write((tx) => {
      const transfer = store.findTransfer(gw.db, transferId);
      if (!transfer) return;
      // A log that is here already has its name.
      if (named !== null && transfer.bytes === null)
        store.setHandedOver(gw.db, transferId, named.slice(0, 255), null, tx.stamp);
      if (refused) {
        store.setStatus(gw.db, transferId, saidIn(outcome.payload) ?? answer.status, 'failed', tx.stamp);
        deleteLinksOf(gw.db, transferId);
      }
      tx.emit({ name: 'transfer.changed', data: { transferId, chargerId: transfer.chargerId } });
    });
  return { outcome, transferId };
}

function saidIn(payload: unknown): string | null {
  const status = typeof payload === 'object' && payload !== null && 'status' in payload ? payload.status : null;
  return typeof status === 'string' ? status.slice(0, STATUS_CHARS) : null;
}

/**
 * Takes in how a charger says that a transfer goes. Without a number it means the newest one, unless that is done: then
 * the charger tells of something that nobody here asked for, which is kept as well.
 */
export async function reportTransfer(gw: Gateway, chargerId: string, report: TransferReport): Promise<void> {
  const status = report.status.slice(0, STATUS_CHARS);
  const meant = whichTransfer(gw, chargerId, report);
  // Said again, after a reconnect or on request: nothing new.
  if (meant?.status === status) return;
  if (!meant && findCharger(gw.db, chargerId)?.registration !== 'accepted') return;
  await gw.db.write((tx) => {
    const transferId = meant ? meant.id : insertUnordered(gw, tx, chargerId, report);
    store.setStatus(gw.db, transferId, status, report.progress, tx.stamp);
    tx.emit({ name: 'transfer.changed', data: { transferId, chargerId } });
  });
}

function whichTransfer(gw: Gateway, chargerId: string, { about, requestId, status }: TransferReport): Transfer | null {
  if (requestId !== null) return store.findNewest(gw.db, chargerId, about, requestId) ?? null;
  const newest = store.findNewest(gw.db, chargerId, about, null) ?? null;
  return newest && (newest.progress !== 'done' || newest.status === status) ? newest : null;
}

function insertUnordered(gw: Gateway, tx: Tx, chargerId: string, report: TransferReport): number {
  const { about, requestId, status, progress } = report;
  const kind = about === 'firmware' ? ('firmware' as const) : ('diagnostics' as const);
  const transfer = { chargerId, kind, requestId, file: null, status, progress, ordered: false };
  const transferId = store.insertTransfer(gw.db, transfer, tx.now, tx.stamp);
  store.pruneTransfers(gw.db, chargerId, KEEP);
  return transferId;
}

/** Firmware and logs on their way, a page of it. */
export function listTransfers(gw: Gateway, query: ListQuery): Page<Transfer> {
  return store.listTransfers(gw.db, query);
}
