import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** Readings of one instant of an open transaction. */
export interface Reading {
  reportedAt: Millis;
  receivedAt: Millis;
  powerW: number | null;
  currentMa: number | null;
  energyWh: number | null;
  socPercent: number | null;
}

/** The last few readings of a transaction, newest first. */
export function lastReadings(db: Db, transactionId: string, limit: number): Reading[] {
  return db.all(
    `SELECT reported_at AS reportedAt, received_at AS receivedAt, power_w AS powerW, current_ma AS currentMa, energy_wh AS energyWh,
       soc_percent AS socPercent FROM sample
     WHERE transaction_seq = (SELECT seq FROM "transaction" WHERE id = ?) ORDER BY reported_at DESC LIMIT ?`,
    transactionId,
    limit,
  );
}
