import type { LocalListState } from '../domain/local-list.ts';
import type { Millis } from '../domain/time.ts';
import type { Token } from '../domain/types.ts';
import type { Db } from './db.ts';

/** What a charger's own list of cards is known to be. */
export interface StoredList {
  /** As it last took it; 0: none, or not known what it holds; -1: it keeps none. */
  version: number;
  state: LocalListState;
  problem: string | null;
  /** The charger's when that was found. */
  firmware: string | null;
  /** When it last was as it should be; null: never. */
  syncedAt: Millis | null;
}

/** A card on such a list: its canonical number, and the entry as it was sent, JSON. */
export interface StoredEntry {
  key: string;
  entry: string;
}

export function findList(db: Db, chargerId: string): StoredList | undefined {
  return db.one<StoredList>(
    'SELECT version, state, problem, firmware, synced_at AS syncedAt FROM local_list WHERE charger_id = ?',
    chargerId,
  );
}

export function putList(db: Db, chargerId: string, list: StoredList, at: Millis): void {
  db.run(
    `INSERT INTO local_list (charger_id, version, state, problem, firmware, synced_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version, state = excluded.state, problem = excluded.problem,
       firmware = excluded.firmware, synced_at = excluded.synced_at, updated_at = excluded.updated_at`,
    chargerId,
    list.version,
    list.state,
    list.problem,
    list.firmware,
    list.syncedAt,
    at,
  );
}

export function countEntries(db: Db, chargerId: string): number {
  return (
    db.one<{ count: number }>('SELECT count(*) AS count FROM local_list_entry WHERE charger_id = ?', chargerId)
      ?.count ?? 0
  );
}

export function hasEntries(db: Db, chargerId: string): boolean {
  return db.one('SELECT 1 FROM local_list_entry WHERE charger_id = ? LIMIT 1', chargerId) !== undefined;
}

/** A page of a list in the order of its canonical numbers, after this one. */
export function pageEntries(db: Db, chargerId: string, after: string, limit: number): StoredEntry[] {
  return db.all(
    'SELECT uid_key AS key, entry FROM local_list_entry WHERE charger_id = ? AND uid_key > ? ORDER BY uid_key LIMIT ?',
    chargerId,
    after,
    limit,
  );
}

/** Those entries of a list that are of these canonical numbers, in their order. */
export function entriesOf(db: Db, chargerId: string, keys: readonly string[]): StoredEntry[] {
  return db.all(
    `SELECT uid_key AS key, entry FROM local_list_entry
     WHERE charger_id = ? AND uid_key IN (SELECT value FROM json_each(?)) ORDER BY uid_key`,
    chargerId,
    JSON.stringify(keys),
  );
}

/** Inside a write: the entry that a charger has taken under this number; null: it has taken it off. */
export function putEntry(db: Db, chargerId: string, key: string, entry: string | null): void {
  if (entry === null) db.run('DELETE FROM local_list_entry WHERE charger_id = ? AND uid_key = ?', chargerId, key);
  else db.run('INSERT OR REPLACE INTO local_list_entry VALUES (?, ?, ?)', chargerId, key, entry);
}

/** Inside a write: forgets at most so many entries of a list; false once none is left. */
export function dropEntries(db: Db, chargerId: string, most: number): boolean {
  const { changes } = db.run(
    `DELETE FROM local_list_entry WHERE charger_id = ? AND uid_key IN
       (SELECT uid_key FROM local_list_entry WHERE charger_id = ? ORDER BY uid_key LIMIT ?)`,
    chargerId,
    chargerId,
    most,
  );
  return changes === most;
}

/** A card that might stand on a list. */
export interface Candidate extends Pick<
  Token,
  'uid' | 'peer' | 'whitelist' | 'payment' | 'groupId' | 'expiresAt' | 'updatedAt'
> {
  key: string;
  /** When it was last held to a reader; null: never. */
  usedAt: Millis | null;
}

const CANDIDATE = `uid_key AS key, uid, peer, whitelist, payment, group_id AS groupId, expires_at AS expiresAt,
  updated_at AS updatedAt, (SELECT at FROM decision WHERE decision.uid_key = token.uid_key ORDER BY seq DESC LIMIT 1) AS usedAt`;

/** What cannot stand on any list is left out: only RFID cards are held to chargers, and a peer's NEVER forbids it (OCPI). */
const LISTABLE = `type = 'RFID' AND valid = 1 AND (peer IS NULL OR whitelist <> 'NEVER')
  AND (expires_at IS NULL OR expires_at > ?)`;

/** Of each number its tokens one after the other, the site's own first. */
const IN_ORDER = 'ORDER BY uid_key, peer IS NOT NULL, updated_at, country_code, party_id';

/** A page of the tokens that might stand on lists, in the order of their canonical numbers, after this one. */
export function pageCandidates(db: Db, after: string, now: Millis, limit: number): Candidate[] {
  return db.all(
    `SELECT ${CANDIDATE} FROM token WHERE uid_key > ? AND ${LISTABLE} ${IN_ORDER} LIMIT ?`,
    after,
    now,
    limit,
  );
}

/** The same, of these canonical numbers. */
export function candidatesOf(db: Db, keys: readonly string[], now: Millis): Candidate[] {
  return db.all(
    `SELECT ${CANDIDATE} FROM token WHERE uid_key IN (SELECT value FROM json_each(?)) AND ${LISTABLE} ${IN_ORDER}`,
    JSON.stringify(keys),
    now,
  );
}
