import type { ListQuery, Page } from '../domain/paging.ts';
import type { QuarantineEntry } from '../domain/types.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

export type StoredQuarantineEntry = QuarantineEntry & { count: number };

/** Keeps what could not be applied; the same message again only counts up. */
export function insertQuarantine(db: Db, entry: Omit<QuarantineEntry, 'id'>): number {
  const row = db.one<{ id: number }>(
    `INSERT INTO quarantine (charger_id, action, reason, payload, received_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + 1, received_at = excluded.received_at, reason = excluded.reason
     RETURNING id`,
    entry.chargerId,
    entry.action,
    entry.reason,
    entry.payload,
    entry.receivedAt,
  );
  if (!row) throw new Error('quarantine row was not written');
  return row.id;
}

/** Keeps the newest `keep` entries. */
export function pruneQuarantine(db: Db, keep: number): void {
  db.run('DELETE FROM quarantine WHERE id <= (SELECT id FROM quarantine ORDER BY id DESC LIMIT 1 OFFSET ?)', keep);
}

export function listQuarantine(db: Db, query: ListQuery): Page<StoredQuarantineEntry> {
  const found = page<StoredQuarantineEntry & { seq: number }>(
    db,
    {
      table: 'quarantine',
      columns: 'id, id AS seq, charger_id AS chargerId, action, reason, payload, count, received_at AS receivedAt',
      seq: 'id',
      updatedAt: null,
      peer: null,
    },
    query,
  );
  return found;
}
