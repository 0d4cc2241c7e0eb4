import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** What a charger said it will do once its transaction is over. */
export interface AwaitedAvailability {
  chargerId: string;
  /** Null: the whole charger. */
  evse: number | null;
  operative: boolean;
  /** Since when no transaction keeps it; null while one does. */
  freeSince: Millis | null;
}

type Row = Omit<AwaitedAvailability, 'operative' | 'evse'> & { operative: number; evse: number };

export function listAwaitedAvailability(db: Db): AwaitedAvailability[] {
  return db
    .all<Row>(
      `SELECT charger_id AS chargerId, evse, operative, free_since AS freeSince FROM awaited_availability
       ORDER BY charger_id, evse`,
    )
    .map((row) => ({ ...row, evse: row.evse === 0 ? null : row.evse, operative: row.operative === 1 }));
}

export function putAwaitedAvailability(db: Db, awaited: AwaitedAvailability): void {
  db.run(
    `INSERT INTO awaited_availability (charger_id, evse, operative, free_since) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET operative = excluded.operative, free_since = excluded.free_since`,
    awaited.chargerId,
    awaited.evse ?? 0,
    awaited.operative ? 1 : 0,
    awaited.freeSince,
  );
}

/** Of this EVSE; null: of the charger and all its EVSEs. */
export function deleteAwaitedAvailability(db: Db, chargerId: string, evse: number | null): void {
  if (evse === null) db.run('DELETE FROM awaited_availability WHERE charger_id = ?', chargerId);
  else db.run('DELETE FROM awaited_availability WHERE charger_id = ? AND evse = ?', chargerId, evse);
}
