import type { ChargingState, ConnectorStatus } from '../domain/transaction-events.ts';
import type { Millis } from '../domain/time.ts';
import type { Sample } from '../domain/types.ts';
import type { Db } from './db.ts';

/** A transaction as its charger tells it. */
export interface ToldTransaction {
  seq: number;
  chargerId: string;
  wireId: string;
  evse: number;
  connector: number;
  tokenUid: string | null;
  /** Readings from before it became a transaction. */
  samples: Sample[];
  state: ChargingState | null;
  /** Ours; null while nobody charges. */
  transactionId: string | null;
  /** Is it known where the meter stood when it began? */
  metered: boolean;
  /** When it told its last event, those with readings alone left out; our clock. */
  toldAt: Millis;
  endedAt: Millis | null;
  /** Has its start come? */
  started: boolean;
  /** The latest moment that it told of, readings alone left out; the charger's clock. Null: none that can be believed. */
  reportedAt: Millis | null;
  /** Did it say where it is? False: that is a guess of ours. */
  placed: boolean;
}

type Row = Omit<ToldTransaction, 'metered' | 'started' | 'placed' | 'samples'> & {
  metered: number;
  started: number;
  placed: number;
  samples: string | null;
};

const TOLD = `seq, charger_id AS chargerId, wire_id AS wireId, evse, connector, token_uid AS tokenUid,
  samples, charging_state AS state, transaction_id AS transactionId, metered, told_at AS toldAt, ended_at AS endedAt, started,
  reported_at AS reportedAt, placed`;

function read(row: Row | undefined): ToldTransaction | undefined {
  if (!row) return undefined;
  const samples = row.samples === null ? [] : (JSON.parse(row.samples) as Sample[]);
  return { ...row, samples, metered: row.metered === 1, started: row.started === 1, placed: row.placed === 1 };
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
    `UPDATE told_transaction SET evse = ?, connector = ?, token_uid = ?, samples = ?, charging_state = ?,
       transaction_id = ?, metered = ?, told_at = ?, ended_at = ?, started = ?, reported_at = ?,
       placed = ? WHERE seq = ?`,
    t.evse,
    t.connector,
    t.tokenUid,
    t.samples.length === 0 ? null : JSON.stringify(t.samples),
    t.state,
    t.transactionId,
    t.metered ? 1 : 0,
    t.toldAt,
    t.endedAt,
    t.started ? 1 : 0,
    t.reportedAt,
    t.placed ? 1 : 0,
    t.seq,
  );
}

/** Gives an id up that its charger uses for another transaction now. */
export function releaseWireId(db: Db, { seq, transactionId }: ToldTransaction): void {
  db.run(`UPDATE told_transaction SET wire_id = wire_id || ' ' || seq WHERE seq = ?`, seq);
  if (transactionId !== null) releaseNumber(db, transactionId);
}

/** Gives up, for a transaction of the charger's own, a number that we once gave another. */
export function releaseNumber(db: Db, transactionId: string): void {
  db.run(`UPDATE "transaction" SET wire_id = wire_id || ' ' || seq WHERE id = ?`, transactionId);
}

/** Is this EVSE one at which a transaction is told that has not ended? */
export function isToldOpenAt(db: Db, chargerId: string, evse: number): boolean {
  return (
    db.one(
      'SELECT 1 FROM told_transaction WHERE charger_id = ? AND evse = ? AND ended_at IS NULL LIMIT 1',
      chargerId,
      evse,
    ) !== undefined
  );
}

/** Sets whose card it is, which was not known when it began, and what was answered to it. */
export function setCard(db: Db, transactionId: string, uid: string, startAnswer: string): void {
  db.run('UPDATE "transaction" SET token_uid = ?, start_answer = ? WHERE id = ?', uid, startAnswer, transactionId);
}

/** The one that runs at this EVSE without anybody having said where the meter stood when it began. */
export function findUnmeteredAt(db: Db, chargerId: string, evse: number): ToldTransaction | undefined {
  return read(
    db.one<Row>(
      `SELECT ${TOLD} FROM told_transaction WHERE charger_id = ? AND evse = ? AND metered = 0 AND ended_at IS NULL
         AND transaction_id IS NOT NULL ORDER BY seq DESC LIMIT 1`,
      chargerId,
      evse,
    ),
  );
}

/** Does nobody know where the meter stood when this transaction began? */
export function isUnmetered(db: Db, transactionId: string): boolean {
  return (
    db.one('SELECT 1 FROM told_transaction WHERE transaction_id = ? AND metered = 0 LIMIT 1', transactionId) !==
    undefined
  );
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
