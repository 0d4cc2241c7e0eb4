import type { ListQuery, Page } from '../domain/paging.ts';
import type { CertificateState, ChargerCertificate } from '../domain/security.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

export type KeyPurpose = 'authority' | 'server';

/** A key pair of the gateway's own, PEM. */
export interface StoredKeyPair {
  certificate: string;
  /** Sealed, as far as the store knows. */
  privateKey: string;
  /** What a server's certificate is for. */
  names: string[];
  notAfter: Millis;
}

export function findKeyPair(db: Db, purpose: KeyPurpose): StoredKeyPair | undefined {
  const row = db.one<Omit<StoredKeyPair, 'names'> & { names: string }>(
    'SELECT certificate, private_key AS privateKey, names, not_after AS notAfter FROM key_pair WHERE purpose = ?',
    purpose,
  );
  return row && { ...row, names: JSON.parse(row.names) as string[] };
}

export function putKeyPair(db: Db, purpose: KeyPurpose, pair: StoredKeyPair, stamp: Millis): void {
  db.run(
    'INSERT OR REPLACE INTO key_pair VALUES (?, ?, ?, ?, ?, ?)',
    purpose,
    pair.certificate,
    pair.privateKey,
    JSON.stringify(pair.names),
    pair.notAfter,
    stamp,
  );
}

const COLUMNS = `id, id AS seq, serial, charger_id AS chargerId, state, subject, not_before AS notBefore,
  not_after AS notAfter, fingerprint, pem, offers, note, issued_at AS issuedAt, updated_at AS updatedAt`;

export function insertCertificate(
  db: Db,
  certificate: Pick<
    ChargerCertificate,
    'serial' | 'chargerId' | 'subject' | 'notBefore' | 'notAfter' | 'fingerprint' | 'pem' | 'issuedAt'
  > & { requestHash: string },
  stamp: Millis,
): void {
  db.run(
    `INSERT INTO certificate (serial, charger_id, state, subject, not_before, not_after, fingerprint, request_hash, pem,
       issued_at, updated_at) VALUES (?, ?, 'issued', ?, ?, ?, ?, ?, ?, ?, ?)`,
    certificate.serial,
    certificate.chargerId,
    certificate.subject,
    certificate.notBefore,
    certificate.notAfter,
    certificate.fingerprint,
    certificate.requestHash,
    certificate.pem,
    certificate.issuedAt,
    stamp,
  );
}

export function findCertificate(db: Db, serial: string): ChargerCertificate | undefined {
  return db.one(`SELECT ${COLUMNS} FROM certificate WHERE serial = ?`, serial);
}

export function findByFingerprint(db: Db, fingerprint: string): ChargerCertificate | undefined {
  return db.one(`SELECT ${COLUMNS} FROM certificate WHERE fingerprint = ?`, fingerprint);
}

/** The last one issued to a charger, whatever became of it. */
export function newestOf(db: Db, chargerId: string): ChargerCertificate | undefined {
  return db.one(`SELECT ${COLUMNS} FROM certificate WHERE charger_id = ? ORDER BY id DESC LIMIT 1`, chargerId);
}

/** What this very request led to lately. */
export function findIssued(
  db: Db,
  chargerId: string,
  requestHash: string,
  since: Millis,
): ChargerCertificate | undefined {
  return db.one(
    `SELECT ${COLUMNS} FROM certificate WHERE charger_id = ? AND request_hash = ? AND issued_at >= ?
     AND state IN ('issued', 'installed', 'refused') ORDER BY id DESC LIMIT 1`,
    chargerId,
    requestHash,
    since,
  );
}

export function countIssued(db: Db, chargerId: string, since: Millis): number {
  return (
    db.one<{ n: number }>(
      'SELECT count(*) AS n FROM certificate WHERE charger_id = ? AND issued_at >= ?',
      chargerId,
      since,
    )?.n ?? 0
  );
}

export function setCertificateState(
  db: Db,
  serial: string,
  state: CertificateState,
  note: string | null,
  stamp: Millis,
): void {
  db.run('UPDATE certificate SET state = ?, note = ?, updated_at = ? WHERE serial = ?', state, note, stamp, serial);
}

export function countOffer(db: Db, serial: string, stamp: Millis): void {
  db.run('UPDATE certificate SET offers = offers + 1, updated_at = ? WHERE serial = ?', stamp, serial);
}

/** Those in force past their time. */
export function listOverdue(db: Db, now: Millis): ChargerCertificate[] {
  return db.all(
    `SELECT ${COLUMNS} FROM certificate WHERE not_after < ? AND state IN ('issued', 'installed', 'refused')`,
    now,
  );
}

/** Of each charger the newest that it took, where that ends or ended between the two instants. */
export function listEnding(db: Db, from: Millis, to: Millis): ChargerCertificate[] {
  return db.all(
    `SELECT ${COLUMNS} FROM certificate WHERE id IN
       (SELECT max(id) FROM certificate WHERE state IN ('installed', 'expired') GROUP BY charger_id)
     AND not_after >= ? AND not_after < ?`,
    from,
    to,
  );
}

/** Keeps the newest `keep` of a charger, and of the older ones those that are revoked and not yet past their time. */
export function pruneCertificates(db: Db, chargerId: string, keep: number, now: Millis): void {
  db.run(
    `DELETE FROM certificate WHERE charger_id = ? AND NOT (state = 'revoked' AND not_after >= ?)
     AND id <= (SELECT id FROM certificate WHERE charger_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    chargerId,
    now,
    chargerId,
    keep,
  );
}

export function listCertificates(db: Db, query: ListQuery): Page<ChargerCertificate> {
  return page<ChargerCertificate & { seq: number }>(
    db,
    { table: 'certificate', columns: COLUMNS, seq: 'id', updatedAt: null, peer: null, charger: 'charger_id' },
    query,
  );
}
