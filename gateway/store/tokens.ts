import type { ListQuery, Page } from '../domain/paging.ts';
import { canonicalUid } from '../domain/token.ts';
import type { Token } from '../domain/types.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

const TOKEN = `country_code AS countryCode, party_id AS partyId, uid, type, peer, origin, contract_id AS contractId,
  visual_number AS visualNumber, issuer, group_id AS groupId, valid, whitelist, language, expires_at AS expiresAt,
  payment, body, updated_at AS updatedAt`;

type TokenRow = Omit<Token, 'valid'> & { valid: number; body: string | null };

/** A token with the wire fields that we keep only to hand them back. */
export interface StoredToken extends Token {
  body: Record<string, unknown>;
}

export interface TokenKey {
  countryCode: string;
  partyId: string;
  uid: string;
  type: string;
}

/** Every token that this card number may mean: the site's own first, then the longest known. */
export function findTokens(db: Db, uid: string): StoredToken[] {
  // Sorted here: it is done for each card and each transaction, and SQLite takes ten times as long to sort one row as to find it.
  const rows = db.all<TokenRow>(`SELECT ${TOKEN} FROM token WHERE uid_key = ?`, canonicalUid(uid));
  return rows.toSorted(byRank).map(toToken);
}

function byRank(one: TokenRow, other: TokenRow): number {
  return (
    Number(one.peer !== null) - Number(other.peer !== null) ||
    one.updatedAt - other.updatedAt ||
    compare(one.countryCode, other.countryCode) ||
    compare(one.partyId, other.partyId)
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Every token under any of these canonical numbers, in the same order. */
export function findTokensOf(db: Db, keys: readonly string[]): StoredToken[] {
  return db
    .all<TokenRow>(
      `SELECT ${TOKEN} FROM token WHERE uid_key IN (SELECT value FROM json_each(?))
       ORDER BY peer IS NOT NULL, updated_at, country_code, party_id`,
      JSON.stringify(keys),
    )
    .map(toToken);
}

export function findToken(db: Db, key: TokenKey): StoredToken | undefined {
  const row = db.one<TokenRow>(
    `SELECT ${TOKEN} FROM token WHERE country_code = ? AND party_id = ? AND uid_key = ? AND type = ?`,
    key.countryCode.toUpperCase(),
    key.partyId.toUpperCase(),
    canonicalUid(key.uid),
    key.type,
  );
  return row && toToken(row);
}

export function listTokens(db: Db, query: ListQuery): Page<StoredToken & { seq: number }> {
  const found = page<TokenRow & { seq: number }>(
    db,
    { table: 'token', columns: `rowid AS seq, ${TOKEN}`, seq: 'rowid', updatedAt: 'updated_at', peer: 'peer' },
    query,
  );
  return { ...found, items: found.items.map((row) => ({ ...toToken(row), seq: row.seq })) };
}

/** Cards that the running site was given, not the config file's and not peers', in order; `after`: the `seq` before. */
export function listTokensOfSite(db: Db, after: number, limit: number): (StoredToken & { seq: number })[] {
  return db
    .all<TokenRow & { seq: number }>(
      `SELECT rowid AS seq, ${TOKEN} FROM token WHERE rowid > ? AND peer IS NULL AND origin = 'site' ORDER BY rowid LIMIT ?`,
      after,
      limit,
    )
    .map((row) => ({ ...toToken(row), seq: row.seq }));
}

export function listTokensOfConfig(db: Db): StoredToken[] {
  return db.all<TokenRow>(`SELECT ${TOKEN} FROM token WHERE origin = 'config'`).map(toToken);
}

export function putToken(db: Db, token: StoredToken): void {
  db.run(
    `INSERT INTO token (country_code, party_id, uid_key, type, uid, peer, origin, contract_id, visual_number, issuer,
       group_id, valid, whitelist, language, expires_at, payment, body, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET uid = excluded.uid, peer = excluded.peer, origin = excluded.origin,
       contract_id = excluded.contract_id, visual_number = excluded.visual_number, issuer = excluded.issuer,
       group_id = excluded.group_id, valid = excluded.valid, whitelist = excluded.whitelist,
       language = excluded.language, expires_at = excluded.expires_at, payment = excluded.payment,
       body = excluded.body, updated_at = excluded.updated_at`,
    token.countryCode.toUpperCase(),
    token.partyId.toUpperCase(),
    canonicalUid(token.uid),
    token.type,
    token.uid,
    token.peer,
    token.origin,
    token.contractId,
    token.visualNumber,
    token.issuer,
    token.groupId,
    token.valid ? 1 : 0,
    token.whitelist,
    token.language,
    token.expiresAt,
    token.payment,
    JSON.stringify(token.body),
    token.updatedAt,
  );
}

export function deleteToken(db: Db, key: TokenKey): void {
  db.run(
    'DELETE FROM token WHERE country_code = ? AND party_id = ? AND uid_key = ? AND type = ?',
    key.countryCode.toUpperCase(),
    key.partyId.toUpperCase(),
    canonicalUid(key.uid),
    key.type,
  );
}

function toToken(row: TokenRow): StoredToken {
  return {
    ...row,
    valid: row.valid === 1,
    body: row.body === null ? {} : (JSON.parse(row.body) as Record<string, unknown>),
  };
}
