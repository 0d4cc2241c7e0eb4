import type { EvseStatus } from '../domain/status.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** What an open transaction draws, as last reported. */
export interface Draw {
  sessionId: string;
  powerW: number | null;
  socPercent: number | null;
  /** When that came, and what its EVSE has been since when: our clock. */
  receivedAt: Millis | null;
  status: EvseStatus | null;
  statusAt: Millis | null;
}

/** Every session whose transaction is open, newest first. */
export function listDraws(db: Db): Draw[] {
  return db.all<Draw>(
    `SELECT session.id AS sessionId, power_w AS powerW, soc_percent AS socPercent,
       received_at AS receivedAt, evse.status, evse.status_at AS statusAt
     FROM "transaction" AS t
     JOIN session ON session.transaction_id = t.id
     LEFT JOIN evse ON evse.charger_id = t.charger_id AND evse.evse = t.evse
     LEFT JOIN sample ON sample.transaction_seq = t.seq AND sample.reported_at =
       (SELECT max(reported_at) FROM sample WHERE transaction_seq = t.seq AND power_w IS NOT NULL)
     WHERE t.stop_received_at IS NULL
     GROUP BY t.seq ORDER BY t.seq DESC`,
  );
}
