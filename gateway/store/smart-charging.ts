import type { Db } from './db.ts';

/** A limit that was set for one transaction, by the charger's number for it. */
export interface TransactionProfile {
  chargerId: string;
  profileId: number;
  transactionId: string;
}

export function putTransactionProfile(db: Db, { chargerId, profileId, transactionId }: TransactionProfile): void {
  db.run(
    `INSERT INTO transaction_profile (charger_id, profile_id, transaction_id) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET transaction_id = excluded.transaction_id`,
    chargerId,
    profileId,
    transactionId,
  );
}

export function deleteTransactionProfile(db: Db, chargerId: string, profileId: number): void {
  db.run('DELETE FROM transaction_profile WHERE charger_id = ? AND profile_id = ?', chargerId, profileId);
}

/** Limits of a charger's transactions that have ended. */
export function listEndedProfiles(db: Db, chargerId: string): TransactionProfile[] {
  return db.all<TransactionProfile>(
    `SELECT p.charger_id AS chargerId, p.profile_id AS profileId, p.transaction_id AS transactionId
     FROM transaction_profile AS p JOIN "transaction" AS t ON t.id = p.transaction_id
     WHERE p.charger_id = ? AND t.stop_received_at IS NOT NULL`,
    chargerId,
  );
}
