import type { PasswordForm } from '../domain/password.ts';
import type { ListedPassword } from '../domain/password-list.ts';
import type { SecurityProfile } from '../domain/settings.ts';
import type { Db } from './db.ts';

/** How a charger has proved itself, and what is asked of it. */
export interface ChargerAccess {
  /** Of its latest connection. */
  profile: SecurityProfile | null;
  floor: SecurityProfile;
  wishedProfile: SecurityProfile | null;
  form: PasswordForm | null;
  /** Hash of the config file's password when a password of its own was made. */
  configMark: string | null;
  /** Rises with every password given or taken away. */
  revision: number;
}

const ACCESS = 'profile, floor, wished_profile AS wishedProfile, form, config_mark AS configMark, revision';

const UNKNOWN: ChargerAccess = {
  profile: null,
  floor: 0,
  wishedProfile: null,
  form: null,
  configMark: null,
  revision: 0,
};

/** What is stored of it; of a charger that nothing is stored of, what goes for everyone. */
export function readAccess(db: Db, chargerId: string): ChargerAccess {
  return db.one<ChargerAccess>(`SELECT ${ACCESS} FROM charger_access WHERE charger_id = ?`, chargerId) ?? UNKNOWN;
}

/** The charger itself has to be there. */
export function putAccess(db: Db, chargerId: string, access: ChargerAccess): void {
  db.run(
    `INSERT INTO charger_access (charger_id, profile, floor, wished_profile, form, config_mark, revision)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET profile = excluded.profile, floor = excluded.floor,
       wished_profile = excluded.wished_profile, form = excluded.form, config_mark = excluded.config_mark,
       revision = excluded.revision`,
    chargerId,
    access.profile,
    access.floor,
    access.wishedProfile,
    access.form,
    access.configMark,
    access.revision,
  );
}

/** Newest first. */
export function listPasswords(db: Db, chargerId: string): ListedPassword[] {
  return db
    .all<Omit<ListedPassword, 'hex'> & { hex: number }>(
      `SELECT hash, state, hex, made_at AS madeAt, good_until AS goodUntil FROM charger_password
       WHERE charger_id = ? ORDER BY made_at DESC, hash`,
      chargerId,
    )
    .map((row) => ({ ...row, hex: row.hex === 1 }));
}

/** Chargers that have a password of their own. */
export function listChargersWithPassword(db: Db): string[] {
  return db
    .all<{ id: string }>('SELECT DISTINCT charger_id AS id FROM charger_password ORDER BY charger_id')
    .map(({ id }) => id);
}

/** Puts these in the place of what it had. */
export function replacePasswords(db: Db, chargerId: string, passwords: readonly ListedPassword[]): void {
  db.run('DELETE FROM charger_password WHERE charger_id = ?', chargerId);
  for (const { hash, state, hex, madeAt, goodUntil } of passwords)
    db.run(
      'INSERT INTO charger_password (charger_id, hash, state, hex, made_at, good_until) VALUES (?, ?, ?, ?, ?, ?)',
      chargerId,
      hash,
      state,
      hex ? 1 : 0,
      madeAt,
      goodUntil,
    );
}
