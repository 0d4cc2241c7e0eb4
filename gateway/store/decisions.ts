import { canonicalUid } from '../domain/token.ts';
import type { Millis } from '../domain/time.ts';
import type { Authorization, DecisionSource, Token, Verdict } from '../domain/types.ts';
import type { Db } from './db.ts';

/** A decision on a card, as it was made. */
export interface Decision {
  seq: number;
  at: Millis;
  uid: string;
  chargerId: string | null;
  evse: number | null;
  reader: string | null;
  verdict: Verdict;
  source: DecisionSource;
  reason: string | null;
  peer: string | null;
  authorization: Authorization;
}

interface DecisionRow extends Omit<Decision, 'authorization'> {
  reference: string | null;
  evseUids: string | null;
  token: string | null;
}

const DECISION = `seq, at, uid, charger_id AS chargerId, evse, reader, verdict, source, reason, peer,
  authorization_reference AS reference, evse_uids AS evseUids, token`;

export function insertDecision(
  db: Db,
  tap: { chargerId: string | null; evse: number | null; reader: string | null; uid: string; at: Millis },
  { verdict, source, token, reason, reference, evseUids }: Authorization,
): void {
  db.run(
    `INSERT INTO decision (at, uid_key, uid, charger_id, evse, reader, verdict, source, reason, peer,
       authorization_reference, evse_uids, token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tap.at,
    canonicalUid(tap.uid),
    tap.uid,
    tap.chargerId,
    tap.evse,
    tap.reader,
    verdict,
    source,
    reason ?? null,
    token?.peer ?? null,
    reference ?? null,
    evseUids ? JSON.stringify(evseUids) : null,
    // Listed ones are found by their number.
    token && source === 'real-time' ? JSON.stringify(token) : null,
  );
}

/** The last decision on a card since then; undefined where there was none. */
export function latestDecision(db: Db, uid: string, since: Millis): Decision | undefined {
  const row = db.one<DecisionRow>(
    `SELECT ${DECISION} FROM decision WHERE uid_key = ? AND at >= ? ORDER BY seq DESC LIMIT 1`,
    canonicalUid(uid),
    since,
  );
  return row && toDecision(row);
}

/** Has an owner ever let this card charge here? */
export function wasAccepted(db: Db, uid: string): boolean {
  return (
    db.one(
      `SELECT 1 FROM decision WHERE uid_key = ? AND verdict = 'accepted' AND source IN ('real-time', 'peer-list') LIMIT 1`,
      canonicalUid(uid),
    ) !== undefined
  );
}

export function listDecisions(db: Db, limit: number): Decision[] {
  return db.all<DecisionRow>(`SELECT ${DECISION} FROM decision ORDER BY seq DESC LIMIT ?`, limit).map(toDecision);
}

/** By their numbers, which is quick: none is ever taken out of the middle. */
export function countDecisions(db: Db): number {
  return db.one<{ n: number }>('SELECT coalesce(max(seq) - min(seq) + 1, 0) AS n FROM decision')?.n ?? 0;
}

/** Of the oldest, at most `most` go that are beyond the newest `keep`. */
export function pruneDecisions(db: Db, keep: number, most: number): void {
  db.run(
    `DELETE FROM decision WHERE seq IN
       (SELECT seq FROM decision WHERE seq <= (SELECT max(seq) FROM decision) - ? ORDER BY seq LIMIT ?)`,
    keep,
    most,
  );
}

function toDecision({ reference, evseUids, token, ...row }: DecisionRow): Decision {
  return {
    ...row,
    authorization: {
      verdict: row.verdict,
      source: row.source,
      token: token === null ? null : (JSON.parse(token) as Token),
      ...(row.reason !== null && { reason: row.reason }),
      ...(reference !== null && { reference }),
      ...(evseUids !== null && { evseUids: JSON.parse(evseUids) as string[] }),
    },
  };
}
