import type { Command, CommandKind, CommandResult, PendingStart, Sender } from '../domain/commands.ts';
import type { ActiveLimit } from '../domain/orders.ts';
import type { Millis } from '../domain/time.ts';
import { canonicalUid } from '../domain/token.ts';
import type { TokenUse } from '../domain/types.ts';
import type { Db } from './db.ts';

const COMMAND = `id, peer, kind, session_id AS sessionId, response_url AS responseUrl, sender, created_at AS createdAt, deadline, state, result,
  finished_at AS finishedAt`;

type CommandRow = Omit<Command, 'sender' | 'result'> & { sender: string | null; result: string | null };

export function insertCommand(db: Db, c: Command): void {
  db.run(
    `INSERT INTO command (id, peer, kind, session_id, response_url, sender, created_at, deadline, state, result,
       finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    c.id,
    c.peer,
    c.kind,
    c.sessionId,
    c.responseUrl,
    c.sender && JSON.stringify(c.sender),
    c.createdAt,
    c.deadline,
    c.state,
    c.result && JSON.stringify(c.result),
    c.finishedAt,
  );
}

export function findCommand(db: Db, id: string): Command | undefined {
  const row = db.one<CommandRow>(`SELECT ${COMMAND} FROM command WHERE id = ?`, id);
  return row && toCommand(row);
}

/** Commands in this state, eldest first. */
export function listCommands(db: Db, state: 'pending' | 'finished'): Command[] {
  return db
    .all<CommandRow>(
      `SELECT ${COMMAND} FROM command WHERE state = ? AND state IN ('pending', 'finished') ORDER BY seq`,
      state,
    )
    .map(toCommand);
}

/** Commands of a peer that are under way. */
export function countPending(db: Db, peer: string): number {
  const row = db.one<{ n: number }>(
    `SELECT count(*) AS n FROM command WHERE state = 'pending' AND state IN ('pending', 'finished') AND peer = ?`,
    peer,
  );
  return row?.n ?? 0;
}

/** A command that has ended stays as it ended: false where it had. */
export function setFinished(db: Db, id: string, result: CommandResult, now: Millis): boolean {
  const { changes } = db.run(
    "UPDATE command SET state = 'finished', result = ?, finished_at = ? WHERE id = ? AND state = 'pending'",
    JSON.stringify(result),
    now,
    id,
  );
  return changes > 0;
}

export function setState(db: Db, id: string, state: 'delivered' | 'dropped'): void {
  db.run('UPDATE command SET state = ? WHERE id = ?', state, id);
}

/** Was such a command about this session taken on between these moments? */
export function wasAsked(db: Db, sessionId: string, kind: CommandKind, from: Millis, to: Millis): boolean {
  return (
    db.one(
      'SELECT 1 FROM command WHERE session_id = ? AND kind = ? AND created_at > ? AND created_at <= ? LIMIT 1',
      sessionId,
      kind,
      from,
      to,
    ) !== undefined
  );
}

export function deleteCommandsBefore(db: Db, before: Millis): void {
  db.run("DELETE FROM command WHERE created_at < ? AND state IN ('delivered', 'dropped')", before);
}

const START = `seq, session_id AS sessionId, peer, charger_id AS chargerId, evse, connector, wire_uid AS wireUid, token,
  authorization_reference AS authorizationReference, state, created_at AS createdAt, expires_at AS expiresAt`;

type StartRow = Omit<PendingStart, 'token'> & { token: string };

export function insertStart(db: Db, s: Omit<PendingStart, 'seq'>): number {
  return db.run(
    `INSERT INTO pending_start (session_id, peer, charger_id, evse, connector, uid_key, wire_uid, token,
       authorization_reference, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    s.sessionId,
    s.peer,
    s.chargerId,
    s.evse,
    s.connector,
    canonicalUid(s.wireUid),
    s.wireUid,
    JSON.stringify(s.token),
    s.authorizationReference,
    s.state,
    s.createdAt,
    s.expiresAt,
  ).lastId;
}

export function findStart(db: Db, seq: number): PendingStart | undefined {
  return starts(db, 'seq = ?', seq)[0];
}

export function findStartOf(db: Db, sessionId: string): PendingStart | undefined {
  return starts(db, 'session_id = ?', sessionId)[0];
}

/** Starts with this card on a charger, in whatever state, eldest first. This runs for each card and each transaction. */
export function listStartsWith(db: Db, chargerId: string, uid: string): PendingStart[] {
  return starts(db, 'charger_id = ? AND uid_key = ?', chargerId, canonicalUid(uid));
}

/** Starts on a charger that it has still to make. */
export function listAwaited(db: Db, chargerId: string): PendingStart[] {
  return starts(db, "charger_id = ? AND state IN ('ordered', 'accepted')", chargerId);
}

export function listExpired(db: Db, now: Millis): PendingStart[] {
  return starts(db, "state IN ('ordered', 'accepted') AND expires_at <= ?", now);
}

export function putStart(db: Db, s: PendingStart): void {
  db.run(
    `UPDATE pending_start SET session_id = ?, evse = ?, connector = ?, authorization_reference = ?, state = ?,
       expires_at = ? WHERE seq = ?`,
    s.sessionId,
    s.evse,
    s.connector,
    s.authorizationReference,
    s.state,
    s.expiresAt,
    s.seq,
  );
}

export function deleteStart(db: Db, sessionId: string): void {
  db.run('DELETE FROM pending_start WHERE session_id = ?', sessionId);
}

/** Forgets starts that were given up before this moment, and of the others all but the newest so many. */
export function deleteStartsOver(db: Db, before: Millis, keep: number): void {
  db.run(
    `DELETE FROM pending_start WHERE state = 'over' AND (expires_at < ? OR seq NOT IN (
       SELECT seq FROM pending_start WHERE state = 'over' ORDER BY seq DESC LIMIT ?))`,
    before,
    keep,
  );
}

/** A session whose limit a peer has set; `found` is what was last found to be in force. */
export interface SteeredSession {
  sessionId: string;
  peer: string;
  found: ActiveLimit | null;
}

/** Notes that a peer has set a session's limit; what was found before stays. */
export function putSteered(db: Db, sessionId: string, peer: string): void {
  db.run(
    `INSERT INTO steered_session (session_id, peer) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET found = CASE WHEN peer = excluded.peer THEN found END, peer = excluded.peer`,
    sessionId,
    peer,
  );
}

export function setFound(db: Db, sessionId: string, found: ActiveLimit): void {
  db.run('UPDATE steered_session SET found = ? WHERE session_id = ?', JSON.stringify(found), sessionId);
}

export function findSteered(db: Db, sessionId: string): SteeredSession | undefined {
  return steered(db, 'session_id = ?', sessionId)[0];
}

export function isAnySteered(db: Db): boolean {
  return db.one('SELECT 1 FROM steered_session LIMIT 1') !== undefined;
}

/** Those that run. */
export function listSteered(db: Db): SteeredSession[] {
  return steered(db, "EXISTS (SELECT 1 FROM session WHERE id = session_id AND status = 'ACTIVE')");
}

/** Sessions that have ended are steered no longer. */
export function deleteSteeredEnded(db: Db): void {
  db.run(
    "DELETE FROM steered_session WHERE NOT EXISTS (SELECT 1 FROM session WHERE id = session_id AND status = 'ACTIVE')",
  );
}

function steered(db: Db, where: string, ...params: string[]): SteeredSession[] {
  return db
    .all<Omit<SteeredSession, 'found'> & { found: string | null }>(
      `SELECT session_id AS sessionId, peer, found FROM steered_session WHERE ${where}`,
      ...params,
    )
    .map((row) => ({ ...row, found: row.found === null ? null : (JSON.parse(row.found) as ActiveLimit) }));
}

function starts(db: Db, where: string, ...params: (string | number)[]): PendingStart[] {
  return (
    db
      .all<StartRow>(`SELECT ${START} FROM pending_start WHERE ${where}`, ...params)
      // Quicker than in SQL, where there are few.
      .toSorted((one, other) => one.seq - other.seq)
      .map((row) => ({ ...row, token: JSON.parse(row.token) as TokenUse }))
  );
}

function toCommand(row: CommandRow): Command {
  return {
    ...row,
    sender: row.sender === null ? null : (JSON.parse(row.sender) as Sender),
    result: row.result === null ? null : (JSON.parse(row.result) as CommandResult),
  };
}
