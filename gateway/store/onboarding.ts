import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

export function hasTransactions(db: Db, chargerId: string): boolean {
  return db.one('SELECT 1 FROM "transaction" WHERE charger_id = ? LIMIT 1', chargerId) !== undefined;
}

export function countPending(db: Db): number {
  return (
    db.one<{ n: number }>("SELECT count(*) AS n FROM charger WHERE registration = 'pending' AND forgotten_at IS NULL")
      ?.n ?? 0
  );
}

/** Site chargers that wait for the operator and have made no transaction: those not seen for longest first. */
export function listForgettable(db: Db): string[] {
  return db
    .all<{ id: string }>(
      `SELECT id FROM charger WHERE registration = 'pending' AND origin = 'site' AND forgotten_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM "transaction" WHERE charger_id = charger.id)
       ORDER BY coalesce(last_seen_at, updated_at), id`,
    )
    .map(({ id }) => id);
}

interface Belongings {
  name: string;
  /** Do its rows go with the charger? */
  cascades: number;
}

/** Tables whose rows name a charger by a foreign key; each says by its own clause whether they go with it. */
function belongings(db: Db): Belongings[] {
  return db.all<Belongings>(
    `SELECT DISTINCT m.name, f.on_delete = 'CASCADE' AS cascades
     FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND f."table" = 'charger'`,
  );
}

/** Does something outlive this charger, its EVSEs aside: certificates that it was given, say? */
export function isNamed(db: Db, chargerId: string): boolean {
  return belongings(db)
    .filter(({ name, cascades }) => cascades === 0 && name !== 'evse')
    .some(({ name }) => db.one(`SELECT 1 FROM "${name}" WHERE charger_id = ? LIMIT 1`, chargerId) !== undefined);
}

/** Removes what was noted of a charger and all that belongs to it; with `keepName` its row and its EVSEs stay. */
export function deleteCharger(db: Db, chargerId: string, keepName: boolean): void {
  const going = belongings(db).filter(({ cascades }) => cascades === 1);
  for (const table of ['frame', 'deviation', ...going.map(({ name }) => name)])
    db.run(`DELETE FROM "${table}" WHERE charger_id = ?`, chargerId);
  if (keepName) return;
  for (const table of ['connector', 'evse']) db.run(`DELETE FROM "${table}" WHERE charger_id = ?`, chargerId);
  db.run('DELETE FROM charger WHERE id = ?', chargerId);
}

/** Leaves of a charger only its name and its EVSEs, whose end has to be told. */
export function markForgotten(db: Db, chargerId: string, at: Millis, stamp: Millis): void {
  db.run(
    `UPDATE charger SET forgotten_at = ?, registration = 'rejected', protocol = NULL, vendor = NULL, model = NULL,
       serial = NULL, firmware = NULL, booted_at = NULL, last_seen_at = NULL, status = NULL, updated_at = ? WHERE id = ?`,
    at,
    stamp,
    chargerId,
  );
}
