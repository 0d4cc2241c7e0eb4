import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** What an open transaction draws, as last reported. */
export interface Draw {
  sessionId: string;
  powerW: number | null;
  socPercent: number | null;
  /** The charger's clock. */
  reportedAt: Millis | null;
}

/** Every session whose transaction is open, newest first. */
export function listDraws(db: Db): Draw[] {
  return db.all<Draw>(
    `SELECT session.id AS sessionId, power_w AS powerW, soc_percent AS socPercent, reported_at AS reportedAt
     FROM "transaction" AS t
     JOIN session ON session.transaction_id = t.id
     LEFT JOIN sample ON sample.transaction_seq = t.seq AND sample.reported_at =
       (SELECT max(reported_at) FROM sample WHERE transaction_seq = t.seq AND power_w IS NOT NULL)
     WHERE t.stop_received_at IS NULL
     GROUP BY t.seq ORDER BY t.seq DESC`,
  );
}
