import type { EvseStatus } from '../domain/status.ts';
import type { Millis } from '../domain/time.ts';
import type { Charger, Connector, Evse, Origin, Registration } from '../domain/types.ts';
import type { Db } from './db.ts';

const CHARGER = `id, origin, registration, protocol, vendor, model, serial, firmware, booted_at AS bootedAt,
  last_seen_at AS lastSeenAt, status, updated_at AS updatedAt`;

const EVSE = `charger_id AS chargerId, evse, uid, evse_id AS evseId, status, error_code AS errorCode,
  status_at AS statusAt, meter_wh AS meterWh, removed, created_at AS createdAt, updated_at AS updatedAt`;

const CONNECTOR = `charger_id AS chargerId, evse, connector, standard, format, power_type AS powerType,
  max_voltage AS maxVoltage, max_amperage AS maxAmperage, max_power AS maxPower, tariff_ids AS tariffIds,
  updated_at AS updatedAt`;

type ConnectorRow = Omit<Connector, 'tariffIds'> & { tariffIds: string };
type EvseRow = Omit<Evse, 'removed'> & { removed: number };

export function findCharger(db: Db, id: string): Charger | undefined {
  return db.one<Charger>(`SELECT ${CHARGER} FROM charger WHERE id = ? AND forgotten_at IS NULL`, id);
}

/** Those whose id is this in any case; at most two, since only one alone is of use. */
export function findChargersAnyCase(db: Db, id: string): string[] {
  return db
    .all<{ id: string }>('SELECT id FROM charger WHERE id = ? COLLATE NOCASE LIMIT 2', id)
    .map((charger) => charger.id);
}

export function listChargers(db: Db): Charger[] {
  return db.all<Charger>(`SELECT ${CHARGER} FROM charger WHERE forgotten_at IS NULL ORDER BY id`);
}

/** Chargers that the operator forgot and that are still named: their EVSEs' end has to be told. */
export function listForgotten(db: Db): Charger[] {
  return db.all<Charger>(`SELECT ${CHARGER} FROM charger WHERE forgotten_at IS NOT NULL ORDER BY id`);
}

export function countChargers(db: Db): number {
  return db.one<{ n: number }>('SELECT count(*) AS n FROM charger')?.n ?? 0;
}

/** One that was forgotten begins anew. */
export function insertCharger(db: Db, id: string, origin: Origin, registration: Registration, stamp: Millis): void {
  db.run(
    `INSERT INTO charger (id, origin, registration, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET origin = excluded.origin, registration = excluded.registration,
       updated_at = excluded.updated_at, forgotten_at = NULL`,
    id,
    origin,
    registration,
    stamp,
  );
}

export function setRegistration(db: Db, id: string, origin: Origin, registration: Registration, stamp: Millis): void {
  db.run(
    'UPDATE charger SET origin = ?, registration = ?, updated_at = ? WHERE id = ?',
    origin,
    registration,
    stamp,
    id,
  );
}

/** What a charger says of itself when it boots. */
export interface BootFacts {
  protocol: string;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  firmware: string | null;
}

export function setBoot(db: Db, id: string, facts: BootFacts, at: Millis, stamp: Millis): void {
  db.run(
    `UPDATE charger SET protocol = ?, vendor = ?, model = ?, serial = ?, firmware = ?, booted_at = ?, last_seen_at = ?,
       updated_at = ? WHERE id = ?`,
    facts.protocol,
    facts.vendor,
    facts.model,
    facts.serial,
    facts.firmware,
    at,
    at,
    stamp,
    id,
  );
}

export function setLastSeen(db: Db, id: string, at: Millis): void {
  db.run('UPDATE charger SET last_seen_at = ? WHERE id = ?', at, id);
}

export function setChargerStatus(db: Db, id: string, status: EvseStatus, stamp: Millis): void {
  db.run('UPDATE charger SET status = ?, updated_at = ? WHERE id = ?', status, stamp, id);
}

export function findEvse(db: Db, chargerId: string, evse: number): Evse | undefined {
  const row = db.one<EvseRow>(`SELECT ${EVSE} FROM evse WHERE charger_id = ? AND evse = ?`, chargerId, evse);
  return row && toEvse(row);
}

export function listEvses(db: Db): Evse[] {
  return db.all<EvseRow>(`SELECT ${EVSE} FROM evse ORDER BY charger_id, evse`).map(toEvse);
}

export function listEvsesOf(db: Db, chargerId: string): Evse[] {
  return db.all<EvseRow>(`SELECT ${EVSE} FROM evse WHERE charger_id = ? ORDER BY evse`, chargerId).map(toEvse);
}

export function evseUidTaken(db: Db, uid: string): boolean {
  return db.one('SELECT 1 FROM evse WHERE uid = ? COLLATE NOCASE', uid) !== undefined;
}

/** Those in service with this eMI3 id: what is removed has none. */
export function listEvsesNamed(db: Db, evseId: string): Evse[] {
  return db
    .all<EvseRow>(`SELECT ${EVSE} FROM evse WHERE evse_id = ? COLLATE NOCASE AND removed = 0`, evseId)
    .map(toEvse);
}

export function insertEvse(db: Db, evse: Pick<Evse, 'chargerId' | 'evse' | 'uid' | 'evseId'>, stamp: Millis): void {
  db.run(
    'INSERT INTO evse (charger_id, evse, uid, evse_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    evse.chargerId,
    evse.evse,
    evse.uid,
    evse.evseId,
    stamp,
    stamp,
  );
}

export function setEvseIdentity(db: Db, evse: Evse, evseId: string, removed: boolean, stamp: Millis): void {
  db.run(
    'UPDATE evse SET evse_id = ?, removed = ?, updated_at = ? WHERE charger_id = ? AND evse = ?',
    evseId,
    removed ? 1 : 0,
    stamp,
    evse.chargerId,
    evse.evse,
  );
}

export function setEvseStatus(
  db: Db,
  chargerId: string,
  evse: number,
  status: EvseStatus,
  errorCode: string | null,
  at: Millis,
  stamp: Millis,
): void {
  db.run(
    'UPDATE evse SET status = ?, error_code = ?, status_at = ?, updated_at = ? WHERE charger_id = ? AND evse = ?',
    status,
    errorCode,
    at,
    stamp,
    chargerId,
    evse,
  );
}

/** Bumps what pollers filter by, when something that is not stored here changed what they see (a charger went away). */
export function touchEvse(db: Db, chargerId: string, evse: number, stamp: Millis): void {
  db.run('UPDATE evse SET updated_at = ? WHERE charger_id = ? AND evse = ?', stamp, chargerId, evse);
}

export function setEvseMeter(db: Db, chargerId: string, evse: number, meterWh: number): void {
  db.run('UPDATE evse SET meter_wh = ? WHERE charger_id = ? AND evse = ?', meterWh, chargerId, evse);
}

export function listConnectors(db: Db): Connector[] {
  return db
    .all<ConnectorRow>(`SELECT ${CONNECTOR} FROM connector ORDER BY charger_id, evse, connector`)
    .map(toConnector);
}

export function listConnectorsOf(db: Db, chargerId: string): Connector[] {
  return db
    .all<ConnectorRow>(`SELECT ${CONNECTOR} FROM connector WHERE charger_id = ? ORDER BY evse, connector`, chargerId)
    .map(toConnector);
}

export function putConnector(db: Db, connector: Connector): void {
  db.run(
    `INSERT INTO connector (charger_id, evse, connector, standard, format, power_type, max_voltage, max_amperage,
       max_power, tariff_ids, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET standard = excluded.standard, format = excluded.format,
       power_type = excluded.power_type, max_voltage = excluded.max_voltage, max_amperage = excluded.max_amperage,
       max_power = excluded.max_power, tariff_ids = excluded.tariff_ids, updated_at = excluded.updated_at`,
    connector.chargerId,
    connector.evse,
    connector.connector,
    connector.standard,
    connector.format,
    connector.powerType,
    connector.maxVoltage,
    connector.maxAmperage,
    connector.maxPower,
    JSON.stringify(connector.tariffIds),
    connector.updatedAt,
  );
}

export function deleteConnector(db: Db, chargerId: string, evse: number, connector: number): void {
  db.run('DELETE FROM connector WHERE charger_id = ? AND evse = ? AND connector = ?', chargerId, evse, connector);
}

function toEvse(row: EvseRow): Evse {
  return { ...row, removed: row.removed === 1 };
}

function toConnector(row: ConnectorRow): Connector {
  return { ...row, tariffIds: JSON.parse(row.tariffIds) as string[] };
}
