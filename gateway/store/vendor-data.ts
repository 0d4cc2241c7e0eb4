import type { ListQuery, Page } from '../domain/paging.ts';
import type { VendorData } from '../domain/vendor-data.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

export function insertVendorData(db: Db, entry: Omit<VendorData, 'id'>): number {
  return db.run(
    'INSERT INTO vendor_data (charger_id, vendor, message, data, received_at) VALUES (?, ?, ?, ?, ?)',
    entry.chargerId,
    entry.vendor,
    entry.message,
    entry.data,
    entry.receivedAt,
  ).lastId;
}

/** Keeps the newest `own` of this charger and the newest `all` of the site. */
export function pruneVendorData(db: Db, chargerId: string, own: number, all: number): void {
  db.run(
    `DELETE FROM vendor_data WHERE charger_id = ?
     AND id <= (SELECT id FROM vendor_data WHERE charger_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    chargerId,
    chargerId,
    own,
  );
  db.run('DELETE FROM vendor_data WHERE id <= (SELECT id FROM vendor_data ORDER BY id DESC LIMIT 1 OFFSET ?)', all);
}

export function listVendorData(db: Db, query: ListQuery): Page<VendorData> {
  return page<VendorData & { seq: number }>(
    db,
    {
      table: 'vendor_data',
      columns: 'id, id AS seq, charger_id AS chargerId, vendor, message, data, received_at AS receivedAt',
      seq: 'id',
      updatedAt: null,
      peer: null,
      charger: 'charger_id',
    },
    query,
  );
}
