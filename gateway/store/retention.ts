import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** What one step did. */
export interface Step {
  deleted: number;
  /** Where the next one goes on; null: there is nothing more. */
  next: number | null;
}

/**
 * Takes part of the old of one kind out, inside the write at hand: looks at `most` rows at the most, from `from` on (0: the
 * beginning), and deletes what came before `before`.
 */
export type Forget = (db: Db, before: Millis, from: number, most: number) => Step;

/** May what was measured in this transaction go? Only when it ended so long ago, and nothing is to be billed any more. */
function isSettled(db: Db, seq: number, before: Millis): boolean {
  const row = db.one<{ stoppedAt: Millis | null; owed: number }>(
    `SELECT t.stop_received_at AS stoppedAt, EXISTS (
       SELECT 1 FROM session AS s WHERE s.transaction_id = t.id AND (s.status IN ('PENDING', 'ACTIVE', 'RESERVATION')
         OR (s.status = 'COMPLETED' AND NOT EXISTS (SELECT 1 FROM cdr WHERE cdr.session_id = s.id)))) AS owed
     FROM "transaction" AS t WHERE t.seq = ?`,
    seq,
  );
  return row !== undefined && row.stoppedAt !== null && row.stoppedAt < before && row.owed === 0;
}

/** Transactions after this one began after `before`: none of them ended so long ago. */
function beganSince(db: Db, seq: number, before: Millis): boolean {
  const row = db.one<{ at: Millis }>('SELECT start_received_at AS at FROM "transaction" WHERE seq = ?', seq);
  return row !== undefined && row.at >= before;
}

/** Samples of transactions that ended so long ago and are billed; `from`: the transaction's number. */
export const forgetSamples: Forget = (db, before, from, most) => {
  let [seq, looked, deleted] = [from, 0, 0];
  while (looked < most) {
    const found = db.one<{ seq: number | null }>(
      'SELECT min(transaction_seq) AS seq FROM sample WHERE transaction_seq >= ?',
      seq,
    );
    if (!found || found.seq === null) return { deleted, next: null };
    seq = found.seq;
    looked += 1;
    if (isSettled(db, seq, before)) {
      const { changes } = db.run(
        `DELETE FROM sample WHERE (transaction_seq, reported_at, hash) IN
           (SELECT transaction_seq, reported_at, hash FROM sample WHERE transaction_seq = ? LIMIT ?)`,
        seq,
        most - looked + 1,
      );
      looked += changes;
      deleted += changes;
      // There may be more of it.
      if (looked >= most) return { deleted, next: seq };
    } else if (beganSince(db, seq, before)) return { deleted, next: null };
    seq += 1;
  }
  return { deleted, next: seq };
};

/** Lines as logged: `[transaction,receivedAt,…`. */
const LINE = /^\[(\d+),(\d+),/;

/**
 * Rows of the meter log whose every line is so old, filed, and of a settled transaction that has no signed readings, which
 * point to it; `from`: the row's number.
 */
export const forgetMeterLog: Forget = (db, before, from, most) => {
  const rows = db.all<{ number: number; lines: string }>(
    `SELECT number, lines FROM meter_log WHERE number >= ?
       AND number <= (SELECT value FROM counter WHERE name = 'filed') ORDER BY number LIMIT ?`,
    from,
    Math.max(1, Math.floor(most / 4)),
  );
  const known = new Map<number, boolean>();
  const mayGo = (seq: number): boolean => {
    let answer = known.get(seq);
    if (answer === undefined) {
      const signed = db.one('SELECT 1 FROM signed_reading WHERE transaction_seq = ? LIMIT 1', seq) !== undefined;
      known.set(seq, (answer = !signed && isSettled(db, seq, before)));
    }
    return answer;
  };
  let deleted = 0;
  for (const { number, lines } of rows) {
    const said = lines.split('\n').map((line) => LINE.exec(line));
    // Written in the order of arrival: all after it are newer.
    if (said.some((line) => line !== null && Number(line[2]) >= before)) return { deleted, next: null };
    if (!said.every((line) => line !== null && mayGo(Number(line[1])))) continue;
    deleted += db.run('DELETE FROM meter_log WHERE number = ?', number).changes;
  }
  const last = rows.at(-1);
  return { deleted, next: last ? last.number + 1 : null };
};

/** The oldest rows of a table that is written in the order of time, up to the first that is young enough. */
function forgetOldest(table: 'frame' | 'decision', id: 'id' | 'seq'): Forget {
  return (db, before, from, most) => {
    const rows = db.all<{ id: number; at: Millis }>(
      `SELECT ${id} AS id, at FROM ${table} WHERE ${id} >= ? ORDER BY ${id} LIMIT ?`,
      from,
      most,
    );
    const young = rows.findIndex(({ at }) => at >= before);
    const last = rows[(young === -1 ? rows.length : young) - 1];
    if (!last) return { deleted: 0, next: null };
    const { changes } = db.run(`DELETE FROM ${table} WHERE ${id} >= ? AND ${id} <= ?`, from, last.id);
    return { deleted: changes, next: young === -1 ? last.id + 1 : null };
  };
}

export const forgetFrames: Forget = forgetOldest('frame', 'id');

export const forgetDecisions: Forget = forgetOldest('decision', 'seq');

/** What was last sent so long ago: an entry that is sent again is young again. */
export const forgetQuarantine: Forget = (db, before, from, most) => {
  const rows = db.all<{ id: number; at: Millis }>(
    'SELECT id, received_at AS at FROM quarantine WHERE id >= ? ORDER BY id LIMIT ?',
    from,
    most,
  );
  const old = rows.filter(({ at }) => at < before);
  for (const { id } of old) db.run('DELETE FROM quarantine WHERE id = ?', id);
  const last = rows.at(-1);
  return { deleted: old.length, next: last ? last.id + 1 : null };
};

/** What a peer has refused for so long, in whatever way; a bill line is never given up (law 8). */
export const forgetDeadLetters: Forget = (db, before, _from, most) => {
  const { changes } = db.run(
    `DELETE FROM outbox WHERE (peer, module, object) IN (SELECT peer, module, object FROM outbox
       WHERE state = 'dead' AND module <> 'cdrs' AND since < ? LIMIT ?)`,
    before,
    most,
  );
  return { deleted: changes, next: changes === most ? 0 : null };
};
