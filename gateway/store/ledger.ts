import type { Decimal } from '../domain/tariff.ts';
import { canonicalUid } from '../domain/token.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

export type LedgerKind = 'refill' | 'draw' | 'credit' | 'adjustment';

/** Money that came to a prepaid card or was drawn from it. */
export interface LedgerEntry {
  seq: number;
  at: Millis;
  kind: LedgerKind;
  /** Exact; below 0 where it was drawn. */
  amount: Decimal;
  currency: string;
  sessionId: string | null;
  cdrId: string | null;
  note: string | null;
}

export interface NewLedgerEntry extends Omit<LedgerEntry, 'seq'> {
  uid: string;
  /** The amount in ten-thousandths. */
  units: bigint;
}

export function insertEntry(db: Db, entry: NewLedgerEntry): void {
  db.run(
    `INSERT INTO ledger (at, uid_key, kind, amount, units, currency, session_id, cdr_id, note)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    entry.at,
    canonicalUid(entry.uid),
    entry.kind,
    entry.amount,
    entry.units,
    entry.currency,
    entry.sessionId,
    entry.cdrId,
    entry.note,
  );
}

/** What a card has, in ten-thousandths of a currency. */
export function balanceUnits(db: Db, uid: string, currency: string): bigint {
  const row = db.one<{ units: number }>(
    'SELECT coalesce(sum(units), 0) AS units FROM ledger WHERE uid_key = ? AND currency = ?',
    canonicalUid(uid),
    currency,
  );
  return BigInt(row?.units ?? 0);
}

/** A card's entries, newest first. */
export function listEntries(db: Db, uid: string, limit: number): LedgerEntry[] {
  return db.all<LedgerEntry>(
    `SELECT seq, at, kind, amount, currency, session_id AS sessionId, cdr_id AS cdrId, note FROM ledger
     WHERE uid_key = ? ORDER BY seq DESC LIMIT ?`,
    canonicalUid(uid),
    limit,
  );
}

/** What running sessions of a card may still come to, exact decimals with taxes. */
export function listReserved(db: Db, uid: string, currency: string): { sessionId: string; cost: Decimal }[] {
  return db.all(
    `SELECT id AS sessionId, limit_cost AS cost FROM session WHERE status = 'ACTIVE' AND limit_cost IS NOT NULL
       AND currency = ? AND upper(json_extract(token, '$.uid')) = upper(?)`,
    currency,
    uid,
  );
}
