import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** An open transaction on an EVSE that is done. */
export interface PendingStop {
  id: string;
  wireId: string;
  chargerId: string;
  evse: number;
  /** When the EVSE was seen to be done, our clock. */
  since: Millis;
}

/** Open transactions whose EVSE told, after their start and at or before this moment, that nobody charges there. */
export function listPendingStops(db: Db, before: Millis): PendingStop[] {
  return db.all(
    `SELECT t.id, t.wire_id AS wireId, t.charger_id AS chargerId, t.evse, evse.status_at AS since
     FROM "transaction" AS t JOIN evse ON evse.charger_id = t.charger_id AND evse.evse = t.evse
     WHERE t.stop_received_at IS NULL AND evse.status IN ('Available', 'Finishing')
       AND evse.status_at > t.start_received_at AND evse.status_at <= ?`,
    before,
  );
}
