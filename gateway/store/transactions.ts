import { contentHash } from '../domain/hash.ts';
import type { ListQuery, Page } from '../domain/paging.ts';
import type { RegisterPoint } from '../domain/register.ts';
import type { PhaseKind } from '../domain/status.ts';
import type { Millis } from '../domain/time.ts';
import type { Transaction } from '../domain/types.ts';
import type { Db } from './db.ts';
import { insertSigned } from './meters.ts';
import { page } from './paging.ts';

const TRANSACTION = `seq, id, wire_id AS wireId, charger_id AS chargerId, evse, connector, token_uid AS tokenUid,
  start_reported_at AS startReportedAt, start_received_at AS startReceivedAt, meter_start AS meterStart,
  stop_reported_at AS stopReportedAt, stop_received_at AS stopReceivedAt, meter_stop AS meterStop,
  stop_reason AS stopReason, stop_estimated AS stopEstimated`;

type TransactionRow = Omit<Transaction, 'stopEstimated'> & { stopEstimated: number };

/** Takes the next wire id: positive, never given out before, also not across restarts (law 4). */
export function nextWireId(db: Db): number {
  const row = db.one<{ value: number }>("UPDATE counter SET value = value + 1 WHERE name = 'wire_id' RETURNING value");
  if (!row) throw new Error('counter wire_id is missing');
  return row.value;
}

export function findByWireId(db: Db, chargerId: string, wireId: string): Transaction | undefined {
  return one(db, 'charger_id = ? AND wire_id = ?', chargerId, wireId);
}

export function findById(db: Db, id: string): Transaction | undefined {
  return one(db, 'id = ?', id);
}

/** What is needed to file a sample, and no more: this runs for each of them. */
export interface TransactionRef {
  seq: number;
  id: string;
  evse: number;
  stopReceivedAt: Millis | null;
}

export function findRef(db: Db, chargerId: string, wireId: string): TransactionRef | undefined {
  return db.one<TransactionRef>(
    `SELECT seq, id, evse, stop_received_at AS stopReceivedAt FROM "transaction" WHERE charger_id = ? AND wire_id = ?`,
    chargerId,
    wireId,
  );
}

/** In the order in which they began. */
export function findOpen(db: Db, chargerId: string): Transaction[] {
  return (
    db
      .all<TransactionRow>(
        `SELECT ${TRANSACTION} FROM "transaction" WHERE charger_id = ? AND stop_received_at IS NULL`,
        chargerId,
      )
      // Quicker than in SQL, where there are few.
      .toSorted((one, other) => one.startReportedAt - other.startReportedAt || one.seq - other.seq)
      .map(toTransaction)
  );
}

/** Usually one at most; more while a charger tells late of transactions before the one that runs. */
export function listOpenAt(db: Db, chargerId: string, evse: number): Transaction[] {
  return findOpen(db, chargerId).filter((transaction) => transaction.evse === evse);
}

/** The one that began last, by the charger's clock. */
export function findOpenAt(db: Db, chargerId: string, evse: number): Transaction | undefined {
  return one(
    db,
    'charger_id = ? AND evse = ? AND stop_received_at IS NULL ORDER BY start_reported_at DESC, seq DESC',
    chargerId,
    evse,
  );
}

/** Transactions that a stop of this content ended, newest first. */
export function findStopped(db: Db, chargerId: string, stopKey: string): Transaction[] {
  return db
    .all<TransactionRow>(
      `SELECT ${TRANSACTION} FROM "transaction" WHERE charger_id = ? AND stop_key = ? ORDER BY seq DESC`,
      chargerId,
      stopKey,
    )
    .map(toTransaction);
}

/** Where the register of this EVSE stood at the next transaction that we know of, by the charger's clock. */
export function meterStartAfter(db: Db, t: Transaction): number | undefined {
  return db.one<{ meterStart: number }>(
    `SELECT meter_start AS meterStart FROM "transaction" WHERE charger_id = ? AND evse = ? AND start_reported_at > ?
     ORDER BY start_reported_at LIMIT 1`,
    t.chargerId,
    t.evse,
    t.startReportedAt,
  )?.meterStart;
}

export function listOpen(db: Db): Transaction[] {
  return db
    .all<TransactionRow>(
      `SELECT ${TRANSACTION} FROM "transaction" WHERE stop_received_at IS NULL ORDER BY start_reported_at, seq`,
    )
    .map(toTransaction);
}

export function listTransactions(db: Db, query: ListQuery): Page<Transaction> {
  const found = page<TransactionRow>(
    db,
    { table: '"transaction"', columns: TRANSACTION, seq: 'seq', updatedAt: null, peer: null },
    query,
  );
  return { ...found, items: found.items.map(toTransaction) };
}

/** What became of a start with this content. */
export interface StartedBefore {
  seq: number;
  wireId: string;
  answer: string;
  startReceivedAt: Millis;
  stopReceivedAt: Millis | null;
  stopKey: string | null;
  /** Did its stop name it by the id that we gave? */
  named: boolean;
}

/** The transaction that a start with this content began; undefined for a new one. */
export function findStarted(db: Db, chargerId: string, startKey: string): StartedBefore | undefined {
  const row = db.one<Omit<StartedBefore, 'named'> & { named: number | null }>(
    `SELECT seq, wire_id AS wireId, start_answer AS answer, start_received_at AS startReceivedAt,
       stop_received_at AS stopReceivedAt, stop_key AS stopKey,
       CASE WHEN json_valid(stop_answer) THEN stop_answer ->> '$.named' END AS named
     FROM "transaction" WHERE charger_id = ? AND start_key = ?`,
    chargerId,
    startKey,
  );
  return row && { ...row, named: row.named === 1 };
}

/** What was answered to the start of a transaction, to be answered again. */
export function findStartAnswer(db: Db, id: string): string | undefined {
  return db.one<{ answer: string }>('SELECT start_answer AS answer FROM "transaction" WHERE id = ?', id)?.answer;
}

/** Gives a start's content up, so that the same content can begin another transaction. */
export function releaseStartKey(db: Db, seq: number): void {
  db.run(`UPDATE "transaction" SET start_key = start_key || ' ' || seq WHERE seq = ?`, seq);
}

export interface NewTransaction {
  id: string;
  wireId: string;
  chargerId: string;
  evse: number;
  connector: number;
  tokenUid: string;
  startReportedAt: Millis;
  startReceivedAt: Millis;
  meterStart: number;
  startKey: string;
  /** What was answered, to be answered again. */
  startAnswer: string;
}

export function insertTransaction(db: Db, t: NewTransaction): number {
  return db.run(
    `INSERT INTO "transaction" (id, wire_id, charger_id, evse, connector, token_uid, start_reported_at,
       start_received_at, meter_start, start_key, start_answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    t.id,
    t.wireId,
    t.chargerId,
    t.evse,
    t.connector,
    t.tokenUid,
    t.startReportedAt,
    t.startReceivedAt,
    t.meterStart,
    t.startKey,
    t.startAnswer,
  ).lastId;
}

export interface Stop {
  reportedAt: Millis;
  receivedAt: Millis;
  meterStop: number;
  reason: string;
  estimated: boolean;
  /** Content of the stop: a re-sent one is the same; null where we concluded it. */
  key: string | null;
  answer: string | null;
}

export function setStop(db: Db, seq: number, stop: Stop): void {
  db.run(
    `UPDATE "transaction" SET stop_reported_at = ?, stop_received_at = ?, meter_stop = ?, stop_reason = ?,
       stop_estimated = ?, stop_key = ?, stop_answer = ? WHERE seq = ?`,
    stop.reportedAt,
    stop.receivedAt,
    stop.meterStop,
    stop.reason,
    stop.estimated ? 1 : 0,
    stop.key,
    stop.answer,
    seq,
  );
}

export function findStopAnswer(db: Db, seq: number): { key: string | null; answer: string | null } | undefined {
  return db.one('SELECT stop_key AS key, stop_answer AS answer FROM "transaction" WHERE seq = ?', seq);
}

/** The numbers of one instant's readings, and where in the meter log the whole of it stands. */
export interface FiledSample {
  reportedAt: Millis;
  receivedAt: Millis;
  line: number;
  energyWh: number | null;
  powerW: number | null;
  currentMa: number | null;
  socPercent: number | null;
  /** The readings that the meter signed, as JSON (Q50); null where there are none. */
  signed: string | null;
}

/** Files one instant's readings with a transaction; the same report again is no new row (law 3). */
export function insertSample(db: Db, seq: number, sample: FiledSample): void {
  const { energyWh, powerW, currentMa, socPercent } = sample;
  db.run(
    `INSERT OR IGNORE INTO sample (transaction_seq, reported_at, hash, received_at, line, energy_wh, power_w, current_ma,
       soc_percent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    seq,
    sample.reportedAt,
    contentHash(`${energyWh},${powerW},${currentMa},${socPercent}`),
    sample.receivedAt,
    sample.line,
    energyWh,
    powerW,
    currentMa,
    socPercent,
  );
  if (sample.signed !== null) insertSigned(db, seq, sample.reportedAt, sample.signed, sample.line);
}

/** Every filed sample of a transaction, by the charger's clock. */
export function listSamples(db: Db, seq: number): Omit<FiledSample, 'signed'>[] {
  return db.all(
    `SELECT reported_at AS reportedAt, received_at AS receivedAt, line, energy_wh AS energyWh, power_w AS powerW,
       current_ma AS currentMa, soc_percent AS socPercent FROM sample WHERE transaction_seq = ? ORDER BY reported_at`,
    seq,
  );
}

const READING = 'SELECT reported_at AS reportedAt, received_at AS receivedAt, energy_wh AS energyWh FROM sample';

/** The last register reading at or before an instant of the charger's clock. */
export function readingBefore(db: Db, seq: number, at: Millis): RegisterPoint | undefined {
  return db.one(
    `${READING} WHERE transaction_seq = ? AND reported_at <= ? AND energy_wh IS NOT NULL
     ORDER BY reported_at DESC, energy_wh DESC LIMIT 1`,
    seq,
    at,
  );
}

/** The first register reading after an instant of the charger's clock. */
export function readingAfter(db: Db, seq: number, at: Millis): RegisterPoint | undefined {
  return db.one(
    `${READING} WHERE transaction_seq = ? AND reported_at > ? AND energy_wh IS NOT NULL
     ORDER BY reported_at, energy_wh LIMIT 1`,
    seq,
    at,
  );
}

/** The reading that came in last, whatever the charger's clock says. */
export function latestReading(db: Db, seq: number): RegisterPoint | undefined {
  return db.one(
    `${READING} WHERE transaction_seq = ? AND energy_wh IS NOT NULL ORDER BY received_at DESC, reported_at DESC LIMIT 1`,
    seq,
  );
}

export interface Phase {
  reportedAt: Millis;
  kind: PhaseKind;
}

export function listPhases(db: Db, seq: number): Phase[] {
  return db.all<Phase>(
    'SELECT reported_at AS reportedAt, kind FROM phase WHERE transaction_seq = ? ORDER BY reported_at',
    seq,
  );
}

export function putPhase(db: Db, seq: number, phase: Phase): void {
  db.run('INSERT OR REPLACE INTO phase VALUES (?, ?, ?)', seq, phase.reportedAt, phase.kind);
}

function one(db: Db, where: string, ...params: (string | number)[]): Transaction | undefined {
  const row = db.one<TransactionRow>(`SELECT ${TRANSACTION} FROM "transaction" WHERE ${where} LIMIT 1`, ...params);
  return row && toTransaction(row);
}

function toTransaction(row: TransactionRow): Transaction {
  return { ...row, stopEstimated: row.stopEstimated === 1 };
}
