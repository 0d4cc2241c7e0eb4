import type { ListQuery, Page } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { LogFile, LogKind, Transfer, TransferProgress, TransferReport } from '../domain/transfers.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

const TRANSFER = `id, charger_id AS chargerId, kind, file, status, progress, bytes, ordered,
  requested_at AS requestedAt, updated_at AS updatedAt`;

const LOG = `id, charger_id AS chargerId, transfer_id AS transferId, kind, name, bytes, sha256, received_at AS receivedAt`;

type TransferRow = Omit<Transfer, 'ordered'> & { ordered: number };

/** Takes the next number for an errand: positive, never given out before, also not across restarts. */
export function nextRequestId(db: Db): number {
  const row = db.one<{ value: number }>(
    "UPDATE counter SET value = value + 1 WHERE name = 'request_id' RETURNING value",
  );
  if (!row) throw new Error('counter request_id is missing');
  return row.value;
}

export function insertTransfer(
  db: Db,
  transfer: Pick<Transfer, 'chargerId' | 'kind' | 'file' | 'status' | 'progress' | 'ordered'> & {
    requestId: number | null;
  },
  now: Millis,
  stamp: Millis,
): number {
  return db.run(
    `INSERT INTO transfer (charger_id, kind, request_id, file, status, progress, ordered, requested_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    transfer.chargerId,
    transfer.kind,
    transfer.requestId,
    transfer.file,
    transfer.status,
    transfer.progress,
    transfer.ordered ? 1 : 0,
    now,
    stamp,
  ).lastId;
}

export function findTransfer(db: Db, id: number): Transfer | undefined {
  return toTransfer(db.one<TransferRow>(`SELECT ${TRANSFER} FROM transfer WHERE id = ?`, id));
}

const KINDS: Record<TransferReport['about'], string> = {
  firmware: "kind = 'firmware'",
  diagnostics: "kind = 'diagnostics'",
  log: "kind <> 'firmware'",
};

/** The newest one of a charger, of these kinds; with a number, that one. */
export function findNewest(
  db: Db,
  chargerId: string,
  about: TransferReport['about'],
  requestId: number | null,
): Transfer | undefined {
  const sql = `SELECT ${TRANSFER} FROM transfer WHERE charger_id = ? AND ${KINDS[about]}`;
  const newest = 'ORDER BY id DESC LIMIT 1';
  return toTransfer(
    requestId === null
      ? db.one<TransferRow>(`${sql} ${newest}`, chargerId)
      : db.one<TransferRow>(`${sql} AND request_id = ? ${newest}`, chargerId, requestId),
  );
}

export function setStatus(db: Db, id: number, status: string, progress: TransferProgress, stamp: Millis): void {
  db.run('UPDATE transfer SET status = ?, progress = ?, updated_at = ? WHERE id = ?', status, progress, stamp, id);
}

/** What was handed over; a file of null leaves the name as it was. */
export function setHandedOver(db: Db, id: number, file: string | null, bytes: number | null, stamp: Millis): void {
  db.run(
    'UPDATE transfer SET file = coalesce(?, file), bytes = coalesce(?, bytes), updated_at = ? WHERE id = ?',
    file,
    bytes,
    stamp,
    id,
  );
}

export function deleteTransfer(db: Db, id: number): void {
  db.run('DELETE FROM transfer WHERE id = ?', id);
}

/** Keeps the newest `keep` transfers of a charger. */
export function pruneTransfers(db: Db, chargerId: string, keep: number): void {
  db.run(
    `DELETE FROM transfer WHERE charger_id = ?
     AND id <= (SELECT id FROM transfer WHERE charger_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    chargerId,
    chargerId,
    keep,
  );
}

export function listTransfers(db: Db, query: ListQuery): Page<Transfer> {
  const listing = { table: 'transfer', seq: 'id', updatedAt: null, peer: null, charger: 'charger_id' };
  const found = page<TransferRow & { seq: number }>(db, { ...listing, columns: `id AS seq, ${TRANSFER}` }, query);
  return { ...found, items: found.items.flatMap((row) => toTransfer(row) ?? []) };
}

function toTransfer(row: (TransferRow & { seq?: number }) | undefined): Transfer | undefined {
  if (!row) return undefined;
  const { seq: _, ...transfer } = row;
  return { ...transfer, ordered: row.ordered === 1 };
}

/** A log with the name of its file. */
export type StoredLog = LogFile & { storedAs: string };

export function insertLog(
  db: Db,
  log: Omit<StoredLog, 'id' | 'transferId' | 'kind'> & { transferId: number; kind: LogKind },
): number {
  return db.run(
    `INSERT INTO log_file (charger_id, transfer_id, kind, name, stored_as, bytes, sha256, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    log.chargerId,
    log.transferId,
    log.kind,
    log.name,
    log.storedAs,
    log.bytes,
    log.sha256,
    log.receivedAt,
  ).lastId;
}

export function findLog(db: Db, id: number): StoredLog | undefined {
  return db.one<StoredLog>(`SELECT ${LOG}, stored_as AS storedAs FROM log_file WHERE id = ?`, id);
}

export function deleteLog(db: Db, id: number): void {
  db.run('DELETE FROM log_file WHERE id = ?', id);
}

export function listLogs(db: Db, query: ListQuery): Page<LogFile> {
  const listing = { table: 'log_file', seq: 'id', updatedAt: null, peer: null, charger: 'charger_id' };
  const found = page<LogFile & { seq: number }>(db, { ...listing, columns: `id AS seq, ${LOG}` }, query);
  return { ...found, items: found.items.map(({ seq: _, ...log }) => log) };
}

/** What a file takes on the disk at least: empty ones are not for nothing. */
const BLOCK = 4096;

/** The files of the oldest logs, oldest first, and what they take on the disk. */
export function listOldestLogs(db: Db, limit: number): { id: number; storedAs: string; bytes: number }[] {
  return db.all(
    'SELECT id, stored_as AS storedAs, max(bytes, ?) AS bytes FROM log_file ORDER BY id LIMIT ?',
    BLOCK,
    limit,
  );
}

/** What all logs take on the disk. */
export function countLogBytes(db: Db): number {
  return db.one<{ n: number }>('SELECT coalesce(sum(max(bytes, ?)), 0) AS n FROM log_file', BLOCK)?.n ?? 0;
}

/** Every log's file. */
export function listLogNames(db: Db): { id: number; storedAs: string }[] {
  return db.all('SELECT id, stored_as AS storedAs FROM log_file');
}
