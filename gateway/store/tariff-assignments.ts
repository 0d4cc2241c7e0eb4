import type { TariffPlace } from '../domain/tariff-place.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** Tariffs that the operator gave a place. */
export interface StoredAssignment extends TariffPlace {
  tariffIds: string[];
  updatedAt: Millis;
}

interface AssignmentRow {
  chargerId: string;
  evse: number;
  connector: number;
  tariffIds: string;
  updatedAt: Millis;
}

const ASSIGNMENT = `charger_id AS chargerId, evse, connector, tariff_ids AS tariffIds, updated_at AS updatedAt`;

/** From the widest place to the narrowest. */
export function listAssignments(db: Db): StoredAssignment[] {
  return db
    .all<AssignmentRow>(`SELECT ${ASSIGNMENT} FROM tariff_assignment ORDER BY charger_id, evse, connector`)
    .map(toAssignment);
}

export function findAssignment(db: Db, place: TariffPlace): StoredAssignment | undefined {
  const row = db.one<AssignmentRow>(
    `SELECT ${ASSIGNMENT} FROM tariff_assignment WHERE charger_id = ? AND evse = ? AND connector = ?`,
    ...keyOf(place),
  );
  return row && toAssignment(row);
}

/** The one that counts at a connector: the narrowest that it lies in. */
export function assignmentAt(db: Db, chargerId: string, evse: number, connector: number): StoredAssignment | undefined {
  const row = db.one<AssignmentRow>(
    `SELECT ${ASSIGNMENT} FROM tariff_assignment
     WHERE charger_id IN ('', ?) AND evse IN (0, ?) AND connector IN (0, ?)
     ORDER BY charger_id DESC, evse DESC, connector DESC LIMIT 1`,
    chargerId,
    evse,
    connector,
  );
  return row && toAssignment(row);
}

/** Those that name a tariff, in any case. */
export function assignmentsOf(db: Db, tariffId: string): StoredAssignment[] {
  return db
    .all<AssignmentRow>(
      `SELECT ${ASSIGNMENT} FROM tariff_assignment
       WHERE EXISTS (SELECT 1 FROM json_each(tariff_ids) WHERE value = ? COLLATE NOCASE)
       ORDER BY charger_id, evse, connector`,
      tariffId,
    )
    .map(toAssignment);
}

export function countAssignments(db: Db): number {
  return db.one<{ n: number }>('SELECT count(*) AS n FROM tariff_assignment')?.n ?? 0;
}

export function putAssignment(db: Db, assignment: StoredAssignment): void {
  db.run(
    `INSERT INTO tariff_assignment (charger_id, evse, connector, tariff_ids, updated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET tariff_ids = excluded.tariff_ids, updated_at = excluded.updated_at`,
    ...keyOf(assignment),
    JSON.stringify(assignment.tariffIds),
    assignment.updatedAt,
  );
}

export function deleteAssignment(db: Db, place: TariffPlace): void {
  db.run('DELETE FROM tariff_assignment WHERE charger_id = ? AND evse = ? AND connector = ?', ...keyOf(place));
}

function keyOf({ chargerId, evse, connector }: TariffPlace): [string, number, number] {
  return [chargerId ?? '', evse ?? 0, connector ?? 0];
}

function toAssignment({ chargerId, evse, connector, tariffIds, updatedAt }: AssignmentRow): StoredAssignment {
  return {
    chargerId: chargerId || null,
    evse: evse || null,
    connector: connector || null,
    tariffIds: JSON.parse(tariffIds) as string[],
    updatedAt,
  };
}
