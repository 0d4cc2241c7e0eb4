import type { ChargingState, ConnectorStatus } from '../domain/transaction-events.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** A transaction as its charger tells it. */
export interface ToldTransaction {
  seq: number;
  chargerId: string;
  wireId: string;
  evse: number;
  connector: number;
  tokenUid: string | null;
  registerWh: number | null;
  state: ChargingState | null;
  /** Ours; null while nobody charges. */
  transactionId: string | null;
  /** Is it known where the meter stood when it began? */
  metered: boolean;
  /** When it told its last event, those with readings alone left out; our clock. */
  toldAt: Millis;
  endedAt: Millis | null;
}

type Row = Omit<ToldTransaction, 'metered'> & { metered: number };

const TOLD = `seq, charger_id AS chargerId, wire_id AS wireId, evse, connector, token_uid AS tokenUid,
  register_wh AS registerWh, charging_state AS state, transaction_id AS transactionId, metered, told_at AS toldAt, ended_at AS endedAt`;

function read(row: Row | undefined): ToldTransaction | undefined {
  return row && { ...row, metered: row.metered === 1 };
}

export function findTold(db: Db, chargerId: string, wireId: string): ToldTransaction | undefined {
  return read(
    db.one<Row>(`SELECT ${TOLD} FROM told_transaction WHERE charger_id = ? AND wire_id = ?`, chargerId, wireId),
  );
}

/** The one that was told of last at this EVSE. */
export function latestToldAt(db: Db, chargerId: string, evse: number): ToldTransaction | undefined {
  return read(
    db.one<Row>(
      `SELECT ${TOLD} FROM told_transaction WHERE charger_id = ? AND evse = ? ORDER BY seq DESC LIMIT 1`,
      chargerId,
      evse,
    ),
  );
}

export function insertTold(
  db: Db,
  t: Pick<ToldTransaction, 'chargerId' | 'wireId' | 'evse' | 'connector' | 'toldAt'>,
): number {
  return db.run(
    'INSERT INTO told_transaction (charger_id, wire_id, evse, connector, told_at) VALUES (?, ?, ?, ?, ?)',
    t.chargerId,
    t.wireId,
    t.evse,
    t.connector,
    t.toldAt,
  ).lastId;
}

export function updateTold(db: Db, t: ToldTransaction): void {
  db.run(
    `UPDATE told_transaction SET evse = ?, connector = ?, token_uid = ?, register_wh = ?, charging_state = ?,
       transaction_id = ?, metered = ?, told_at = ?, ended_at = ? WHERE seq = ?`,
    t.evse,
    t.connector,
    t.tokenUid,
    t.registerWh,
    t.state,
    t.transactionId,
    t.metered ? 1 : 0,
    t.toldAt,
    t.endedAt,
    t.seq,
  );
}

/** Gives an id up that its charger uses for another transaction now. */
export function releaseWireId(db: Db, { seq, transactionId }: ToldTransaction): void {
  db.run(`UPDATE told_transaction SET wire_id = wire_id || ' ' || seq WHERE seq = ?`, seq);
  if (transactionId !== null)
    db.run(`UPDATE "transaction" SET wire_id = wire_id || ' ' || seq WHERE id = ?`, transactionId);
}

/** Sets where the meter stood at the start, which was not known then. */
export function setMeterStart(db: Db, transactionId: string, wattHours: number): void {
  db.run('UPDATE "transaction" SET meter_start = ? WHERE id = ?', wattHours, transactionId);
}

/** What was answered to this event of the transaction, as JSON. */
export function findEventAnswer(db: Db, toldSeq: number, key: string): string | undefined {
  return db.one<{ answer: string }>('SELECT answer FROM told_event WHERE told_seq = ? AND key = ?', toldSeq, key)
    ?.answer;
}

export function insertEvent(db: Db, toldSeq: number, key: string, answer: string): void {
  db.run('INSERT INTO told_event (told_seq, key, answer) VALUES (?, ?, ?)', toldSeq, key, answer);
}

export interface StoredConnectorStatus {
  connector: number;
  status: ConnectorStatus;
  /** Our clock. */
  since: Millis;
}

export function listConnectorStatuses(db: Db, chargerId: string, evse: number): StoredConnectorStatus[] {
  return db.all(
    'SELECT connector, status, since FROM connector_status WHERE charger_id = ? AND evse = ?',
    chargerId,
    evse,
  );
}

/** Notes what a connector says; the same again keeps its time. */
export function putConnectorStatus(
  db: Db,
  at: { chargerId: string; evse: number; connector: number },
  status: ConnectorStatus,
  since: Millis,
): void {
  db.run(
    `INSERT INTO connector_status (charger_id, evse, connector, status, since) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET status = excluded.status, since = excluded.since WHERE status <> excluded.status`,
    at.chargerId,
    at.evse,
    at.connector,
    status,
    since,
  );
}
