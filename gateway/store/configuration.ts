import type { Capabilities, Feature } from '../domain/capabilities.ts';
import type { Findings, KeyState, ProvisioningState } from '../domain/configuration.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** A configuration key as it is kept. */
export interface StoredKey {
  key: string;
  known: boolean;
  readonly: boolean;
  value: string | null;
  state: KeyState | null;
  mark: string | null;
  readAt: Millis | null;
}

type KeyRow = Omit<StoredKey, 'known' | 'readonly'> & { known: number; readonly: number };

/** How far a charger's configuration is, as it is kept. */
export interface StoredProvisioning {
  state: ProvisioningState;
  problem: string | null;
  firmware: string | null;
  mark: string | null;
  resetMark: string | null;
  capabilities: Capabilities;
  findings: Findings;
  updatedAt: Millis;
}

type ProvisioningRow = Omit<StoredProvisioning, 'capabilities' | 'findings'> & {
  capabilities: string;
  findings: string;
};

export function listKeys(db: Db, chargerId: string): StoredKey[] {
  return db
    .all<KeyRow>(
      `SELECT key, known, readonly, value, state, mark, read_at AS readAt
       FROM charger_configuration WHERE charger_id = ? ORDER BY key`,
      chargerId,
    )
    .map((row) => ({ ...row, known: row.known === 1, readonly: row.readonly === 1 }));
}

/** Keeps what a charger told of a key; the state of what is wanted stays as it is. */
export function putKey(
  db: Db,
  chargerId: string,
  key: { key: string; known: boolean; readonly: boolean; value: string | null; readAt: Millis | null },
  at: Millis,
): void {
  db.run(
    `INSERT INTO charger_configuration (charger_id, key, known, readonly, value, read_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET key = excluded.key, known = excluded.known, readonly = excluded.readonly,
       value = excluded.value, read_at = excluded.read_at, updated_at = excluded.updated_at`,
    chargerId,
    key.key,
    key.known ? 1 : 0,
    key.readonly ? 1 : 0,
    key.value,
    key.readAt,
    at,
  );
}

export function deleteKey(db: Db, chargerId: string, key: string): void {
  db.run('DELETE FROM charger_configuration WHERE charger_id = ? AND key = ?', chargerId, key);
}

/** Forgets how every wanted value stands, so that each is gone through anew. */
export function clearKeyStates(db: Db, chargerId: string): void {
  db.run('UPDATE charger_configuration SET state = NULL, mark = NULL WHERE charger_id = ?', chargerId);
}

/** False when the key has no row. */
export function setKeyState(
  db: Db,
  chargerId: string,
  key: string,
  state: KeyState,
  mark: string,
  at: Millis,
): boolean {
  const { changes } = db.run(
    'UPDATE charger_configuration SET state = ?, mark = ?, updated_at = ? WHERE charger_id = ? AND key = ?',
    state,
    mark,
    at,
    chargerId,
    key,
  );
  return changes > 0;
}

export function findProvisioning(db: Db, chargerId: string): StoredProvisioning | undefined {
  const row = db.one<ProvisioningRow>(
    `SELECT state, problem, firmware, mark, reset_mark AS resetMark, capabilities, findings, updated_at AS updatedAt
     FROM charger_provisioning WHERE charger_id = ?`,
    chargerId,
  );
  return (
    row && {
      ...row,
      capabilities: JSON.parse(row.capabilities) as Capabilities,
      findings: JSON.parse(row.findings) as Findings,
    }
  );
}

export function putProvisioning(
  db: Db,
  chargerId: string,
  row: Omit<StoredProvisioning, 'updatedAt'>,
  at: Millis,
): void {
  db.run(
    `INSERT INTO charger_provisioning (charger_id, state, problem, firmware, mark, reset_mark, capabilities, findings,
       updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, problem = excluded.problem, firmware = excluded.firmware,
       mark = excluded.mark, reset_mark = excluded.reset_mark, capabilities = excluded.capabilities,
       findings = excluded.findings, updated_at = excluded.updated_at`,
    chargerId,
    row.state,
    row.problem,
    row.firmware,
    row.mark,
    row.resetMark,
    JSON.stringify(row.capabilities),
    JSON.stringify(row.findings),
    at,
  );
}

/** Chargers that say that they can do this. */
export function listChargersWith(db: Db, feature: Feature): string[] {
  return db
    .all<{ id: string }>(
      `SELECT charger_id AS id FROM charger_provisioning AS p
       WHERE EXISTS (SELECT 1 FROM json_each(p.capabilities, '$.features') WHERE value = ?)`,
      feature,
    )
    .map(({ id }) => id);
}
