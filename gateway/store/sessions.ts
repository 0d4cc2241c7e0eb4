import type { ListQuery, Page } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { SessionLimit, SessionPlace, Session, SessionStatus, TokenUse } from '../domain/types.ts';
import type { Cost, Decimal, Period, Tariff } from '../domain/tariff.ts';
import type { Db } from './db.ts';
import { lastPlace, pageOfPlaces, placesOf } from './session-places.ts';

const SESSION = `seq, id, status, transaction_id AS transactionId, charger_id AS chargerId, evse, connector, token,
  peer, authorized, auth_method AS authMethod, authorization_reference AS authorizationReference,
  started_at AS startedAt, ended_at AS endedAt, energy_wh AS energyWh, currency, tariff, place, periods, cost,
  limit_cost AS limitCost, limit_energy_wh AS limitEnergyWh, quote_id AS quoteId, updated_at AS updatedAt`;

type Json = 'token' | 'tariff' | 'place' | 'periods' | 'cost' | 'authorized';
type SessionRow = Omit<Session, Json | 'limit' | 'quoteId'> & {
  limitCost: Decimal | null;
  limitEnergyWh: number | null;
  quoteId: string | null;
  token: string;
  tariff: string | null;
  place: string;
  periods: string;
  cost: string | null;
  authorized: number;
};

/** A session, and whether its token was authorised. */
export interface StoredSession extends Session {
  authorized: boolean;
}

export function insertSession(db: Db, s: Omit<StoredSession, 'seq'>): void {
  db.run(
    `INSERT INTO session (id, status, transaction_id, charger_id, evse, connector, token, peer, authorized,
       auth_method, authorization_reference, started_at, ended_at, energy_wh, currency, tariff, place, periods, cost,
       limit_cost, limit_energy_wh, quote_id, updated_at, created_at, position, peer_position)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    s.id,
    s.status,
    s.transactionId,
    s.chargerId,
    s.evse,
    s.connector,
    JSON.stringify(s.token),
    s.peer,
    s.authorized ? 1 : 0,
    s.authMethod,
    s.authorizationReference,
    s.startedAt,
    s.endedAt,
    s.energyWh,
    s.currency,
    s.tariff && JSON.stringify(s.tariff),
    JSON.stringify(s.place),
    JSON.stringify(s.periods),
    s.cost && JSON.stringify(s.cost),
    s.limit?.cost ?? null,
    s.limit?.energyWh ?? null,
    s.quoteId ?? null,
    s.updatedAt,
    s.updatedAt,
    lastPlace(db, placesOf(undefined)) + 1,
    s.peer === null ? null : lastPlace(db, placesOf(s.peer)) + 1,
  );
}

/** A session that was PENDING is now that of a transaction. */
export function activateSession(db: Db, s: Omit<StoredSession, 'seq'>): void {
  db.run(
    `UPDATE session SET status = ?, transaction_id = ?, evse = ?, connector = ?, token = ?,
       authorization_reference = ?, started_at = ?, ended_at = ?, energy_wh = ?, currency = ?, tariff = ?, place = ?, periods = ?, cost = ?, updated_at = ? WHERE id = ?`,
    s.status,
    s.transactionId,
    s.evse,
    s.connector,
    JSON.stringify(s.token),
    s.authorizationReference,
    s.startedAt,
    s.endedAt,
    s.energyWh,
    s.currency,
    s.tariff && JSON.stringify(s.tariff),
    JSON.stringify(s.place),
    JSON.stringify(s.periods),
    s.cost && JSON.stringify(s.cost),
    s.updatedAt,
    s.id,
  );
}

/** What follows the meter. */
export interface SessionProgress {
  status: SessionStatus;
  startedAt: Millis;
  endedAt: Millis | null;
  energyWh: number;
  periods: Period[];
  cost: Cost | null;
}

export function setProgress(db: Db, id: string, p: SessionProgress, stamp: Millis): void {
  db.run(
    `UPDATE session SET status = ?, started_at = ?, ended_at = ?, energy_wh = ?, periods = ?, cost = ?, updated_at = ?
     WHERE id = ?`,
    p.status,
    p.startedAt,
    p.endedAt,
    p.energyWh,
    JSON.stringify(p.periods),
    p.cost && JSON.stringify(p.cost),
    stamp,
    id,
  );
}

/** Takes a session's transaction from it: the transaction is another session's now. */
export function unlinkTransaction(db: Db, id: string): void {
  db.run('UPDATE session SET transaction_id = NULL WHERE id = ?', id);
}

/** Says what a session may come to; not a change that anybody polls. */
export function setLimit(db: Db, id: string, limit: SessionLimit | null): void {
  db.run(
    'UPDATE session SET limit_cost = ?, limit_energy_wh = ? WHERE id = ?',
    limit?.cost ?? null,
    limit?.energyWh ?? null,
    id,
  );
}

/** Sessions under way that may not go on for ever. */
export function listLimited(db: Db): StoredSession[] {
  return db
    .all<SessionRow>(
      `SELECT ${SESSION} FROM session WHERE status = 'ACTIVE' AND (limit_cost IS NOT NULL OR limit_energy_wh IS NOT NULL)`,
    )
    .map(toSession);
}

export function findSession(db: Db, id: string): StoredSession | undefined {
  return one(db, 'id', id);
}

export function findSessionOf(db: Db, transactionId: string): StoredSession | undefined {
  return one(db, 'transaction_id', transactionId);
}

/** Where sessions under way were begun with this card. */
export function findActiveWith(db: Db, tokenUid: string): { chargerId: string; evse: number }[] {
  return db.all(
    `SELECT charger_id AS chargerId, evse FROM session WHERE status = 'ACTIVE' AND authorized = 1
       AND upper(json_extract(token, '$.uid')) = upper(?)`,
    tokenUid,
  );
}

/** One page in the order of creation (or its reverse); costs the same wherever it is and whatever the times. */
export function listSessions(db: Db, query: ListQuery): Page<StoredSession> {
  const numbering = placesOf(query.peer);
  const { places, total, more } = pageOfPlaces(db, numbering, query);
  const { column, index, where, params } = numbering;
  const rows = db.all<SessionRow>(
    `SELECT ${SESSION} FROM session INDEXED BY ${index} WHERE ${where} AND ${column} IN (SELECT value FROM json_each(?))
     ORDER BY ${column} ${query.newestFirst === true ? 'DESC' : 'ASC'}`,
    ...params,
    JSON.stringify(places),
  );
  const items = rows.map(toSession);
  return { items, total, next: more ? (items.at(-1)?.seq ?? null) : null };
}

function one(db: Db, column: 'id' | 'transaction_id', value: string): StoredSession | undefined {
  const row = db.one<SessionRow>(`SELECT ${SESSION} FROM session WHERE ${column} = ?`, value);
  return row && toSession(row);
}

function toSession({ limitCost, limitEnergyWh, quoteId, ...row }: SessionRow): StoredSession {
  const limit = {
    ...(limitCost !== null && { cost: limitCost }),
    ...(limitEnergyWh !== null && { energyWh: limitEnergyWh }),
  };
  return {
    ...row,
    authorized: row.authorized === 1,
    token: JSON.parse(row.token) as TokenUse,
    tariff: row.tariff === null ? null : (JSON.parse(row.tariff) as Tariff),
    place: JSON.parse(row.place) as SessionPlace,
    periods: JSON.parse(row.periods) as Period[],
    cost: row.cost === null ? null : (JSON.parse(row.cost) as Cost),
    ...(Object.keys(limit).length > 0 && { limit }),
    ...(quoteId !== null && { quoteId }),
  };
}
