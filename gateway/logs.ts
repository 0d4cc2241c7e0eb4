import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { capabilitiesOf } from './capabilities.ts';
import type { Connection, OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import { toUtcSeconds, type Millis } from './domain/time.ts';
import { safeFileName, type FileLink, type LogFile, type LogKind } from './domain/transfers.ts';
import { linkUrl, mintLink, useUp } from './file-links.ts';
import { discard, keepFile, openFile, receiveFile, type OpenFile } from './file-store.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, unreached, type Unreached } from './remote-control.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/transfers.ts';
import { openTransfer, settleTransfer, type Ordered } from './transfers.ts';

/** Which log a charger is to hand in. */
export interface LogRequest {
  log: 'diagnostics' | 'security';
  /** Of what it wrote from here on, and up to here; null: all. */
  from: Millis | null;
  to: Millis | null;
  /** For a charger that wants a file name at the end of the address (Q64); null: the address ends in a slash. */
  fileName: string | null;
  retries: number | null;
  /** Seconds. */
  retryInterval: number | null;
}

type LogOrder = 'get-log' | 'get-diagnostics';

/** Asks a charger for a log, which it uploads to a link of its own. */
export async function fetchLog(gw: Gateway, chargerId: string, request: LogRequest): Promise<Ordered<LogOrder>> {
  const connection = gw.connections.find(chargerId);
  if (!connection) return { outcome: unreached(gw, chargerId), transferId: null };
  const kind: LogKind = request.log === 'security' ? 'security-log' : 'diagnostics';
  const { transferId, requestId, url } = await gw.db.write((tx) => {
    const opened = openTransfer(gw, tx, { chargerId, kind, file: null });
    const link = { transferId: opened.transferId, chargerId, purpose: 'log' as const, file: null };
    return { ...opened, url: linkUrl(gw, connection, mintLink(gw, tx, link, tx.now), request.fileName ?? '') };
  });
  const { retries, retryInterval, from, to } = request;
  const errand = { requestId, url, retries, retryInterval, from, to };
  const order = (by: LogOrder): Promise<OrderOutcome<LogOrder> | Unreached> =>
    by === 'get-log'
      ? orderCharger(gw, chargerId, { kind: by, ...errand, log: request.log })
      : orderCharger(gw, chargerId, { kind: by, ...errand });
  const outcome = request.log === 'security' ? await order('get-log') : await orderDiagnostics(gw, connection, order);
  return settleTransfer<LogOrder>(gw, transferId, outcome);
}

/** The older order first, unless it has the security extension; a charger that does not know it may know the newer one, and the other way round. */
async function orderDiagnostics(
  gw: Gateway,
  connection: Connection,
  order: (by: LogOrder) => Promise<OrderOutcome<LogOrder> | Unreached>,
): Promise<OrderOutcome<LogOrder> | Unreached> {
  const likely = capabilitiesOf(gw, connection.chargerId).security === true ? 'get-log' : 'get-diagnostics';
  const first = gw.files.logOrders.get(connection) ?? likely;
  const outcome = await order(first);
  if (!isUnknownOrder(outcome)) return outcome;
  const second = first === 'get-log' ? 'get-diagnostics' : 'get-log';
  const other = await order(second);
  if (isUnknownOrder(other)) return outcome;
  gw.files.logOrders.set(connection, second);
  return other;
}

function isUnknownOrder(outcome: OrderOutcome<LogOrder> | Unreached): boolean {
  if (outcome.kind === 'answered') return outcome.answer.status === 'not-supported';
  return outcome.kind === 'error' && /^not(implemented|supported)$/i.test(outcome.code);
}

/** A log on its way in. */
export interface Upload {
  /** What the charger calls it; null: it does not say. */
  name: string | null;
  source: Readable;
  declaredBytes: number | null;
}

/** The most that a charger may upload at once. */
function largestUpload(gw: Gateway): number {
  return Math.min(gw.files.maxUploadBytes, gw.files.keepBytes);
}

/**
 * Takes a log that a charger uploads to its link, which is used up by it. The oldest logs go where there would be more
 * than is kept. Null: the link was used up or taken back meanwhile.
 * Errors: FILE_TOO_BIG, REQUEST_INVALID, STORAGE_FULL, STORAGE_FAILED, and those of the stream.
 */
export async function receiveLog(gw: Gateway, secret: string, link: FileLink, upload: Upload): Promise<LogFile | null> {
  const { source, declaredBytes } = upload;
  const received = await receiveFile(gw.files.logs, source, { maxBytes: largestUpload(gw), declaredBytes });
  const transfer = store.findTransfer(gw.db, link.transferId);
  const kind = transfer?.kind === 'security-log' ? 'security-log' : 'diagnostics';
  const name = safeFileName(upload.name ?? '') ?? safeFileName(transfer?.file ?? '') ?? `${kind}.log`;
  const storedAs = freshName(gw.clock(), link.chargerId, name);
  try {
    if (received.bytes === 0) throw new GatewayError('REQUEST_INVALID', 'the log is empty: nothing was sent');
    if (!(await keepFile(received, gw.files.logs, storedAs))) throw new Error(`${storedAs} is taken`);
    const { bytes, sha256 } = received;
    const kept = await gw.db.write((tx) => {
      if (!useUp(gw, secret)) return null;
      const { transferId, chargerId } = link;
      const log = { chargerId, transferId, kind, name, bytes, sha256, receivedAt: tx.now } as const;
      const id = store.insertLog(gw.db, { ...log, storedAs });
      store.setHandedOver(gw.db, transferId, name, bytes, tx.stamp);
      tx.emit({ name: 'transfer.changed', data: { transferId, chargerId } });
      return { log: { id, ...log }, gone: makeRoom(gw, tx, id) };
    });
    if (!kept) await discard(join(gw.files.logs, storedAs));
    for (const old of kept?.gone ?? []) await discard(join(gw.files.logs, old));
    return kept?.log ?? null;
  } catch (error) {
    await discard(received.path);
    await discard(join(gw.files.logs, storedAs));
    throw error;
  }
}

/** Two logs of one charger and second must not meet. */
function freshName(at: Millis, chargerId: string, name: string): string {
  const time = toUtcSeconds(at).replace(/[-:]/g, '');
  const charger = chargerId.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 48);
  return `${time}-${charger}-${randomBytes(4).toString('hex')}-${name}`;
}

/** Logs forgotten in one go. */
const MOST_AT_ONCE = 1000;

/** Forgets the oldest logs until the others are no more than is kept; gives their files. */
function makeRoom(gw: Gateway, tx: Tx, newest: number): string[] {
  let total = store.countLogBytes(gw.db);
  if (total <= gw.files.keepBytes) return [];
  const gone: string[] = [];
  for (const { id, storedAs, bytes } of store.listOldestLogs(gw.db, MOST_AT_ONCE)) {
    // The newest is the one that came now.
    if (total <= gw.files.keepBytes || id === newest) break;
    store.deleteLog(gw.db, id);
    gone.push(storedAs);
    total -= bytes;
  }
  tx.after(() => gw.log.info({ logs: gone.length }, 'the oldest logs made room for a new one'));
  return gone;
}

/** Logs that chargers handed in, a page of it. */
export function listLogs(gw: Gateway, query: ListQuery): Page<LogFile> {
  return store.listLogs(gw.db, query);
}

/** Opens a log for reading. Errors: FILE_UNKNOWN, STORAGE_FAILED. */
export async function openLog(gw: Gateway, id: number): Promise<{ log: LogFile; file: OpenFile }> {
  const log = store.findLog(gw.db, id);
  const file = log && (await openFile(join(gw.files.logs, log.storedAs)));
  if (!log || !file) throw unknownLog(id);
  return { log, file };
}

/** Removes a log. Errors: FILE_UNKNOWN, STORAGE_FAILED. */
export async function removeLog(gw: Gateway, id: number): Promise<void> {
  const log = store.findLog(gw.db, id);
  if (!log) throw unknownLog(id);
  await discard(join(gw.files.logs, log.storedAs));
  await gw.db.write(() => store.deleteLog(gw.db, id));
}

/** Forgets logs whose files somebody removed, and says which files nobody knows. Once, before chargers come. */
export async function reviewLogs(gw: Gateway): Promise<void> {
  const files = new Set(await readdir(gw.files.logs));
  const known = store.listLogNames(gw.db);
  const lost = known.filter(({ storedAs }) => !files.has(storedAs));
  if (lost.length > 0) await gw.db.write(() => lost.forEach(({ id }) => store.deleteLog(gw.db, id)));
  const named = new Set(known.map(({ storedAs }) => storedAs));
  const strange = [...files].filter((file) => !named.has(file)).length;
  if (strange > 0)
    gw.log.warn({ directory: gw.files.logs, files: strange }, 'files among the logs that the gateway does not know');
}

function unknownLog(id: number): GatewayError {
  return new GatewayError('FILE_UNKNOWN', `there is no log ${id} here: it was removed, or made room for newer ones`);
}
